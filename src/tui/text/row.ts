/**
 * A row of the screen: styled spans in, one line of terminal bytes of exactly the asked width out.
 * This is the only place where text becomes terminal output, and spans carry styles by name, never escapes:
 * whatever a span contains, only the SGR sequences written here leave. Text that is not printable ASCII
 * passes the shared sanitiser once more, so a caller that forgot cannot leak a control character.
 */
import { safeLine } from "../../base/safe-text.ts";
import { cellWidth, cutTo, isPlainAscii } from "./cells.ts";
import type { Style, Theme } from "./theme.ts";

export interface Span {
  readonly text: string;
  readonly style?: Style;
}

export type Spans = readonly Span[];

/** Exactly `width` cells. Too long is cut with an ellipsis, too short is padded in the base style. */
export function renderRow(spans: Spans, width: number, theme: Theme, base?: Style): string {
  if (width <= 0) return "";
  let out = "";
  let used = 0;
  let current = "";
  const write = (text: string, style: Style | undefined): void => {
    const sgr = theme.sgr(base ?? style ?? "plain");
    if (sgr !== current) {
      out += sgr === "" ? reset : `${reset.slice(0, -1)};${sgr}m`;
      current = sgr;
    }
    out += text;
  };
  for (const [index, span] of spans.entries()) {
    if (span.text === "") continue;
    const text = drawable(span.text, theme);
    const wide = cellWidth(text);
    if (used + wide <= width) {
      write(text, span.style);
      used += wide;
      continue;
    }
    const room = width - used;
    const blank = spans.slice(index).every((rest) => rest.text.trim() === "");
    if (room > 0 && !blank) {
      const cut = cutTo(text, room - 1);
      write(cut + (theme.ascii ? "~" : "…"), span.style);
      used += cellWidth(cut) + 1;
    }
    break;
  }
  if (used < width) write(" ".repeat(width - used), undefined);
  return current === "" ? out : out + reset;
}

/** Spans of text with `marks` (character ranges) drawn in another style, and only `[start, end)` of it. */
export function sliceSpans(spans: Spans, start: number, end: number): Span[] {
  const out: Span[] = [];
  let at = 0;
  for (const span of spans) {
    const from = Math.max(start - at, 0);
    const to = Math.min(end - at, span.text.length);
    if (from < to) out.push({ ...span, text: span.text.slice(from, to) });
    at += span.text.length;
    if (at >= end) break;
  }
  return out;
}

/** The same spans with the given character ranges restyled. Ranges are in order and do not overlap. */
export function markSpans(spans: Spans, ranges: readonly (readonly [number, number])[], style: Style): Spans {
  if (ranges.length === 0) return spans;
  const total = spans.reduce((sum, span) => sum + span.text.length, 0);
  const out: Span[] = [];
  let at = 0;
  for (const [start, end] of ranges) {
    out.push(...sliceSpans(spans, at, start));
    for (const span of sliceSpans(spans, start, end)) out.push({ ...span, style });
    at = end;
  }
  out.push(...sliceSpans(spans, at, total));
  return out;
}

const reset = "\u001b[0m";

/** Our own glyphs in plain ASCII, one cell for one cell. */
const asciiGlyphs: ReadonlyMap<string, string> = new Map([
  ["─", "-"],
  ["│", "|"],
  ["█", "#"],
  ["▏", "|"],
  ["░", "."],
  ["…", "~"],
  ["→", ">"],
  ["↑", "^"],
  ["↓", "v"],
  ["·", "."],
  ["•", "*"],
  ["▁", "_"],
  ["▂", "."],
  ["▃", "."],
  ["▄", "-"],
  ["▅", "-"],
  ["▆", "="],
  ["▇", "="],
  ["␊", "|"],
]);

/** No two fonts and terminals agree on their look or width, and the frame layer's marks are among them. */
const privateUse = /\p{Co}/gu;

function drawable(text: string, theme: Theme): string {
  if (isPlainAscii(text)) return text;
  const safe = safeLine(text).replace(privateUse, "?");
  if (!theme.ascii) return safe;
  let out = "";
  for (const character of safe) {
    const swapped = asciiGlyphs.get(character);
    if (swapped !== undefined) out += swapped;
    else out += isPlainAscii(character) ? character : "?".repeat(cellWidth(character));
  }
  return out;
}
