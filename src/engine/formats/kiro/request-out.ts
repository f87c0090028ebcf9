/**
 * A hub request as `GenerateAssistantResponse` (rules and their sources: docs/formats/kiro.md, public clients of 2026).
 * The service refuses unknown fields and improper turns with one and the same 400, so nothing is sent that it need not have.
 */
import { createHash } from "node:crypto";
import { estimateTokens } from "../../hub/estimate.ts";
import { createLosses, type Losses } from "../../hub/losses.ts";
import type { HubMessage } from "../../hub/message.ts";
import { repairHistory } from "../../hub/repair.ts";
import type { HubRequest } from "../../hub/request.ts";
import { createNameMap, nameRules } from "../../hub/tool-ids.ts";
import { optional, recordField, textField, type Fields } from "../fields.ts";
import type { ProviderRequest, Result, WriteOptions } from "../format.ts";
import { kiroModel } from "./known-models.ts";
import { writeThinking } from "./thinking-out.ts";
import { calledNames, writeTools } from "./tools-out.ts";
import { fillers, writeTurns, type AssistantTurn, type Turn, type UserTurn } from "./turns-out.ts";
import { nameUnsaid, unsaidIn } from "./unsaid.ts";

/** The path of the older form; hosts that want the other one get it from their provider (providers/kiro.ts). */
export const restPath = "/generateAssistantResponse";

export function writeRequest(request: HubRequest, options: WriteOptions): Result<ProviderRequest> {
  const refusal = unsaidIn(request);
  if (refusal !== null) return { ok: false, error: { kind: "unsupported", message: refusal } };
  const losses = createLosses();
  const repaired = repairHistory(request.messages);
  const { system, rest } = splitSystem(repaired.messages);
  if (rest.length === 0) {
    return { ok: false, error: { kind: "bad-request", message: "messages: nothing was said yet" } };
  }
  const model = kiroModel(options.model);
  const names = createNameMap(nameRules.name64, toolNames(request, rest));
  // Ids go to the model's own service as they are, which takes the same characters as for names.
  const ids = createNameMap(options.toolIds ?? nameRules.name64, callIds(rest));
  const maker = { format: "kiro", ...optional("origin", options.origin) } as const;
  const turns = writeTurns(rest, { names, ids, losses, maker });
  const tools = writeTools(request, rest, names, losses);
  const thinking = writeThinking(request, model, losses);
  nameUnsaid(request, model.thinking === "adaptive", losses);

  const own = request.extras.kiro;
  const preamble = [system, outputInstruction(request, losses)].filter((text) => text !== "").join("\n\n");
  const messages = withPreamble(turns, preamble);
  const current = messages[messages.length - 1];
  const history = messages.slice(0, -1);
  if (current?.role !== "user") throw new Error("the last turn is the user's");
  const body = {
    conversationState: {
      ...ownState(own),
      conversationId: textField(stateOf(own), "conversationId") ?? uuidFrom(options.callId ?? "", "conversation"),
      chatTriggerType: "MANUAL",
      currentMessage: {
        userInputMessage: withOwnMessage(userMessage(current, options.model, tools, thinking.prefix), own),
      },
      ...(history.length === 0 ? {} : { history: history.map((turn) => historyItem(turn, options.model)) }),
    },
    ...optional("profileArn", options.profileArn),
    ...optional("agentMode", textField(own, "agentMode")),
    ...optional("additionalModelRequestFields", thinking.fields ?? undefined),
  };
  return {
    ok: true,
    value: {
      path: restPath,
      headers: [
        ["content-type", "application/json"],
        ["accept", "application/vnd.amazon.eventstream"],
        // Ours to give, so it says who we are; what the service's own programs say of themselves is theirs.
        ["user-agent", "Switchyard/1"],
        ["amz-sdk-invocation-id", uuidFrom(options.callId ?? "", "invocation")],
        ["amz-sdk-request", "attempt=1; max=3"],
        // Nobody was asked whether their words may be kept to train on.
        ["x-amzn-codewhisperer-optout", "true"],
      ],
      body: Buffer.from(wellFormedJson(body)),
      losses: [...repaired.losses, ...losses.list()],
      replyContext: {
        model: options.model,
        ...optional("origin", options.origin),
        toolNames: names.changed,
        customTools: new Set(request.tools.flatMap((tool) => (tool.kind === "custom" ? [tool.name] : []))),
        cutAt: request.stop,
        estimateInput: () => estimateTokens(request),
        ...(thinking.prefix === null ? {} : { inlineThinking: true as const }),
      },
    },
  };
}

