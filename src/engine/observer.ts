/** What the engine tells those who keep figures: quota headers, attempts, and what an answer used. Called on the relay path, so each must return at once and never throw. */
import type { Usage } from "../base/flow.ts";
import type { HeaderPairs } from "../base/http.ts";
import type { AccountConfig } from "./config/schema.ts";
import type { ErrorKind } from "./errors/engine-error.ts";

export interface CallObserver {
  /** The head of an upstream's reply to a rerouted call. */
  replied(event: {
    readonly provider: string;
    readonly account: AccountConfig | null;
    readonly model: string;
    readonly headers: HeaderPairs;
  }): void;
  /** An attempt is over; `ttfbMs` is null where no useful byte came. */
  attempted(event: {
    readonly provider: string;
    readonly account: AccountConfig | null;
    readonly model: string;
    readonly error: ErrorKind | null;
    readonly ttfbMs: number | null;
    readonly durationMs: number;
    readonly usage: Usage | null;
  }): void;
  /** A call that got an answer is over; `ok` is false where the answer was cut. Returns its price, US dollars, for the flow. */
  used(event: UsedEvent): { readonly costUsd: number } | null;
}

export interface UsedEvent {
  readonly flow: string;
  readonly client: string;
  readonly session: string | null;
  readonly provider: string;
  readonly account: AccountConfig | null;
  readonly model: string;
  readonly usage: Usage;
  readonly ok: boolean;
  readonly durationMs: number;
}

export const noObserver: CallObserver = { replied: () => {}, attempted: () => {}, used: () => null };
