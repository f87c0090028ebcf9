/**
 * `annotations` of a Chat message: web pages that the answer cites, with the places in its whole text. The hub counts
 * places from the beginning of a text block; `startsAt` is where that block begins in the message.
 */
import { isRecord } from "../../../base/json.ts";
import type { Citation } from "../../hub/message.ts";
import { listField, numberField, optional, recordField, textField, type Fields } from "../fields.ts";

/** Places count from the beginning of the message. Null for annotations that are no citations of a page. */
export function readAnnotation(raw: unknown): Citation | null {
  const page = recordField(raw, "url_citation") ?? (isRecord(raw) ? raw : undefined);
  const url = textField(page, "url");
  if (textField(raw, "type") !== "url_citation" || url === undefined) return null;
  return {
    url,
    ...optional("title", textField(page, "title")),
    ...optional("text", textField(page, "content")),
    ...optional("start", numberField(page, "start_index")),
    ...optional("end", numberField(page, "end_index")),
    from: "openai-chat",
    raw,
  };
}

export interface ReadAnnotations {
  readonly citations: readonly Citation[];
  /** Types of annotations that the hub has no word for. */
  readonly unknown: readonly string[];
}

/** Those of a delta or of a whole message. */
export function readAnnotations(message: unknown): ReadAnnotations {
  const citations: Citation[] = [];
  const unknown: string[] = [];
  for (const raw of listField(message, "annotations") ?? []) {
    const citation = readAnnotation(raw);
    if (citation === null) unknown.push(textField(raw, "type") ?? "unknown");
    else citations.push(citation);
  }
  return { citations, unknown };
}

/** Null without an address: the dialect cites pages only. A citation without places is one of its whole block. */
export function writeAnnotation(citation: Citation, startsAt: number, endsAt: number): Fields | null {
  if (citation.url === undefined) return null;
  const given = citation.from === "openai-chat" ? recordField(citation.raw, "url_citation") : undefined;
  return {
    type: "url_citation",
    url_citation: {
      ...given,
      url: citation.url,
      title: citation.title ?? citation.url,
      ...(given === undefined ? optional("content", citation.text) : {}),
      start_index: citation.start === undefined ? startsAt : startsAt + citation.start,
      end_index: citation.end === undefined ? endsAt : startsAt + citation.end,
    },
  };
}
