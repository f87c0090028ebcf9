/**
 * Shapes of Gemini's generateContent wire (v1beta, read from @google/genai 2.32 in late 2026) that we write, and the one
 * habit of reading that all its parts share: the JSON is protobuf's, so `system_instruction` is `systemInstruction`.
 */
import { isRecord, parseJson } from "../../../base/json.ts";
import type { Fields } from "../fields.ts";

/** One part: its payload under one key, `thought` and `thoughtSignature` as siblings of it. */
export interface WirePart {
  readonly thought?: true;
  readonly thoughtSignature?: string;
  readonly [field: string]: unknown;
}

export interface WireContent {
  readonly role: "user" | "model";
  readonly parts: readonly WirePart[];
}

const inner = /([a-z0-9])_([a-z0-9])/g;

/**
 * The record with its own keys in camelCase, values untouched: never for maps whose keys are somebody's names (`args`,
 * `properties`, `labels`). Where both spellings are given, camelCase stays. The record itself if nothing changes.
 */
export function camel(record: Fields): Fields {
  const keys = Object.keys(record);
  if (!keys.some((key) => key.includes("_"))) return record;
  const renamed = keys.map((key) => [key.replace(inner, (_all, a: string, b: string) => a + b.toUpperCase()), key]);
  return Object.fromEntries(
    renamed.flatMap(([name = "", key = ""]) =>
      name !== key && Object.hasOwn(record, name) ? [] : [[name, record[key]] as const],
    ),
  );
}

/** A field that is a record, its keys in camelCase. */
export function camelField(record: Fields, key: string): Fields | undefined {
  const field = Object.hasOwn(record, key) ? record[key] : undefined;
  return isRecord(field) ? camel(field) : undefined;
}

/** Arguments as the object this dialect wants. */
export function parsedArgs(argumentsText: string): { readonly args: Fields; readonly isValid: boolean } {
  if (argumentsText.trim() === "") return { args: {}, isValid: true };
  const parsed = parseJson(argumentsText);
  return parsed.ok && isRecord(parsed.value) ? { args: parsed.value, isValid: true } : { args: {}, isValid: false };
}

/**
 * What Google's documentation names for calls whose signature cannot be had (another model's history): it tells the
 * server to skip the check and claims to be nobody's. It stands on function calls only.
 */
export const neutralSignature = "skip_thought_signature_validator";

/**
 * The same bytes in the alphabet of base64 that Google's own signatures are written in: what our replies say. Clients in
 * Go, Java and C# decode the field strictly and would not take the documented spelling; Google takes both (2026).
 */
export const shownNeutralSignature = "skip/thought/signature/validator";

const neutralWords = [neutralSignature, "context_engineering_is_the_way_to_go"];

/** Clients whose field holds bytes write a word in either alphabet, or put its letters into base64 once more. */
const neutralSignatures: ReadonlySet<string> = new Set(
  neutralWords.flatMap((word) => [word, word.replaceAll("_", "/"), Buffer.from(word).toString("base64")]),
);

/** A signature that somebody made; the documented neutral words are none. */
export function isSignature(text: unknown): text is string {
  return typeof text === "string" && text !== "" && !neutralSignatures.has(text);
}
