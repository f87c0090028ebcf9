/**
 * Citations of a Claude text block. Its own travel as they are; a web page that another provider cited is shown in the
 * web search form, whose opaque `encrypted_index` then holds our tag (hub/carrier.ts): such a one is never sent to Claude.
 */
import { isRecord } from "../../../base/json.ts";
import { isCarrier, readCarrier, writeCarrier } from "../../hub/carrier.ts";
import type { Citation } from "../../hub/message.ts";
import { listField, optional, textField, type Fields } from "../fields.ts";

export function readCitations(block: unknown): readonly Citation[] {
  return (listField(block, "citations") ?? []).flatMap((raw) => (isRecord(raw) ? [readCitation(raw)] : []));
}

export function readCitation(raw: Fields): Citation {
  const index = textField(raw, "encrypted_index");
  const isOurs = index !== undefined && isCarrier(index);
  const source = textField(raw, "source");
  return {
    ...optional("url", textField(raw, "url") ?? (source !== undefined && isAddress(source) ? source : undefined)),
    ...optional("title", textField(raw, "title") ?? textField(raw, "document_title")),
    ...optional("text", textField(raw, "cited_text") || undefined),
    from: (isOurs ? readCarrier(index)?.from.format : undefined) ?? "claude",
    raw: isOurs ? null : raw,
  };
}

/** For a client; null where this dialect has no form for it. */
export function showCitation(citation: Citation): Fields | null {
  const own = ownCitation(citation);
  if (own !== null) return own;
  if (citation.url === undefined) return null;
  return {
    type: "web_search_result_location",
    url: citation.url,
    title: citation.title ?? null,
    cited_text: citation.text ?? "",
    encrypted_index: writeCarrier({ from: { format: citation.from } }),
  };
}

/** Claude's own, as it wrote it; null for any other. */
export function ownCitation({ from, raw }: Citation): Fields | null {
  return from === "claude" && isRecord(raw) ? raw : null;
}

function isAddress(text: string): boolean {
  return /^https?:\/\//i.test(text);
}
