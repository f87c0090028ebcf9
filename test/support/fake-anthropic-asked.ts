/** What a legal Messages request asks, dialect peeled off. */
import type { Blobs } from "./fake-blobs.ts";
import { field, list, textField, type Asked, wordOf } from "./provider-turn.ts";

export function anthropicAsked(body: unknown, blobs: Blobs): Asked {
  const messages = list(field(body, "messages"));
  const parts = messages.flatMap((message) => list(field(message, "content")));
  const ofType = (type: string): readonly unknown[] => parts.filter((part) => field(part, "type") === type);
  const calls = ofType("tool_use").map((part) => ({
    id: field(part, "id"),
    name: String(field(part, "name")),
    input: field(part, "input"),
  }));
  const results = ofType("tool_result").map((part) => ({
    name: calls.findLast(({ id }) => id === field(part, "tool_use_id"))?.name ?? "",
    text: textOf(field(part, "content")),
    isError: field(part, "is_error") === true,
  }));
  const pictures = [...parts, ...ofType("tool_result").flatMap((part) => list(field(part, "content")))].filter(
    (part) => field(part, "type") === "image",
  );
  const thinking = field(body, "thinking");
  const textsOf = (role: string): string[] =>
    messages.filter((message) => field(message, "role") === role).map((message) => textOf(field(message, "content")));
  return {
    model: String(field(body, "model")),
    stream: field(body, "stream") === true,
    system: textOf(field(body, "system")),
    userTexts: textsOf("user"),
    assistantTexts: textsOf("assistant"),
    tools: list(field(body, "tools")).map((tool) => ({
      name: String(field(tool, "name")),
      schema: field(tool, "input_schema"),
      description: wordOf(field(tool, "description")),
    })),
    calls: calls.map(({ name, input }) => ({ name, input })),
    toolResults: results.map(({ text }) => text),
    results,
    images: pictures.length,
    imageData: pictures.map((part) => wordOf(field(field(part, "source"), "data"))),
    blobs: ofType("thinking").flatMap((part) => blobs.find(field(part, "signature"))?.blob ?? []),
    maxTokens: Number(field(body, "max_tokens")),
    stops: list(field(body, "stop_sequences")).map(String),
    schema: field(field(field(body, "output_config"), "format"), "schema"),
    toolChoice: choiceOf(field(body, "tool_choice")),
    thinking: {
      isOn: field(thinking, "type") === "enabled" || field(thinking, "type") === "adaptive",
      isShown: field(thinking, "display") !== "omitted",
    },
  };
}

function choiceOf(choice: unknown): Asked["toolChoice"] {
  const type = field(choice, "type");
  if (type === "tool") return { name: String(field(choice, "name")) };
  return type === "any" || type === "none" ? type : "auto";
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return list(content)
    .filter((part) => field(part, "type") === "text")
    .map((part) => textField(part))
    .join("");
}
