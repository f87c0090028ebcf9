/** A hub request as Gemini's: the inner body that the plain API and both envelopes share, and the plain call around it. */
import { estimateTokens } from "../../hub/estimate.ts";
import { createLosses, type Losses } from "../../hub/losses.ts";
import type { HubMessage } from "../../hub/message.ts";
import { repairHistory } from "../../hub/repair.ts";
import type { HubRequest } from "../../hub/request.ts";
import type { ReplyContext } from "../../hub/restore.ts";
import { createNameMap, nameRules } from "../../hub/tool-ids.ts";
import { optional, type Fields } from "../fields.ts";
import type { JsonObject, ProviderSide, Result, WriteOptions } from "../format.ts";
import { targetOf, type GeminiBackend } from "./backend.ts";
import { writeConfig, writeResponseFormat } from "./config-out.ts";
import { writeContents } from "./content-out.ts";
import { nameUnsaid, ownFields, writeServiceTier } from "./extras-out.ts";
import { refusedFile } from "./files-out.ts";
import { modelPath } from "./target.ts";
import { nameRuleOf, writeToolConfig, writeTools } from "./tools-out.ts";

export type { GeminiBackend } from "./backend.ts";

export interface GeminiBody {
  readonly body: JsonObject;
  readonly losses: readonly string[];
  readonly replyContext: ReplyContext;
}

const aiStudio: GeminiBackend = { schema: "gemini", ids: true, format: "gemini" };
const vertex: GeminiBackend = { schema: "vertex", ids: false, format: "gemini" };

export const writeRequest: ProviderSide["writeRequest"] = (request, options) => {
  const written = writeGeminiBody(request, options, options.variant === "vertex" ? vertex : aiStudio);
  if (!written.ok) return written;
  const { body, losses, replyContext } = written.value;
  const path = request.stream
    ? `${modelPath(options.model, "streamGenerateContent")}?alt=sse`
    : modelPath(options.model, "generateContent");
  return {
    ok: true,
    value: {
      path,
      headers: [["content-type", "application/json"]],
      body: Buffer.from(JSON.stringify(body)),
      losses,
      replyContext,
    },
  };
};

export function writeGeminiBody(
  request: HubRequest,
  options: WriteOptions,
  backend: GeminiBackend,
): Result<GeminiBody> {
  const target = targetOf(backend, options.model, options.origin);
  const refusal = refusedCount(request) ?? refusedFile(request.messages, target);
  if (refusal !== null) return { ok: false, error: { kind: "unsupported", message: refusal } };
  const repaired = repairHistory(request.messages);
  const losses = createLosses();
  const { leading, rest } = splitSystem(repaired.messages);
  if (rest.length === 0) {
    return { ok: false, error: { kind: "bad-request", message: "messages: nothing was said yet" } };
  }
  const names = createNameMap(nameRuleOf(target), toolNames(request));
  const ids = createNameMap(options.toolIds ?? nameRules.idPlain, callIds(repaired.messages));
  const scope = { names, target, losses };
  const tools = writeTools(request, scope);
  const format = writeResponseFormat(request, tools.tools.length > 0, target, losses);
  const system = [...leading, ...(format.instruction === undefined ? [] : [format.instruction])];
  const spoken = target.model.systemInstruction ? rest : withSpokenSystem(system, rest, losses);
  const contents = writeContents(spoken, { ...scope, ids });
  if (contents.length === 0) {
    return {
      ok: false,
      error: { kind: "bad-request", message: "messages: nothing in them can be sent to this model" },
    };
  }
  const history = { ...request, messages: repaired.messages };
  const written = writeConfig(history, { options, backend, target, format: format.config }, losses);
  const own = ownFields(request, backend, losses);
  nameUnsaid(request, losses);
  const generationConfig: Fields = { ...own.generationConfig, ...written.config };
  const toolConfig: Fields = { ...own.toolConfig, ...writeToolConfig(request, tools, scope) };
  const body: JsonObject = {
    ...own.top,
    contents,
    ...(system.length === 0 || !target.model.systemInstruction
      ? {}
      : { systemInstruction: { parts: system.map((text) => ({ text })) } }),
    ...(tools.tools.length === 0 ? {} : { tools: tools.tools }),
    ...(isEmpty(toolConfig) ? {} : { toolConfig }),
    ...(isEmpty(generationConfig) ? {} : { generationConfig }),
    ...optional("serviceTier", writeServiceTier(request, backend, losses)),
  };
  return {
    ok: true,
    value: {
      body,
      losses: [...repaired.losses, ...losses.list()],
      replyContext: {
        model: options.model,
        ...optional("origin", options.origin),
        toolNames: names.changed,
        customTools: new Set(request.tools.flatMap((tool) => (tool.kind === "custom" ? [tool.name] : []))),
        argumentFixes: tools.fixes,
        cutAt: written.cutAt,
        estimateInput: () => estimateTokens(request),
      },
    },
  };
}

function isEmpty(fields: Fields): boolean {
  return Object.keys(fields).length === 0;
}

/** Several answers to one request: a stream of ours carries one. */
function refusedCount(request: HubRequest): string | null {
  const counts = [request.extras["openai-chat"]?.["n"], request.extras.gemini?.["generationConfig.candidateCount"]];
  return counts.some((count) => typeof count === "number" && count > 1)
    ? "n: one answer to a request is all that can be carried back"
    : null;
}

/** The texts of the system messages that come first, and everything behind them. */
function splitSystem(messages: readonly HubMessage[]): {
  readonly leading: readonly string[];
  readonly rest: readonly HubMessage[];
} {
  const first = messages.findIndex((message) => message.role !== "system" && message.role !== "developer");
  const leading = first < 0 ? messages : messages.slice(0, first);
  return {
    leading: leading.flatMap((message) => message.parts.flatMap((part) => (part.type === "text" ? [part.text] : []))),
    rest: first < 0 ? [] : messages.slice(first),
  };
}

/** For models without a system instruction. */
function withSpokenSystem(
  system: readonly string[],
  messages: readonly HubMessage[],
  losses: Losses,
): readonly HubMessage[] {
  if (system.length === 0) return messages;
  losses.add("system-message", "this model has no system instruction; it stands before the user's first words");
  return [{ role: "user", parts: system.map((text) => ({ type: "text", text })) }, ...messages];
}

/** Every name that may stand in the request: declared, called in the history, chosen. */
function toolNames(request: HubRequest): readonly string[] {
  const choice = request.toolChoice;
  const chosen = choice?.type === "tool" ? [choice.name] : choice?.type === "allowed" ? choice.names : [];
  const called = request.messages.flatMap((message) =>
    message.parts.flatMap((part) => (part.type === "tool-call" ? [part.name] : [])),
  );
  return [...request.tools.flatMap((tool) => (tool.kind === "server" ? [] : [tool.name])), ...called, ...chosen];
}

function callIds(messages: readonly HubMessage[]): readonly string[] {
  return messages.flatMap((message) => message.parts.flatMap((part) => (part.type === "tool-call" ? [part.id] : [])));
}
