/**
 * Messages and tools of a Cursor body as decoded values (docs/formats/cursor.md): a chat request with its conversation, or an
 * agent's run, whose earlier turns are blobs that the backend asks for later.
 */
import { own } from "../../base/json.ts";
import { type Fields, listField, recordField, textField } from "../formats/fields.ts";
import { callItem, emptyItem, fileItem, type Place, resultItem, textItem, thinkingItem, toolItem } from "./items.ts";
import type { Item } from "./outline.ts";

/** The request itself, out of the messages around it. */
export function cursorRequest(body: Fields): Fields {
  const append = recordField(body, "AgentClientMessage") ?? recordField(body, "ChatClientMessage");
  const chunk = recordField(body, "clientChunk");
  const message = append ?? chunk ?? body;
  return recordField(message, "chatRequest") ?? recordField(message, "runRequest") ?? message;
}

export function cursorParts(request: Fields): readonly Item[] {
  const conversation = listField(request, "conversation");
  if (conversation !== undefined) return conversation.flatMap((one, index) => chatItems(one, `conversation[${index}]`));
  return agentItems(request);
}

export function cursorTools(request: Fields): readonly Item[] {
  const tools = listField(request, "mcpTools") ?? listField(recordField(request, "mcpTools"), "mcpTools") ?? [];
  return tools.map((tool, index) =>
    toolItem(`mcpTools[${index}]`, {
      name: textField(tool, "toolName") ?? textField(tool, "name") ?? "",
      description: own(tool, "description"),
      schema: own(tool, "parameters") ?? own(tool, "inputSchemaJson") ?? own(tool, "inputSchema"),
    }),
  );
}

function chatItems(message: unknown, place: string): readonly Item[] {
  const role = own(message, "type") === "CHAT_ROLE_AI" ? "assistant" : "user";
  const at: Place = { role, place };
  const thinking = recordField(message, "thinking");
  const items = [
    ...(thinking === undefined ? [] : [thinkingItem(at, textField(thinking, "text") ?? "", thinking["signature"])]),
    ...textItems(message, at),
    ...(listField(message, "images") ?? []).map((image) => fileItem(at, "image", { data: base64(own(image, "data")) })),
    ...(listField(message, "toolResults") ?? []).flatMap((result) => toolItems(result, place)),
  ];
  return items.length > 0 ? items : [emptyItem(at)];
}

/** Cursor keeps a call and its result together. */
function toolItems(result: unknown, place: string): readonly Item[] {
  const id = own(result, "toolCallId");
  const said =
    textField(result, "content") ?? textField(recordField(recordField(result, "result"), "mcpResult"), "result") ?? "";
  const input = textField(result, "rawArgs") ?? textField(result, "args") ?? "";
  return [
    callItem({ role: "assistant", place }, { id, name: own(result, "toolName"), input }),
    resultItem({ role: "tool", place }, id, said, recordField(result, "error") !== undefined),
  ];
}

function agentItems(request: Fields): readonly Item[] {
  const prompt = textField(request, "customSystemPrompt");
  const action = recordField(request, "action");
  const said = recordField(action, "userMessageAction");
  const history = listField(recordField(said, "conversationHistory"), "messages") ?? [];
  const message = recordField(said, "userMessage");
  return [
    ...(prompt === undefined ? [] : [textItem({ role: "system", place: "customSystemPrompt" }, prompt)]),
    ...history.flatMap((one, index) => historyItems(one, `conversationHistory[${index}]`)),
    ...(message === undefined ? [] : userItems(message, { role: "user", place: "action.userMessage" })),
  ];
}

function userItems(message: Fields, at: Place): readonly Item[] {
  const images = listField(recordField(message, "selectedContext"), "selectedImages") ?? [];
  const items = [
    ...textItems(message, at),
    ...images.map((image) => fileItem(at, "image", { type: own(image, "mimeType"), data: base64(own(image, "data")) })),
  ];
  return items.length > 0 ? items : [emptyItem(at)];
}

function historyItems(message: unknown, place: string): readonly Item[] {
  const user = recordField(message, "user");
  const assistant = recordField(message, "assistant");
  const tool = recordField(message, "tool");
  if (tool !== undefined) {
    const said = (listField(tool, "content") ?? []).map((part) => textField(recordField(part, "text"), "text") ?? "");
    return [resultItem({ role: "tool", place }, tool["toolCallId"], said.join("\n"), tool["isError"] === true)];
  }
  const at: Place = { role: assistant === undefined ? "user" : "assistant", place };
  return (listField(assistant ?? user, "content") ?? []).map((part) => {
    const reasoning = recordField(part, "reasoning");
    const call = recordField(part, "toolCall");
    if (reasoning !== undefined) return thinkingItem(at, textField(reasoning, "text") ?? "", reasoning["signature"]);
    if (call !== undefined)
      return callItem(at, { id: call["toolCallId"], name: call["toolName"], input: call["argsJson"] });
    return textItem(at, textField(recordField(part, "text"), "text") ?? "");
  });
}

function textItems(message: unknown, at: Place): readonly Item[] {
  const text = textField(message, "text") ?? "";
  return text === "" ? [] : [textItem(at, text)];
}

/** Bytes of a decoded value; of one that was made readable, what stands there. */
function base64(data: unknown): unknown {
  return data instanceof Uint8Array ? Buffer.from(data).toString("base64") : data;
}
