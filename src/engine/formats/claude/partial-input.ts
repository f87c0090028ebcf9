/**
 * The input of a call whose JSON was cut: what was complete of it, as a Claude client's own library makes it of a
 * stream's pieces. A value that is not finished is left out: half a path is another path.
 */
import { isRecord, parseJson } from "../../../base/json.ts";
import type { Fields } from "../fields.ts";

/** An empty object when nothing was complete, or when the text is no JSON at all. */
export function partialInput(text: string): Fields {
  const parsed = parseJson(closed(text));
  return parsed.ok && isRecord(parsed.value) ? parsed.value : {};
}

/** The text up to the last place where a value is complete, with the brackets that are open there closed. */
function closed(text: string): string {
  // What closes the brackets that are open, innermost first.
  let closers = "";
  let inString = false;
  let good = { end: 0, closers: "" };
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inString) {
      if (character === "\\") index += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{" || character === "[") {
      closers = (character === "{" ? "}" : "]") + closers;
      good = { end: index + 1, closers };
    } else if (character === "}" || character === "]") {
      closers = closers.slice(1);
      good = { end: index + 1, closers };
    } else if (character === ",") good = { end: index, closers };
  }
  // The text may end with a complete string or word; if that was a key, it is no JSON and the place before counts.
  const rest = text.trimEnd();
  const whole = rest + closers;
  if (!inString && /["\]}el]$/.test(rest) && parseJson(whole).ok) return whole;
  return text.slice(0, good.end) + good.closers;
}
