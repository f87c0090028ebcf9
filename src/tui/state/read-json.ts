/** Unknown JSON field by field: what is not of the expected kind is null or empty, and every text is safe to draw. */
import { safeLine, safeText } from "../../base/safe-text.ts";

/** Longer texts (error pages put into an error field) are cut: a row never shows more, a document should not drown. */
const maxTextLength = 4_000;

/** One line. */
export function text(value: unknown): string | null {
  return typeof value === "string" ? safeLine(bounded(value)) : null;
}

/** A text of possibly several lines. */
export function prose(value: unknown): string | null {
  return typeof value === "string" ? safeText(bounded(value)) : null;
}

function bounded(value: string): string {
  return value.length > maxTextLength ? `${value.slice(0, maxTextLength)}…` : value;
}

export function finite(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** ISO 8601 in the published JSON; ms since the epoch inside the process. */
export function instant(value: unknown): number | null {
  if (typeof value !== "string") return finite(value);
  const parsed = Date.parse(value);
  return Number.isNaN(parsed) ? null : parsed;
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function oneOf<const Choice extends string>(
  choices: readonly Choice[],
  value: unknown,
  otherwise: Choice,
): Choice {
  return choices.find((choice) => choice === value) ?? otherwise;
}
