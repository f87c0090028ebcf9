/**
 * The items of a Responses input as hub messages. What the model said in a row (reasoning, text, calls) is one turn of
 * its own; results follow it, each by its `call_id`. Ids of items pair nothing: they belong to whoever stored them.
 */
import { isRecord, own } from "../../../base/json.ts";
import type { Losses } from "../../hub/losses.ts";
import type { AssistantPart, HubMessage, ToolResultContent, UserPart } from "../../hub/message.ts";
import { optional, textField, type Fields } from "../fields.ts";
import { readItemCall, readItemResult } from "./client-tools.ts";
import { readAssistantContent, readReasoning, readTextContent, readUserContent } from "./content-in.ts";
import { readServerItem } from "./server-items.ts";
import type { DeclaredTools } from "./tools-in.ts";

export type ItemsRead =
  | { readonly ok: true; readonly messages: readonly HubMessage[] }
  | { readonly ok: false; readonly why: string };

export function readItems(input: readonly unknown[], tools: DeclaredTools, losses: Losses): ItemsRead {
  const turns = createTurns(losses);
  const shellIds = idsOfShellCalls(input);
  for (const [index, item] of input.entries()) {
    if (typeof item === "string") turns.other({ role: "user", parts: [{ type: "text", text: item }] });
    else if (!isRecord(item)) return { ok: false, why: `input[${index}]: an item is an object` };
    else {
      const why = readItem(item, { turns, tools, losses, shellIds });
      if (why !== null) return { ok: false, why: `input[${index}]: ${why}` };
    }
  }
  return { ok: true, messages: turns.end() };
}

interface Reading {
  readonly turns: Turns;
  readonly tools: DeclaredTools;
  readonly losses: Losses;
  readonly shellIds: ReadonlyMap<string, string>;
}

/** Null when it was read, else why it cannot be. */
function readItem(item: Fields, reading: Reading): string | null {
  const { turns, tools, losses } = reading;
  // The easy form of a message has no type, and neither has that of a reference.
  const type = item["type"] ?? (item["role"] === undefined ? "item_reference" : "message");
  switch (type) {
    case "message":
      return readMessage(item, reading);
    case "reasoning": {
      const part = readReasoning(item);
      if (part !== null) turns.thought(part);
      return null;
    }
    case "function_call":
    case "custom_tool_call":
      turns.said(readCall(item, tools));
      return null;
    case "function_call_output":
    case "custom_tool_call_output":
      readResult(item, readUserContent(outputOf(item)), false, reading);
      return null;
    case "additional_tools":
    case "ghost_snapshot":
      // The tools were declared with the others; a snapshot is Codex's own note.
      return null;
    default:
  }
  const call = readItemCall(item);
  if (call !== null) {
    const id = textField(item, "call_id") ?? reading.shellIds.get(textField(item, "id") ?? "") ?? "";
    const name = tools.nameOfItem(call.tool);
    turns.said({ type: "tool-call", id, name, arguments: call.arguments, kind: "function" });
    return null;
  }
  const result = readItemResult(item, (namespace, name) => tools.nameOf(namespace, name));
  if (result !== null) {
    readResult(item, result.text === "" ? [] : [{ type: "text", text: result.text }], result.isError, reading);
    return null;
  }
  const read = readServerItem(item["type"] === type ? item : { ...item, type });
  if (read.speaker === "assistant") turns.said(read.part);
  else turns.other({ role: "user", parts: [read.part] });
  if (read.part.type === "opaque" && read.part.essential !== true && read.part.text === undefined) {
    losses.add("server-block", `a ${read.part.name} item has no words for another provider`);
  }
  return null;
}

function readMessage(item: Fields, { turns, losses }: Reading): string | null {
  const content = own(item, "content");
  const role = item["role"];
  switch (role) {
    case "user":
      turns.other({ role, parts: readUserContent(content) });
      return null;
    case "system":
    case "developer": {
      const parts = readTextContent(content);
      if (Array.isArray(content) && parts.length < content.length) {
        losses.add("system-message", `what is not text in a ${role} message`);
      }
      turns.other({ role, parts });
      return null;
    }
    case "assistant":
      if (textField(item, "phase") !== undefined) losses.add("message", "the phase of assistant messages");
      turns.said(...readAssistantContent(content));
      return null;
    default:
      return `role ${JSON.stringify(role)} is not known`;
  }
}

function readCall(item: Fields, tools: DeclaredTools): AssistantPart {
  const name = tools.nameOf(textField(item, "namespace"), textField(item, "name") ?? "");
  const id = textField(item, "call_id") ?? "";
  const itemId = optional("itemId", textField(item, "id"));
  if (item["type"] === "custom_tool_call") {
    return { type: "tool-call", id, name, arguments: textField(item, "input") ?? "", kind: "custom", ...itemId };
  }
  const given = own(item, "arguments");
  const text = typeof given === "string" ? given : given === undefined || given === null ? "" : JSON.stringify(given);
  return { type: "tool-call", id, name, arguments: text, kind: "function", ...itemId };
}

/** Older clients wrap the text: `{ content, success }`. */
function outputOf(item: Fields): unknown {
  const output = own(item, "output");
  return isRecord(output) ? (own(output, "content") ?? JSON.stringify(output)) : output;
}

/** Codex's desktop client injects results that answer no call (openai/codex#42088): they are told as the user's words. */
function readResult(item: Fields, parts: readonly ToolResultContent[], isError: boolean, reading: Reading): void {
  const given = textField(item, "call_id") ?? "";
  const callId = given === "" ? (reading.shellIds.get(textField(item, "id") ?? "") ?? "") : given;
  if (callId !== "") {
    reading.turns.result({ role: "tool", callId, parts, isError });
    return;
  }
  reading.losses.add("tool-result", "a result without a call_id became the user's text");
  const label: UserPart = { type: "text", text: "[result of a tool]" };
  reading.turns.other({ role: "user", parts: [label, ...parts] });
}

/** `local_shell_call_output` names its call by the call's item id, the only one that does. */
function idsOfShellCalls(input: readonly unknown[]): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const item of input) {
    if (own(item, "type") !== "local_shell_call") continue;
    const id = textField(item, "id") ?? "";
    const callId = textField(item, "call_id") ?? id;
    if (callId === "") continue;
    ids.set(callId, callId);
    if (id !== "") ids.set(id, callId);
  }
  return ids;
}

interface Turns {
  /** Reasoning: it belongs to what the model says next. */
  thought(part: AssistantPart): void;
  said(...parts: readonly AssistantPart[]): void;
  result(message: Extract<HubMessage, { role: "tool" }>): void;
  other(message: HubMessage): void;
  end(): readonly HubMessage[];
}

function createTurns(losses: Losses): Turns {
  const messages: HubMessage[] = [];
  let turn: AssistantPart[] = [];
  let thoughts: AssistantPart[] = [];
  const endTurn = (): void => {
    if (turn.length > 0) messages.push({ role: "assistant", parts: turn });
    turn = [];
  };
  /** A turn that was broken off while thinking: no provider takes reasoning that led to nothing. */
  const dropThoughts = (): void => {
    if (thoughts.length > 0) losses.add("thinking", "reasoning that led to no answer was left out");
    thoughts = [];
  };
  return {
    thought: (part) => void thoughts.push(part),
    said(...parts) {
      turn.push(...thoughts, ...parts);
      thoughts = [];
    },
    result(message) {
      endTurn();
      messages.push(message);
    },
    other(message) {
      dropThoughts();
      endTurn();
      messages.push(message);
    },
    end() {
      dropThoughts();
      endTurn();
      return messages;
    },
  };
}
