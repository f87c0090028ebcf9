/**
 * Globs with one wildcard, `*`, which stands for any run of characters (none, slashes and dots included).
 * No RegExp: a pattern from a config file must not be able to stall the process. The pieces between stars are searched
 * one after the other, long ones by Knuth-Morris-Pratt, so matching is linear in the text whatever either of them holds.
 */
export type TextTest = (text: string) => boolean;

/** Compile once, match often. `api.*.com` matches `api.example.com`; a pattern without a star matches itself only. */
export function globTest(pattern: string, options: { readonly ignoreCase?: boolean } = {}): TextTest {
  const fold =
    options.ignoreCase === true ? (text: string): string => text.toLowerCase() : (text: string): string => text;
  const pieces = fold(pattern).split("*");
  const head = pieces[0] ?? "";
  if (pieces.length === 1) return (text) => fold(text) === head;
  const tail = pieces.at(-1) ?? "";
  const middle = pieces
    .slice(1, -1)
    .filter((piece) => piece !== "")
    .map(needle);
  if (head === "" && tail === "" && middle.length === 0) return () => true;
  return (raw) => {
    const text = fold(raw);
    const end = text.length - tail.length;
    if (end < head.length || !text.startsWith(head) || !text.endsWith(tail)) return false;
    let from = head.length;
    for (const find of middle) {
      const at = find(text, from, end);
      if (at < 0) return false;
      from = at;
    }
    return true;
  };
}

/** The engine's own search is fastest, and for pieces this short its worst case is still a small multiple of the text. */
const shortPiece = 32;

/** A search for one fixed piece: the index just behind its first occurrence in `text[from, end)`, or -1. */
function needle(piece: string): (text: string, from: number, end: number) => number {
  if (piece.length <= shortPiece) {
    return (text, from, end) => {
      const at = text.indexOf(piece, from);
      return at < 0 || at + piece.length > end ? -1 : at + piece.length;
    };
  }
  const fallback = failureTable(piece);
  return (text, from, end) => {
    let matched = 0;
    for (let index = from; index < end; index += 1) {
      const code = text.charCodeAt(index);
      while (matched > 0 && piece.charCodeAt(matched) !== code) matched = fallback[matched - 1] ?? 0;
      if (piece.charCodeAt(matched) === code) matched += 1;
      if (matched === piece.length) return index + 1;
    }
    return -1;
  };
}

/** For each prefix of the piece: how long its longest proper prefix is that is also its suffix. */
function failureTable(piece: string): readonly number[] {
  const table = [0];
  let length = 0;
  for (let index = 1; index < piece.length; index += 1) {
    const code = piece.charCodeAt(index);
    while (length > 0 && piece.charCodeAt(length) !== code) length = table[length - 1] ?? 0;
    if (piece.charCodeAt(length) === code) length += 1;
    table.push(length);
  }
  return table;
}
