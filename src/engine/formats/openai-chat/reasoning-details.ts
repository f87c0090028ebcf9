/**
 * OpenRouter's `reasoning_details`: the pieces of a model's reasoning with its maker's signatures, "to be sent back
 * unmodified". In the hub the whole list travels, as JSON, in the one field that only its maker reads: the signature of
 * a thinking part, or the data of encrypted thinking.
 */
import { isRecord, parseJson } from "../../../base/json.ts";
import type { AssistantPart } from "../../hub/message.ts";
import { listField, optional, textField, type Fields } from "../fields.ts";

const none: readonly Fields[] = [];

export function detailsIn(message: unknown): readonly Fields[] {
  const given = listField(message, "reasoning_details");
  return given === undefined ? none : given.filter(isRecord);
}

/** The words in them: full text where there is some, else summaries. */
export function textOfDetails(details: readonly Fields[]): string {
  let text = "";
  for (const detail of details) text += textField(detail, "text") ?? textField(detail, "summary") ?? "";
  return text;
}

export function packDetails(details: readonly Fields[]): string {
  return JSON.stringify(details);
}

/** Null when it is anything else than a list of details. */
export function unpackDetails(packed: string | undefined): readonly Fields[] | null {
  if (packed === undefined || !packed.startsWith("[{")) return null;
  const parsed = parseJson(packed);
  return parsed.ok && Array.isArray(parsed.value) && parsed.value.every(isRecord) ? parsed.value : null;
}

/** What a Chat client may see and hand back: the details of a Chat upstream, as they came. */
export function shownDetails(part: AssistantPart): readonly Fields[] {
  if (part.type === "thinking" && part.from?.format === "openai-chat") return unpackDetails(part.signature) ?? [];
  if (part.type === "redacted-thinking" && part.from.format === "openai-chat") return unpackDetails(part.data) ?? [];
  return [];
}

/** Joins the pieces of a stream to the list a whole reply has. */
export interface DetailLog {
  add(details: readonly Fields[]): void;
  /** Everything since the last time it was taken, packed; undefined when there was nothing. */
  take(): string | undefined;
}

interface Entry {
  fields: Fields;
  text: string | undefined;
  summary: string | undefined;
}

export function createDetailLog(): DetailLog {
  let log: Entry[] = [];
  return {
    add(details) {
      for (const detail of details) {
        const [text, summary] = [textField(detail, "text"), textField(detail, "summary")];
        const before = log[log.length - 1];
        if (before === undefined || !continues(before.fields, detail)) {
          log.push({ fields: detail, text, summary });
          continue;
        }
        if (text !== undefined) before.text = (before.text ?? "") + text;
        if (summary !== undefined) before.summary = (before.summary ?? "") + summary;
        if (saysMore(before.fields, detail)) before.fields = { ...before.fields, ...said(detail) };
      }
    },
    take() {
      if (log.length === 0) return undefined;
      const whole = log.map(({ fields, text, summary }) => ({
        ...fields,
        ...optional("text", text),
        ...optional("summary", summary),
      }));
      log = [];
      return packDetails(whole);
    },
  };
}

const growing = new Set(["text", "summary"]);

/** Most pieces differ in their text only. */
function saysMore(before: Fields, detail: Fields): boolean {
  for (const key of Object.keys(detail)) {
    const value = detail[key];
    if (!growing.has(key) && value !== null && value !== undefined && value !== before[key]) return true;
  }
  return false;
}

/** A later piece repeats some fields as null. */
function said(detail: Fields): Fields {
  return Object.fromEntries(Object.entries(detail).filter(([, value]) => value !== null && value !== undefined));
}

/** Encrypted pieces come whole; text and summaries grow while type, place and id stay the same. */
function continues(before: Fields, detail: Fields): boolean {
  const { type } = detail;
  if (type !== before["type"] || (type !== "reasoning.text" && type !== "reasoning.summary")) return false;
  return isSame(before["index"], detail["index"]) && isSame(before["id"], detail["id"]);
}

function isSame(here: unknown, there: unknown): boolean {
  return here === there || (here ?? null) === null || (there ?? null) === null;
}
