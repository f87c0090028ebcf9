/** Lenient reading of other people's JSON: a field that has another shape than expected counts as absent. */
import { isRecord, maxJsonDepth, notJson, own, parseJson, type ParseResult } from "../../base/json.ts";

export type Fields = Readonly<Record<string, unknown>>;

export function textField(value: unknown, key: string): string | undefined {
  const field = own(value, key);
  return typeof field === "string" ? field : undefined;
}

export function numberField(value: unknown, key: string): number | undefined {
  const field = own(value, key);
  return typeof field === "number" && Number.isFinite(field) ? field : undefined;
}

export function booleanField(value: unknown, key: string): boolean | undefined {
  const field = own(value, key);
  return typeof field === "boolean" ? field : undefined;
}

export function recordField(value: unknown, key: string): Fields | undefined {
  const field = own(value, key);
  return isRecord(field) ? field : undefined;
}

export function listField(value: unknown, key: string): readonly unknown[] | undefined {
  const field = own(value, key);
  return Array.isArray(field) ? field : undefined;
}

/** A token count: whole, never negative. */
export function countField(value: unknown, key: string): number {
  return Math.max(0, Math.floor(numberField(value, key) ?? 0));
}

/** `{ [key]: value }`, or nothing when the value is undefined: optional fields stay absent instead of undefined. */
export function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [K in Key]?: Value } {
  // A computed key widens to string in the type; the object holds exactly this key or none.
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: Value };
}

/** All fields except the named ones, or undefined when nothing is left. */
export function otherFields(value: Fields, known: ReadonlySet<string>): Fields | undefined {
  const rest = Object.entries(value).filter(([key, field]) => !known.has(key) && field !== undefined && field !== null);
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}

/** `parseJson` for the frames of a stream: text with fewer brackets than the depth bound cannot nest deeper than it. */
export function parseFrame(text: string): ParseResult {
  if (mayBeTooDeep(text)) return parseJson(text);
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, why: notJson(error) };
  }
}

function mayBeTooDeep(text: string): boolean {
  if (text.length <= maxJsonDepth) return false;
  let open = 0;
  for (const bracket of ["{", "["]) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      open += 1;
      if (open > maxJsonDepth) return true;
    }
  }
  return false;
}
