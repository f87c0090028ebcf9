/**
 * How servers may read the bytes that reached one of them. Where two parsers disagree on where a request ends, a request can
 * be hidden in another one's body; so every reading must see the same requests.
 */

interface Reader {
  readonly name: string;
  /** Of a body with both lengths: which counts. Of two lengths: the first or the last. */
  readonly prefers: "length" | "chunks";
  readonly length: "first" | "last";
  /** Takes a lone LF for the end of a line, white space before a colon, and control characters for nothing. */
  readonly lenient: boolean;
}

const readers: readonly Reader[] = [
  { name: "strict", prefers: "chunks", length: "first", lenient: false },
  { name: "lenient, chunks first", prefers: "chunks", length: "last", lenient: true },
  { name: "lenient, length first", prefers: "length", length: "first", lenient: true },
  { name: "lenient, last length", prefers: "length", length: "last", lenient: true },
];

/** The request lines that each reader finds, by its name. */
export function readings(bytes: Buffer): ReadonlyMap<string, readonly string[]> {
  return new Map(readers.map((reader) => [reader.name, requestsIn(bytes.toString("latin1"), reader)]));
}

function requestsIn(text: string, reader: Reader): readonly string[] {
  const found: string[] = [];
  let rest = text;
  for (let count = 0; count < 50; count += 1) {
    rest = rest.replace(/^(?:\r?\n)+/, "");
    const end = headEnd(rest, reader);
    if (end === null) break;
    const lines = rest.slice(0, end.at).split(reader.lenient ? /\r?\n|\r/ : "\r\n");
    const line = lines[0] ?? "";
    // What no server takes for a request is none.
    if (!/^[A-Za-z]+[ \t]+\S+/.test(line)) break;
    found.push(line);
    rest = rest.slice(end.next);
    const size = bodyLength(lines.slice(1), rest, reader);
    if (size === null) break;
    rest = rest.slice(size);
  }
  return found;
}

function headEnd(text: string, { lenient }: Reader): { readonly at: number; readonly next: number } | null {
  const match = (lenient ? /\r?\n\r?\n/ : /\r\n\r\n/).exec(text);
  return match === null ? null : { at: match.index, next: match.index + match[0].length };
}

/** Null: it has no end here. */
function bodyLength(lines: readonly string[], rest: string, reader: Reader): number | null {
  const values = (wanted: string): readonly string[] =>
    lines.flatMap((line) => {
      const colon = line.indexOf(":");
      const name = line.slice(0, Math.max(0, colon)).toLowerCase();
      // oxlint-disable-next-line no-control-regex -- what a lenient reader drops
      const plain = reader.lenient ? name.replaceAll(/[\x00-\x20]/g, "") : name;
      return plain === wanted ? [line.slice(colon + 1).trim()] : [];
    });
  const isChunked = values("transfer-encoding").some((value) =>
    reader.lenient ? /chunked/i.test(value) : value.toLowerCase() === "chunked",
  );
  const lengths = values("content-length");
  const length = Number.parseInt(lengths.at(reader.length === "first" ? 0 : -1) ?? "", 10);
  const hasLength = !Number.isNaN(length);
  if (isChunked && (!hasLength || reader.prefers === "chunks")) return chunkedLength(rest, reader);
  if (!hasLength || length <= 0) return 0;
  return length <= rest.length ? length : null;
}

function chunkedLength(text: string, { lenient }: Reader): number | null {
  let at = 0;
  const line = (): string | null => {
    const match = (lenient ? /\r?\n/ : /\r\n/).exec(text.slice(at));
    if (match === null) return null;
    const found = text.slice(at, at + match.index);
    at += match.index + match[0].length;
    return found;
  };
  for (;;) {
    const size = line();
    if (size === null) return null;
    const count = Number.parseInt(size, 16);
    if (Number.isNaN(count) || count < 0) return null;
    if (count === 0) break;
    at += count;
    if (at > text.length) return null;
    if (line() === null) return null;
  }
  for (let trailer = line(); trailer !== ""; trailer = line()) if (trailer === null) return null;
  return at;
}
