/** Messages and tools of a Kiro body (GenerateAssistantResponse; docs/formats/kiro.md). The history comes first. */
import { own } from "../../base/json.ts";
import { type Fields, listField, recordField, textField } from "../formats/fields.ts";
import {
  callItem,
  emptyItem,
  fileItem,
  otherItem,
  type Place,
  resultItem,
  textItem,
  thinkingItem,
  toolItem,
} from "./items.ts";
import type { Item } from "./outline.ts";

export function kiroParts(request: Fields): readonly Item[] {
  const history = (listField(request, "history") ?? []).flatMap((turn, index) => turnItems(turn, `history[${index}]`));
  const current = recordField(request, "currentMessage");
  return current === undefined ? history : [...history, ...turnItems(current, "currentMessage")];
}

export function kiroTools(request: Fields): readonly Item[] {
  const tools = listField(contextOf(recordField(request, "currentMessage")), "tools") ?? [];
  return tools.map((tool, index) => {
    const declared = recordField(tool, "toolSpecification");
    return toolItem(`tools[${index}]`, {
      name: textField(declared, "name") ?? Object.keys(tool ?? {})[0] ?? "",
      description: own(declared, "description"),
      schema: own(own(declared, "inputSchema"), "json") ?? tool,
    });
  });
}

/** Of the model that is asked for; it stands in the message. */
export function kiroModel(conversation: unknown): unknown {
  return own(own(own(conversation, "currentMessage"), "userInputMessage"), "modelId");
}

function contextOf(turn: unknown): Fields | undefined {
  return recordField(recordField(turn, "userInputMessage"), "userInputMessageContext");
}

function turnItems(turn: unknown, place: string): readonly Item[] {
  const assistant = recordField(turn, "assistantResponseMessage");
  const items =
    assistant === undefined ? userItems(turn, place) : assistantItems(assistant, { role: "assistant", place });
  return items.length > 0 ? items : [emptyItem({ role: assistant === undefined ? "user" : "assistant", place })];
}

function userItems(turn: unknown, place: string): readonly Item[] {
  const message = recordField(turn, "userInputMessage");
  if (message === undefined) return [otherItem({ role: "user", place }, "message", turn)];
  const at: Place = { role: "user", place };
  return [
    ...(listField(contextOf(turn), "toolResults") ?? []).map((result) => resultOf(result, place)),
    ...textItems(message, at),
    ...(listField(message, "images") ?? []).map((image) =>
      fileItem(at, "image", {
        type: `image/${textField(image, "format") ?? ""}`,
        data: textField(recordField(image, "source"), "bytes"),
      }),
    ),
  ];
}

function resultOf(result: unknown, place: string): Item {
  const said = (listField(result, "content") ?? []).map(
    (part) => textField(part, "text") ?? JSON.stringify(own(part, "json") ?? part),
  );
  const isError = textField(result, "status") === "error";
  return resultItem({ role: "tool", place }, own(result, "toolUseId"), said.join("\n"), isError);
}

function assistantItems(message: Fields, at: Place): readonly Item[] {
  const reasoning = recordField(recordField(message, "reasoningContent"), "reasoningText");
  return [
    ...(reasoning === undefined ? [] : [thinkingItem(at, textField(reasoning, "text") ?? "", reasoning["signature"])]),
    ...textItems(message, at),
    ...(listField(message, "toolUses") ?? []).map((call) =>
      callItem(at, { id: own(call, "toolUseId"), name: own(call, "name"), input: own(call, "input") }),
    ),
  ];
}

function textItems(message: Fields, at: Place): readonly Item[] {
  const text = textField(message, "content") ?? "";
  return text === "" ? [] : [textItem(at, text)];
}
