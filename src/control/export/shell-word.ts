/**
 * Words of a shell command (bash, zsh, and what else knows `$'…'`). A word is made of pieces: text that means itself,
 * whatever it holds, and variables that the person who runs it has set.
 */
import { unprintable } from "./json-text.ts";

export type Piece = string | { readonly variable: string };

export function shellWord(pieces: readonly Piece[]): string {
  let word = "";
  let text = "";
  for (const piece of pieces) {
    if (typeof piece === "string") text += piece;
    else {
      word += `${text === "" ? "" : quoted(text)}"$${piece.variable}"`;
      text = "";
    }
  }
  return word !== "" && text === "" ? word : word + quoted(text);
}

const needsNothing = /^[A-Za-z0-9_/:=.,@%+-]+$/;

function quoted(text: string): string {
  if (text === "") return "''";
  if (needsNothing.test(text)) return text;
  if (text.search(unprintable) >= 0) {
    const plain = text.replaceAll(/[\\']/g, String.raw`\$&`);
    return `$'${plain.replaceAll(unprintable, bytesOf)}'`;
  }
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** In UTF-8, as the rest of the script is. */
function bytesOf(text: string): string {
  return [...Buffer.from(text)].map(byteEscape).join("");
}

function byteEscape(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}

/** A header's value, one byte a character as HTTP/1 has it: bytes beyond ASCII are written as they were. */
export function latin1Word(text: string): string {
  if (!/[^\x20-\x7e]/.test(text) || /[\u0100-\uffff]/.test(text)) return shellWord([text]);
  const escaped = text.replaceAll(/[\\']|[^\x20-\x7e]/g, (character) =>
    character === "\\" || character === "'" ? `\\${character}` : byteEscape(character.charCodeAt(0)),
  );
  return `$'${escaped}'`;
}
