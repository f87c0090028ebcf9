/**
 * The frames of one stream mostly differ in one string, its text. When a frame is the same as one that was parsed before
 * but for that string, the string is all that has to be read. Parsing frames whole was a third of translation's time
 * (measured, late 2026). Whatever is not exactly such a frame is parsed as always.
 */

export interface FrameTemplate {
  /** The text of a frame that differs from the learned one in its text alone; null for any other. */
  match(data: string): string | null;
  /** `text` was the one thing that the frame `data` said. False when nothing could be learned and the old frame stays. */
  learn(data: string, text: string): boolean;
}

/** Servers that change something else in every frame (padding, counters) are not learned from for ever. */
const maxAttempts = 4;

export function createFrameTemplate(): FrameTemplate {
  let before: string | null = null;
  let after = "";
  let attempts = 0;
  return {
    match(data) {
      if (before === null) return null;
      // The literal has at least its two quotes.
      if (data.length < before.length + after.length + 2) return null;
      if (!data.startsWith(before) || !data.endsWith(after)) return null;
      const text = stringBetween(data, before.length, data.length - after.length);
      if (text === null || text === "") return null;
      attempts = 0;
      return text;
    },
    learn(data, text) {
      if (attempts >= maxAttempts) return false;
      attempts += 1;
      const literal = JSON.stringify(text);
      const at = data.indexOf(literal);
      // Written another way, or standing there twice: which of them is the text cannot be told.
      if (at < 0 || data.indexOf(literal, at + 1) >= 0) return false;
      before = data.slice(0, at);
      after = data.slice(at + literal.length);
      return true;
    },
  };
}

const quote = 0x22;
const backslash = 0x5c;

/** The JSON string that stands there, from quote to quote and nothing beside it; null when it is anything else. */
function stringBetween(data: string, start: number, end: number): string | null {
  if (data.charCodeAt(start) !== quote || data.charCodeAt(end - 1) !== quote) return null;
  for (let at = start + 1; at < end - 1; at += 1) {
    const unit = data.charCodeAt(at);
    if (unit === backslash) return parsedString(data.slice(start, end));
    if (unit === quote || unit < 0x20) return null;
  }
  return data.slice(start + 1, end - 1);
}

function parsedString(literal: string): string | null {
  try {
    const value: unknown = JSON.parse(literal);
    return typeof value === "string" ? value : null;
  } catch {
    // Not one string: the frame has another shape, and its own reader says what is wrong with it.
    return null;
  }
}
