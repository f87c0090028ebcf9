/** Contents and tools of a Gemini body; its fields are in camel case already, those further inside may not be. */
import { isRecord, own } from "../../base/json.ts";
import { type Fields, listField, textField } from "../formats/fields.ts";
import { camel } from "../formats/gemini/wire.ts";
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
import { canonical } from "./words.ts";

export function geminiParts(body: Fields): readonly Item[] {
  const system = own(body, "systemInstruction");
  const given = own(body, "contents");
  const contents: readonly unknown[] = Array.isArray(given) ? given : isRecord(given) ? [given] : [];
  return [
    ...(system === undefined ? [] : partsOf(system, { role: "system", place: "systemInstruction" })),
    ...contents.flatMap((content, index) => {
      const role = own(content, "role") === "model" ? "assistant" : "user";
      const at: Place = { role, place: `contents[${index}]` };
      const items = partsOf(content, at);
      return items.length === 0 ? [emptyItem(at)] : items;
    }),
  ];
}

export function geminiTools(body: Fields): readonly Item[] {
  return (listField(body, "tools") ?? []).flatMap((group, index) => {
    if (!isRecord(group)) return [];
    const place = `tools[${index}]`;
    return Object.entries(camel(group)).flatMap(([name, value]): readonly Item[] => {
      if (name !== "functionDeclarations" || !Array.isArray(value)) return [toolItem(place, { name, schema: value })];
      return value.map((tool: unknown) =>
        toolItem(place, {
          name: textField(tool, "name") ?? "",
          description: own(tool, "description"),
          schema: own(tool, "parametersJsonSchema") ?? own(tool, "parameters_json_schema") ?? own(tool, "parameters"),
        }),
      );
    });
  });
}

function partsOf(content: unknown, at: Place): readonly Item[] {
  if (typeof content === "string") return [textItem(at, content)];
  const parts = own(content, "parts");
  const list: readonly unknown[] = Array.isArray(parts) ? parts : isRecord(parts) ? [parts] : [];
  return list.map((part) => (isRecord(part) ? partItem(camel(part), at) : otherItem(at, "part", part)));
}

function partItem(part: Fields, at: Place): Item {
  const text = textField(part, "text");
  if (text !== undefined) {
    return part["thought"] === true ? thinkingItem(at, text, part["thoughtSignature"]) : textItem(at, text);
  }
  const call = own(part, "functionCall");
  if (call !== undefined)
    return callItem(at, { id: own(call, "id"), name: own(call, "name"), input: own(call, "args") });
  const result = own(part, "functionResponse");
  if (result !== undefined) {
    return resultItem(
      { ...at, role: "tool" },
      own(result, "id") ?? own(result, "name"),
      said(own(result, "response")),
      false,
    );
  }
  for (const name of ["inlineData", "fileData"]) {
    const file = own(part, name);
    if (!isRecord(file)) continue;
    const given = camel(file);
    const type = textField(given, "mimeType") ?? "";
    const kind = type.startsWith("image/") ? "image" : /^(?:audio|video)\//.test(type) ? "media" : "document";
    return fileItem(at, kind, name === "inlineData" ? { type, data: given["data"] } : { url: given["fileUri"] });
  }
  return otherItem(at, Object.keys(part)[0] ?? "part", part);
}

/** A result of one text, under whichever of the names that are in use, is that text. */
function said(response: unknown): string {
  const fields = isRecord(response) ? Object.entries(response) : [];
  const [name, value] = fields[0] ?? [];
  const isText = fields.length === 1 && ["output", "result", "content", "error"].includes(name ?? "");
  return isText && typeof value === "string" ? value : canonical(response);
}
