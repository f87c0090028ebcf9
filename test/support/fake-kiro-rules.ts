/** What Kiro refuses of a request (public reports of 2026), in its own words: nearly always the same unhelpful ones. */
import { isRecord } from "../../src/base/json.ts";

export interface KiroRefusal {
  readonly message: string;
  readonly reason: string | null;
  /** For whoever reads the test: which rule it was. */
  readonly rule: string;
}

type Fields = Readonly<Record<string, unknown>>;

const topFields = ["conversationState", "profileArn", "additionalModelRequestFields", "inferenceConfig", "agentMode"];
const stateFields = [
  "conversationId",
  "workspaceId",
  "customizationArn",
  "agentContinuationId",
  "agentTaskType",
  "chatTriggerType",
  "currentMessage",
  "history",
];
const maxDescriptionBytes = 10_240;

/** The first rule that a body breaks; null: it would be answered. */
export function kiroRefusal(body: unknown): KiroRefusal | null {
  const rule = brokenRule(body);
  return rule === null ? null : { message: "Improperly formed request.", reason: null, rule };
}

function brokenRule(body: unknown): string | null {
  if (!isRecord(body)) return "the body is an object";
  const odd = Object.keys(body).find((key) => !topFields.includes(key));
  if (odd !== undefined) return `no such field: ${odd}`;
  const state = body["conversationState"];
  if (!isRecord(state)) return "conversationState is missing";
  const oddState = Object.keys(state).find((key) => !stateFields.includes(key));
  if (oddState !== undefined) return `no such field: conversationState.${oddState}`;
  if (state["chatTriggerType"] !== "MANUAL") return "chatTriggerType";
  const history = Array.isArray(state["history"]) ? state["history"].filter(isRecord) : [];
  const current = state["currentMessage"];
  if (!isRecord(current) || !isRecord(current["userInputMessage"])) return "the last message is the user's";
  const turns = [...history, current];
  for (const [at, turn] of turns.entries()) {
    const key = at % 2 === 0 ? "userInputMessage" : "assistantResponseMessage";
    const message = turn[key];
    if (!isRecord(message) || Object.keys(turn).length !== 1) return `turn ${at} is not a ${key}`;
    if (typeof message["content"] !== "string" || message["content"] === "") return `turn ${at} has no content`;
  }
  if (turns.length % 2 === 0) return "the current message follows an assistant's";
  return brokenTools(history, current["userInputMessage"]) ?? brokenResults(turns) ?? brokenImages(turns);
}

function brokenTools(history: readonly Fields[], current: Fields): string | null {
  const inHistory = history.some((turn) => toolsOf(turn["userInputMessage"]).length > 0);
  if (inHistory) return "tools belong to the current message";
  const tools = toolsOf(current);
  const hasToolTurns = history.some((turn) => usesOf(turn).length > 0);
  if (hasToolTurns && tools.length === 0) return "a history with tool turns wants tools";
  for (const tool of tools) {
    const said = tool["toolSpecification"];
    if (!isRecord(said)) return "a tool has a specification";
    if (typeof said["name"] !== "string" || !/^[A-Za-z0-9_-]{1,64}$/.test(said["name"])) return "a tool's name";
    const { description } = said;
    if (typeof description !== "string" || description.trim() === "") return "a tool's description is missing";
    if (Buffer.byteLength(description) > maxDescriptionBytes) return "a tool's description is too long";
    const schema = isRecord(said["inputSchema"]) ? said["inputSchema"]["json"] : null;
    if (!isRecord(schema) || schema["type"] !== "object" || !isRecord(schema["properties"])) return "a tool's schema";
    if (!Array.isArray(schema["required"])) return "a tool's schema says what is required";
  }
  return null;
}

function brokenResults(turns: readonly Fields[]): string | null {
  for (const [at, turn] of turns.entries()) {
    const results = resultsOf(turn["userInputMessage"]);
    const calls = at === 0 ? [] : usesOf(turns[at - 1] ?? {}).map((use) => use["toolUseId"]);
    if (new Set(calls).size !== calls.length) return "a toolUseId twice";
    const ids = results.map((result) => result["toolUseId"]);
    if (new Set(ids).size !== ids.length) return "a result twice";
    if (ids.some((id) => !calls.includes(id))) return "a result without its call";
    if (calls.some((id) => !ids.includes(id))) return "a call without its result";
    for (const result of results) {
      if (result["status"] !== "success" && result["status"] !== "error") return "a result's status";
      const content = result["content"];
      if (!Array.isArray(content) || content.length === 0) return "a result without content";
      if (content.some((part) => !isRecord(part) || !("text" in part || "json" in part))) return "a result's content";
    }
    for (const use of usesOf(turn)) if (!isRecord(use["input"])) return "a call's input is an object";
  }
  return null;
}

function brokenImages(turns: readonly Fields[]): string | null {
  for (const turn of turns) {
    const message = turn["userInputMessage"];
    const images = isRecord(message) && Array.isArray(message["images"]) ? message["images"].filter(isRecord) : [];
    for (const { format, source } of images) {
      if (!["png", "jpeg", "gif", "webp"].includes(String(format))) return "an image's format";
      if (!isRecord(source) || !/^[A-Za-z0-9+/]+={0,2}$/.test(String(source["bytes"]))) return "an image's bytes";
    }
  }
  return null;
}

function contextOf(message: unknown): Fields {
  const context = isRecord(message) ? message["userInputMessageContext"] : null;
  return isRecord(context) ? context : {};
}

function recordsOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

const toolsOf = (message: unknown): readonly Fields[] => recordsOf(contextOf(message)["tools"]);
const resultsOf = (message: unknown): readonly Fields[] => recordsOf(contextOf(message)["toolResults"]);

function usesOf(turn: Fields): readonly Fields[] {
  const message = turn["assistantResponseMessage"];
  return isRecord(message) ? recordsOf(message["toolUses"]) : [];
}
