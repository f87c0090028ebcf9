/**
 * A body in one of the dialects as an outline, in its own words. It is read as loosely as can be: a body that the dialect's
 * reader refuses still has its lines.
 */
import { isRecord, own } from "../../base/json.ts";
import type { FormatId } from "../formats/format.ts";
import type { Fields } from "../formats/fields.ts";
import { camel, camelField } from "../formats/gemini/wire.ts";
import type { HubRequest } from "../hub/request.ts";
import { cacheField, type FieldKey, fieldKeys, labelOf, otherKey } from "./field-keys.ts";
import { meaningOf } from "./hub-outline.ts";
import type { Field, Item, Outline } from "./outline.ts";
import { claimsOf } from "./wire-claims.ts";
import { chatParts, chatTools } from "./wire-chat.ts";
import { claudeParts, claudeTools } from "./wire-claude.ts";
import { geminiParts, geminiTools } from "./wire-gemini.ts";
import { responsesParts, responsesTools } from "./wire-responses.ts";
import { cursorParts, cursorRequest, cursorTools } from "./wire-cursor.ts";
import { kiroModel, kiroParts, kiroTools } from "./wire-kiro.ts";
import { briefly, canonical } from "./words.ts";

interface Reader {
  parts(body: Fields): readonly Item[];
  tools(body: Fields): readonly Item[];
}

const gemini: Reader = { parts: geminiParts, tools: geminiTools };

const readers = {
  claude: { parts: claudeParts, tools: claudeTools },
  "openai-chat": { parts: chatParts, tools: chatTools },
  "openai-responses": { parts: responsesParts, tools: responsesTools },
  gemini,
  "gemini-cli": gemini,
  antigravity: gemini,
  kiro: { parts: kiroParts, tools: kiroTools },
  cursor: { parts: cursorParts, tools: cursorTools },
} as const satisfies Record<FormatId, Reader>;

/**
 * @param target the address it was sent to: some dialects name the model and the wish for a stream there
 * @param read the body as the hub understood it; null where it could not be
 */
export function outlineWire(format: FormatId, body: Fields, target: string, read: HubRequest | null): Outline {
  const { request, envelope } = unwrapped(format, body);
  const reader = readers[format];
  const fields = [...addressFields(format, request, target, read), ...bodyFields(format, request, read)];
  return {
    fields: [...fields, ...envelope, ...cacheField("cache_control", countMarks(body))],
    tools: reader.tools(request),
    parts: reader.parts(request),
  };
}

/** Google's own call, and what the envelope around it says besides. */
function unwrapped(format: FormatId, body: Fields): { readonly request: Fields; readonly envelope: readonly Field[] } {
  if (format === "gemini") return { request: inCamel(body), envelope: [] };
  if (format === "kiro") return { request: kiroRequest(body), envelope: [] };
  if (format === "cursor") return { request: cursorRequest(body), envelope: [] };
  if (format !== "gemini-cli" && format !== "antigravity") return { request: body, envelope: [] };
  const inner = own(body, "request");
  const envelope = Object.entries(body).flatMap(([name, value]) =>
    name === "request" || name === "model" ? [] : [otherField(name, name, value)],
  );
  const request = isRecord(inner) ? inCamel(inner) : {};
  return { request: { ...request, model: own(body, "model") }, envelope };
}

/** The conversation, with what stands beside it; the model's name is in its last message. */
function kiroRequest(body: Fields): Fields {
  const { conversationState, ...beside } = body;
  const conversation = isRecord(conversationState) ? conversationState : {};
  return { ...beside, ...conversation, modelId: kiroModel(conversation) };
}

function inCamel(body: Fields): Fields {
  const request = camel(body);
  const config = camelField(request, "generationConfig");
  return config === undefined ? request : { ...request, generationConfig: config };
}

/** What stands in the address and not in the body. */
function addressFields(format: FormatId, request: Fields, target: string, read: HubRequest | null): readonly Field[] {
  const fields: Field[] = [];
  const path = target.split("?", 1)[0] ?? "";
  const add = (key: FieldKey, text: string): void => {
    fields.push({ key, label: labelOf(key), text, value: (read === null ? undefined : meaningOf(read, key)) ?? text });
  };
  if (format === "gemini" && request["model"] === undefined)
    add("model", `in the address: ${briefly(path.split("/").at(-1))}`);
  const isGoogles = format === "gemini" || format === "gemini-cli" || format === "antigravity";
  if (isGoogles)
    add("stream", `in the address: ${path.includes(":streamGenerate") ? "streamGenerateContent" : "generateContent"}`);
  // These know nothing but streams.
  else if (format === "kiro" || format === "cursor") add("stream", "always");
  else if (request["stream"] === undefined) add("stream", "not asked for");
  return fields;
}

function bodyFields(format: FormatId, request: Fields, read: HubRequest | null): readonly Field[] {
  const claims = claimsOf(format);
  const byKey = new Map<FieldKey, { readonly path: string; readonly value: unknown }[]>();
  const others: Field[] = [];
  const place = (path: string, value: unknown): void => {
    const key = Object.hasOwn(claims, path) ? claims[path] : undefined;
    if (key === undefined) others.push(otherField(path, path, value));
    else if (key !== null) byKey.set(key, [...(byKey.get(key) ?? []), { path, value }]);
  };
  for (const [name, value] of Object.entries(request)) {
    if (value === undefined) continue;
    const deeper = Object.keys(claims).some((path) => path.startsWith(`${name}.`));
    if (!deeper || !isRecord(value)) {
      place(name, value);
      continue;
    }
    const inner = Object.entries(value).map(([key, one]) => [`${name}.${key}`, one] as const);
    const isWhole = Object.hasOwn(claims, name);
    const rest = isWhole ? inner.filter(([path]) => !Object.hasOwn(claims, path)) : [];
    if (rest.length > 0) place(name, Object.fromEntries(rest.map(([path, one]) => [path.slice(name.length + 1), one])));
    for (const [path, one] of inner) if (!isWhole || Object.hasOwn(claims, path)) place(path, one);
  }
  const known = fieldKeys.flatMap((key) => {
    const said = byKey.get(key) ?? [];
    if (said.length === 0) return [];
    const text = said.map(({ path, value }) => `${path} ${briefly(value)}`).join(", ");
    const value = (read === null ? undefined : meaningOf(read, key)) ?? canonical(said.map(({ value: one }) => one));
    return [{ key, label: labelOf(key), text, value }];
  });
  return [...known, ...others];
}

function otherField(path: string, label: string, value: unknown): Field {
  return { key: otherKey(path), label, text: `${path} ${briefly(value)}`, value: canonical(value) };
}

function countMarks(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + countMarks(one), 0);
  if (!isRecord(value)) return 0;
  let marks = isRecord(own(value, "cache_control")) ? 1 : 0;
  for (const one of Object.values(value)) marks += countMarks(one);
  return marks;
}
