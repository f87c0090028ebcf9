/**
 * A Gemini request as a hub request. Fields only Google knows travel in `extras.gemini` under their path
 * (`safetySettings`, `generationConfig.speechConfig`, `toolConfig.retrievalConfig`), for all three formats of its service.
 */
import { isRecord, own } from "../../../base/json.ts";
import { createLosses, type Losses } from "../../hub/losses.ts";
import type { TextPart } from "../../hub/message.ts";
import type { HubRequest, ResponseFormat, Thinking } from "../../hub/request.ts";
import { isThinkingLevel } from "../../hub/thinking-levels.ts";
import { booleanField, listField, numberField, optional, textField, type Fields } from "../fields.ts";
import type { ClientSide, Result } from "../format.ts";
import { createContentReader, partsOf } from "./content-in.ts";
import { readSchema } from "./schema-in.ts";
import { modelOf, shape } from "./target.ts";
import { readToolChoice, readTools } from "./tools-in.ts";
import { camel, camelField } from "./wire.ts";

type Read = Result<{ readonly request: HubRequest; readonly losses: readonly string[] }>;

export const readRequest: ClientSide["readRequest"] = (body, target) =>
  readGeminiRequest(body, { model: modelOf(target) ?? "", stream: shape(body, target).stream });

/** `body`: the inner body, the one with `contents`; envelopes take theirs off before. */
export function readGeminiRequest(body: unknown, address: { readonly model: string; readonly stream: boolean }): Read {
  if (!isRecord(body)) return bad("the request body is not a JSON object");
  const outer = camel(body);
  // A whole request may be counted too.
  const request = camelField(outer, "generateContentRequest") ?? outer;
  const model = address.model === "" ? (textField(request, "model") ?? "").replace(/^models\//, "") : address.model;
  if (model === "") return bad("model: a name is required");
  const given = own(request, "contents");
  const contents = isRecord(given) ? [given] : given;
  if (!Array.isArray(contents)) return bad("contents: a list is required");

  const losses = createLosses();
  const system = readSystem(own(request, "systemInstruction"), losses);
  const reader = createContentReader(losses);
  for (const [index, content] of contents.entries()) {
    if (!isRecord(content)) return bad(`contents[${index}]: an object is required`);
    if (!reader.read(camel(content)))
      return bad(`contents[${index}]: role ${JSON.stringify(own(content, "role"))} is not known`);
  }

  const config = camelField(request, "generationConfig") ?? {};
  const chosen = readToolChoice(camelField(request, "toolConfig"), losses);
  const format = readResponseFormat(config);
  const hub: HubRequest = {
    model,
    messages: [...(system.length > 0 ? [{ role: "system" as const, parts: system }] : []), ...reader.messages()],
    tools: readTools(listField(request, "tools") ?? [], losses),
    stream: address.stream,
    wantsStreamUsage: true,
    stop: (listField(config, "stopSequences") ?? []).filter((stop) => typeof stop === "string"),
    ...optional("toolChoice", chosen.choice),
    ...optional("maxTokens", numberField(config, "maxOutputTokens")),
    ...optional("temperature", numberField(config, "temperature")),
    ...optional("topP", numberField(config, "topP")),
    ...optional("topK", numberField(config, "topK")),
    ...optional("seed", numberField(config, "seed")),
    ...optional("presencePenalty", numberField(config, "presencePenalty")),
    ...optional("frequencyPenalty", numberField(config, "frequencyPenalty")),
    ...optional("thinking", readThinking(camelField(config, "thinkingConfig"))),
    ...optional("responseFormat", format),
    ...optional("logprobs", readLogprobs(config)),
    ...optional("serviceTier", readServiceTier(textField(request, "serviceTier"))),
    extras: {
      gemini: {
        ...others(request, knownTop, ""),
        ...others(config, format === undefined ? knownButFormat : knownConfig, "generationConfig."),
        ...others(chosen.rest, new Set(), "toolConfig."),
      },
    },
  };
  return { ok: true, value: { request: hub, losses: losses.list() } };
}

const knownTop: ReadonlySet<string> = new Set([
  "model",
  "contents",
  "systemInstruction",
  "tools",
  "toolConfig",
  "generationConfig",
  "serviceTier",
]);

const knownButFormat: ReadonlySet<string> = new Set([
  "stopSequences",
  "maxOutputTokens",
  "temperature",
  "topP",
  "topK",
  "seed",
  "presencePenalty",
  "frequencyPenalty",
  "thinkingConfig",
  "responseLogprobs",
  "logprobs",
]);

const knownConfig: ReadonlySet<string> = new Set([
  ...knownButFormat,
  "responseMimeType",
  "responseSchema",
  "responseJsonSchema",
]);

function others(record: Fields, known: ReadonlySet<string>, path: string): Fields {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([key, value]) => !known.has(key) && value !== undefined && value !== null)
      .map(([key, value]) => [path + key, value] as const),
  );
}

function bad(message: string): Read {
  return { ok: false, error: { kind: "bad-request", message } };
}

/** Text, a content with parts, a part, or a list of either; its role says nothing. */
function readSystem(instruction: unknown, losses: Losses): readonly TextPart[] {
  const given =
    isRecord(instruction) && own(instruction, "parts") !== undefined ? own(instruction, "parts") : instruction;
  return partsOf(given).flatMap((part): readonly TextPart[] => {
    const text = textField(part, "text");
    if (text === undefined) losses.add("system-message", "only the text of the system instruction was read");
    return text === undefined || text.trim() === "" ? [] : [{ type: "text", text }];
  });
}

function readThinking(config: Fields | undefined): Thinking | undefined {
  if (config === undefined) return undefined;
  const show = optional("show", booleanField(config, "includeThoughts"));
  const tokens = numberField(config, "thinkingBudget");
  if (tokens === 0) return { mode: "off" };
  if (tokens !== undefined && tokens > 0) return { mode: "budget", tokens, ...show };
  const level = textField(config, "thinkingLevel")?.toLowerCase();
  if (isThinkingLevel(level)) return { mode: "level", level, ...show };
  return tokens === undefined && show.show === undefined ? undefined : { mode: "dynamic", ...show };
}

/** Undefined for what only Google has (`text/x.enum`): that stays among its own fields. */
function readResponseFormat(config: Fields): ResponseFormat | undefined {
  const mediaType = textField(config, "responseMimeType");
  if (mediaType === "text/plain") return { type: "text" };
  if (mediaType !== "application/json") return undefined;
  const json = own(config, "responseJsonSchema");
  const schema = readSchema(isRecord(json) ? json : own(config, "responseSchema"));
  return Object.keys(schema).length === 0 ? { type: "json-object" } : { type: "json-schema", schema };
}

function readLogprobs(config: Fields): HubRequest["logprobs"] {
  if (booleanField(config, "responseLogprobs") !== true) return undefined;
  return optional("top", numberField(config, "logprobs"));
}

/** In OpenAI's words. */
function readServiceTier(tier: string | undefined): string | undefined {
  const word = tier?.toLowerCase();
  if (word === "unspecified" || word === "") return undefined;
  return word === "standard" ? "default" : word;
}
