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
  // A name that does not tell what its model takes: the client's own way of asking is the better guess.
  thinking: (body, wish, model) =>
    editThinking(body, wish, model === undefined || geminiModel(model).family === "other" ? null : model),
  withoutBlobs: (body, model) => withoutSignatures(body, model ?? null),
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

/** Without `model`, the client's own way of asking is kept. */
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
 * Every thought signature taken out, and what was nothing but one. A Gemini 3 refuses a step whose first call has none:
 * there, it gets the documented neutral word. Claude, behind the same wire, takes no thought without its signature.
 */
export function withoutSignatures(body: JsonObject, model: string | null): JsonObject {
  const contents = own(body, "contents");
  if (!Array.isArray(contents)) return body;
  const asked = model === null ? null : geminiModel(model);
  let isStepMarked = false;
  const editPart = (part: unknown): readonly unknown[] => {
    const isFirstCall = asked?.wantsSignatures === true && !isStepMarked && isCall(part);
    if (isFirstCall) isStepMarked = true;
    if (isFirstCall && isRecord(part)) {
      const { thoughtSignature, thought_signature: snake, ...rest } = part;
      const isNeutral = thoughtSignature === neutralSignature && snake === undefined;
      return [isNeutral ? part : { ...rest, thoughtSignature: neutralSignature }];
    }
    if (asked?.family === "claude" && own(part, "thought") === true) return [];
    return hasSignature(part) ? withoutSignature(part) : [part];
  };
  let isChanged = false;
  const cleaned = (contents as readonly unknown[]).flatMap((content) => {
    // Neighbouring contents of the model are one step.
    if (own(content, "role") !== "model") isStepMarked = false;
    const parts = own(content, "parts");
    if (!isRecord(content) || !Array.isArray(parts)) return [content];
    const bare = (parts as readonly unknown[]).flatMap(editPart);
    if (bare.length === parts.length && bare.every((part, index) => part === parts[index])) return [content];
    isChanged = true;
    return bare.length === 0 ? [] : [{ ...content, parts: bare }];
  });
  return isChanged ? { ...body, contents: cleaned } : body;
}

function isCall(part: unknown): boolean {
  return own(part, keyIn(part, "functionCall")) !== undefined;
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
