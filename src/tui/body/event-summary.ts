/**
 * What an event of a streamed reply says, in one line: its text, a piece of a call's arguments, why it ended, what it used.
 * By the fields that the dialects use, and not by dialect: a stream that nobody recognised is read as well.
 */
import { isRecord, own, parseJson } from "../../base/json.ts";

/** More of a line nobody sees, and the whole stands in the Response tab. */
const maxLength = 400;
/** An event is read as JSON up to here: a picture in base64 is not worth it. */
const maxParsedLength = 256 * 1024;

export function eventSummary(data: string): string {
  const parsed = data.length > maxParsedLength ? null : parseJson(data);
  if (parsed === null || !parsed.ok || !isRecord(parsed.value)) return data.slice(0, maxLength);
  // Google's backends for its own clients wrap every chunk.
  const event =
    isRecord(parsed.value["response"]) && own(parsed.value, "type") === undefined
      ? parsed.value["response"]
      : parsed.value;
  const said = [
    ...claude(event),
    ...chat(event),
    ...responses(event),
    ...gemini(event),
    ...binary(event),
    ...ends(event),
  ];
  return said.join("  ").slice(0, maxLength);
}

function claude(event: unknown): readonly string[] {
  const block = own(event, "content_block");
  const delta = own(event, "delta");
  const message = own(event, "message");
  return [
    ...labelled("model", own(message, "model")),
    ...usage(own(message, "usage")),
    ...(isRecord(block)
      ? [[own(block, "type"), own(block, "name")].filter((word) => typeof word === "string").join(" ")]
      : []),
    ...quoted("", own(delta, "text")),
    ...quoted("thinking ", own(delta, "thinking")),
    ...quoted("arguments ", own(delta, "partial_json")),
    ...(typeof own(delta, "signature") === "string" ? ["signature"] : []),
    ...labelled("stop", own(delta, "stop_reason")),
  ];
}

function chat(event: unknown): readonly string[] {
  return listOf(own(event, "choices")).flatMap((choice) => {
    const delta = own(choice, "delta");
    return [
      ...quoted("", own(delta, "content")),
      ...quoted("thinking ", own(delta, "reasoning_content") ?? own(delta, "reasoning")),
      ...quoted("refusal ", own(delta, "refusal")),
      ...listOf(own(delta, "tool_calls")).flatMap((call) => {
        const said = own(call, "function");
        return [...labelled("call", own(said, "name")), ...quoted("arguments ", own(said, "arguments"))];
      }),
      ...labelled("stop", own(choice, "finish_reason")),
    ];
  });
}

function responses(event: unknown): readonly string[] {
  const delta = own(event, "delta");
  const item = own(event, "item");
  const response = own(event, "response");
  const type = own(event, "type");
  const what = typeof type === "string" && type.includes("arguments") ? "arguments " : "";
  return [
    ...quoted(what, delta),
    ...(isRecord(item)
      ? [[own(item, "type"), own(item, "name")].filter((word) => typeof word === "string").join(" ")]
      : []),
    ...labelled("model", own(response, "model")),
    ...labelled("status", own(response, "status")),
    ...usage(own(response, "usage")),
    ...error(own(response, "error")),
  ];
}

function gemini(event: unknown): readonly string[] {
  return [
    ...listOf(own(event, "candidates")).flatMap((candidate) => [
      ...listOf(own(own(candidate, "content"), "parts")).flatMap((part) => {
        const call = own(part, "functionCall");
        if (isRecord(call))
          return [...labelled("call", call["name"]), ...quoted("arguments ", JSON.stringify(call["args"] ?? {}))];
        return quoted(own(part, "thought") === true ? "thinking " : "", own(part, "text"));
      }),
      ...labelled("stop", own(candidate, "finishReason")),
    ]),
    ...usage(own(event, "usageMetadata")),
  ];
}

/** Kiro's frames and Cursor's messages, as the core decodes them. */
function binary(event: unknown): readonly string[] {
  // The events of the text dialects say what they are.
  if (typeof own(event, "type") === "string") return [];
  const call = own(event, "toolUseId");
  const stop = own(event, "stop") === true ? ["end"] : [];
  const tokens = own(event, "tokenUsage");
  return [
    ...quoted("", own(event, "content")),
    ...quoted("", own(event, "text")),
    ...(typeof call === "string"
      ? [...labelled("call", own(event, "name")), ...quoted("arguments ", own(event, "input")), ...stop]
      : []),
    ...quoted("arguments ", own(event, "argsTextDelta")),
    ...labelled("stop", own(event, "stopReason")),
    ...figures(
      own(tokens, "uncachedInputTokens") ?? own(event, "inputTokens"),
      own(tokens, "outputTokens") ?? own(event, "outputTokens"),
    ),
    ...labelled("error", own(event, "message")),
  ];
}

/** Numbers of 64 bits are decimal text in JSON. */
function figures(input: unknown, output: unknown): readonly string[] {
  const figure = (word: string, value: unknown): readonly string[] =>
    typeof value === "number" || (typeof value === "string" && /^\d+$/.test(value)) ? [`${word} ${value}`] : [];
  return [...figure("in", input), ...figure("out", output)];
}

function ends(event: unknown): readonly string[] {
  return [...usage(own(event, "usage")), ...error(own(event, "error"))];
}

function error(value: unknown): readonly string[] {
  return typeof value === "string" ? [`error ${value}`] : labelled("error", own(value, "message"));
}

const inputNames = ["input_tokens", "prompt_tokens", "promptTokenCount"] as const;
const outputNames = ["output_tokens", "completion_tokens", "candidatesTokenCount"] as const;

function usage(value: unknown): readonly string[] {
  const figure = (names: readonly string[]): string[] =>
    names.flatMap((name) => (typeof own(value, name) === "number" ? [String(own(value, name))] : []));
  const [input] = figure(inputNames);
  const [output] = figure(outputNames);
  return [...(input === undefined ? [] : [`in ${input}`]), ...(output === undefined ? [] : [`out ${output}`])];
}

function labelled(label: string, value: unknown): readonly string[] {
  return typeof value === "string" && value !== "" ? [`${label} ${value}`] : [];
}

/** As JSON writes it: white space at its ends is what a fragment is about. */
function quoted(label: string, value: unknown): readonly string[] {
  return typeof value === "string" && value !== "" ? [`${label}${JSON.stringify(value.slice(0, maxLength))}`] : [];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