function splitSystem(messages: readonly HubMessage[]): {
  readonly system: string;
  readonly rest: readonly HubMessage[];
} {
  const first = messages.findIndex(({ role }) => role !== "system" && role !== "developer");
  const leading = first < 0 ? messages : messages.slice(0, first);
  const texts = leading.flatMap(({ parts }) => parts.flatMap((part) => (part.type === "text" ? [part.text] : [])));
  return { system: texts.join("\n\n").trim(), rest: first < 0 ? [] : messages.slice(first) };
}

function toolNames(request: HubRequest, messages: readonly HubMessage[]): readonly string[] {
  const declared = request.tools.flatMap((tool) => (tool.kind === "server" ? [] : [tool.name]));
  return [...declared, ...calledNames(messages)];
}

function callIds(messages: readonly HubMessage[]): readonly string[] {
  return messages.flatMap(({ parts }) => parts.flatMap((part) => (part.type === "tool-call" ? [part.id] : [])));
}

/** There is no field for the system prompt (a top-level one is refused): it opens the first user turn. */
function withPreamble(turns: readonly Turn[], preamble: string): readonly Turn[] {
  const [first, ...others] = turns;
  if (preamble === "" || first?.role !== "user") return turns;
  return [{ ...first, texts: [preamble, ...first.texts] }, ...others];
}

function userMessage(turn: UserTurn, modelId: string, tools: readonly Fields[], prefix: string | null): Fields {
  const hasResults = turn.results.length > 0;
  const said = turn.texts.length > 0 ? turn.texts.join("\n\n") : hasResults ? fillers.results : fillers.user;
  const context = {
    ...(tools.length === 0 ? {} : { tools }),
    ...(hasResults ? { toolResults: turn.results } : {}),
  };
  return {
    content: prefix === null ? said : `${prefix}\n\n${said}`,
    modelId,
    origin: "AI_EDITOR",
    ...(turn.images.length === 0 ? {} : { images: turn.images }),
    ...(Object.keys(context).length === 0 ? {} : { userInputMessageContext: context }),
  };
}

function historyItem(turn: Turn, modelId: string): Fields {
  // Tools belong to the current message alone.
  if (turn.role === "user") return { userInputMessage: userMessage(turn, modelId, [], null) };
  return { assistantResponseMessage: assistantMessage(turn) };
}

function assistantMessage({ texts, calls, reasoning }: AssistantTurn): Fields {
  return {
    content: texts.length === 0 ? fillers.assistant : texts.join("\n\n"),
    ...(calls.length === 0 ? {} : { toolUses: calls }),
    ...(reasoning === null ? {} : { reasoningContent: reasoning }),
  };
}

/** Kiro has no field for the form of an answer. */
function outputInstruction({ responseFormat }: HubRequest, losses: Losses): string {
  if (responseFormat === undefined || responseFormat.type === "text") return "";
  losses.add("response-format", `${responseFormat.type}: asked for in words; Kiro has no field for it`);
  const words = "Answer with one JSON value and nothing else: no other words, no code fence.";
  if (responseFormat.type === "json-object") return words;
  return `${words} It must be valid against this JSON Schema:\n${JSON.stringify(responseFormat.schema)}`;
}

/** What a Kiro client said of its conversation; newer hosts refuse some of it to those that need not say it. */
const ownStateFields = ["agentContinuationId", "agentTaskType", "customizationArn", "workspaceId"] as const;

function ownState(own: Fields | undefined): Fields {
  const state = stateOf(own);
  return Object.fromEntries(
    ownStateFields.flatMap((name) => {
      const value = textField(state, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** The client half keeps what only Kiro reads by the place it stood in: `conversation`, `message`, `context`. */
function stateOf(own: Fields | undefined): Fields | undefined {
  return recordField(own, "conversation");
}

/** What a Kiro client's current message said besides: its editor's state and the like. */
function withOwnMessage(message: Fields, own: Fields | undefined): Fields {
  const context = recordField(own, "context");
  const all = { ...recordField(own, "message"), ...message };
  if (context === undefined) return all;
  return {
    ...all,
    userInputMessageContext: { ...context, ...recordField(message, "userInputMessageContext") },
  };
}

/** The same call gives the same id, whoever is asked and however often; a UUID of version 8 (RFC 9562: our own making). */
function uuidFrom(callId: string, purpose: string): string {
  const hex = createHash("sha256").update(`${purpose}\0${callId}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const loneSurrogates = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Halves of characters, which clients' truncation leaves behind, are refused by the service and are no text. */
function wellFormedJson(body: object): string {
  const json = JSON.stringify(body);
  // `JSON.stringify` writes a lone half as an escape, and nothing else as this one.
  if (!json.includes("\\ud")) return json;
  return JSON.stringify(body, (_, value: unknown) =>
    typeof value === "string" ? value.replace(loneSurrogates, "") : value,
  );
}
