/** Items and tools of a Responses body. What the model said in a row is one turn, as the hub has it. */
import { own } from "../../base/json.ts";
import { type Fields, listField, textField } from "../formats/fields.ts";
import {
  addressedFile,
  callItem,
  otherItem,
  type Place,
  resultItem,
  textItem,
  thinkingItem,
  toolItem,
} from "./items.ts";
import type { Item } from "./outline.ts";

export function responsesParts(body: Fields): readonly Item[] {
  const instructions = own(body, "instructions");
  const input = own(body, "input");
  const items: readonly unknown[] = Array.isArray(input) ? input : input === undefined ? [] : [input];
  return [
    ...(typeof instructions === "string" ? [textItem({ role: "system", place: "instructions" }, instructions)] : []),
    ...items.flatMap((item, index) => inputItems(item, `input[${index}]`)),
  ];
}

export function responsesTools(body: Fields): readonly Item[] {
  return (listField(body, "tools") ?? []).map((tool, index) =>
    toolItem(`tools[${index}]`, {
      name: textField(tool, "name") ?? textField(tool, "type") ?? "",
      description: own(tool, "description"),
      schema: own(tool, "parameters") ?? own(tool, "format") ?? tool,
    }),
  );
}

function inputItems(item: unknown, place: string): readonly Item[] {
  const said: Place = { role: "assistant", place };
  if (typeof item === "string") return [textItem({ role: "user", place }, item)];
  switch (own(item, "type") ?? "message") {
    case "message": {
      const role = own(item, "role");
      const at: Place = { role: role === "assistant" ? role : role === "user" ? role : "system", place };
      return content(own(item, "content"), at);
    }
    case "reasoning": {
      const texts = [...(listField(item, "summary") ?? []), ...(listField(item, "content") ?? [])];
      const text = texts.map((part) => textField(part, "text") ?? "").join("\n");
      return [thinkingItem(said, text, own(item, "encrypted_content"))];
    }
    case "function_call":
    case "custom_tool_call": {
      const input = own(item, "arguments") ?? own(item, "input");
      return [callItem(said, { id: own(item, "call_id"), name: own(item, "name"), input })];
    }
    case "function_call_output":
    case "custom_tool_call_output":
      return outputItems(item, { role: "tool", place });
    default:
      return [otherItem(said, textField(item, "type") ?? "item", item)];
  }
}

function outputItems(item: unknown, at: Place): readonly Item[] {
  const items = content(own(item, "output"), at);
  const said = items.filter(({ kind }) => kind === "text").map(({ match }) => match);
  return [resultItem(at, own(item, "call_id"), said.join("\n"), false), ...items.filter(({ kind }) => kind !== "text")];
}

function content(value: unknown, at: Place): readonly Item[] {
  if (typeof value === "string") return [textItem(at, value)];
  return Array.isArray(value) ? value.map((part) => partItem(part, at)) : [];
}

function partItem(part: unknown, at: Place): Item {
  const type = textField(part, "type") ?? "part";
  const text = textField(part, "text");
  if (text !== undefined) return textItem(at, text);
  if (type === "refusal") return { ...textItem(at, textField(part, "refusal") ?? ""), kind: "refusal" };
  if (type === "input_image") return addressedFile(at, "image", own(part, "image_url"));
  if (type === "input_file") return addressedFile(at, "document", own(part, "file_data") ?? own(part, "file_url"));
  return otherItem(at, type, part);
}
