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
import { chatModel, type ChatModel } from "./models.ts";
import { writeResponseFormat, writeToolChoice, writeTools } from "./tools-out.ts";

/** The API takes no more; the rest is cut from the reply on its way back. */
const maxStops = 4;

export function writeRequest(request: HubRequest, options: WriteOptions): Result<ProviderRequest> {
  for (const message of request.messages) {
    for (const part of message.parts) {
      if (part.type === "opaque" && part.essential === true && part.from !== "openai-chat") {
        const why = `a ${part.name} that is stored at its own provider cannot be sent to another one`;
        return { ok: false, error: { kind: "unsupported", message: why } };
      }
    }
  }
  const repaired = repairHistory(request.messages);
  if (!repaired.messages.some((message) => message.role !== "system" && message.role !== "developer")) {
    return { ok: false, error: { kind: "bad-request", message: "messages: nothing was said yet" } };
  }
  const losses = createLosses();
  const model = chatModel(options.model);
  const names = createNameMap(nameRules.name64, toolNames(request));
  const ids = createNameMap(options.toolIds ?? nameRules.id40, callIds(repaired.messages));
  const tools = writeTools(request, names, losses);
  nameUnsaid(request, losses);
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
      model,
      modelName: options.model,
      replayReasoning: options.replayReasoning ?? "own",
    }),
    ...(tools.length === 0 ? {} : { tools }),
    ...optional("tool_choice", writeToolChoice(request, tools, names, losses)),
    ...(tools.length > 0 && request.parallelToolCalls !== undefined
      ? { parallel_tool_calls: request.parallelToolCalls }
      : {}),
    ...optional(model.maxTokensField, fittedMaxTokens(request, options.maxTokensLimit ?? model.maxTokens, losses)),
    ...writeSampling(request, model, losses),
    ...optional("reasoning_effort", writeEffort(request, model, losses)),
    ...(request.stop.length === 0 ? {} : { stop: request.stop.slice(0, maxStops) }),
    ...optional("response_format", writeResponseFormat(request.responseFormat)),
    ...optional("user", writeUser(request)),
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
        toolNames: names.changed,
        customTools: new Set(request.tools.flatMap((tool) => (tool.kind === "custom" ? [tool.name] : []))),
        estimateInput: () => estimateTokens(request),
        cutAt: request.stop.slice(maxStops),
      },
    },
  };
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

function writeEffort(request: HubRequest, model: ChatModel, losses: Losses): string | undefined {
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
  return effort ?? undefined;
}

/** Claude Code's user id is a JSON text with account and device in it; another provider gets a hash. */
function writeUser({ userId, extras }: HubRequest): string | undefined {
  if (userId === undefined || extras["openai-chat"] !== undefined) return userId;
  return createHash("sha256").update(userId).digest("hex").slice(0, 32);
}

/** Fields of other dialects that mean nothing outside their provider and are not worth a line in the flow. */
const silent = new Set(["attribution", "metadata", "diagnostics", "betas", "user_profile_id", "workspace_id"]);

function nameUnsaid(request: HubRequest, losses: Losses): void {
  for (const [format, extras] of Object.entries(request.extras)) {
    if (format === "openai-chat") continue;
    for (const name of Object.keys(extras)) {
      if (!silent.has(name)) losses.add("parameter", `${name}: Chat has no such field`);
    }
  }
  if (request.stop.length > maxStops)
    losses.add("stop-sequences", `only ${maxStops} go upstream; the others are cut here`);
  const isMarked = (one: object): boolean => "cache" in one;
  if (request.tools.some(isMarked) || request.messages.some((one) => isMarked(one) || one.parts.some(isMarked))) {
    losses.add("cache-mark", "Chat servers cache by themselves; the client's marks were left out");
  }
}
