/**
 * Messages in the hub: OpenAI Chat's vocabulary plus what a bare Chat shape loses (thinking with signature and
 * provenance, documents, tool-result images and errors, cache marks, block order). Parts stay in the order the
 * client wrote them. Everything is readonly: a translator returns new values.
 */
import type { FormatId } from "./format-id.ts";

/** Who made an opaque blob; it is replayed only to its maker (provenance.ts), otherwise dropped and named as a loss. */
export interface Provenance {
  readonly format: FormatId;
  readonly model?: string;
  /** The configured provider that was asked; absent where the blob came from the client's own history. */
  readonly origin?: string;
}

/** Where a statement comes from: a web page or a document the provider's own tool read. */
export interface Citation {
  readonly url?: string;
  readonly title?: string;
  /** The words that are cited. */
  readonly text?: string;
  /** Where in the block's text the statement stands, in UTF-16 units; absent where the provider does not say. */
  readonly start?: number;
  readonly end?: number;
  readonly from: FormatId;
  /** As the provider wrote it, for its own dialect. */
  readonly raw: unknown;
}

export interface CacheMark {
  readonly ttl?: "5m" | "1h";
  /** Claude's `scope`, e.g. `global` (seen from Claude Code 2.1.329, 2026-11). */
  readonly scope?: string;
}

export interface TextPart {
  readonly type: "text";
  readonly text: string;
  readonly citations?: readonly Citation[];
  /** Gemini signs text parts too; `from` says whose signature it is. */
  readonly signature?: string;
  readonly from?: Provenance;
  readonly cache?: CacheMark;
}

export interface ImagePart {
  readonly type: "image";
  readonly source:
    | { readonly kind: "base64"; readonly mediaType: string; readonly data: string }
    | { readonly kind: "url"; readonly url: string };
  readonly detail?: string;
  /** Gemini signs the pictures it draws; `from` says whose signature it is. */
  readonly signature?: string;
  readonly from?: Provenance;
  readonly cache?: CacheMark;
}

export interface DocumentPart {
  readonly type: "document";
  readonly source:
    | { readonly kind: "base64"; readonly mediaType: string; readonly data: string }
    | { readonly kind: "url"; readonly url: string }
    | { readonly kind: "text"; readonly text: string };
  readonly title?: string;
  readonly context?: string;
  readonly cache?: CacheMark;
}

/** Sound and moving pictures. */
export interface MediaPart {
  readonly type: "media";
  readonly source:
    | { readonly kind: "base64"; readonly mediaType: string; readonly data: string }
    | { readonly kind: "url"; readonly url: string; readonly mediaType?: string };
  readonly cache?: CacheMark;
}

export interface ThinkingPart {
  readonly type: "thinking";
  readonly text: string;
  /** Claude's signature, or the encrypted content of an OpenAI reasoning item. */
  readonly signature?: string;
  readonly from?: Provenance;
  /** The item's own id where the dialect has one (OpenAI's `rs_…`). */
  readonly itemId?: string;
}

/** Thinking the provider encrypted: opaque, replayable only to where it came from. */
export interface RedactedThinkingPart {
  readonly type: "redacted-thinking";
  readonly data: string;
  readonly from: Provenance;
}

export interface RefusalPart {
  readonly type: "refusal";
  readonly text: string;
}

/** A call of a tool by the model. `arguments` is the JSON text exactly as written, never parsed and re-made. */
export interface ToolCallPart {
  readonly type: "tool-call";
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
  /** `custom` tools take free text instead of JSON. */
  readonly kind: "function" | "custom";
  readonly cache?: CacheMark;
  /** Gemini's thought signature of this call; `from` says whose it is. */
  readonly signature?: string;
  readonly from?: Provenance;
  /** The item's own id where the dialect has one beside the call's (OpenAI's `fc_…`). */
  readonly itemId?: string;
}

/** A block only its own format knows (server tools, containers …). Travels untouched back to that format only. */
export interface OpaquePart {
  readonly type: "opaque";
  readonly from: FormatId;
  readonly name: string;
  readonly raw: unknown;
  /** What another format may say instead, so that the model still knows what stood there. */
  readonly text?: string;
  /** Dropping it would change what the user asked (an uploaded file): another format refuses instead. */
  readonly essential?: true;
}

export type UserPart = TextPart | ImagePart | DocumentPart | MediaPart | OpaquePart;
export type AssistantPart =
  | TextPart
  | ThinkingPart
  | RedactedThinkingPart
  | RefusalPart
  | ToolCallPart
  /** A picture the model drew. */
  | ImagePart
  | OpaquePart;
export type ToolResultContent = TextPart | ImagePart | DocumentPart | MediaPart | OpaquePart;

export type HubMessage =
  | { readonly role: "system" | "developer"; readonly parts: readonly TextPart[] }
  | { readonly role: "user"; readonly parts: readonly UserPart[] }
  | { readonly role: "assistant"; readonly parts: readonly AssistantPart[] }
  | {
      readonly role: "tool";
      readonly callId: string;
      readonly parts: readonly ToolResultContent[];
      readonly isError: boolean;
      readonly cache?: CacheMark;
    };
