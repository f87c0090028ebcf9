/** One logical line of a document, sanitised, with the colours it gets when it becomes visible. */
import { safeLine } from "../../base/safe-text.ts";
import type { Span, Spans } from "../text/row.ts";
import type { Style } from "../text/theme.ts";
import { colorJson } from "./json.ts";

export interface DocumentLine {
  readonly text: string;
  /** Columns by which wrapped rows of this line are indented. */
  readonly hang: number;
  /** Something to be found in its own right: a change. */
  readonly isMarked?: true;
  /** Computed when the line is painted, not before. */
  readonly spans: () => Spans;
}

export function plainLine(text: string, style: Style = "plain", hang = 0): DocumentLine {
  const safe: string = safeLine(text);
  return { text: safe, hang, spans: () => [{ text: safe, style }] };
}

export function jsonLine(text: string, prefix: Span | null = null): DocumentLine {
  const safe: string = safeLine(text);
  const before = prefix === null ? "" : safeLine(prefix.text);
  const indent = /^ */.exec(safe)?.[0].length ?? 0;
  return {
    text: before + safe,
    hang: before.length === 0 ? indent + 2 : before.length,
    spans: () => [...(before === "" ? [] : [{ ...prefix, text: before }]), ...colorJson(safe)],
  };
}

export function styledLine(spans: Spans, hang = 0): DocumentLine {
  const safe = spans.map((span) => ({ ...span, text: safeLine(span.text) }));
  return { text: safe.map((span) => span.text).join(""), hang, spans: () => safe };
}
