/**
 * Bytes from the keyboard as named keys. A read may hold several keys (`kkk` typed fast is one chunk) or half
 * of one, so this is a push parser. Pasted text (bracketed paste) comes out whole and is never taken for keys.
 */
export type Key =
  | { readonly type: "key"; readonly name: string }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "paste"; readonly text: string };

export interface KeyParser {
  push(chunk: string): Key[];
  /** A lone escape is held back: it may be the beginning of a sequence. Call `flush` when nothing followed. */
  readonly pending: boolean;
  flush(): Key[];
}

/** More than this pasted into a one-line prompt is a mistake; the rest is dropped. */
const maxPasteLength = 10_000;
const pasteStart = "\u001b[200~";
const pasteEnd = "\u001b[201~";
const maxSequenceLength = 32;

export function createKeyParser(): KeyParser {
  let held = "";
  let pasted: string | null = null;

  const parse = (final: boolean): Key[] => {
    const keys: Key[] = [];
    while (held !== "") {
      if (pasted !== null) {
        const end = held.indexOf(pasteEnd);
        // A marker may be cut in two: its length less one stays held until more comes.
        const take = end === -1 ? Math.max(0, held.length - pasteEnd.length + 1) : end;
        pasted = (pasted + held.slice(0, take)).slice(0, maxPasteLength);
        held = held.slice(take);
        if (end === -1) break;
        held = held.slice(pasteEnd.length);
        keys.push({ type: "paste", text: pasted });
        pasted = null;
        continue;
      }
      if (held.startsWith(pasteStart)) {
        held = held.slice(pasteStart.length);
        pasted = "";
        continue;
      }
      if (held.startsWith("\u001b")) {
        const length = sequenceLength(held);
        if (length === null && !final && held.length < maxSequenceLength) break;
        const sequence = held.slice(0, length ?? 1);
        held = held.slice(sequence.length);
        const name = sequence === "\u001b" ? "esc" : sequences.get(sequence);
        if (name !== undefined) keys.push({ type: "key", name });
        continue;
      }
      const character = String.fromCodePoint(held.codePointAt(0) ?? 0);
      held = held.slice(character.length);
      keys.push(single(character));
    }
    return keys;
  };

  return {
    push(chunk) {
      held += chunk;
      return parse(false);
    },
    get pending() {
      return held !== "" && pasted === null;
    },
    flush: () => parse(true),
  };
}

/** Length of the escape sequence at the start, null while it may still grow. An escape before a letter stands alone. */
function sequenceLength(text: string): number | null {
  const second = text[1];
  if (second === undefined) return null;
  if (second === "[") {
    for (let at = 2; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code >= 0x40 && code <= 0x7e && !(at === 2 && code === 0x5b)) return at + 1;
      if (code < 0x20 || code > 0x7e) return 1;
    }
    return null;
  }
  if (second === "O") return text.length >= 3 ? 3 : null;
  return 1;
}

function single(character: string): Key {
  const code = character.codePointAt(0) ?? 0;
  if (character === "\r" || character === "\n") return { type: "key", name: "enter" };
  if (character === "\t") return { type: "key", name: "tab" };
  if (code === 0x7f || code === 0x08) return { type: "key", name: "backspace" };
  if (code === 0) return { type: "key", name: "ctrl-space" };
  if (code < 0x20) return { type: "key", name: `ctrl-${String.fromCharCode(code + 0x60)}` };
  return { type: "text", text: character };
}

const sequences: ReadonlyMap<string, string> = new Map(
  (
    [
      ["up", "A"],
      ["down", "B"],
      ["right", "C"],
      ["left", "D"],
      ["home", "H"],
      ["end", "F"],
    ] as const
  )
    .flatMap(([name, letter]): [string, string][] => [
      [`\u001b[${letter}`, name],
      [`\u001bO${letter}`, name],
    ])
    .concat([
      ["\u001b[1~", "home"],
      ["\u001b[7~", "home"],
      ["\u001b[4~", "end"],
      ["\u001b[8~", "end"],
      ["\u001b[3~", "delete"],
      ["\u001b[5~", "pageup"],
      ["\u001b[6~", "pagedown"],
      ["\u001b[Z", "shift-tab"],
      ["\u001bOM", "enter"],
    ]),
);
