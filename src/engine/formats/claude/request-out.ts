/** A hub request as a Claude Messages request. */
import { closedSchema } from "../../hub/json-schema.ts";
import { createLosses, type Losses } from "../../hub/losses.ts";
import { estimateTokens } from "../../hub/estimate.ts";
import type { HubMessage } from "../../hub/message.ts";
import type { Maker } from "../../hub/provenance.ts";
import { repairHistory } from "../../hub/repair.ts";
import type { HubRequest } from "../../hub/request.ts";
import { createNameMap, nameRules } from "../../hub/tool-ids.ts";
import { optional, type Fields } from "../fields.ts";
import type { ProviderRequest, Result, WriteOptions } from "../format.ts";
import { settleCacheMarks } from "./cache-marks.ts";
import { writeMessages } from "./content-out.ts";
import { withoutClearing } from "./edits.ts";
import { claudeModel, type ClaudeModel } from "./models.ts";
import {
  wishedTokens,
  writeSampling,
  writeThinking,
  type ThinkingReplay,
  type WrittenThinking,
} from "./thinking-out.ts";
import { writeToolChoice, writeTools } from "./tools-out.ts";
import { nameUnsaid, unsaidIn } from "./unsaid.ts";
import { writeCache, type WireBlock } from "./wire.ts";

const midSystemBeta = "mid-conversation-system-2026-04-07";

export function writeRequest(request: HubRequest, options: WriteOptions): Result<ProviderRequest> {
  const refusal = unsaidIn(request);
  if (refusal !== null) return { ok: false, error: { kind: "unsupported", message: refusal } };
  const losses = createLosses();
  const model = claudeModel(options.model);
  const own = request.extras.claude;
  const repaired = repairHistory(request.messages);
  const { leading, rest } = splitSystem(repaired.messages);
  if (rest.length === 0)
    return { ok: false, error: { kind: "bad-request", message: "messages: nothing was said yet" } };

  const names = createNameMap(nameRules.name128, toolNames(request));
  const ids = createNameMap(options.toolIds ?? nameRules.idPlain, callIds(repaired.messages));
  const replay = thinkingReplay(options);
  const maxTokens = fittedMaxTokens(request, model, options, losses);
  const thinking = writeThinking({ ...request, messages: repaired.messages }, model, maxTokens, replay, losses);
  const instruction = outputInstruction(request, model, losses);
  const keepMidSystem = own !== undefined && model.midSystem;
  const marks = settleCacheMarks({
    tools: writeTools(request, names, model, losses),
    system: writeSystem(own, leading, instruction),
    messages: writeMessages(rest, { names, ids, losses, replay, keepMidSystem, prefill: model.prefill }),
  });
  if (marks.dropped > 0) losses.add("cache-mark", `${marks.dropped} more than the four that are allowed`);
  nameUnsaid(request, losses);

  const outputConfig = writeOutputConfig(request, thinking, model);
  const body = {
    ...ownExtras(own, thinking),
    model: options.model,
    max_tokens: maxTokens,
    ...(marks.system.length === 0 ? {} : { system: marks.system }),
    messages: marks.messages,
    ...(marks.tools.length === 0 ? {} : { tools: marks.tools }),
    ...optional("tool_choice", writeToolChoice(request, marks.tools, names, losses)),
    ...optional("thinking", thinking.thinking),
    ...optional("output_config", outputConfig),
    ...writeSampling(
      request,
      model,
      thinking.thinking !== undefined && thinking.thinking["type"] !== "disabled",
      losses,
    ),
    ...writeStop(request.stop, losses),
    ...writeMetadata(request, losses),
    ...writeServiceTier(request, losses),
    stream: request.stream,
  };
  const usesMidSystem = marks.messages.some((message) => message.role === "system");
  return {
    ok: true,
    value: {
      path: "/messages",
      headers: [
        ["content-type", "application/json"],
        ["anthropic-version", "2023-06-01"],
        ...(usesMidSystem ? ([["anthropic-beta", midSystemBeta]] as const) : []),
      ],
      body: Buffer.from(JSON.stringify(body)),
      losses: [...repaired.losses, ...losses.list()],
      replyContext: {
        model: options.model,
        ...optional("origin", options.origin),
        toolNames: names.changed,
        customTools: new Set(request.tools.flatMap((tool) => (tool.kind === "custom" ? [tool.name] : []))),
        estimateInput: () => estimateTokens(request),
      },
    },
  };
}

/** Copilot's backend refuses thinking (2026). */
function thinkingReplay(options: WriteOptions): ThinkingReplay {
  const maker: Maker = { format: "claude", ...optional("origin", options.origin) };
  if (options.variant === "copilot" || options.replayReasoning === "never") return { maker, allows: "none" };
  return { maker, allows: options.replayReasoning === "always" ? "any" : "own" };
}

