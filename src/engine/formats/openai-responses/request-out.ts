/**
 * A hub request as a Responses request. Nothing is stored at the provider: encrypted reasoning is asked for instead, and
 * goes back with the history.
 */
import { createHash } from "node:crypto";
import type { EngineError } from "../../errors/engine-error.ts";
import { estimateTokens } from "../../hub/estimate.ts";
import { createLosses, type Losses } from "../../hub/losses.ts";
import type { HubMessage } from "../../hub/message.ts";
import { repairHistory } from "../../hub/repair.ts";
import type { HubRequest } from "../../hub/request.ts";
import { nearestLower, wishedLevel } from "../../hub/thinking-levels.ts";
import { createNameMap, nameRules, type NameRule } from "../../hub/tool-ids.ts";
import { listField, optional, type Fields } from "../fields.ts";
import type { ProviderRequest, Result, WriteOptions } from "../format.ts";
import { accentOf, withoutRefused } from "./accents.ts";
import { clientToolsKey } from "./client-tools.ts";
import { writeInput } from "./content-out.ts";
import { responsesModel, type ResponsesModel } from "./models.ts";
import { writeTextFormat, writeToolChoice, writeTools } from "./tools-out.ts";
import { codeAssistFields, kiroFields } from "../bookkeeping.ts";

/** The API's bound on `call_id` (late 2026); longer ones are hashed, not cut, or two would become one. */
const callIdRule: NameRule = { forbidden: /[^\x21-\x7e]/g, minLength: 1, maxLength: 64 };

const reasoningInclude = "reasoning.encrypted_content";

export function writeRequest(request: HubRequest, options: WriteOptions): Result<ProviderRequest> {
  const refusal = refusalOf(request);
  if (refusal !== null) return { ok: false, error: refusal };
  const repaired = repairHistory(request.messages);
  const { instructions, rest } = splitInstructions(repaired.messages);
  if (!rest.some((message) => message.role !== "system" && message.role !== "developer")) {
    return { ok: false, error: { kind: "bad-request", message: "messages: nothing was said yet" } };
  }
  const losses = createLosses();
  const accent = accentOf(options.variant);
  const model = responsesModel(options.model);
  const keepsCustom = accent.custom && model.freeform;
  const names = createNameMap(nameRules.name64, toolNames(request));
  const ids = createNameMap(options.toolIds ?? callIdRule, callIds(repaired.messages));
  const toolOptions = { names, losses, keepsCustom, takesAllowed: accent.allowedTools };
  const tools = writeTools(request, toolOptions);
  const maker = { format: "openai-responses", ...optional("origin", options.origin) } as const;
  const input = writeInput(rest, {
    names,
    ids,
    losses,
    maker,
    keepsCustom,
    reasons: model.reasons,
    fetchesUrls: accent.fetchesUrls,
  });
  nameUnsaid(request, losses);
  const last = rest[rest.length - 1];
  if (last?.role === "assistant") losses.add("prefill", "the model begins anew instead of continuing the given text");

  const body = {
    ...ownExtras(request),
    model: options.model,
    ...(instructions === null && !accent.needsInstructions ? {} : { instructions: instructions ?? "" }),
    input,
    ...(tools.length === 0 ? {} : { tools }),
    ...optional("tool_choice", writeToolChoice(request, tools, toolOptions)),
    ...(tools.length > 0 ? optional("parallel_tool_calls", request.parallelToolCalls) : {}),
    ...optional("max_output_tokens", fittedMaxTokens(request, options.maxTokensLimit ?? model.maxTokens, losses)),
    ...writeSampling(request, model, losses),
    ...optional("reasoning", writeReasoning(request, model, losses)),
    ...writeText(request, model, losses),
    ...writeInclude(request, model),
    ...writeUser(request),
    ...optional("service_tier", request.serviceTier),
    store: false,
    stream: accent.alwaysStreams || request.stream,
  };
  return {
    ok: true,
    value: {
      path: "/responses",
      headers: [
        ["content-type", "application/json"],
        ...(accent.alwaysStreams ? ([["accept", "text/event-stream"]] as const) : []),
      ],
      body: Buffer.from(JSON.stringify(withoutRefused(body, accent, losses))),
      losses: [...repaired.losses, ...losses.list()],
      replyContext: {
        model: options.model,
        ...optional("origin", options.origin),
        toolNames: names.changed,
        customTools: new Set(keepsCustom ? [] : customNames(request)),
        cutAt: request.stop,
        estimateInput: () => estimateTokens(request),
      },
    },
  };
}

