/** Messages and tools of a Chat Completions body. */
import { own } from "../../base/json.ts";
import { type Fields, listField, recordField, textField } from "../formats/fields.ts";
import {
  addressedFile,
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

export function chatParts(body: Fields): readonly Item[] {
  return (listField(body, "messages") ?? []).flatMap((message, index) => messageItems(message, `messages[${index}]`));
}

export function chatTools(body: Fields): readonly Item[] {
  const tools = (listField(body, "tools") ?? []).map((tool, index) => {
    const declared = recordField(tool, "function") ?? recordField(tool, "custom");
    return toolItem(`tools[${index}]`, {
      name: textField(declared, "name") ?? textField(tool, "type") ?? "",
      description: own(declared, "description"),
      schema: own(declared, "parameters") ?? own(declared, "format") ?? tool,
    });
  });
  const functions = (listField(body, "functions") ?? []).map((declared, index) =>
    toolItem(`functions[${index}]`, {
      name: textField(declared, "name") ?? "",
      description: own(declared, "description"),
      schema: own(declared, "parameters"),
    }),
  );
  const search = own(body, "web_search_options");
  return [
    ...tools,
    ...functions,
    ...(search === undefined ? [] : [toolItem("web_search_options", { name: "web_search", schema: search })]),
  ];
}

function messageItems(message: unknown, place: string): readonly Item[] {
  const content = own(message, "content");
  switch (own(message, "role")) {
    case "system":
    case "developer":
      return filled(parts(content, { role: "system", place }), { role: "system", place });
    case "assistant":
      return filled(assistantItems(message, { role: "assistant", place }), { role: "assistant", place });
    case "tool":
    case "function":
      return resultItems(message, { role: "tool", place });
    default:
      return filled(parts(content, { role: "user", place }), { role: "user", place });
  }
}

function filled(items: readonly Item[], at: Place): readonly Item[] {
  return items.length === 0 ? [emptyItem(at)] : items;
}

function assistantItems(message: unknown, at: Place): readonly Item[] {
  const thinking = textField(message, "reasoning_content") ?? textField(message, "reasoning");
  const details = listField(message, "reasoning_details") ?? [];
  const refusal = textField(message, "refusal");
  const call = recordField(message, "function_call");
  return [
    ...(thinking === undefined ? [] : [thinkingItem(at, thinking, undefined)]),
    ...details.map((detail) => otherItem(at, "reasoning_details", detail)),
    ...parts(own(message, "content"), at),
    ...(refusal === undefined ? [] : [{ ...textItem(at, refusal), kind: "refusal" }]),
    ...(listField(message, "tool_calls") ?? []).map((one) => {
      const said = recordField(one, "function") ?? recordField(one, "custom");
      return callItem(at, {
        id: own(one, "id"),
        name: own(said, "name"),
        input: own(said, "arguments") ?? own(said, "input"),
      });
    }),
    ...(call === undefined ? [] : [callItem(at, { id: "", name: call["name"], input: call["arguments"] })]),
  ];
}

function resultItems(message: unknown, at: Place): readonly Item[] {
  const items = parts(own(message, "content"), at);
  const said = items.filter(({ kind }) => kind === "text").map(({ match }) => match);
  const id = own(message, "tool_call_id") ?? own(message, "name");
  return [resultItem(at, id, said.join("\n"), false), ...items.filter(({ kind }) => kind !== "text")];
}

function parts(content: unknown, at: Place): readonly Item[] {
  if (typeof content === "string") return content === "" ? [] : [textItem(at, content)];
  return Array.isArray(content) ? content.map((part) => partItem(part, at)) : [];
}

function partItem(part: unknown, at: Place): Item {
  const type = textField(part, "type");
  const text = textField(part, "text");
  if (text !== undefined && type === "text") return textItem(at, text);
  if (type === "refusal") return { ...textItem(at, textField(part, "refusal") ?? ""), kind: "refusal" };
  const image = own(part, "image_url");
  if (type === "image_url") return addressedFile(at, "image", typeof image === "string" ? image : own(image, "url"));
  const file = recordField(part, "file");
  if (textField(file, "file_data") !== undefined) return addressedFile(at, "document", own(file, "file_data"));
  const audio = recordField(part, "input_audio");
  if (audio !== undefined)
    return fileItem(at, "media", { type: `audio/${textField(audio, "format") ?? ""}`, data: audio["data"] });
  return otherItem(at, type ?? "part", part);
}
