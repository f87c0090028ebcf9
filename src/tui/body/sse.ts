/** A server-sent event stream for reading: numbered, one event after the other, its data as JSON on one line. */
import type { DocumentLine } from "./line.ts";
import { jsonLine, plainLine, styledLine } from "./line.ts";
import { looksLikeJson } from "./json.ts";

/** An event of a stream: its name, or what its data calls itself. */
export interface SseEvent {
  readonly name: string | null;
  readonly data: string;
  /** Where it ends in the text. */
  readonly end: number;
}

export function* sseEvents(text: string): Generator<SseEvent, void> {
  for (const { lines, end } of blocks(text)) {
    const fields = lines.map(splitField);
    if (fields.every(([field]) => field === "")) continue;
    const data = fields.flatMap(([field, value]) => (field === "data" ? [value] : [])).join("\n");
    yield { name: fields.findLast(([field]) => field === "event")?.[1] ?? typeInside(data), data, end };
  }
}

export function* eventLines(text: string): Generator<DocumentLine, void> {
  let number = 0;
  for (const { lines: block } of blocks(text)) {
    const fields = block.map(splitField);
    const data = fields.flatMap(([name, value]) => (name === "data" ? [value] : [])).join("\n");
    const name = fields.findLast(([field]) => field === "event")?.[1] ?? typeInside(data);
    if (fields.every(([field]) => field === "")) {
      yield plainLine(block.join(" "), "dim");
      continue;
    }
    number += 1;
    yield styledLine([
      { text: `${String(number).padStart(4)}  `, style: "dim" },
      { text: name ?? "message", style: "accent" },
      ...fields.flatMap(([field, value]) =>
        field === "id" || field === "retry" ? [{ text: `  ${field}: ${value}`, style: "dim" as const }] : [],
      ),
    ]);
    if (data === "") continue;
    yield looksLikeJson(data) ? jsonLine(data, { text: "      " }) : plainLine(`      ${data}`, "plain", 6);
  }
}

/** The lines of one event at a time, without copying the whole stream. */
function* blocks(text: string): Generator<{ readonly lines: readonly string[]; readonly end: number }, void> {
  let lines: string[] = [];
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end === -1 ? text.length : end).replace(/\r$/, "");
    at = end === -1 ? text.length : end + 1;
    if (line !== "") lines.push(line);
    else if (lines.length > 0) {
      yield { lines, end: at };
      lines = [];
    }
  }
  if (lines.length > 0) yield { lines, end: text.length };
}

/** WHATWG HTML §9.2.6: the first colon splits, one blank after it belongs to the colon; no name is a comment. */
function splitField(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(":");
  if (colon === -1) return [line, ""];
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
}

/** OpenAI streams name no event; the data often says what it is. */
function typeInside(data: string): string | null {
  return /^\s*\{[^{}]{0,200}?"(?:type|object)"\s*:\s*"([^"\\]{1,60})"/.exec(data)?.[1] ?? null;
}
