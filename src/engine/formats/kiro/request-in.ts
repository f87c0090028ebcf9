/**
 * A Kiro request as a hub request. What only Kiro's backend reads stays in `extras.kiro`, in the places it came from:
 * `profileArn` and other top-level members under their names, `conversation` (ids, trigger and task type of the state),
 * `message` (origin, intent of the current message) and `context` (what the editor tells of itself).
 */
import { createHash } from "node:crypto";
import { isRecord } from "../../../base/json.ts";
import { createLosses, type Losses } from "../../hub/losses.ts";
import type { HubMessage } from "../../hub/message.ts";
import type { HubRequest } from "../../hub/request.ts";
import type { HubTool } from "../../hub/tools.ts";
import { listField, numberField, optional, otherFields, recordField, textField, type Fields } from "../fields.ts";
import type { ClientSide, Result } from "../format.ts";
import { askedOf, modelOf, stateOf, turnsBefore } from "./conversation.ts";
import { otherModelFields, readThinking } from "./thinking.ts";
import { markOf, readAssistantTurn, readUserTurn } from "./turns-in.ts";

const knownTop = new Set(["conversationState", "additionalModelRequestFields", "inferenceConfig", "systemPrompt"]);
const knownState = new Set(["currentMessage", "history"]);
const knownMessage = new Set(["content", "modelId", "images", "cachePoint", "userInputMessageContext"]);
const knownContext = new Set(["tools", "toolResults"]);
const knownInference = new Set(["maxTokens", "temperature", "topP"]);

export const readRequest: ClientSide["readRequest"] = (body) => {
  if (!isRecord(body)) return bad("the request body is not a JSON object");
  const state = stateOf(body);
  if (state === undefined) return bad("conversationState: an object is required");
  const asked = askedOf(body);
  const model = modelOf(body);
  if (asked === undefined || model === null) {
    return bad("conversationState.currentMessage.userInputMessage: an object is required");
  }
  const losses = createLosses();
  const modelFields = recordField(body, "additionalModelRequestFields");
  const inference = recordField(body, "inferenceConfig");
  const conversationId = textField(state, "conversationId");
  const request: HubRequest = {
    model,
    messages: [...readSystem(body), ...readHistory(body, losses), ...readUserTurn(asked, losses)],
    tools: readTools(body),
    stream: true,
    wantsStreamUsage: true,
    stop: [],
    ...optional("maxTokens", numberField(modelFields, "max_tokens") ?? numberField(inference, "maxTokens")),
    ...optional("temperature", numberField(inference, "temperature")),
    ...optional("topP", numberField(inference, "topP")),
    ...optional("thinking", readThinking(modelFields)),
    ...optional("promptCacheKey", conversationId === undefined ? undefined : cacheKeyOf(conversationId)),
    extras: { kiro: extrasOf(body, state, asked, losses) },
  };
  return { ok: true, value: { request, losses: losses.list() } };
};

/** Kiro's backend refuses this member (2026) and its clients put such words into their first message; others may try. */
function readSystem(body: Fields): readonly HubMessage[] {
  const text = textField(body, "systemPrompt") ?? "";
  return text.trim() === "" ? [] : [{ role: "system", parts: [{ type: "text", text }] }];
}

function readHistory(body: unknown, losses: Losses): readonly HubMessage[] {
  return turnsBefore(body).flatMap((turn) => {
    if (turn.role === "user") return readUserTurn(turn.message, losses);
    if (turn.role === "assistant") return readAssistantTurn(turn.message, losses);
    losses.add("message", "a turn of the history that is neither the user's nor the assistant's");
    return [];
  });
}

/** They stand on the current message; older clients sent them once, at the beginning. */
function readTools(body: unknown): readonly HubTool[] {
  const turns = turnsBefore(body).flatMap((turn) => (turn.role === "user" ? [turn.message] : []));
  for (const message of [askedOf(body), ...turns]) {
    const list = listField(recordField(message, "userInputMessageContext"), "tools");
    if (list !== undefined && list.length > 0) return list.filter(isRecord).reduce(withTool, []);
  }
  return [];
}

/** A cache point is an element of its own and marks all before it. */
function withTool(tools: readonly HubTool[], element: Fields): readonly HubTool[] {
  const specification = recordField(element, "toolSpecification");
  if (specification !== undefined) return [...tools, readTool(specification)];
  const cache = markOf(element);
  if (cache !== undefined) {
    const last = tools[tools.length - 1];
    return last?.kind === "function" ? [...tools.slice(0, -1), { ...last, cache }] : tools;
  }
  return [...tools, { kind: "server", name: Object.keys(element)[0] ?? "tool", from: "kiro", raw: element }];
}

function readTool(specification: Fields): HubTool {
  return {
    kind: "function",
    name: textField(specification, "name") ?? "",
    parameters: recordField(recordField(specification, "inputSchema"), "json") ?? { type: "object", properties: {} },
    ...optional("description", textField(specification, "description")),
  };
}

function extrasOf(body: Fields, state: Fields, asked: Fields, losses: Losses): Fields {
  const context = otherFields(recordField(asked, "userInputMessageContext") ?? {}, knownContext);
  for (const name of Object.keys(context ?? {})) {
    losses.add("parameter", `${name}: what the editor tells Kiro's own backend of itself`);
  }
  return {
    ...otherFields(body, knownTop),
    ...optional("conversation", otherFields(state, knownState)),
    ...optional("message", otherFields(asked, knownMessage)),
    ...optional("context", context),
    ...optional("additionalModelRequestFields", otherModelFields(recordField(body, "additionalModelRequestFields"))),
    ...optional("inferenceConfig", otherFields(recordField(body, "inferenceConfig") ?? {}, knownInference)),
  };
}

/** Calls of one conversation share their prompt's beginning; its id is nobody else's business. */
function cacheKeyOf(conversationId: string): string {
  return createHash("sha256").update(conversationId).digest("hex").slice(0, 32);
}

function bad(message: string): Result<never> {
  return { ok: false, error: { kind: "bad-request", message } };
}
