/**
 * What is worth remembering of one turn of the model, and how the same turn is known again: by its calls (id, name and
 * arguments, however those are spaced or ordered), or, without calls, by its text. Pure.
 */
import { createHash } from "node:crypto";
import { isRecord, parseJson } from "../../base/json.ts";
import type {
  AssistantPart,
  Provenance,
  RedactedThinkingPart,
  TextPart,
  ThinkingPart,
  ToolCallPart,
} from "./message.ts";

export type Thought = ThinkingPart | RedactedThinkingPart;

/** Where a thought stood: at the turn's front or end, or right before or after the n-th call. */
export type Place =
  | { readonly at: "front" }
  | { readonly at: "end" }
  | { readonly at: "before" | "after"; readonly call: number };

export interface RememberedCall {
  readonly id: string;
  readonly name: string;
  /** Hash of the canonical arguments. */
  readonly argumentsKey: string;
  readonly signature?: string;
  readonly from?: Provenance;
  readonly itemId?: string;
}

/** A signature that stood on a text, and which text. */
export interface RememberedText {
  readonly key: string;
  readonly signature: string;
  readonly from?: Provenance;
}

export interface TurnMemory {
  readonly key: string;
  readonly thoughts: readonly { readonly part: Thought; readonly place: Place }[];
  readonly calls: readonly RememberedCall[];
  readonly texts: readonly RememberedText[];
  /** Roughly, with what the maps around it cost. */
  readonly bytes: number;
}

/** Shorter texts ("Done.") are said in many conversations. */
const minTextChars = 32;
/** So much of a text is looked at, */
export const maxTextChars = 64 * 1024;
/** and so much of that, without its spaces, tells it from others. */
const maxKeyChars = 16 * 1024;

export function isMemorable(parts: readonly AssistantPart[]): boolean {
  return parts.some(
    (part) => isThought(part) || ((part.type === "tool-call" || part.type === "text") && isSaid(part.signature)),
  );
}

/** Thinking with nothing in it is kept if it is signed: Claude sends it so when its words are not to be shown. */
export function isThought(part: AssistantPart): part is Thought {
  return (
    part.type === "redacted-thinking" || (part.type === "thinking" && (part.text !== "" || isSaid(part.signature)))
  );
}

/** Null when the turn could not be known again. */
export function memoryOf(parts: readonly AssistantPart[]): TurnMemory | null {
  const calls = parts.filter((part) => part.type === "tool-call").map(rememberCall);
  const key = calls.length === 0 ? textKey(parts) : callsKey(calls);
  if (key === null) return null;
  const thoughts = placedThoughts(parts);
  const texts = parts.filter((part) => part.type === "text").flatMap(rememberText);
  const held = [
    ...thoughts.map(({ part }) => (part.type === "thinking" ? part.text + (part.signature ?? "") : part.data)),
    ...calls.map(({ id, name, signature }) => id + name + (signature ?? "")),
    ...texts.map(({ signature }) => signature),
  ];
  const overhead = 512 + 256 * calls.length;
  return { key, thoughts, calls, texts, bytes: held.reduce((sum, text) => sum + 2 * text.length, overhead) };
}

/** How a turn without calls is known; null when it says too little to be told from others. */
export function textKey(parts: readonly AssistantPart[]): string | null {
  let text = "";
  for (const part of parts) if (part.type === "text" && text.length < maxTextChars) text += part.text;
  return text.trim().length < minTextChars ? null : `text:${wordsKey(text)}`;
}

/**
 * Of a text without its spaces: clients trim texts and join them with line breaks of their own. Done for every text of
 * every history, hence by hand: a regular expression takes twice as long.
 */
export function wordsKey(text: string): string {
  const end = Math.min(text.length, maxTextChars);
  const kept = new Uint16Array(Math.min(end, maxKeyChars));
  let count = 0;
  for (let index = 0; index < end && count < kept.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x20) {
      kept[count] = code;
      count += 1;
    }
  }
  return hash(kept.subarray(0, count));
}

function rememberCall(part: ToolCallPart): RememberedCall {
  const { id, name, signature, from, itemId } = part;
  return {
    id,
    name,
    argumentsKey: argumentsKey(part.arguments),
    ...(isSaid(signature) ? { signature } : {}),
    ...(from === undefined ? {} : { from }),
    ...(itemId === undefined ? {} : { itemId }),
  };
}

function rememberText(part: TextPart): readonly RememberedText[] {
  if (!isSaid(part.signature) || part.text.trim() === "") return [];
  const { signature, from } = part;
  return [{ key: wordsKey(part.text), signature, ...(from === undefined ? {} : { from }) }];
}

function placedThoughts(parts: readonly AssistantPart[]): TurnMemory["thoughts"] {
  const thoughts: { readonly part: Thought; readonly place: Place }[] = [];
  let calls = 0;
  let isFirst = true;
  for (const [index, part] of parts.entries()) {
    if (isThought(part)) {
      thoughts.push({ part, place: isFirst ? { at: "front" } : placeAmid(parts, index, calls) });
    } else {
      isFirst = false;
      if (part.type === "tool-call") calls += 1;
    }
  }
  return thoughts;
}

/** OpenAI wants a reasoning item right before the call it led to; what led to a text stays on its side of the calls. */
function placeAmid(parts: readonly AssistantPart[], index: number, calls: number): Place {
  const next = parts.slice(index).find((part) => !part.type.includes("thinking"));
  if (next === undefined) return { at: "end" };
  if (next.type === "tool-call") return { at: "before", call: calls };
  return calls === 0 ? { at: "front" } : { at: "after", call: calls - 1 };
}

function callsKey(calls: readonly RememberedCall[]): string {
  return `calls:${hash(JSON.stringify(calls.map((call) => [call.id, call.name, call.argumentsKey])))}`;
}

/** Clients parse arguments and write them again: spacing, escapes and the order of keys are theirs. */
export function argumentsKey(text: string): string {
  const parsed = parseJson(text.trim() === "" ? "{}" : text);
  return hash(parsed.ok ? canonical(parsed.value) : `text ${text.trim()}`);
}

/** Lengths in front of texts instead of escapes inside them: nothing has to be looked through a second time. */
function canonical(value: unknown): string {
  if (typeof value === "string") return `${value.length}:${value}`;
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!isRecord(value)) return String(value);
  const fields = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return `{${fields.map(([key, field]) => `${canonical(key)}=${canonical(field)}`).join()}}`;
}

function hash(bytes: string | Uint16Array): string {
  return createHash("sha256").update(bytes).digest("base64");
}

export function isSaid(signature: string | undefined): signature is string {
  return signature !== undefined && signature !== "";
}
