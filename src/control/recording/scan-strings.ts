/**
 * The strings in a stream of JSON documents with the place at which each stands, without parsing: every `data:` line of
 * server-sent events is a document; anything else is read as one. Text that is no JSON gives fewer strings, never an error.
 */

export interface ScannedString {
  /** The keys above it, joined by dots. Places in lists do not count: `choices.delta.content`. */
  readonly place: string;
  /** Between the quotes. */
  readonly start: number;
  readonly end: number;
}

/** What providers write there is theirs and always the same; the model's words stand elsewhere. */
const neverTold: ReadonlySet<string> = new Set([
  "id",
  "type",
  "object",
  "model",
  "role",
  "event",
  "name",
  "status",
  "index",
  "item_id",
  "call_id",
  "response_id",
  "system_fingerprint",
  "service_tier",
  "finish_reason",
  "stop_reason",
  "modelVersion",
  "responseId",
]);

export function* scanStrings(text: string): Generator<ScannedString> {
  if (!/^(?:data|event|id|retry)?:/m.test(text.slice(0, 1024))) {
    yield* scanDocument(text, 0, text.length);
    return;
  }
  for (let start = 0; start < text.length; ) {
    const feed = text.indexOf("\n", start);
    const end = feed < 0 ? text.length : feed;
    if (text.startsWith("data:", start)) yield* scanDocument(text, start + 5, end);
    start = end + 1;
  }
}

/** More levels than any provider nests its words in. */
const maxDepth = 64;

function* scanDocument(text: string, from: number, to: number): Generator<ScannedString> {
  /** Of every object or list that is open: the key it stands at, null for a place in a list. */
  const path: (string | null)[] = [];
  let key: string | null = null;
  for (let at = from; at < to; at += 1) {
    const character = text.charCodeAt(at);
    if (character === 0x22) {
      const end = stringEnd(text, at, to);
      if (isKey(text, end + 1, to)) key = text.slice(at + 1, end);
      else if (key === null || !neverTold.has(key)) yield { place: placeOf(path, key), start: at + 1, end };
      at = end;
    } else if (character === 0x7b || character === 0x5b) {
      if (path.length >= maxDepth) return;
      path.push(key);
      key = null;
    } else if (character === 0x7d || character === 0x5d) key = path.pop() ?? null;
  }
}

function placeOf(path: readonly (string | null)[], key: string | null): string {
  return [...path, key].filter((part) => part !== null).join(".");
}

/** The closing quote, or `to` where the text is cut. */
function stringEnd(text: string, start: number, to: number): number {
  for (let at = start + 1; at < to; at += 1) {
    const character = text.charCodeAt(at);
    if (character === 0x5c) at += 1;
    else if (character === 0x22) return at;
  }
  return to;
}

function isKey(text: string, from: number, to: number): boolean {
  let at = from;
  while (at < to && /\s/.test(text.charAt(at))) at += 1;
  return at < to && text.charCodeAt(at) === 0x3a;
}
