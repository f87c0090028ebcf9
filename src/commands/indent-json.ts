/** JSON for an editor: lines and indentation, and nothing else touched. Numbers and escapes keep the text they have. */

/** `text` must be valid JSON. */
export function indentJson(text: string): string {
  let out = "";
  let depth = 0;
  const line = (): string => `\n${"  ".repeat(depth)}`;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') {
      const end = stringEnd(text, at);
      out += text.slice(at, end);
      at = end - 1;
    } else if (character === "{" || character === "[") {
      const close = closingAt(text, at + 1);
      if (close !== null) {
        out += character + text.charAt(close);
        at = close;
        continue;
      }
      depth += 1;
      out += character + line();
    } else if (character === "}" || character === "]") {
      depth -= 1;
      out += line() + character;
    } else if (character === ",") out += `,${line()}`;
    else if (character === ":") out += ": ";
    else if (!/\s/.test(character)) out += character;
  }
  return `${out}\n`;
}

function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === "\\") at += 1;
    else if (character === '"') return at + 1;
  }
  return text.length;
}

/** Where an empty object or list closes; null when there is something in it. */
function closingAt(text: string, from: number): number | null {
  let at = from;
  while (/\s/.test(text.charAt(at)) && at < text.length) at += 1;
  return /[}\]]/.test(text.charAt(at)) ? at : null;
}