function refusalOf(request: HubRequest): EngineError | null {
  const count = request.extras["openai-chat"]?.["n"];
  if (typeof count === "number" && count > 1) {
    return { kind: "unsupported", message: "n: the Responses API gives one answer to a request" };
  }
  for (const message of request.messages) {
    for (const part of message.parts) {
      if (part.type === "opaque" && part.essential === true && part.from !== "openai-responses") {
        const why = `a ${part.name} that is stored at its own provider cannot be sent to another one`;
        return { kind: "unsupported", message: why };
      }
    }
  }
  return null;
}

/** What stands at the head as the system's word; a later one keeps its place among the items. */
function splitInstructions(messages: readonly HubMessage[]): {
  readonly instructions: string | null;
  readonly rest: readonly HubMessage[];
} {
  const end = messages.findIndex((message) => message.role !== "system");
  const head = end < 0 ? messages : messages.slice(0, end);
  const texts = head.flatMap((message) => message.parts.flatMap((part) => (part.type === "text" ? [part.text] : [])));
  return { instructions: texts.length === 0 ? null : texts.join("\n\n"), rest: end < 0 ? [] : messages.slice(end) };
}

function toolNames(request: HubRequest): readonly string[] {
  const chosen = request.toolChoice?.type === "tool" ? [request.toolChoice.name] : [];
  const called = request.messages.flatMap((message) =>
    message.parts.flatMap((part) => (part.type === "tool-call" ? [part.name] : [])),
  );
  return [...request.tools.flatMap((tool) => (tool.kind === "server" ? [] : [tool.name])), ...called, ...chosen];
}

function customNames(request: HubRequest): readonly string[] {
  return request.tools.flatMap((tool) => (tool.kind === "custom" ? [tool.name] : []));
}

function callIds(messages: readonly HubMessage[]): readonly string[] {
  return messages.flatMap((message) => message.parts.flatMap((part) => (part.type === "tool-call" ? [part.id] : [])));
}

/** Below it the API answers 400 (reported, late 2025); clients probe with one token. */
const minMaxTokens = 16;

function fittedMaxTokens({ maxTokens }: HubRequest, limit: number | null, losses: Losses): number | undefined {
  if (maxTokens === undefined) return undefined;
  if (maxTokens < minMaxTokens) {
    losses.add("parameter", `max_output_tokens: ${maxTokens} became ${minMaxTokens}, the least this API takes`);
    return minMaxTokens;
  }
  if (limit === null || maxTokens <= limit) return maxTokens;
  losses.add("parameter", `max_output_tokens: ${maxTokens} became ${limit}, the most this model writes`);
  return limit;
}

function writeSampling(request: HubRequest, model: ResponsesModel, losses: Losses): Fields {
  const written: Record<string, number> = {};
  for (const [name, value] of Object.entries({ temperature: request.temperature, top_p: request.topP })) {
    if (value === undefined) continue;
    if (model.sampling) written[name] = value;
    else losses.add("parameter", `${name}: this reasoning model takes none`);
  }
  const unknown = {
    top_k: request.topK,
    seed: request.seed,
    presence_penalty: request.presencePenalty,
    frequency_penalty: request.frequencyPenalty,
    logprobs: request.logprobs,
  };
  for (const [name, value] of Object.entries(unknown)) {
    if (value === undefined) continue;
    losses.add(
      "parameter",
      name === "logprobs" ? "logprobs: answers are not carried with them" : `${name}: no such field`,
    );
  }
  return written;
}

