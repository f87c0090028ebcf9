/** The leaves of a schema: fixed values and bounds, as a dialect can say them; the rest in words for the description. */
import { isRecord, own } from "../../../base/json.ts";
import type { Fields } from "../fields.ts";
import type { DialectRules, TypeName } from "./schema-dialects.ts";
import type { Notes } from "./schema-walk.ts";

/** Longer lists make the backend refuse the request ("too many states for serving"). */
const maxEnumValues = 250;
const maxHintChars = 200;

export function inShort(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length <= maxHintChars ? text : `${text.slice(0, maxHintChars)}…`;
}

export interface FixedValues {
  readonly type?: TypeName;
  readonly enum?: readonly (string | number)[];
}

/** `values` without null; at least one. `declared`: the type that stands beside them, if any does. */
export function writeEnum(
  values: readonly unknown[],
  declared: TypeName | undefined,
  rules: DialectRules,
  notes: Notes,
): FixedValues {
  const inWords = (): FixedValues => {
    notes.say("enum", `one of ${inShort(values)}`);
    const type = declared ?? typeOfValues(values);
    return type === undefined ? {} : { type };
  };
  if (!values.every(isWord) || declared === "object" || declared === "array") return inWords();
  const hasNumbers = values.some((value) => typeof value === "number") || (declared ?? "string") !== "string";
  if (rules.enums === "strings" && hasNumbers) return inWords();
  if (declared === "boolean" || values.length > maxEnumValues) return inWords();
  if (rules.enums === "scalars") {
    const type = declared ?? typeOfValues(values);
    return { ...(type === undefined ? {} : { type }), enum: distinct(values) };
  }
  // An empty string among them is refused ("enum[0]: cannot be empty").
  const texts = distinct(values.map(String)).filter((text) => text !== "");
  if (texts.length === 0) return inWords();
  if (values.includes("")) notes.say("enum", "may be empty");
  if (hasNumbers) notes.coerce();
  return { type: "string", enum: texts };
}

function isWord(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

function distinct<Value>(values: readonly Value[]): readonly Value[] {
  return [...new Set(values)];
}

export function typeOfValues(values: readonly unknown[]): TypeName | undefined {
  if (values.every((value) => typeof value === "string")) return "string";
  if (values.every((value) => typeof value === "boolean")) return "boolean";
  if (values.every((value) => Number.isInteger(value))) return "integer";
  if (values.every((value) => typeof value === "number")) return "number";
  if (values.every(isRecord)) return "object";
  return values.every(Array.isArray) ? "array" : undefined;
}

/** `minimum` and its kin; exclusive ones become inclusive where that says the same, else the nearest with a word on it. */
export function writeNumberBounds(node: Fields, type: "integer" | "number", rules: DialectRules, notes: Notes): Fields {
  const written: Record<string, number> = {};
  for (const [keyword, exclusive, step] of numberBounds) {
    const bound = numberIn(node, keyword);
    const open = own(node, exclusive);
    // Draft 4 says it with a boolean beside the bound.
    const strict = typeof open === "number" ? open : open === true ? bound : undefined;
    const value = strict === undefined ? bound : type === "integer" ? wholeBeyond(strict, step) : strict;
    if (value === undefined) continue;
    if (!rules.bounds)
      notes.say(keyword, `${strict === undefined || type === "integer" ? keyword : exclusive} ${value}`);
    else {
      written[keyword] = value;
      if (strict !== undefined && type === "number") notes.say(exclusive, `not ${value} itself`);
    }
  }
  sayPlain(node, ["multipleOf"], notes);
  return written;
}

const numberBounds = [
  ["minimum", "exclusiveMinimum", 1],
  ["maximum", "exclusiveMaximum", -1],
] as const;

function wholeBeyond(bound: number, step: 1 | -1): number {
  return step === 1 ? Math.floor(bound) + 1 : Math.ceil(bound) - 1;
}

export function writeTextBounds(node: Fields, rules: DialectRules, notes: Notes): Fields {
  const written: Record<string, unknown> = {};
  for (const keyword of ["minLength", "maxLength", "pattern"]) {
    const value = keyword === "pattern" ? textIn(node, keyword) : countIn(node, keyword);
    if (value === undefined) continue;
    if (rules.textBounds) written[keyword] = value;
    else notes.say(keyword, `${keyword} ${value}`);
  }
  return written;
}

export function writeListBounds(node: Fields, rules: DialectRules, notes: Notes): Fields {
  const written: Record<string, number> = {};
  for (const keyword of ["minItems", "maxItems"]) {
    const value = countIn(node, keyword);
    if (value === undefined) continue;
    if (rules.bounds) written[keyword] = value;
    else notes.say(keyword, `${keyword} ${value}`);
  }
  if (own(node, "uniqueItems") === true) notes.say("uniqueItems", "no item twice");
  return written;
}

export function writeFormat(node: Fields, type: TypeName, rules: DialectRules, notes: Notes): Fields {
  const format = textIn(node, "format");
  if (format === undefined) return {};
  const fits = rules.formats === null || (rules.formats.has(format) && formatTypes(format).includes(type));
  if (fits) return { format };
  notes.say("format", `format ${format}`);
  return {};
}

function formatTypes(format: string): readonly TypeName[] {
  if (format.startsWith("int")) return ["integer"];
  return format === "float" || format === "double" ? ["number"] : ["string"];
}

/** Keywords with a plain value that no dialect here has a field for. */
export function sayPlain(node: Fields, keywords: readonly string[], notes: Notes): void {
  for (const keyword of keywords) {
    const value = own(node, keyword);
    if (value !== undefined) notes.say(keyword, `${keyword} ${inShort(value)}`);
  }
}

export function textIn(node: Fields, key: string): string | undefined {
  const value = own(node, key);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function numberIn(node: Fields, key: string): number | undefined {
  const value = own(node, key);
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A count; Gemini's own schemas write those as text. */
function countIn(node: Fields, key: string): number | undefined {
  const value = own(node, key);
  const count = typeof value === "string" && /^\d{1,9}$/.test(value) ? Number(value) : value;
  return typeof count === "number" && Number.isInteger(count) && count >= 0 ? count : undefined;
}
