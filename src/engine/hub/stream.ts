/**
 * A reply in the hub, as a stream of events. The grammar, checked by check-stream.ts in the contract suite:
 * `reply-start`, then blocks, then exactly one `reply-end` or `error`. Blocks are numbered from 0 in the order they
 * start and never overlap (readers put parallel calls one after the other, see segments.ts); every start has one end,
 * except the block that an `error` cuts; deltas come between; `usage` may come anywhere before the end and overwrites.
 * A stream that fails before anything else is just `error`.
 */
import type { EngineError } from "../errors/engine-error.ts";
import type { Citation, ImagePart, OpaquePart, Provenance } from "./message.ts";
import type { Usage } from "./usage.ts";

export type FinishReason =
  | "stop"
  | "length"
  | "tool-calls"
  | "content-filter"
  | "stop-sequence"
  | "pause"
  | "error"
  | "unknown";

/** Our word beside the provider's own. */
export interface Finish {
  readonly reason: FinishReason;
  readonly raw: string | null;
  /** Which stop sequence was hit, when known. */
  readonly stopSequence?: string;
  /** The provider's words on why it declined (Claude's `stop_details.explanation`), apart from any text it streamed. */
  readonly explanation?: string;
}

export type StreamEvent =
  | { readonly type: "reply-start"; readonly id: string | null; readonly model: string | null; readonly usage?: Usage }
  | { readonly type: "text-start"; readonly block: number }
  | { readonly type: "text-delta"; readonly block: number; readonly text: string }
  | { readonly type: "text-end"; readonly block: number; readonly signature?: string; readonly from?: Provenance }
  /** Belongs to the text block that is open. */
  | { readonly type: "citation"; readonly block: number; readonly citation: Citation }
  | { readonly type: "thinking-start"; readonly block: number }
  | { readonly type: "thinking-delta"; readonly block: number; readonly text: string }
  | {
      readonly type: "thinking-end";
      readonly block: number;
      readonly signature?: string;
      readonly from?: Provenance;
      readonly itemId?: string;
    }
  | { readonly type: "redacted-thinking"; readonly block: number; readonly data: string; readonly from: Provenance }
  | { readonly type: "refusal-start"; readonly block: number }
  | { readonly type: "refusal-delta"; readonly block: number; readonly text: string }
  | { readonly type: "refusal-end"; readonly block: number }
  | {
      readonly type: "tool-start";
      readonly block: number;
      readonly id: string;
      readonly name: string;
      readonly kind: "function" | "custom";
    }
  | { readonly type: "tool-delta"; readonly block: number; readonly text: string }
  | {
      readonly type: "tool-end";
      readonly block: number;
      readonly signature?: string;
      readonly from?: Provenance;
      readonly itemId?: string;
    }
  /** A picture the model drew, whole. */
  | { readonly type: "image"; readonly block: number; readonly part: ImagePart }
  /** A block only its own format knows, whole. */
  | { readonly type: "opaque"; readonly block: number; readonly part: OpaquePart }
  | { readonly type: "usage"; readonly usage: Usage }
  /** Something the provider said that the hub has no word for; named so that it becomes a loss, never silence. */
  | { readonly type: "dropped"; readonly what: string }
  | { readonly type: "reply-end"; readonly finish: Finish; readonly usage: Usage }
  | { readonly type: "error"; readonly error: EngineError };
