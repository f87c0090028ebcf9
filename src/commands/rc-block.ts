/**
 * One marked block in a text that belongs to somebody else. Pure: text in, text out, every other byte as it was; texts are
 * bytes read as Latin-1. The block says itself what came with it (a line break, the whole file) and carries a checksum, so
 * that it can be taken out without a trace, and is known from one that its owner has changed.
 */
import { createHash } from "node:crypto";

const begin = "# >>> switchyard >>>";
const end = "# <<< switchyard <<<";
const about =
  "# New shells go through a running Switchyard; while none runs this does nothing. Out again: switchyard env --remove-hook";

export type Found =
  | { readonly kind: "none" }
  | Block
  /** Markers that do not make one block: their lines, counted from 1. */
  | { readonly kind: "unbalanced"; readonly lines: readonly number[] };

export interface Block {
  readonly kind: "block";
  readonly start: number;
  readonly end: number;
  /** The line its first marker is in, counted from 1. */
  readonly line: number;
  readonly text: string;
  /** As we wrote it; else somebody has changed it since. */
  readonly isOurs: boolean;
  readonly origin: Origin;
}

/** What came with the block. */
interface Origin {
  /** There was no file. */
  readonly madeFile: boolean;
  /** The last line had no line break. */
  readonly brokeLine: boolean;
}

interface Line {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export function findBlock(text: string): Found {
  const lines = linesOf(text);
  const marks = lines.flatMap((line, index) => (isMark(line.text) ? [index] : []));
  const [first, last] = marks;
  if (first === undefined) return { kind: "none" };
  const from = lines[first];
  const to = last === undefined ? undefined : lines[last];
  if (marks.length !== 2 || from?.text.trim() !== begin || to === undefined || to.text.trim() !== end) {
    return { kind: "unbalanced", lines: marks.map((index) => index + 1) };
  }
  const inside = lines.slice(first + 1, last).map((line) => line.text);
  const place = { start: from.start, end: to.end, line: first + 1 };
  return { kind: "block", ...place, text: text.slice(place.start, place.end), ...readInside(inside) };
}

/** With the block as the last thing, or in the place of the one that is there. `before` null: there is no file. */
export function withBlock(before: string | null, body: readonly string[]): string {
  if (before === null) return blockText(body, { madeFile: true, brokeLine: false }, "\n");
  const newline = /\r\n/.test(before) ? "\r\n" : "\n";
  const found = findBlock(before);
  if (found.kind === "block") {
    const block = blockText(body, found.origin, newline);
    // A last line without its break keeps that.
    const whole = found.text.endsWith("\n") ? block : block.slice(0, -newline.length);
    return before.slice(0, found.start) + whole + before.slice(found.end);
  }
  const brokeLine = before !== "" && !before.endsWith("\n");
  return before + (brokeLine ? newline : "") + blockText(body, { madeFile: false, brokeLine }, newline);
}

/** Null: the file was made for the block, and nothing else is in it now. */
export function withoutBlock(text: string, block: Block): string | null {
  const after = text.slice(block.end);
  let before = text.slice(0, block.start);
  // What was written below since needs the line break.
  if (block.origin.brokeLine && after === "") before = before.replace(/\r?\n$/, "");
  return block.origin.madeFile && before + after === "" ? null : before + after;
}

function blockText(body: readonly string[], origin: Origin, newline: string): string {
  return [begin, about, originLine(body, origin), ...body, end].map((line) => line + newline).join("");
}

function originLine(body: readonly string[], origin: Origin): string {
  const words = [
    ...(origin.madeFile ? ["this file was made for it"] : []),
    ...(origin.brokeLine ? ["the line break above came with it"] : []),
  ];
  return `# checksum ${[checksum(body), ...words].join("; ")}`;
}

function readInside([first, second = "", ...body]: readonly string[]): Pick<Block, "isOurs" | "origin"> {
  const origin = {
    madeFile: second.includes("this file was made for it"),
    brokeLine: second.includes("the line break above came with it"),
  };
  return { origin, isOurs: first === about && second === originLine(body, origin) };
}

function checksum(body: readonly string[]): string {
  return createHash("sha256").update(body.join("\n"), "latin1").digest("hex").slice(0, 16);
}

function isMark(text: string): boolean {
  return text.trim() === begin || text.trim() === end;
}

/** Without their line breaks; `end` is behind them. */
function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < text.length; ) {
    const at = text.indexOf("\n", start);
    const stop = at === -1 ? text.length : at + 1;
    lines.push({ text: text.slice(start, stop).replace(/\r?\n$/, ""), start, end: stop });
    start = stop;
  }
  return lines;
}
