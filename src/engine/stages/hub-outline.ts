/** The hub request as an outline. */
import { unreachable } from "../../base/unreachable.ts";
import { formatIds } from "../formats/format.ts";
import type { AssistantPart, HubMessage, ToolResultContent, UserPart } from "../hub/message.ts";
import type { HubRequest } from "../hub/request.ts";
import type { HubTool } from "../hub/tools.ts";
import { cacheField, type FieldKey, fieldKeys, labelOf, otherKey } from "./field-keys.ts";
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
import type { Field, Item, Outline } from "./outline.ts";
import { briefly, canonical } from "./words.ts";
import { isClaimed } from "./wire-claims.ts";

export function outlineHub(request: HubRequest): Outline {
  return {
    fields: [...hubFields(request), ...extraFields(request), ...cacheField("cache marks", countMarks(request))],
    tools: request.tools.map((tool, index) => hubTool(tool, `tools[${index}]`)),
    parts: request.messages.flatMap((message, index) => messageItems(message, `messages[${index}]`)),
  };
}

/** What the hub understood of a field, in one form; undefined where it has none of it. */
export function meaningOf(request: HubRequest, key: FieldKey): string | undefined {
  const value = request[key];
  return value === undefined || (key === "stop" && request.stop.length === 0) ? undefined : canonical(value);
}

function hubFields(request: HubRequest): readonly Field[] {
  return fieldKeys.flatMap((key) => {
    const value = meaningOf(request, key);
    return value === undefined ? [] : [{ key, label: labelOf(key), text: `${key} ${briefly(request[key])}`, value }];
  });
}

/** Fields that were understood are kept there as well, for their own dialect: they have their line already. */
function extraFields({ extras }: HubRequest): readonly Field[] {
  return formatIds.flatMap((format) =>
    Object.entries(extras[format] ?? {}).flatMap(([name, value]) =>
      isClaimed(format, name)
        ? []
        : [
            {
              key: otherKey(name),
              label: name,
              text: `extras.${format} ${name} ${briefly(value)}`,
              value: canonical(value),
            },
          ],
    ),
  );
}

function messageItems(message: HubMessage, place: string): readonly Item[] {
  if (message.role === "tool") return resultItems(message, { role: "tool", place });
  const at: Place = { role: message.role === "developer" ? "system" : message.role, place };
  return message.parts.length === 0 ? [emptyItem(at)] : message.parts.map((part) => partItem(part, at));
}

function resultItems(message: Extract<HubMessage, { role: "tool" }>, at: Place): readonly Item[] {
  const said = message.parts.flatMap((part) => (part.type === "text" ? part.text : []));
  const others = message.parts.filter((part) => part.type !== "text");
  return [
    resultItem(at, message.callId, said.join("\n"), message.isError),
    ...others.map((part) => partItem(part, at)),
  ];
}

function partItem(part: UserPart | AssistantPart | ToolResultContent, at: Place): Item {
  switch (part.type) {
    case "text":
      return textItem(at, part.text);
    case "refusal":
      return { ...textItem(at, part.text), kind: "refusal" };
    case "thinking":
      return thinkingItem(at, part.text, part.signature);
    case "redacted-thinking":
      return thinkingItem(at, "", part.data);
    case "tool-call":
      return callItem(at, { id: part.id, name: part.name, input: part.arguments });
    case "image":
    case "media":
      return part.source.kind === "url"
        ? fileItem(at, part.type, { url: part.source.url })
        : fileItem(at, part.type, { type: part.source.mediaType, data: part.source.data });
    case "document":
      if (part.source.kind === "text") return { ...textItem(at, part.source.text), kind: "document" };
      return part.source.kind === "url"
        ? fileItem(at, "document", { url: part.source.url })
        : fileItem(at, "document", { type: part.source.mediaType, data: part.source.data });
    case "opaque":
      return otherItem(at, part.name, part.raw);
    default:
      return unreachable(part);
  }
}

function hubTool(tool: HubTool, place: string): Item {
  switch (tool.kind) {
    case "function":
      return toolItem(place, { name: tool.name, description: tool.description, schema: tool.parameters });
    case "custom":
      return toolItem(place, { name: tool.name, description: tool.description, schema: tool.format });
    case "server":
      return toolItem(place, { name: tool.name, schema: tool.raw });
    default:
      return unreachable(tool);
  }
}

function countMarks(request: HubRequest): number {
  let marks = 0;
  for (const tool of request.tools) if (tool.kind === "function" && tool.cache !== undefined) marks += 1;
  for (const message of request.messages) {
    if (message.role === "tool" && message.cache !== undefined) marks += 1;
    for (const part of message.parts) if ("cache" in part && part.cache !== undefined) marks += 1;
  }
  return marks;
}
