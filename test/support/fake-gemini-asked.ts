/** What a legal generateContent request asks, dialect peeled off. Google takes camelCase and snake_case alike. */
import type { Blobs } from "./fake-blobs.ts";
import { field, isTable, list, textField, type Asked, wordOf } from "./provider-turn.ts";

/** A field under either of its spellings. */
export function either(value: unknown, camel: string): unknown {
  return (
    field(value, camel) ??
    field(
      value,
      camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    )
  );
}

export function contentsOf(body: unknown): readonly unknown[] {
  return list(field(body, "contents"));
}

export function partsOf(content: unknown): readonly unknown[] {
  return list(field(content, "parts"));
}

export function geminiAsked(body: unknown, model: string, stream: boolean, blobs: Blobs): Asked {
  const contents = contentsOf(body);
  const parts = contents.flatMap(partsOf);
  const responses = parts.map((part) => either(part, "functionResponse")).filter((made) => made !== undefined);
  const results = responses.map((made) => {
    const response = field(made, "response");
    const failed = field(response, "error");
    return {
      name: String(field(made, "name")),
      text: failed === undefined ? resultText(response) : resultText(failed),
      isError: failed !== undefined,
    };
  });
  const pictures = [...parts, ...responses.flatMap((made) => list(field(made, "parts")))]
    .map((part) => either(part, "inlineData"))
    .filter((data) => data !== undefined);
  const config = either(body, "generationConfig");
  const thinking = either(config, "thinkingConfig");
  const limit = either(config, "maxOutputTokens");
  const textsOf = (role: string): string[] =>
    joinedTurns(contents)
      .filter((turn) => turn.role === role)
      .map(textOf);
  return {
    model,
    stream,
    system: partsOf(either(body, "systemInstruction"))
      .map((part) => textField(part))
      .join("\n"),
    userTexts: textsOf("user").filter((text) => text !== ""),
    assistantTexts: textsOf("model"),
    tools: declarations(body).map((tool) => ({
      name: String(field(tool, "name")),
      schema: field(tool, "parameters") ?? either(tool, "parametersJsonSchema"),
      description: wordOf(field(tool, "description")),
    })),
    calls: parts
      .map((part) => either(part, "functionCall"))
      .filter((made) => made !== undefined)
      .map((made) => ({ name: String(field(made, "name")), input: field(made, "args") ?? {} })),
    toolResults: results.map(({ text }) => text),
    results,
    images: pictures.length,
    imageData: pictures.map((data) => String(field(data, "data"))),
    blobs: parts.flatMap((part) => blobs.find(either(part, "thoughtSignature"))?.blob ?? []),
    maxTokens: typeof limit === "number" ? limit : null,
    stops: list(either(config, "stopSequences")).map(String),
    schema: either(config, "responseSchema") ?? either(config, "responseJsonSchema"),
    toolChoice: choiceOf(either(either(body, "toolConfig"), "functionCallingConfig")),
    // These models think unless told not to.
    thinking: {
      isOn: either(thinking, "thinkingBudget") !== 0,
      isShown: either(thinking, "includeThoughts") === true,
    },
  };
}

export function declarations(body: unknown): readonly unknown[] {
  return list(field(body, "tools")).flatMap((tool) => list(either(tool, "functionDeclarations")));
}

/** The SDK's own history has one content for each chunk of a streamed turn; the server joins them. Answers it does not join. */
export function joinedTurns(contents: readonly unknown[]): readonly { role: string; parts: readonly unknown[] }[] {
  const turns: { role: string; parts: readonly unknown[] }[] = [];
  for (const content of contents) {
    const role = field(content, "role") === "model" ? "model" : "user";
    const last = turns.at(-1);
    if (role === "model" && last?.role === "model") last.parts = [...last.parts, ...partsOf(content)];
    else turns.push({ role, parts: partsOf(content) });
  }
  return turns;
}

/** `{output: text}` is how clients say it; any other object is the result itself. */
function resultText(response: unknown): string {
  if (typeof response === "string") return response;
  const only = isTable(response) && Object.keys(response).length === 1 ? Object.values(response)[0] : undefined;
  return typeof only === "string" ? only : JSON.stringify(response);
}

function choiceOf(config: unknown): Asked["toolChoice"] {
  const mode = wordOf(field(config, "mode"), "AUTO");
  if (mode === "NONE") return "none";
  if (mode !== "ANY") return "auto";
  const [name, second] = list(either(config, "allowedFunctionNames"));
  return typeof name === "string" && second === undefined ? { name } : "any";
}

function textOf(content: unknown): string {
  return partsOf(content)
    .filter((part) => field(part, "thought") !== true)
    .map((part) => textField(part))
    .join("");
}