/** Lowered to what the model writes, never raised: a larger wish is a 400. */
function fittedMaxTokens(
  { maxTokens: asked, thinking }: HubRequest,
  model: ClaudeModel,
  { maxTokensDefault, maxTokensLimit }: WriteOptions,
  losses: Losses,
): number {
  const limit = maxTokensLimit ?? model.maxTokens;
  // The limit counts thinking too. Where the limit is ours, thinking comes on top, or nothing would be left to answer with.
  const wanted = asked ?? maxTokensDefault + (model.thinking === "budget" ? wishedTokens(thinking) : 0);
  if (limit === null || wanted <= limit) return wanted;
  if (asked !== undefined) losses.add("parameter", `max_tokens: ${wanted} became ${limit}, the most this model writes`);
  return limit;
}

function splitSystem(messages: readonly HubMessage[]): {
  readonly leading: readonly HubMessage[];
  readonly rest: readonly HubMessage[];
} {
  const first = messages.findIndex((message) => message.role !== "system" && message.role !== "developer");
  return first < 0
    ? { leading: messages, rest: [] }
    : { leading: messages.slice(0, first), rest: messages.slice(first) };
}

function writeSystem(
  own: Fields | undefined,
  leading: readonly HubMessage[],
  instruction: string | null,
): readonly WireBlock[] {
  const attribution = own?.["attribution"];
  const blocks = leading.flatMap((message) =>
    message.parts.flatMap((part): readonly WireBlock[] =>
      part.type === "text" ? [{ type: "text", text: part.text, ...writeCache(part.cache) }] : [],
    ),
  );
  return [
    ...(typeof attribution === "string" ? [{ type: "text", text: attribution }] : []),
    ...blocks,
    ...(instruction === null ? [] : [{ type: "text", text: instruction }]),
  ];
}

/** Every name that may stand in the request: declared, called in the history, chosen. */
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

function outputInstruction(request: HubRequest, model: ClaudeModel, losses: Losses): string | null {
  const format = request.responseFormat;
  if (format === undefined || format.type === "text") return null;
  if (format.type === "json-schema" && model.structuredOutput) return null;
  losses.add("response-format", `${format.type} became an instruction; nothing enforces it`);
  const plain = "Answer with one JSON object and nothing else: no prose, no code fence.";
  return format.type === "json-object"
    ? plain
    : `${plain} It must fit this JSON Schema:\n${JSON.stringify(format.schema)}`;
}

function writeOutputConfig(request: HubRequest, thinking: WrittenThinking, model: ClaudeModel): Fields | undefined {
  const format = request.responseFormat;
  const wanted = format?.type === "json-schema" && model.structuredOutput ? format.schema : undefined;
  if (thinking.effort === undefined && wanted === undefined) return undefined;
  return {
    ...optional("effort", thinking.effort),
    ...(wanted === undefined ? {} : { format: { type: "json_schema", schema: closedSchema(wanted) } }),
  };
}

/** The client's own Claude fields; an edit that clears thinking goes when the thinking has gone. */
function ownExtras(own: Fields | undefined, thinking: WrittenThinking): Fields {
  if (own === undefined) return {};
  const { attribution: _system, metadata: _metadata, context_management: management, ...rest } = own;
  const kept = thinking.thinking === undefined ? withoutClearing(management) : management;
  return kept === undefined ? rest : { ...rest, context_management: kept };
}

function writeStop(stop: readonly string[], losses: Losses): Fields {
  const usable = stop.filter((one) => one.trim() !== "");
  if (usable.length < stop.length) losses.add("stop-sequences", "blank ones are not taken by Claude");
  return usable.length === 0 ? {} : { stop_sequences: usable };
}

/** Another dialect's `user` may be a mail address; Anthropic asks for an opaque id, so anything else is left out. */
function writeMetadata(request: HubRequest, losses: Losses): Fields {
  const metadata = request.extras.claude?.["metadata"];
  if (metadata !== undefined) return { metadata };
  if (request.userId === undefined) return {};
  if (/^[A-Za-z0-9_-]{1,256}$/.test(request.userId)) return { metadata: { user_id: request.userId } };
  losses.add("parameter", "user: not an opaque id, so it was not passed on");
  return {};
}

function writeServiceTier({ serviceTier }: HubRequest, losses: Losses): Fields {
  if (serviceTier === undefined) return {};
  if (serviceTier === "auto") return { service_tier: "auto" };
  if (serviceTier === "default") return { service_tier: "standard_only" };
  losses.add("parameter", `service_tier: Claude has no ${serviceTier}`);
  return {};
}
