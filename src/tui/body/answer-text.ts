/**
 * The words of a model's answer out of its body, whichever of the usual dialects it is in. It looks for text where they
 * put it and believes nothing else of the shape: what it does not know it leaves out.
 */
import { isRecord, own, parseJson } from "../../base/json.ts";

/** Null: there is no text of an answer in it. */
export function answerText(body: string): string | null {
  const whole = /^\s*[{[]/.test(body) ? parseJson(body) : null;
  const events = whole?.ok === true ? list(whole.value) : [...dataOf(body)];
  const text = events.map(textIn).join("");
  return text === "" ? null : text;
}

function* dataOf(stream: string): Generator<unknown, void> {
  for (const line of stream.split(/\r?\n/)) {
    if (!line.startsWith("data:")) continue;
    const parsed = parseJson(line.slice("data:".length));
    if (parsed.ok) yield parsed.value;
  }
}

/** Text of one event, or of a whole answer. What was thought and what tools were called with is no text of it. */
function textIn(value: unknown): string {
  switch (own(value, "type")) {
    // Anthropic.
    case "content_block_delta":
      return string(own(own(value, "delta"), "text"));
    case "message":
      return blocks(own(value, "content"));
    // OpenAI Responses. The events that repeat the whole at their end are left out.
    case "response.output_text.delta":
      return string(own(value, "delta"));
    default:
      break;
  }
  if (typeof own(value, "type") === "string") return "";
  if (own(value, "object") === "response") return output(own(value, "output"));
  // OpenAI Chat, and the older completions.
  const choice = list(own(value, "choices") ?? [])[0];
  if (choice !== undefined) {
    const content = own(own(choice, "delta") ?? own(choice, "message"), "content");
    return string(content) || blocks(content) || string(own(choice, "text"));
  }
  // Gemini; Code Assist has it in an envelope.
  const candidates = own(own(value, "response") ?? value, "candidates");
  const parts = own(own(list(candidates ?? [])[0], "content"), "parts");
  return blocks(list(parts ?? []).filter((part) => own(part, "thought") !== true));
}

function output(items: unknown): string {
  return list(items ?? [])
    .filter((item) => own(item, "type") === "message")
    .map((item) => blocks(own(item, "content")))
    .join("");
}

function blocks(content: unknown): string {
  return list(content ?? [])
    .map((block) => string(own(block, "text")))
    .join("");
}

function string(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : isRecord(value) ? [value] : [];
}
