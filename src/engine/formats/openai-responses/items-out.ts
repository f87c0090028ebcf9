/** Output items of a response, as clients get them: begun (without what is still to come) and whole. */
import type { Citation } from "../../hub/message.ts";
import { isRecord, parseJson } from "../../../base/json.ts";
import type { Fields } from "../fields.ts";

export type ItemStatus = "in_progress" | "completed" | "incomplete";

export function messageItem(id: string, status: ItemStatus, content: readonly Fields[]): Fields {
  return { id, type: "message", status, role: "assistant", content };
}

export function textPart(text: string, annotations: readonly Fields[]): Fields {
  return { type: "output_text", text, annotations, logprobs: [] };
}

export function refusalPart(text: string): Fields {
  return { type: "refusal", refusal: text };
}

export function reasoningItem(id: string, text: string | null, blob: string | undefined): Fields {
  return {
    id,
    type: "reasoning",
    summary: text === null ? [] : [summaryPart(text)],
    ...(blob === undefined ? {} : { encrypted_content: blob }),
  };
}

export function summaryPart(text: string): Fields {
  return { type: "summary_text", text };
}

/** What stays the same of a call while its arguments grow. */
export interface CallHead {
  readonly id: string;
  readonly callId: string;
  /** The client's own, and the namespace it declared it in. */
  readonly name: string;
  readonly namespace?: string;
  readonly kind: "function" | "custom";
}

export function callItem({ id, callId, name, namespace, kind }: CallHead, status: ItemStatus, text: string): Fields {
  const named = namespace === undefined ? { name } : { name, namespace };
  return kind === "custom"
    ? { id, type: "custom_tool_call", status, call_id: callId, ...named, input: text }
    : { id, type: "function_call", status, call_id: callId, ...named, arguments: text };
}

/** Arguments that were cut by the token limit are no call that could be run. */
export function callStatus(kind: "function" | "custom", text: string): ItemStatus {
  if (kind === "custom") return "completed";
  const parsed = parseJson(text);
  return parsed.ok && isRecord(parsed.value) ? "completed" : "incomplete";
}

/** `result` is null while the picture is still to come. */
export function drawingItem(id: string, mediaType: string, result: string | null): Fields {
  const status: ItemStatus = result === null ? "in_progress" : "completed";
  return { id, type: "image_generation_call", status, result, output_format: mediaType.replace("image/", "") };
}

/** OpenAI's own note as it was; a web page of another provider's; null for what is neither. */
export function annotationOf(citation: Citation, textChars: number): Fields | null {
  if (citation.from === "openai-responses" && isRecord(citation.raw)) return citation.raw;
  if (citation.url === undefined) return null;
  return {
    type: "url_citation",
    start_index: Math.min(citation.start ?? 0, textChars),
    end_index: Math.min(citation.end ?? textChars, textChars),
    url: citation.url,
    title: citation.title ?? citation.url,
  };
}
