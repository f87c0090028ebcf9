/**
 * Text measured in terminal cells, not in characters: what everything that must line up is built from.
 * Printable ASCII and our own glyphs never reach the grapheme segmenter; they are nearly all of what a proxy shows, and
 * nearly every row has an ellipsis (measured 2026-11: `string-width` alone was a fifth of the cost of a frame without
 * this shortcut).
 */
import stringWidth from "string-width";

const printableAscii = /^[\x20-\x7e]*$/;
/** One character, one cell: ASCII, and the glyphs that we draw ourselves. */
const oneCellEach = /^[\x20-\x7e─│…→↑↓·•░▁-█▏]*$/;
const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

export function isPlainAscii(text: string): boolean {
  return printableAscii.test(text);
}

/** What a person would call the characters of a text: what one press of backspace takes away. */
export function graphemes(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Cells the text takes on screen. */
export function cellWidth(text: string): number {
  if (oneCellEach.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += clusterWidth(segment);
  return width;
}

/** The longest beginning that fits, never half of a wide character. */
export function cutTo(text: string, width: number): string {
  if (width <= 0) return "";
  if (oneCellEach.test(text)) return text.length <= width ? text : text.slice(0, width);
  let used = 0;
  for (const { segment, index } of segmenter.segment(text)) {
    used += clusterWidth(segment);
    if (used > width) return text.slice(0, index);
  }
  return text;
}

/** The text if it fits, else its beginning and an ellipsis. */
export function ellipsize(text: string, width: number): string {
  if (width <= 0) return "";
  if (cellWidth(text) <= width) return text;
  return `${cutTo(text, width - 1)}…`;
}

/** Keeps both ends and drops the middle: hosts and the last path segment tell more than what lies between. */
export function ellipsizeMiddle(text: string, width: number, tail = Math.floor((width - 1) / 3)): string {
  if (cellWidth(text) <= width) return text;
  if (width < 8 || tail < 1) return ellipsize(text, width);
  const end = lastCells(text, tail);
  return `${cutTo(text, width - 1 - cellWidth(end))}…${end}`;
}

/** Exactly `width` cells: cut with an ellipsis or padded with spaces. */
export function fit(text: string, width: number, align: "left" | "right" = "left"): string {
  if (width <= 0) return "";
  const cut = ellipsize(text, width);
  const padding = " ".repeat(Math.max(0, width - cellWidth(cut)));
  return align === "left" ? cut + padding : padding + cut;
}

/** Character ranges `[start, end)` of the rows this text takes at a width. An empty text takes one row. */
export function* wrapRanges(
  text: string,
  width: number,
  hang = 0,
): Generator<readonly [start: number, end: number], void> {
  const first = Math.max(1, width);
  const later = Math.max(1, width - hang);
  if (oneCellEach.test(text)) {
    let start = 0;
    let room = first;
    do {
      yield [start, Math.min(text.length, start + room)];
      start += room;
      room = later;
    } while (start < text.length);
    return;
  }
  let start = 0;
  let used = 0;
  let room = first;
  for (const { segment, index } of segmenter.segment(text)) {
    const wide = clusterWidth(segment);
    if (used + wide > room && index > start) {
      yield [start, index];
      start = index;
      used = 0;
      room = later;
    }
    used += wide;
  }
  yield [start, text.length];
}

function lastCells(text: string, width: number): string {
  if (oneCellEach.test(text)) return text.slice(Math.max(0, text.length - width));
  const segments = [...segmenter.segment(text)];
  let used = 0;
  for (let at = segments.length - 1; at >= 0; at -= 1) {
    const one = segments[at];
    if (one === undefined) break;
    used += clusterWidth(one.segment);
    if (used > width) return text.slice(one.index + one.segment.length);
  }
  return text;
}

function clusterWidth(cluster: string): number {
  return cluster.length === 1 && cluster >= " " && cluster <= "~" ? 1 : stringWidth(cluster);
}
