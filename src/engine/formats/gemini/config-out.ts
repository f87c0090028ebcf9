/** The `generationConfig` of a request: limits, sampling, thinking and the wished-for shape of the answer. */
import type { Losses } from "../../hub/losses.ts";
import type { HubRequest } from "../../hub/request.ts";
import { optional, type Fields } from "../fields.ts";
import type { WriteOptions } from "../format.ts";
import type { GeminiBackend, Target } from "./backend.ts";
import { cleanResponseSchema } from "./schema.ts";
import { writeThinking } from "./thinking-out.ts";

/** The API takes no more; the rest is cut from the reply on its way back. */
const maxStops = 5;

export interface WrittenConfig {
  readonly config: Fields;
  /** Stop sequences beyond what the API takes. */
  readonly cutAt: readonly string[];
}

export interface ConfigOptions {
  readonly options: WriteOptions;
  readonly backend: GeminiBackend;
  readonly target: Target;
  /** How the answer's shape is asked for, from `writeResponseFormat`. */
  readonly format: Fields;
}

export function writeConfig(request: HubRequest, config: ConfigOptions, losses: Losses): WrittenConfig {
  const { target, format } = config;
  const maxOutputTokens = writeMaxTokens(request, config, losses);
  const thinking = writeThinking(request, target, maxOutputTokens, losses);
  const stops = request.stop.filter((stop) => stop !== "");
  if (stops.length > maxStops) losses.add("stop-sequences", `only ${maxStops} go upstream; the others are cut here`);
  const written = {
    ...writeSampling(request, target, thinking !== undefined, losses),
    ...optional("maxOutputTokens", maxOutputTokens),
    ...(stops.length === 0 ? {} : { stopSequences: stops.slice(0, maxStops) }),
    ...format,
    ...optional("thinkingConfig", thinking),
    ...optional("responseModalities", writeModalities(request)),
  };
  return { config: written, cutAt: stops.slice(maxStops) };
}

/** Gemini needs no limit, Claude does; what is too much for model or backend is a 400. */
function writeMaxTokens(
  request: HubRequest,
  { options, backend, target: { model } }: ConfigOptions,
  losses: Losses,
): number | undefined {
  const wanted = request.maxTokens ?? (model.family === "claude" ? options.maxTokensDefault : undefined);
  const limits = [options.maxTokensLimit ?? model.maxTokens ?? undefined, backend.maxOutputTokens];
  const limit = Math.min(...limits.filter((one) => one !== undefined));
  if (wanted === undefined || wanted <= limit) return wanted;
  if (request.maxTokens !== undefined) {
    losses.add("parameter", `max_tokens: ${wanted} became ${limit}, the most this model writes here`);
  }
  return limit;
}

function writeSampling(request: HubRequest, target: Target, isThinking: boolean, losses: Losses): Fields {
  const { model, schema } = target;
  const written: Record<string, number> = {};
  const isClaude = model.family === "claude";
  if (request.temperature !== undefined) {
    if (isClaude && isThinking && request.temperature !== 1) {
      losses.add("parameter", "temperature: not together with thinking");
    } else {
      const most = isClaude ? 1 : 2;
      if (request.temperature > most) losses.add("parameter", `temperature: ${request.temperature} became ${most}`);
      written["temperature"] = Math.min(request.temperature, most);
    }
  }
  if (request.topP !== undefined) written["topP"] = request.topP;
  if (request.topK !== undefined) written["topK"] = request.topK;
  if (request.seed !== undefined) written["seed"] = request.seed;
  const hasPenalties = model.penalties === "everywhere" || (model.penalties === "vertex" && schema === "vertex");
  for (const name of ["presencePenalty", "frequencyPenalty"] as const) {
    const value = request[name];
    // Zero is what there is anyway.
    if (value === undefined || (value === 0 && !hasPenalties)) continue;
    if (hasPenalties) written[name] = value;
    else losses.add("parameter", `${name}: this model takes none`);
  }
  return written;
}

/** Chat clients of models that draw ask for it in OpenRouter's way. */
function writeModalities(request: HubRequest): readonly string[] | undefined {
  const wanted = request.extras["openai-chat"]?.["modalities"];
  if (!Array.isArray(wanted) || !wanted.includes("image")) return undefined;
  return wanted.includes("text") ? ["TEXT", "IMAGE"] : ["IMAGE"];
}

export interface WrittenFormat {
  readonly config: Fields;
  /** What the model is told in words where nothing enforces it. */
  readonly instruction?: string;
}

const jsonOnly = "Answer with one JSON object and nothing else: no prose, no code fence.";

/** Before Gemini 3, JSON answers and tools of any kind exclude each other; the tools win. */
export function writeResponseFormat(
  request: HubRequest,
  hasTools: boolean,
  target: Target,
  losses: Losses,
): WrittenFormat {
  const format = request.responseFormat;
  if (format === undefined) return { config: {} };
  if (format.type === "text")
    return { config: request.extras.gemini === undefined ? {} : { responseMimeType: "text/plain" } };
  if (!target.jsonAnswers || (hasTools && !target.model.combinesTools)) {
    losses.add("response-format", `${format.type} became an instruction; nothing enforces it`);
    if (format.type === "json-object") return { config: {}, instruction: jsonOnly };
    const shape = JSON.stringify(format.schema);
    return { config: {}, instruction: `${jsonOnly} It must fit this JSON Schema:\n${shape}` };
  }
  const responseMimeType = "application/json";
  if (format.type === "json-object") return { config: { responseMimeType } };
  const cleaned = cleanResponseSchema(format.schema, target.jsonSchema ? "json" : target.schema);
  const { inWords, leftOut } = cleaned;
  if (inWords.length > 0) losses.add("response-format", `${inWords.join(", ")} now stand in its descriptions`);
  if (leftOut.length > 0) losses.add("response-format", `${leftOut.join(", ")} left out`);
  if (cleaned.isEmpty) return { config: { responseMimeType } };
  const field = target.jsonSchema ? "responseJsonSchema" : "responseSchema";
  return { config: { responseMimeType, [field]: cleaned.schema } };
}
