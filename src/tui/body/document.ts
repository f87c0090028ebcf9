/**
 * A scrollable document of any length: lines are made when they are first needed and rows (lines wrapped to a
 * width) likewise, so that opening a two-megabyte body costs one screen of work. `G` and a search that finds
 * nothing read to the end; the capture bound is what limits that.
 */
import { isPlainAscii, wrapRanges } from "../text/cells.ts";
import { markSpans, sliceSpans, type Span, type Spans } from "../text/row.ts";
import type { DocumentLine } from "./line.ts";

export interface Match {
  readonly line: number;
  readonly start: number;
}

export interface TextDocument {
  /** Spans of the rows from `top`; fewer than `height` at the end. Matches of `find` are marked. */
  rows(top: number, height: number, find: string): readonly Spans[];
  /** The nearest top that shows as much as it can; `Infinity` asks for the end. */
  clamp(top: number, height: number): number;
  /** Rows made so far, and whether that is all. */
  readonly known: { readonly rows: number; readonly complete: boolean };
  /** Next occurrence after (or before) `from`, going round once. Case is ignored. */
  find(text: string, from: Match | null, direction: 1 | -1): Match | null;
  /** The next marked line after (or before) `from`, going round once. */
  marked(from: number | null, direction: 1 | -1): number | null;
  /** The row on which a match is. */
  rowOf(match: Match): number;
  /** The line of which a row is part. */
  lineOf(row: number): number;
}

/** Row = part of a line. */
interface Row {
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

export function createDocument(source: Iterator<DocumentLine>, width: number, wrap: boolean): TextDocument {
  const lines: DocumentLine[] = [];
  const rows: Row[] = [];
  const firstRowOfLine: number[] = [];
  let complete = false;

  const readLine = (): boolean => {
    if (complete) return false;
    const next = source.next();
    if (next.done) {
      complete = true;
      return false;
    }
    const index = lines.push(next.value) - 1;
    firstRowOfLine.push(rows.length);
    const { text } = next.value;
    if (!wrap) rows.push({ line: index, start: 0, end: text.length });
    else
      for (const [start, end] of wrapRanges(text, width, hangOf(next.value, width)))
        rows.push({ line: index, start, end });
    return true;
  };
  const ensureRows = (count: number): void => {
    while (rows.length < count && readLine());
  };
  const lineAt = (index: number): DocumentLine | undefined => {
    while (lines.length <= index && readLine());
    return lines[index];
  };

  return {
    rows(top, height, find) {
      ensureRows(top + height);
      // One line often spans several visible rows: its colours are computed once.
      const painted = new Map<number, Spans>();
      return rows.slice(top, top + height).map((row) => {
        const line = lines[row.line];
        if (line === undefined) return [];
        let spans = painted.get(row.line);
        if (spans === undefined) {
          spans = markSpans(line.spans(), occurrences(line.text, find), "match");
          painted.set(row.line, spans);
        }
        const part = sliceSpans(spans, row.start, row.end);
        return row.start === 0 ? part : [indent(hangOf(line, width)), ...part];
      });
    },
    clamp(top, height) {
      // One page ahead, so that the end is known before one is there.
      ensureRows(top + 2 * height);
      return Math.max(0, Math.min(top, rows.length - height));
    },
    get known() {
      return { rows: rows.length, complete };
    },
    find(text, from, direction) {
      if (text === "") return null;
      if (direction === -1) while (readLine());
      const start = from?.line ?? (direction === 1 ? 0 : lines.length - 1);
      const inStart = occurrences(lineAt(start)?.text ?? "", text).map(([at]) => at);
      const near =
        from === null
          ? inStart.at(direction === 1 ? 0 : -1)
          : direction === 1
            ? inStart.find((at) => at > from.start)
            : inStart.findLast((at) => at < from.start);
      if (near !== undefined) return { line: start, start: near };
      for (let index = start + direction; index >= 0 && lineAt(index) !== undefined; index += direction) {
        const at = occurrences(lines[index]?.text ?? "", text).at(direction === 1 ? 0 : -1);
        if (at !== undefined) return { line: index, start: at[0] };
      }
      // Round the end: everything is read by now.
      const order = lines.map((_, index) => index);
      if (direction === -1) order.reverse();
      for (const index of order) {
        const at = occurrences(lines[index]?.text ?? "", text).at(direction === 1 ? 0 : -1);
        if (at !== undefined) return { line: index, start: at[0] };
      }
      return null;
    },
    marked(from, direction) {
      while (readLine());
      const all = lines.flatMap((line, index) => (line.isMarked === true ? [index] : []));
      const next =
        direction === 1
          ? all.find((index) => from === null || index > from)
          : all.findLast((index) => from === null || index < from);
      return next ?? all.at(direction === 1 ? 0 : -1) ?? null;
    },
    rowOf(match) {
      lineAt(match.line);
      const first = firstRowOfLine[match.line] ?? 0;
      let row = first;
      while (rows[row + 1]?.line === match.line && (rows[row]?.end ?? 0) <= match.start) row += 1;
      return row;
    },
    lineOf(row) {
      ensureRows(row + 1);
      return rows[row]?.line ?? 0;
    },
  };
}

/** A hanging indent never eats more than half of the width. */
function hangOf(line: DocumentLine, width: number): number {
  return Math.min(line.hang, Math.floor(width / 2));
}

function indent(columns: number): Span {
  return { text: " ".repeat(columns) };
}

/** Ranges where the text occurs. Lower-casing may change the length of a text outside ASCII; then case counts. */
function occurrences(text: string, find: string): (readonly [number, number])[] {
  if (find === "") return [];
  const folded = text.toLowerCase();
  const same = isPlainAscii(text) || folded.length === text.length;
  const hay = same ? folded : text;
  const needle = same ? find.toLowerCase() : find;
  const found: (readonly [number, number])[] = [];
  for (let at = hay.indexOf(needle); at !== -1; at = hay.indexOf(needle, at + needle.length)) {
    found.push([at, at + needle.length]);
  }
  return found;
}
