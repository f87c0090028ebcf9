/**
 * The flow: one call of a client, from its first byte to its last, and everything we know about it.
 * `FlowRecord` is the public JSON (names fixed by the product contract); `FlowTap` is how the wings report to it.
 */
import type { HeaderPairs, Protocol } from "./http.ts";

export const clientIds = [
  "claude-code",
  "codex",
  "gemini-cli",
  "copilot-cli",
  "copilot",
  "cursor",
  "kiro",
  "antigravity",
  "opencode",
  "qwen-code",
  "zed",
  "curl",
  "python",
  "node",
  "unknown",
] as const;
export type ClientId = (typeof clientIds)[number];

export type FlowAction = "tunnel" | "passthrough" | "reroute" | "bypass" | "block";
export type FlowState = "open" | "streaming" | "done" | "failed" | "truncated";

/** Token counts with the cache split out; `input` includes cached and cache-write tokens. */
export interface Usage {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly reasoning: number;
  /** True when any figure is our estimate and not the provider's word. */
  readonly estimated: boolean;
}

/** One step of an explanation, in the order it happened. `stage` is a stable word, `text` is for people. */
export interface WhyStep {
  readonly stage:
    | "replay"
    | "intercept"
    | "detect"
    | "rule"
    | "target"
    | "account"
    | "session"
    | "select"
    | "cooldown"
    | "refresh"
    | "attempt"
    | "translate"
    | "fallback"
    | "error";
  readonly text: string;
  readonly [detail: string]: string | number | boolean;
}

export interface Attempt {
  readonly provider: string;
  readonly account: string | null;
  readonly model: string | null;
  readonly status: number | null;
  readonly error?: string;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly cooldownMs?: number;
}

/** Durations in ms; null while unknown or where the step did not happen. */
export interface Timings {
  readonly connectMs: number | null;
  readonly tlsMs: number | null;
  readonly translateMs: number | null;
  readonly ttfbMs: number | null;
  readonly firstTokenMs: number | null;
  readonly totalMs: number | null;
}

export interface FlowRecord {
  readonly id: string;
  /** ms since the epoch; ISO 8601 in the published JSON. */
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly client: ClientId;
  readonly host: string;
  readonly method: string;
  /** Path and query, secrets masked. */
  readonly path: string;
  readonly protocol: Protocol;
  readonly status: number | null;
  readonly state: FlowState;
  readonly action: FlowAction;
  readonly formats: { readonly client: string | null; readonly upstream: string | null };
  readonly model: { readonly asked: string | null; readonly served: string | null };
  readonly provider: string | null;
  readonly account: string | null;
  readonly combo?: string;
  /** The conversation it belongs to: a hash, the same for all its calls. */
  readonly session?: string;
  /** The run whose calls are being recorded, where it is one of them. */
  readonly run?: string;
  readonly attempts: readonly Attempt[];
  readonly why: readonly WhyStep[];
  readonly usage: Usage | null;
  readonly costUsd?: number;
  readonly timings: Timings;
  readonly losses: readonly string[];
  readonly error?: string;
}

/** The four places a body is seen. On a pass-through flow only the two client sides exist: upstream's are the same bytes. */
export type FlowSide = "client-request" | "upstream-request" | "upstream-reply" | "client-reply";

/** A head as captured; header values are masked by the recorder before they are stored. */
export interface CapturedHead {
  /** `POST /v1/messages` or `200`. */
  readonly line: string;
  readonly headers: HeaderPairs;
}

/** Something that became true of a flow. */
export type FlowFact =
  | {
      readonly type: "described";
      readonly action?: FlowAction;
      readonly formats?: Partial<FlowRecord["formats"]>;
      readonly model?: Partial<FlowRecord["model"]>;
      readonly provider?: string | null;
      readonly account?: string | null;
      readonly combo?: string;
      readonly session?: string;
      /** What went wrong inside a reply that its transport calls whole. */
      readonly error?: string;
    }
  | { readonly type: "why"; readonly step: WhyStep }
  | { readonly type: "connected"; readonly connectMs: number; readonly tlsMs: number | null }
  | {
      readonly type: "attempt-started";
      readonly provider: string;
      readonly account: string | null;
      readonly model: string | null;
    }
  | {
      readonly type: "attempt-ended";
      readonly status: number | null;
      readonly error?: string;
      readonly cooldownMs?: number;
    }
  | { readonly type: "reply-started"; readonly status: number }
  | { readonly type: "first-token" }
  | { readonly type: "translated"; readonly ms: number }
  | { readonly type: "usage"; readonly usage: Usage }
  /** US dollars, at the provider's list price. */
  | { readonly type: "cost"; readonly usd: number }
  /** What the last attempt's failure cost its account. */
  | { readonly type: "cooled"; readonly cooldownMs: number }
  | { readonly type: "losses"; readonly losses: readonly string[] }
  | { readonly type: "ended"; readonly state: "done" | "failed" | "truncated"; readonly error?: string };

export interface FlowStart {
  readonly client: ClientId;
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly protocol: Protocol;
  readonly action: FlowAction;
  /** A call to the port itself: its host is where we listen. */
  readonly gateway?: true;
  /** The run it belongs to (`switchyard run --record`). */
  readonly run?: string | undefined;
}

/**
 * How a wing reports on one flow. Every method returns at once, never throws and never waits:
 * it stands on the relay path.
 */
export interface FlowTap {
  readonly id: string;
  head(side: FlowSide, head: CapturedHead): void;
  /** Keeps a reference to the bytes up to the capture bound; the caller must not reuse the buffer. */
  chunk(side: FlowSide, bytes: Uint8Array): void;
  tell(fact: FlowFact): void;
}

export interface FlowRecorder {
  open(start: FlowStart): FlowTap;
}
