/** A one-line editor: the text of a prompt and what each key does to it. */
import { cellWidth, graphemes } from "../text/cells.ts";
import type { Key } from "../terminal/keys.ts";

export interface Line {
  readonly text: string;
  /** Character index the next key inserts at. */
  readonly at: number;
}

export const emptyLine: Line = { text: "", at: 0 };

const maxLineLength = 500;

/** The line after the key; the same object when the key means nothing here. */
export function editLine(line: Line, key: Key, most = maxLineLength): Line {
  if (key.type !== "key") return insert(line, key.text, most);
  const before = line.text.slice(0, line.at);
  const after = line.text.slice(line.at);
  switch (key.name) {
    case "backspace":
    case "ctrl-h": {
      const kept = graphemes(before).slice(0, -1).join("");
      return { text: kept + after, at: kept.length };
    }
    case "delete":
      return { text: before + graphemes(after).slice(1).join(""), at: line.at };
    case "ctrl-u":
      return { text: after, at: 0 };
    case "ctrl-k":
      return { text: before, at: line.at };
    case "ctrl-w": {
      const kept = before.replace(/\S*\s*$/, "");
      return { text: kept + after, at: kept.length };
    }
    case "left":
      return { text: line.text, at: graphemes(before).slice(0, -1).join("").length };
    case "right":
      return { text: line.text, at: line.at + (graphemes(after)[0]?.length ?? 0) };
    case "home":
    case "ctrl-a":
      return { text: line.text, at: 0 };
    case "end":
    case "ctrl-e":
      return { text: line.text, at: line.text.length };
    default:
      return line;
  }
}

function insert(line: Line, text: string, most: number): Line {
  // A paste of several lines becomes one; anything that takes no cell cannot be seen, so it is not kept.
  const clean = graphemes(text.replaceAll(/\s+/g, " "))
    .filter((character) => cellWidth(character) > 0)
    .join("");
  const merged = (line.text.slice(0, line.at) + clean + line.text.slice(line.at)).slice(0, most);
  return { text: merged, at: Math.min(merged.length, line.at + clean.length) };
}
