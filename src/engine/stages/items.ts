/** Items of every kind, made in one place, so that equal things of different dialects are equal here. */
import { isRecord, parseJson } from "../../base/json.ts";
import type { Item } from "./outline.ts";
import { briefly, canonical, quoted } from "./words.ts";

/** Where an item stands. */
export type Place = Pick<Item, "role" | "place">;

export function textItem(at: Place, text: string): Item {
  return { ...at, kind: "text", text: `text ${quoted(text)}`, match: text, rest: "" };
}

export function thinkingItem(at: Place, text: string, signature: unknown): Item {
  const signed = typeof signature === "string" && signature !== "";
  const what = `thinking ${quoted(text)}${signed ? ", signed" : ""}`;
  return { ...at, kind: "thinking", text: what, match: text, rest: signed ? signature : "" };
}

export function callItem(
  at: Place,
  call: { readonly id: unknown; readonly name: unknown; readonly input: unknown },
): Item {
  const { id, name, input } = call;
  const text = `call ${word(name)} ${word(id)} ${typeof input === "string" ? input.slice(0, 400) : briefly(input)}`;
  return { ...at, kind: "tool call", text, match: `${word(name)} ${argumentsOf(input)}`, rest: word(id) };
}

export function resultItem(at: Place, id: unknown, text: string, isError: boolean): Item {
  const what = `result ${word(id)} ${quoted(text)}${isError ? ", an error" : ""}`;
  return { ...at, kind: "tool result", text: what, match: text, rest: `${word(id)} ${isError}` };
}

/** `data`: base64, or null where it is given by its address. */
export function fileItem(
  at: Place,
  kind: "image" | "document" | "media",
  file: { readonly type?: unknown; readonly data?: unknown; readonly url?: unknown },
): Item {
  const { data } = file;
  const type = word(file.type);
  const isInline = typeof data === "string";
  const size = isInline ? `${Math.floor((data.length * 3) / 4)} bytes` : briefly(file.url ?? null);
  const match = isInline ? `${type} ${data}` : `address ${word(file.url)}`;
  return { ...at, kind, text: `${kind} ${type} ${size}`.replaceAll("  ", " "), match, rest: "" };
}

export function otherItem(at: Place, name: string, raw: unknown): Item {
  return { ...at, kind: "block", text: `${name} ${briefly(raw)}`, match: canonical(raw), rest: "" };
}

/** A message in which nothing is. */
export function emptyItem(at: Place): Item {
  return { ...at, kind: "empty", text: "(empty)", match: "", rest: "" };
}

export function toolItem(
  place: string,
  tool: { readonly name: string; readonly description?: unknown; readonly schema?: unknown },
): Item {
  const { name, description, schema } = tool;
  const form = canonical(schema ?? null);
  const about = typeof description === "string" && description !== "" ? `, ${quoted(description)}` : "";
  const text = `${name} ${schema === undefined ? "without a schema" : `schema ${form.length} chars`}${about}`;
  return { role: "declared", place, kind: "tool", text, match: name, rest: `${form} ${word(description)}` };
}

/** `data:` addresses are files, not addresses. */
export function addressedFile(at: Place, kind: "image" | "document" | "media", url: unknown): Item {
  const data = typeof url === "string" ? /^data:([^;,]*);base64,(.*)$/s.exec(url) : null;
  return data === null ? fileItem(at, kind, { url }) : fileItem(at, kind, { type: data[1], data: data[2] });
}

function argumentsOf(input: unknown): string {
  if (typeof input !== "string") return canonical(input ?? {});
  const parsed = parseJson(input === "" ? "{}" : input);
  return parsed.ok && isRecord(parsed.value) ? canonical(parsed.value) : input;
}

function word(value: unknown): string {
  return typeof value === "string" ? value : "";
}
