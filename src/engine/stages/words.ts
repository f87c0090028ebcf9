/** Values of any size in the few words that a cell has room for, and in one form that can be compared. */
import { isRecord } from "../../base/json.ts";

/** Longer cells nobody reads; the bodies have tabs of their own. */
export const maxCellLength = 200;
const maxQuoteLength = 120;

/** At most `length` UTF-16 units, never half of a pair. */
export function clipped(text: string, length = maxCellLength): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** `312 chars "You are a coding…"`: white space is one blank, so that first words are words. */
export function quoted(text: string): string {
  const begin = text.slice(0, 4 * maxQuoteLength).replaceAll(/\s+/g, " ");
  return `${text.length === 1 ? "1 char" : `${text.length} chars`} "${clipped(begin, maxQuoteLength)}"`;
}

/** A value as JSON. */
export function briefly(value: unknown): string {
  return clipped(typeof value === "string" ? `"${clipped(value)}"` : (JSON.stringify(value) ?? "null"));
}

/** JSON with its keys in order: equal for equal values. The value came out of `parseJson`, which bounds its depth. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isRecord(value)) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(",")}}`;
}
