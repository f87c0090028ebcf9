/** What a legal Chat request asks, dialect peeled off. */
import { field, list, parsedOr, textField, type Asked, wordOf } from "./provider-turn.ts";

export function chatAsked(body: unknown): Asked {
  const messages = list(field(body, "messages"));
  const ofRole = (...roles: readonly string[]): readonly unknown[] =>
    messages.filter((message) => roles.includes(String(field(message, "role"))));
  const textsOf = (...roles: readonly string[]): string[] =>
    ofRole(...roles).map((message) => textOf(field(message, "content")));
  const calls = ofRole("assistant")
    .flatMap((message) => list(field(message, "tool_calls")))
    .map((made) => ({
      id: field(made, "id"),
      name: String(field(field(made, "function") ?? field(made, "custom"), "name")),
      input:
        field(made, "type") === "custom"
          ? field(field(made, "custom"), "input")
          : parsedOr(field(field(made, "function"), "arguments"), null),
    }));
  const results = ofRole("tool").map((message) => {
    const text = textOf(field(message, "content"));
    return {
      name: calls.findLast(({ id }) => id === field(message, "tool_call_id"))?.name ?? "",
      text,
      // Chat has no flag; the word in front is what models are used to.
      isError: /^error\b/i.test(text),
    };
  });
  const pictures = messages
    .flatMap((message) => list(field(message, "content")))
    .filter((part) => field(part, "type") === "image_url")
    .map((part) => String(field(field(part, "image_url"), "url")));
  const effort = field(body, "reasoning_effort");
  const format = field(body, "response_format");
  return {
    model: String(field(body, "model")),
    stream: field(body, "stream") === true,
    system: textsOf("system", "developer").join("\n"),
    userTexts: textsOf("user"),
    assistantTexts: textsOf("assistant"),
    tools: list(field(body, "tools")).map((tool) => {
      const inner = field(tool, "function") ?? field(tool, "custom");
      return {
        name: String(field(inner, "name")),
        schema: field(inner, "parameters"),
        description: wordOf(field(inner, "description")),
        isFreeform: field(tool, "type") === "custom",
      };
    }),
    calls: calls.map(({ name, input }) => ({ name, input })),
    toolResults: results.map(({ text }) => text),
    results,
    images: pictures.length,
    imageData: pictures.map((url) => url.replace(/^data:[^,]*,/, "")),
    blobs: [],
    maxTokens: numberOr(field(body, "max_completion_tokens") ?? field(body, "max_tokens")),
    stops: [field(body, "stop") ?? []].flat().map(String),
    schema: field(field(format, "json_schema"), "schema"),
    toolChoice: choiceOf(field(body, "tool_choice")),
    thinking: { isOn: effort !== undefined && effort !== "none", isShown: true },
  };
}

function numberOr(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function choiceOf(choice: unknown): Asked["toolChoice"] {
  if (choice === "none") return "none";
  if (choice === "required") return "any";
  const name = field(field(choice, "function"), "name");
  return typeof name === "string" ? { name } : "auto";
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return list(content)
    .map((part) => textField(part))
    .join("");
}
