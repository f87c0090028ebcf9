/**
 * Messages in the hub: OpenAI Chat's vocabulary plus what a bare Chat shape loses (thinking with signature and
 * provenance, documents, tool-result images and errors, cache marks, block order). Parts stay in the order the
 * client wrote them. Everything is readonly: a translator returns new values.
 */
import type { FormatId } from "./format-id.ts";

/** Who made an opaque blob; it is replayed only to the same family, otherwise dropped and named as a loss. */
export interface Provenance {
  readonly format: FormatId;
  readonly model?: string;
}

export interface CacheMark {
  readonly ttl?: "5m" | "1h";
  /** Claude's `scope`, e.g. `global` (seen from Claude Code 2.1.329, 2026-11). */
  readonly scope?: string;
}

export interface TextPart {
  readonly type: "text";
  readonly text: string;
  readonly cache?: CacheMark;
}

export interface ImagePart {
  readonly type: "image";
  readonly source:
    | { readonly kind: "base64"; readonly mediaType: string; readonly data: string }
    | { readonly kind: "url"; readonly url: string };
  readonly detail?: string;
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

export interface ThinkingPart {
  readonly type: "thinking";
  readonly text: string;
  readonly signature?: string;
  readonly from?: Provenance;
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

export type UserPart = TextPart | ImagePart | DocumentPart | OpaquePart;
export type AssistantPart = TextPart | ThinkingPart | RedactedThinkingPart | RefusalPart | ToolCallPart | OpaquePart;
export type ToolResultContent = TextPart | ImagePart | DocumentPart | OpaquePart;

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
