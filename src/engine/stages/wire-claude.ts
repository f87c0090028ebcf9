/** Messages and tools of a Claude body. */
import { isRecord, own } from "../../base/json.ts";
import { type Fields, listField, textField } from "../formats/fields.ts";
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

export function claudeParts(body: Fields): readonly Item[] {
  const system = own(body, "system");
  const systemAt: Place = { role: "system", place: "system" };
  return [
    ...(system === undefined ? [] : blocks(system, systemAt)),
    ...(listField(body, "messages") ?? []).flatMap((message, index) => {
      const role = own(message, "role");
      const place = `messages[${index}]`;
      const items = blocks(own(message, "content"), {
        role: role === "assistant" || role === "system" ? role : "user",
        place,
      });
      return items.length === 0 ? [emptyItem({ role: role === "assistant" ? role : "user", place })] : items;
    }),
  ];
}

export function claudeTools(body: Fields): readonly Item[] {
  return (listField(body, "tools") ?? []).map((tool, index) =>
    toolItem(`tools[${index}]`, {
      name: textField(tool, "name") ?? textField(tool, "type") ?? "",
      description: own(tool, "description"),
      schema: own(tool, "input_schema") ?? tool,
    }),
  );
}

function blocks(content: unknown, at: Place): readonly Item[] {
  if (typeof content === "string") return [textItem(at, content)];
  return Array.isArray(content) ? content.flatMap((block) => blockItems(block, at)) : [];
}

function blockItems(block: unknown, at: Place): readonly Item[] {
  const type = own(block, "type");
  const text = own(block, "text");
  if (type === "text" && typeof text === "string") return [textItem(at, text)];
  if (type === "thinking") return [thinkingItem(at, textField(block, "thinking") ?? "", own(block, "signature"))];
  if (type === "redacted_thinking") return [thinkingItem(at, "", own(block, "data"))];
  if (type === "tool_use")
    return [callItem(at, { id: own(block, "id"), name: own(block, "name"), input: own(block, "input") })];
  if (type === "image") return [sourceItem(at, type, own(block, "source"), block)];
  if (type === "document") return [sourceItem(at, type, own(block, "source"), block)];
  if (type === "tool_result") return resultItems(block, { ...at, role: "tool" });
  return [otherItem(at, typeof type === "string" ? type : "block", block)];
}

function sourceItem(at: Place, kind: "image" | "document", source: unknown, block: unknown): Item {
  const data = own(source, "data");
  if (own(source, "type") === "text" && typeof data === "string") return { ...textItem(at, data), kind };
  if (own(source, "type") === "base64") return fileItem(at, kind, { type: own(source, "media_type"), data });
  return own(source, "type") === "url" ? fileItem(at, kind, { url: own(source, "url") }) : otherItem(at, kind, block);
}

/** Pictures and files of a result stand beside its text. */
function resultItems(block: unknown, at: Place): readonly Item[] {
  const content = own(block, "content");
  const list: readonly unknown[] = Array.isArray(content) ? content : [];
  const texts = list.flatMap((one) => (isText(one) ? one.text : []));
  const text = typeof content === "string" ? content : texts.join("\n");
  const others = list.filter((one) => !isText(one)).flatMap((one) => blockItems(one, at));
  return [resultItem(at, own(block, "tool_use_id"), text, own(block, "is_error") === true), ...others];
}

function isText(block: unknown): block is { readonly text: string } {
  return isRecord(block) && block["type"] === "text" && typeof block["text"] === "string";
}
