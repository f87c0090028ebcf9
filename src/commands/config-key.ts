/** The path of a value as people type it: `listen.port`, `routes[0].to`, `prices["local/*"].input`. */
import type { Path } from "../engine/config/problem.ts";

const step = /(?:^|\.)([^.[\]"']+)|\[(\d{1,6})\]|\[(?:"([^"]*)"|'([^']*)')\]/y;

/** Null: it is none. */
export function parseKey(text: string): Path | null {
  const path: (string | number)[] = [];
  step.lastIndex = 0;
  while (step.lastIndex < text.length) {
    const at = step.lastIndex;
    const found = step.exec(text);
    if (found === null || (at === 0 && found[0].startsWith("."))) return null;
    const [, word, index, quoted, single] = found;
    path.push(index === undefined ? (word ?? quoted ?? single ?? "") : Number(index));
  }
  return path.length === 0 || path.includes("") ? null : path;
}
