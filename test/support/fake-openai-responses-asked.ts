/** What a legal Responses request asks, dialect peeled off. */
import type { Blobs } from "./fake-blobs.ts";
import { field, list, parsedOr, textField, type Asked, wordOf } from "./provider-turn.ts";

export function responsesAsked(body: unknown, blobs: Blobs): Asked {
  const input = inputItems(field(body, "input"));
  const ofType = (...types: readonly string[]): readonly unknown[] =>
    input.filter((item) => types.includes(typeOf(item)));
  const textsOf = (...roles: readonly string[]): string[] =>
    ofType("message")
      .filter((item) => roles.includes(String(field(item, "role"))))
      .map((item) => textOf(field(item, "content")));
  const calls = ofType("function_call", "custom_tool_call").map((item) => ({
    id: field(item, "call_id"),
    name: String(field(item, "name")),
    input: typeOf(item) === "function_call" ? parsedOr(field(item, "arguments"), null) : field(item, "input"),
  }));
  const outputs = ofType("function_call_output", "custom_tool_call_output");
  const results = outputs.map((item) => {
    const text = textOf(field(item, "output"));
    return {
      name: calls.findLast(({ id }) => id === field(item, "call_id"))?.name ?? "",
      text,
      // Responses has no flag; the word in front is what models are used to.
      isError: /^error\b/i.test(text),
    };
  });
  const pictures = [
    ...ofType("message").map((item) => field(item, "content")),
    ...outputs.map((item) => field(item, "output")),
  ]
    .flatMap(list)
    .filter((part) => field(part, "type") === "input_image")
    .map((part) => String(field(part, "image_url")));
  const reasoning = field(body, "reasoning");
  const summary = field(reasoning, "summary");
  const format = field(field(body, "text"), "format");
  const limit = field(body, "max_output_tokens");
  const model = String(field(body, "model"));
  return {
    model,
    stream: field(body, "stream") === true,
    system: [field(body, "instructions") ?? [], textsOf("system", "developer")].flat().map(String).join("\n"),
    userTexts: textsOf("user"),
    assistantTexts: textsOf("assistant"),
    tools: list(field(body, "tools")).map((tool) => ({
      name: String(field(tool, "name")),
      schema: field(tool, "parameters"),
      description: wordOf(field(tool, "description")),
      isFreeform: field(tool, "type") === "custom",
    })),
    calls: calls.map(({ name, input: given }) => ({ name, input: given })),
    toolResults: results.map(({ text }) => text),
    results,
    images: pictures.length,
    imageData: pictures.map((url) => url.replace(/^data:[^,]*,/, "")),
    blobs: ofType("reasoning").flatMap((item) => blobs.find(field(item, "encrypted_content"))?.blob ?? []),
    maxTokens: typeof limit === "number" ? limit : null,
    stops: [],
    schema: field(format, "schema"),
    toolChoice: choiceOf(field(body, "tool_choice")),
    // These models think unless told not to.
    thinking: {
      isOn: field(reasoning, "effort") !== "none" && (reasoning !== undefined || /^(o\d|gpt-5)/.test(model)),
      isShown: typeof summary === "string",
    },
  };
}

export function inputItems(input: unknown): readonly unknown[] {
  return typeof input === "string" ? [{ role: "user", content: input }] : list(input);
}

/** Messages may leave their type out. */
export function typeOf(item: unknown): string {
  const type = field(item, "type");
  return typeof type === "string" ? type : field(item, "role") === undefined ? "" : "message";
}

function choiceOf(choice: unknown): Asked["toolChoice"] {
  if (choice === "none") return "none";
  if (choice === "required") return "any";
  const name = field(choice, "type") === "function" ? field(choice, "name") : undefined;
  return typeof name === "string" ? { name } : "auto";
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return list(content)
    .map((part) => textField(part))
    .join("");
}
