/**
 * Changes to a generateContent body that keeps its shape. Each takes the inner body, so that envelopes use them too; keys
 * keep the spelling (camelCase or snake_case) that the client used.
 */
import { isRecord, own } from "../../../base/json.ts";
import { createLosses } from "../../hub/losses.ts";
import type { Thinking } from "../../hub/request.ts";
import type { Fields } from "../fields.ts";
import type { BodyEdits, JsonObject } from "../format.ts";
import { partsOf } from "./content-in.ts";
import { geminiModel, type ThinkingKind } from "./models.ts";
import { thinkingConfig } from "./thinking-out.ts";
import { neutralSignature } from "./wire.ts";

export const edits: BodyEdits = {
  systemPrompt: editSystemPrompt,
  thinking: (body, wish) => editThinking(body, wish, null),
  withoutBlobs: (body) => withoutSignatures(body, null),
};

export function editSystemPrompt(
  body: JsonObject,
  { prepend, append }: { readonly prepend?: string; readonly append?: string },
): JsonObject {
  const texts = [prepend, append].filter((text) => text !== undefined && text !== "");
  // A cached prefix has its system instruction inside; the API refuses a second one.
  if (texts.length === 0 || own(body, keyIn(body, "cachedContent")) !== undefined) return body;
  const key = keyIn(body, "systemInstruction");
  const before = own(body, key);
  const parts = isRecord(before) && own(before, "parts") !== undefined ? own(before, "parts") : before;
  const part = (text: string | undefined): readonly Fields[] => (text === undefined || text === "" ? [] : [{ text }]);
  const whole = isRecord(before) && own(before, "parts") !== undefined ? before : {};
  return { ...body, [key]: { ...whole, parts: [...part(prepend), ...partsOf(parts), ...part(append)] } };
}

/** `model`: where the caller knows it; a plain body does not say, and then the client's own way of asking is kept. */
export function editThinking(body: JsonObject, wish: Thinking | null, model: string | null): JsonObject {
  const configKey = keyIn(body, "generationConfig");
  const given = own(body, configKey);
  const config: Fields = isRecord(given) ? given : {};
  const key = keyIn(config, "thinkingConfig");
  const before = own(config, key);
  if (wish === null && before === undefined) return body;
  const rest = Object.fromEntries(Object.entries(config).filter(([name]) => name !== key));
  if (wish === null) return { ...body, [configKey]: rest };
  const kind = model === null ? kindBySaid(before) : geminiModel(model).thinking;
  const written = thinkingConfig(wish, kind, createLosses());
  if (written === undefined) return before === undefined ? body : { ...body, [configKey]: rest };
  const shown = own(before, "includeThoughts") ?? own(before, "include_thoughts");
  const show = wish.mode === "off" ? undefined : (wish.show ?? shown);
  return {
    ...body,
    [configKey]: { ...rest, [key]: { ...written, ...(show === undefined ? {} : { includeThoughts: show }) } },
  };
}

/** A level where the client spoke of levels. Else a budget: Gemini 3 takes one too, and 2.5 takes nothing else. */
function kindBySaid(before: unknown): ThinkingKind {
  const isLevel = own(before, "thinkingLevel") !== undefined || own(before, "thinking_level") !== undefined;
  return isLevel
    ? { kind: "level", levels: ["minimal", "low", "medium", "high"] }
    : { kind: "budget", min: 512, max: 24_576, canBeOff: true };
}

/**
 * Every thought signature taken out, and what was nothing but one. `model`: for a Gemini 3, where the caller knows it is
 * one, the first call of a step gets the documented neutral word instead, since it is refused without any.
 */
export function withoutSignatures(body: JsonObject, model: string | null): JsonObject {
  const contents = own(body, "contents");
  if (!Array.isArray(contents)) return body;
  const wantsSome = model !== null && geminiModel(model).wantsSignatures;
  let isChanged = false;
  const cleaned = contents.flatMap((content: unknown) => {
    const parts = own(content, "parts");
    if (!isRecord(content) || !Array.isArray(parts) || !parts.some(hasSignature)) return [content];
    isChanged = true;
    const bare = (parts as readonly unknown[]).flatMap((part): readonly unknown[] =>
      hasSignature(part) ? withoutSignature(part) : [part],
    );
    if (bare.length === 0) return [];
    const first = wantsSome ? bare.findIndex((part) => own(part, keyIn(part, "functionCall")) !== undefined) : -1;
    const marked = bare.map((part, index) =>
      index === first && isRecord(part) ? { ...part, thoughtSignature: neutralSignature } : part,
    );
    return [{ ...content, parts: marked }];
  });
  return isChanged ? { ...body, contents: cleaned } : body;
}

function hasSignature(part: unknown): part is Fields {
  return isRecord(part) && (Object.hasOwn(part, "thoughtSignature") || Object.hasOwn(part, "thought_signature"));
}

function withoutSignature(part: Fields): readonly Fields[] {
  const { thoughtSignature: _camel, thought_signature: _snake, ...rest } = part;
  const keys = Object.keys(rest).filter((key) => key !== "thought");
  const isBlank = keys.length === 0 || (keys.length === 1 && rest["text"] === "");
  return isBlank ? [] : [rest];
}

/** The spelling in which the record has the key; camelCase when it has none. */
function keyIn(record: unknown, key: string): string {
  const snake = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return isRecord(record) && !Object.hasOwn(record, key) && Object.hasOwn(record, snake) ? snake : key;
}
