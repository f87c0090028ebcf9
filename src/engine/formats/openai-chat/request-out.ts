/** A hub request as a Chat Completions request. */
import { createHash } from "node:crypto";
import { createLosses, type Losses } from "../../hub/losses.ts";
import type { HubMessage } from "../../hub/message.ts";
import { estimateTokens } from "../../hub/estimate.ts";
import { repairHistory } from "../../hub/repair.ts";
import type { HubRequest } from "../../hub/request.ts";
import { nearestLower, wishedLevel } from "../../hub/thinking-levels.ts";
import { createNameMap, nameRules } from "../../hub/tool-ids.ts";
import { optional, type Fields } from "../fields.ts";
import type { ProviderRequest, Result, WriteOptions } from "../format.ts";
import { writeMessages } from "./content-out.ts";
import { chatModel, type ChatModel } from "../openai-models.ts";
import { writeResponseFormat, writeToolChoice, writeTools } from "./tools-out.ts";
import { nameUnsaid, unsaidIn } from "./unsaid.ts";
import { isOpenRouter, writeWebSearch } from "./web-search.ts";

/** The API takes no more; the rest is cut from the reply on its way back. */
const maxStops = 4;

export function writeRequest(request: HubRequest, options: WriteOptions): Result<ProviderRequest> {
  const isCopilot = options.variant === "copilot";
  const refusal = unsaidIn(request, isCopilot);
  if (refusal !== null) return { ok: false, error: { kind: "unsupported", message: refusal } };
  const repaired = repairHistory(request.messages);
  if (!repaired.messages.some((message) => message.role !== "system" && message.role !== "developer")) {
    return { ok: false, error: { kind: "bad-request", message: "messages: nothing was said yet" } };
  }
  const losses = createLosses();
  const model = chatModel(options.model);
  const names = createNameMap(nameRules.name64, toolNames(request));
  const ids = createNameMap(options.toolIds ?? nameRules.id40, callIds(repaired.messages));
  const search = writeWebSearch(request, options.model, options.origin, losses);
  const tools = writeTools(request, names, search !== undefined, losses);
  const choice = writeToolChoice(request, tools, names, losses);
  nameUnsaid(request, maxStops, losses);
  const last = repaired.messages[repaired.messages.length - 1];
  if (last?.role === "assistant")
    losses.add("prefill", "the model may begin anew instead of continuing the given text");

  const body = {
    ...request.extras["openai-chat"],
    model: options.model,
    messages: writeMessages(repaired.messages, {
      names,
      ids,
      losses,
      maker: { format: "openai-chat", ...optional("origin", options.origin) },
      modelName: options.model,
      developerRole: model.developerRole,
      replayReasoning: options.replayReasoning ?? "own",
      contentIsString: isCopilot,
      annotations: !isCopilot && (isOpenAi(options.model) || isOpenRouter(options.origin)),
    }),
    ...(tools.length === 0 ? {} : { tools }),
    ...optional("tool_choice", choice),
    ...(tools.length > 0 && request.parallelToolCalls !== undefined
      ? { parallel_tool_calls: request.parallelToolCalls }
      : {}),
    ...optional("web_search_options", search),
    ...optional(model.maxTokensField, fittedMaxTokens(request, options.maxTokensLimit ?? model.maxTokens, losses)),
    ...writeSampling(request, model, losses),
    ...optional("reasoning_effort", writeEffort(request, model, options.model, choice, losses)),
    ...(request.stop.length === 0 ? {} : { stop: request.stop.slice(0, maxStops) }),
    ...optional("response_format", writeResponseFormat(request.responseFormat)),
    ...optional("user", writeUser(request)),
    ...writeWishes(request, model, options.model, losses),
    ...optional("service_tier", request.serviceTier),
    stream: request.stream,
    // Always asked for: without it there are no token counts. The writer keeps the extra chunk from clients that did not ask.
    ...(request.stream ? { stream_options: { include_usage: true } } : {}),
  };
  return {
    ok: true,
    value: {
      path: "/chat/completions",
      headers: [["content-type", "application/json"]],
      body: Buffer.from(JSON.stringify(body)),
      losses: [...repaired.losses, ...losses.list()],
      replyContext: {
        model: options.model,
        ...optional("origin", options.origin),
        toolNames: names.changed,
        customTools: new Set(request.tools.flatMap((tool) => (tool.kind === "custom" ? [tool.name] : []))),
        estimateInput: () => estimateTokens(request),
        cutAt: request.stop.slice(maxStops),
      },
    },
  };
}

/** OpenAI's own models, told by name: the only ones known to take some of its younger fields. */
function isOpenAi(model: string): boolean {
  return /^(openai\/)?(gpt-|chatgpt-|o\d)/i.test(model) && !/^(openai\/)?gpt-oss/i.test(model);
}

