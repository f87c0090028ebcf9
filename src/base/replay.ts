/** Making a call again: what may be ordered, and why it can be refused. */
import type { ClientId } from "./flow.ts";
import type { HeaderPairs } from "./http.ts";

/** Everything that is left out stays as it was. */
export interface ReplayWish {
  /** `provider/model`, `provider`, `combo/NAME`, an alias, or a name as the gateway takes it. */
  readonly via?: string;
  /** The model to ask for. */
  readonly model?: string;
  /** Whose call the rules take it for. */
  readonly client?: ClientId;
  /** The body to send; what is masked in it stands for what was masked in the body that it replaces. */
  readonly body?: string;
  /** Laid over the call's own. */
  readonly headers?: HeaderPairs;
}

export interface Replays {
  /**
   * The call is a flow of its own as soon as this resolves; `ended` resolves when it is over, however it ended. `signal`
   * ends it at once, upstream too. @throws ReplayRefused
   */
  begin(
    id: string,
    wish: ReplayWish,
    signal?: AbortSignal,
  ): Promise<{ readonly id: string; readonly ended: Promise<void> }>;
}

/** In public: the `code` of a refusal. */
export type ReplayRefusalCode =
  | "no-such-flow"
  | "live"
  | "tunnel"
  | "websocket"
  /** It was not kept whole, or what was sent instead cannot be used. */
  | "body"
  /** No call that is known here. */
  | "call"
  /** It needs a login that nobody kept. */
  | "login"
  | "target"
  | "blocked"
  | "stopping";

export class ReplayRefused extends Error {
  readonly code: ReplayRefusalCode;
  /** Of `login`: the provider an account of which would do. */
  readonly provider: string | undefined;

  constructor(code: ReplayRefusalCode, message: string, provider?: string) {
    super(message);
    this.name = "ReplayRefused";
    this.code = code;
    this.provider = provider;
  }
}
