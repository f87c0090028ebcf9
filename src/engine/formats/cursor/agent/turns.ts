/**
 * `turns` of a conversation state: what the user sees of the past. A turn is a blob that names the blobs of its user message
 * and of its steps. Read as history only where the prompt messages do not tell it; always written, for the client shows it.
 */
import type { Losses } from "../../../hub/losses.ts";
import type { AssistantPart, HubMessage, ToolCallPart } from "../../../hub/message.ts";
import { fromJsonFields } from "../json-value.ts";
import { decodeMessage, encodeMessage, MessageError, type Message } from "../wire/schema.ts";
import type { Blobs } from "./blobs.ts";
import type { CardKind } from "./built-in.ts";
import { bytes, bytesList, sub, text, whichOf } from "./fields.ts";
import { plainName, readMcpResult, type ToolText } from "./mcp.ts";
import { deleteText, fetchText, grepText, lsText, said, shellText } from "./tool-text.ts";

/** Blobs that must be there to read these turns and are not: level by level, because each names the next. */
export function missingForTurns(turns: readonly Uint8Array[], blobs: Blobs): readonly Uint8Array[] {
  return turns.flatMap((id) => {
    const body = turnBody(blobs.get(id));
    if (body === undefined) return blobs.get(id) === undefined ? [id] : [];
    const parts = [bytes(body, "userMessage"), ...bytesList(body, "steps")];
    return parts.filter((part) => part.byteLength > 0 && blobs.get(part) === undefined);
  });
}

/** Undefined: not there, or no turn. */
function turnBody(blob: Uint8Array | undefined): Message | undefined {
  return blob === undefined ? undefined : sub(decoded("AgentTurn", blob), "agentConversationTurn");
}

/** Null: these bytes are something else. */
export function decoded(type: string, blob: Uint8Array): Message | undefined {
  try {
    return decodeMessage(type, blob);
  } catch (error) {
    if (error instanceof MessageError) return undefined;
    throw error;
  }
}

export function readTurns(turns: readonly Uint8Array[], blobs: Blobs, losses: Losses): readonly HubMessage[] {
  return turns.flatMap((id): readonly HubMessage[] => {
    const body = turnBody(blobs.get(id));
    if (body === undefined) {
      losses.add("message", "a turn of the history that is not in a form known here");
      return [];
    }
    const asked = blobs.get(bytes(body, "userMessage"));
    const words = text(asked === undefined ? undefined : decoded("AgentUserMessage", asked), "text");
    const user: readonly HubMessage[] = words === "" ? [] : [{ role: "user", parts: [{ type: "text", text: words }] }];
    return [...user, ...readSteps(bytesList(body, "steps"), blobs, losses)];
  });
}

function readSteps(steps: readonly Uint8Array[], blobs: Blobs, losses: Losses): readonly HubMessage[] {
  const messages: HubMessage[] = [];
  let spoken: AssistantPart[] = [];
  let results: HubMessage[] = [];
  const close = (): void => {
    if (spoken.length > 0) messages.push({ role: "assistant", parts: spoken });
    messages.push(...results);
    spoken = [];
    results = [];
  };
  for (const id of steps) {
    const blob = blobs.get(id);
    const step = blob === undefined ? undefined : decoded("AgentStep", blob);
    const words = text(sub(step, "assistantMessage"), "text");
    const call = sub(step, "toolCall");
    if (words !== "" || Object.hasOwn(step ?? {}, "assistantMessage")) {
      // What it says after a result, it says in a message of its own.
      if (results.length > 0) close();
      if (words !== "") spoken.push({ type: "text", text: words });
    } else if (call !== undefined) {
      const read = readCard(call);
      if (read === null) losses.add("message", "a tool call of the history that is not in a form known here");
      else {
        spoken.push(read.call);
        results.push({ role: "tool", callId: read.call.id, ...read.result });
      }
    }
  }
  close();
  return messages;
}

const cardNames: Readonly<Record<Exclude<CardKind, "mcpToolCall">, string>> = {
  shellToolCall: "shell",
  deleteToolCall: "delete_file",
  grepToolCall: "grep",
  readToolCall: "read_file",
  editToolCall: "edit_file",
  lsToolCall: "list_dir",
  fetchToolCall: "fetch_url",
};

function readCard(card: Message): { readonly call: ToolCallPart; readonly result: ToolText } | null {
  const kind = whichOf(card, [...Object.keys(cardNames), "mcpToolCall"]);
  if (kind === null) return null;
  const inner = sub(card, kind);
  const args = sub(inner, "args") ?? {};
  const id = text(card, "toolCallId") || text(args, "toolCallId");
  if (id === "") return null;
  const isMcp = kind === "mcpToolCall";
  const given = isMcp
    ? fromJsonFields(sub(args, "args"))
    : Object.fromEntries(Object.entries(args).filter(([name]) => name !== "toolCallId"));
  const name = isMcp
    ? plainName(text(args, "name"))
    : (Object.entries(cardNames).find(([one]) => one === kind)?.[1] ?? kind);
  return {
    call: { type: "tool-call", id, name, arguments: JSON.stringify(given), kind: "function" },
    result: cardResult(kind, sub(inner, "result") ?? {}),
  };
}

function cardResult(kind: string, result: Message): ToolText {
  switch (kind) {
    case "shellToolCall":
      return shellText(result);
    case "deleteToolCall":
      return deleteText(result);
    case "grepToolCall":
      return grepText(result);
    case "lsToolCall":
      return lsText(result);
    case "fetchToolCall":
      return fetchText(result);
    case "mcpToolCall":
      return readMcpResult(result);
    default: {
      const success = sub(result, "success");
      const error = sub(result, "error");
      if (success === undefined) return said(text(error, "error") || "It failed.", true);
      return said(text(success, "content") || text(success, "message") || "Done.");
    }
  }
}

export function encodeTurn(userMessage: Uint8Array, steps: readonly Uint8Array[], requestId: string): Uint8Array {
  const body = { userMessage, steps, ...(requestId === "" ? {} : { requestId }) };
  return encodeMessage("AgentTurn", { agentConversationTurn: body });
}
