/** A flow as the screens see it: every text already passed the sanitiser, every instant is ms since the epoch. */
import type { FlowAction, FlowSide, FlowState, Timings, Usage } from "../../base/flow.ts";

export interface AttemptView {
  readonly provider: string;
  readonly account: string | null;
  readonly model: string | null;
  readonly status: number | null;
  readonly error: string | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly cooldownMs: number | null;
}

interface WhyView {
  readonly stage: string;
  readonly text: string;
}

/** A client that would not take our certificate: shown as a row, because otherwise its calls are simply missing. */
interface Refusal {
  readonly count: number;
  readonly cause: string;
  readonly message: string;
  readonly fix: string;
}

export interface FlowView {
  readonly id: string;
  /** Position in the session, counted by this UI: `#42`. */
  readonly number: number;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** A `ClientId`, or what a newer core calls one. */
  readonly client: string;
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly protocol: string;
  readonly status: number | null;
  readonly state: FlowState;
  readonly action: FlowAction;
  readonly formats: { readonly client: string | null; readonly upstream: string | null };
  readonly model: { readonly asked: string | null; readonly served: string | null };
  readonly provider: string | null;
  readonly account: string | null;
  readonly combo: string | null;
  readonly session: string | null;
  readonly attempts: readonly AttemptView[];
  readonly why: readonly WhyView[];
  readonly usage: Usage | null;
  readonly costUsd: number | null;
  readonly timings: Timings;
  readonly losses: readonly string[];
  readonly error: string | null;
  readonly refusal: Refusal | null;
}

export interface DecodedView {
  readonly as: "events" | "json";
  readonly text: string;
  /** Of events: where each of them ended in the bytes of the body. */
  readonly ends: readonly number[];
}

export interface BodyView {
  /** Size on the wire; `captured` of them were kept. */
  readonly bytes: number;
  readonly captured: number;
  readonly truncated: boolean;
  readonly contentType: string | null;
  readonly encoding: string | null;
  /** Raw text: it is sanitised line by line when a line is made (`body/document.ts`), never shown as it is. */
  readonly text: string | null;
  readonly base64: string | null;
  /** A binary body whose framing the core knows, as text; raw like `text`. */
  readonly decoded: DecodedView | null;
  readonly decodeError: string | null;
}

export interface SideView {
  readonly line: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: BodyView | null;
  /** When pieces of the body passed: ms since the flow began, and their bytes on the wire. */
  readonly timeline: readonly (readonly [atMs: number, bytes: number])[];
}

export interface FlowDetail {
  readonly flow: FlowView;
  readonly sides: Readonly<Partial<Record<FlowSide, SideView>>>;
}

export interface StatusView {
  readonly pid: number | null;
  readonly host: string;
  readonly port: number | null;
  readonly version: string;
  readonly ca: {
    readonly path: string;
    readonly fingerprint: string;
    readonly expiresAt: string;
    /** The names it may speak for. */
    readonly scope: readonly string[];
  } | null;
  readonly config: {
    readonly path: string;
    readonly exists: boolean;
    readonly error: string | null;
    readonly warnings: readonly string[];
    readonly routes: number;
  };
  readonly tunnels: number;
  readonly dropped: number;
  readonly proxyAuth: string;
}

export function isLive(flow: FlowView): boolean {
  return flow.state === "open" || flow.state === "streaming";
}

export function isError(flow: FlowView): boolean {
  return (
    flow.state === "failed" ||
    flow.state === "truncated" ||
    flow.refusal !== null ||
    flow.error !== null ||
    (flow.status !== null && flow.status >= 400)
  );
}