function writeReasoning(request: HubRequest, model: ResponsesModel, losses: Losses): Fields | undefined {
  const wish = request.thinking;
  if (wish === undefined) return undefined;
  if (wish.mode === "off") {
    if (model.noThinking !== null) return { effort: model.noThinking };
    if (model.reasons) losses.add("thinking", "this model has no known word for not thinking");
    return undefined;
  }
  const level = wishedLevel(wish);
  const effort = level === null ? null : nearestLower(level, model.efforts);
  if (!model.reasons) {
    if (level !== null) losses.add("thinking", "this model cannot reason; the wish was left out");
    return undefined;
  }
  if (level !== null && effort !== level) losses.add("thinking", `effort ${level} became ${effort}`);
  // A summary is given to verified organisations only; it is not asked for unasked.
  const written = { ...optional("effort", effort ?? undefined), ...(wish.show === true ? { summary: "auto" } : {}) };
  return Object.keys(written).length === 0 ? undefined : written;
}

function writeText(request: HubRequest, model: ResponsesModel, losses: Losses): Fields {
  const format = writeTextFormat(request.responseFormat);
  const verbosity = model.freeform ? request.verbosity : undefined;
  if (verbosity !== request.verbosity) losses.add("parameter", "verbosity: this model takes none");
  const text = { ...optional("format", format), ...optional("verbosity", verbosity) };
  return Object.keys(text).length === 0 ? {} : { text };
}

function writeInclude(request: HubRequest, model: ResponsesModel): Fields {
  const own = (listField(request.extras["openai-responses"], "include") ?? []).filter(
    (one) => one !== "message.output_text.logprobs" && (model.reasons || one !== reasoningInclude),
  );
  const include = model.reasons && !own.includes(reasoningInclude) ? [...own, reasoningInclude] : own;
  return include.length === 0 ? {} : { include };
}

/**
 * Another dialect's user id may hold an account or a mail address; this provider gets a hash. The same hash tells it
 * which calls share a prompt: Claude Code's id holds the session.
 */
function writeUser({ userId, promptCacheKey, extras }: HubRequest): Fields {
  const isOpenAi = extras["openai-responses"] !== undefined || extras["openai-chat"] !== undefined;
  const hash = userId === undefined ? undefined : createHash("sha256").update(userId).digest("hex").slice(0, 32);
  return {
    ...optional("safety_identifier", isOpenAi ? userId : hash),
    ...optional("prompt_cache_key", promptCacheKey ?? (isOpenAi ? undefined : hash)),
  };
}

function ownExtras(request: HubRequest): Fields {
  const own = request.extras["openai-responses"] ?? {};
  const held = new Set([clientToolsKey, "include", "store"]);
  return Object.fromEntries(Object.entries(own).filter(([name]) => !held.has(name)));
}

/** Fields of other dialects that mean nothing outside their provider and are not worth a line in the flow. */
const silent = new Set([
  ...codeAssistFields,
  ...kiroFields,
  "attribution",
  "metadata",
  "diagnostics",
  "betas",
  "user_profile_id",
  "workspace_id",
  "store",
  "stream_options",
  "n",
  "prompt_cache_options",
  "prompt_cache_retention",
  "safety_identifier",
]);

function nameUnsaid(request: HubRequest, losses: Losses): void {
  for (const [format, extras] of Object.entries(request.extras)) {
    if (format === "openai-responses") continue;
    for (const name of Object.keys(extras)) {
      if (!silent.has(name)) losses.add("parameter", `${name}: Responses has no such field`);
    }
  }
  if (request.stop.length > 0) losses.add("stop-sequences", "this API takes none; the reply is cut here");
  const isMarked = (one: object): boolean => "cache" in one;
  if (request.tools.some(isMarked) || request.messages.some((one) => isMarked(one) || one.parts.some(isMarked))) {
    losses.add("cache-mark", "OpenAI caches by itself; the client's marks were left out");
  }
}
