/**
 * JSON for reading: laid out line by line from the bytes as they are, without parsing. Numbers keep their digits,
 * keys their order and duplicates, and a body that was cut off still shows everything up to the cut.
 */
import type { Span } from "../text/row.ts";

const token = /"[^"\\]*(?:\\.[^"\\]*)*"?|[{}[\],:]|[^\s{}[\],:"]+/gs;

/** Deeper levels are not indented further: a hostile body must not push everything off the screen. */
const maxIndentLevels = 24;

/** Does the text begin like a JSON document? Enough to choose a view by; a wrong guess still shows all of the text. */
export function looksLikeJson(text: string): boolean {
  return /^\s*[{[]/.test(text.slice(0, 200));
}

/** Lines of two-space indented JSON. Lazy: only what is asked for is scanned. */
export function* prettyJson(text: string): Generator<string, void> {
  let level = 0;
  let line = "";
  let opened = false;
  const indent = (): string => "  ".repeat(Math.min(level, maxIndentLevels));
  for (const [part] of text.matchAll(token)) {
    if (part === "}" || part === "]") {
      level = Math.max(0, level - 1);
      if (opened) line += part;
      else {
        if (line.trim() !== "") yield line;
        line = indent() + part;
      }
      opened = false;
      continue;
    }
    if (part === ",") {
      yield `${line},`;
      line = indent();
      opened = false;
      continue;
    }
    if (part === ":") {
      line += ": ";
      continue;
    }
    if (opened) {
      yield line;
      line = indent();
      opened = false;
    }
    line += part;
    if (part === "{" || part === "[") {
      level += 1;
      opened = true;
    }
  }
  if (line.trim() !== "") yield line;
}

const colored = /("[^"\\]*(?:\\.[^"\\]*)*"?)(\s*:)?|(\btrue\b|\bfalse\b|\bnull\b)|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

/** An image in base64 is one line of megabytes; nobody reads it by colour. */
const maxColoredLength = 50_000;

/** One line of JSON as spans. Not a parser: it colours what it recognises and leaves the rest plain. */
export function colorJson(line: string): Span[] {
  if (line.length > maxColoredLength) return [{ text: line }];
  const spans: Span[] = [];
  let at = 0;
  for (const match of line.matchAll(colored)) {
    if (match.index > at) spans.push({ text: line.slice(at, match.index) });
    const [whole, text, colon, literal] = match;
    if (text !== undefined) {
      spans.push({ text, style: colon === undefined ? "string" : "key" });
      if (colon !== undefined) spans.push({ text: colon });
    } else spans.push({ text: whole, style: literal === undefined ? "number" : "literal" });
    at = match.index + whole.length;
  }
  if (at < line.length) spans.push({ text: line.slice(at) });
  return spans;
}