/** Claude Code asks for 32,000 tokens and more whatever the model; most Chat models refuse a number above their own. */
function fittedMaxTokens({ maxTokens }: HubRequest, limit: number | null, losses: Losses): number | undefined {
  if (maxTokens === undefined || limit === null || maxTokens <= limit) return maxTokens;
  losses.add("parameter", `max_tokens: ${maxTokens} became ${limit}, the most this model writes`);
  return limit;
}

function toolNames(request: HubRequest): readonly string[] {
  const chosen = request.toolChoice?.type === "tool" ? [request.toolChoice.name] : [];
  const called = request.messages.flatMap((message) =>
    message.parts.flatMap((part) => (part.type === "tool-call" ? [part.name] : [])),
  );
  return [...request.tools.flatMap((tool) => (tool.kind === "server" ? [] : [tool.name])), ...called, ...chosen];
}

function callIds(messages: readonly HubMessage[]): readonly string[] {
  return messages.flatMap((message) => message.parts.flatMap((part) => (part.type === "tool-call" ? [part.id] : [])));
}

function writeSampling(request: HubRequest, model: ChatModel, losses: Losses): Fields {
  const wanted = {
    temperature: request.temperature,
    top_p: request.topP,
    presence_penalty: request.presencePenalty,
    frequency_penalty: request.frequencyPenalty,
  };
  const written: Record<string, number> = {};
  for (const [name, value] of Object.entries(wanted)) {
    if (value === undefined) continue;
    if (model.sampling) written[name] = value;
    else losses.add("parameter", `${name}: this reasoning model takes none`);
  }
  if (request.seed !== undefined) written["seed"] = request.seed;
  if (request.topK !== undefined) losses.add("parameter", "top_k: Chat has no such field");
  return written;
}

function writeEffort(
  request: HubRequest,
  model: ChatModel,
  name: string,
  choice: unknown,
  losses: Losses,
): string | undefined {
  const wish = request.thinking;
  if (wish === undefined) return undefined;
  if (wish.mode === "off") {
    if (model.noThinking !== null) return model.noThinking;
    if (model.efforts.length > 0) losses.add("thinking", "this model has no known word for not thinking");
    return undefined;
  }
  const level = wishedLevel(wish);
  if (level === null) return undefined;
  const effort = nearestLower(level, model.efforts);
  if (effort === null) losses.add("thinking", "this model cannot reason; the wish was left out");
  else if (effort !== level) losses.add("thinking", `effort ${level} became ${effort}`);
  // Qwen thinks only while the choice of a tool is free (2026); the choice is what the client relies on.
  if (effort !== null && /qwen|qwq/i.test(name) && choice !== undefined && choice !== "auto" && choice !== "none") {
    losses.add("thinking", "a forced tool call forbids thinking; the wish was left out");
    return undefined;
  }
  return effort ?? undefined;
}

/** Claude Code's user id is a JSON text with account and device in it; another provider gets a hash. */
function writeUser({ userId, extras }: HubRequest): string | undefined {
  const own = extras["openai-chat"];
  if (userId === undefined || own?.["safety_identifier"] === userId) return undefined;
  return own === undefined ? createHash("sha256").update(userId).digest("hex").slice(0, 32) : userId;
}

/** Wishes that not every server knows: for OpenAI's models, and for any where the client wrote them in this dialect. */
function writeWishes(request: HubRequest, model: ChatModel, name: string, losses: Losses): Fields {
  const isOwn = request.extras["openai-chat"] !== undefined;
  const { verbosity, promptCacheKey, logprobs } = request;
  const leaveOut = (field: string): void => losses.add("parameter", `${field}: this model is not known to take it`);
  const isNew = /^(openai\/)?gpt-([5-9]|\d\d)/i.test(name);
  const takesVerbosity = isNew || (isOwn && !isOpenAi(name));
  if (verbosity !== undefined && !takesVerbosity) leaveOut("verbosity");
  const takesKey = isOwn || isOpenAi(name);
  // Derived from Claude's user id it is our own idea, and leaving it out no loss.
  if (promptCacheKey !== undefined && !takesKey && request.extras.claude === undefined) leaveOut("prompt_cache_key");
  if (logprobs !== undefined && !model.sampling) leaveOut("logprobs");
  return {
    ...(takesVerbosity ? optional("verbosity", verbosity) : {}),
    ...(takesKey ? optional("prompt_cache_key", promptCacheKey) : {}),
    ...(logprobs !== undefined && model.sampling ? { logprobs: true, ...optional("top_logprobs", logprobs.top) } : {}),
  };
}
