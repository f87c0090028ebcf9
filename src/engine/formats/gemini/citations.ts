/**
 * Where a reply's statements come from: `groundingMetadata` (search and retrieval) and `citationMetadata` (quotations).
 * Google counts places in bytes of UTF-8, the hub in UTF-16 units.
 */
import { isRecord, own } from "../../../base/json.ts";
import type { Citation } from "../../hub/message.ts";
import { listField, numberField, optional, recordField, textField, type Fields } from "../fields.ts";

const none: readonly Citation[] = [];

/**
 * What one chunk cites. `text` is the text it speaks of, as far as it has come. Each citation keeps the whole metadata
 * as `raw` (the same object for all of one chunk), so that a client of this dialect gets it back as it was.
 */
export function readCitations(candidate: Fields, text: string): readonly Citation[] {
  const { groundingMetadata: grounding, citationMetadata: quoted } = candidate;
  if (grounding === undefined && quoted === undefined) return none;
  return [
    ...(isRecord(grounding) ? readGrounding(grounding, text) : []),
    ...(isRecord(quoted) ? readQuotations(quoted, text) : []),
  ];
}

function readGrounding(metadata: Fields, text: string): readonly Citation[] {
  const raw = { groundingMetadata: metadata };
  const sources = (listField(metadata, "groundingChunks") ?? []).map(readSource);
  const used = new Set<number>();
  const citations: Citation[] = [];
  for (const support of listField(metadata, "groundingSupports") ?? []) {
    const place = placeOf(recordField(support, "segment"), text);
    for (const index of listField(support, "groundingChunkIndices") ?? []) {
      const source = typeof index === "number" ? sources[index] : undefined;
      if (source === undefined || typeof index !== "number") continue;
      used.add(index);
      citations.push({ ...source, ...place, from: "gemini", raw });
    }
  }
  for (const [index, source] of sources.entries()) {
    if (!used.has(index)) citations.push({ ...source, from: "gemini", raw });
  }
  return citations;
}

type Source = Pick<Citation, "url" | "title">;

/** A chunk has one key that says what kind of source it is: `web`, `retrievedContext`, `maps`, `image`. */
function readSource(chunk: unknown): Source {
  const source = isRecord(chunk) ? Object.values(chunk).find(isRecord) : undefined;
  const url = textField(source, "uri") ?? textField(source, "sourceUri");
  return { ...optional("url", url), ...optional("title", textField(source, "title")) };
}

function readQuotations(metadata: Fields, text: string): readonly Citation[] {
  const raw = { citationMetadata: metadata };
  const list = listField(metadata, "citations") ?? listField(metadata, "citationSources") ?? [];
  return list.map(
    (quotation): Citation => ({
      ...optional("url", textField(quotation, "uri")),
      ...optional("title", textField(quotation, "title")),
      ...placeOf(quotation, text),
      from: "gemini",
      raw,
    }),
  );
}

/** The place a segment names, if the words are there; otherwise where the words are; otherwise nowhere. */
function placeOf(segment: unknown, text: string): Pick<Citation, "text" | "start" | "end"> {
  const words = textField(segment, "text");
  const endByte = numberField(segment, "endIndex");
  const start = endByte === undefined ? -1 : unitsAt(text, numberField(segment, "startIndex") ?? 0);
  const end = endByte === undefined ? -1 : unitsAt(text, endByte);
  if (start >= 0 && end > start) {
    const found = text.slice(start, end);
    if (words === undefined || words === found) return { text: found, start, end };
  }
  const at = words === undefined || words === "" ? -1 : text.indexOf(words);
  if (words === undefined || at < 0) return optional("text", words);
  return { text: words, start: at, end: at + words.length };
}

/** How many UTF-16 units the first bytes of a text are; -1 where it has fewer bytes or they end inside a character. */
function unitsAt(text: string, bytes: number): number {
  const encoded = Buffer.from(text, "utf8");
  if (bytes < 0 || bytes > encoded.length) return -1;
  const head = encoded.subarray(0, bytes).toString("utf8");
  return text.startsWith(head) ? head.length : -1;
}

/** Said of the citation once it is known where its block stands in the reply. */
export interface PlacedCitation {
  readonly citation: Citation;
  /** The text of the part the citation's places count in, with what stands in front of its block. */
  readonly text: string;
  readonly blockStart: number;
  readonly partIndex?: number;
}

/** Metadata of Google's own, as it was; null for citations of anybody else. */
export function ownMetadata({ from, raw }: Citation): Fields | null {
  return from === "gemini" && isRecord(raw) && (isRecord(own(raw, "groundingMetadata")) || "citationMetadata" in raw)
    ? raw
    : null;
}

/** Citations of another provider as `groundingMetadata`; null when there are none that name a source. */
export function writeGrounding(placed: readonly PlacedCitation[]): Fields | null {
  const chunks: { readonly web: Fields }[] = [];
  const indexOf = new Map<string, number>();
  const supports: Fields[] = [];
  for (const { citation, text, blockStart, partIndex } of placed) {
    const { url, title, start, end } = citation;
    if (url === undefined && title === undefined) continue;
    const key = JSON.stringify([url, title]);
    const index = indexOf.get(key) ?? chunks.length;
    if (index === chunks.length) chunks.push({ web: { ...optional("uri", url), ...optional("title", title) } });
    indexOf.set(key, index);
    const bytes = (units: number): number => Buffer.byteLength(text.slice(0, blockStart + units), "utf8");
    const place = start === undefined || end === undefined ? {} : { startIndex: bytes(start), endIndex: bytes(end) };
    const segment = { ...optional("partIndex", partIndex || undefined), ...place, ...optional("text", citation.text) };
    if (Object.keys(segment).length > 0) supports.push({ segment, groundingChunkIndices: [index] });
  }
  if (chunks.length === 0) return null;
  return { groundingChunks: chunks, ...(supports.length === 0 ? {} : { groundingSupports: supports }) };
}
