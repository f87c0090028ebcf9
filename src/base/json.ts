/** JSON at the edges: never a bare `JSON.parse` on bytes that came from outside. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export type ParseResult = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string };

/** Deeper nesting than this is refused before parsing: `JSON.parse` takes a million levels, `JSON.stringify` then throws. */
export const maxJsonDepth = 256;

/** Parses text that may be hostile: size is the caller's business, depth is checked here. */
export function parseJson(text: string, maxDepth = maxJsonDepth): ParseResult {
  if (isTooDeep(text, maxDepth)) return { ok: false, why: `JSON is nested deeper than ${maxDepth} levels` };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, why: notJson(error) };
  }
}

/** What the parser says without the piece of text that it quotes: that may be anybody's secret. */
export function notJson(error: unknown): string {
  if (!(error instanceof Error)) return "not JSON";
  return error.message.replace(/, (?:\.\.\.)?"[^]*"(?:\.\.\.)? is not valid JSON$/, " is not valid JSON");
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An own property of an object of unknown shape; `__proto__` and friends are never looked up on the prototype. */
export function own(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** Sets an own property whatever it is called: by assignment, `__proto__` would change what the object inherits. */
export function setOwn<Value>(record: Record<string, Value>, key: string, value: Value): void {
  if (key === "__proto__") {
    Object.defineProperty(record, key, { value, writable: true, enumerable: true, configurable: true });
  } else record[key] = value;
}

function isTooDeep(text: string, maxDepth: number): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return false;
}
