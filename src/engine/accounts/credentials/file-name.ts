/**
 * The name of an account's file: `PROVIDER@NAME.json`, safe on every file system whatever the two are. Letters become
 * lower case only by escape, so that two accounts stay two files where case does not count.
 */
import { createHash } from "node:crypto";
import type { AccountKey } from "./record.ts";

const ending = ".json";
/** File names end at 255 bytes, and locks and temporary files add to them. */
const maxPartLength = 72;

export function fileNameOf(key: AccountKey): string {
  const parts = [escaped(key.provider), escaped(key.name)];
  if (parts.every((part) => part.length <= maxPartLength)) return `${parts.join("@")}${ending}`;
  const hash = createHash("sha256").update(`${key.provider}\0${key.name}`).digest("hex").slice(0, 32);
  return `${parts.map((part) => part.slice(0, maxPartLength)).join("@")}~${hash}${ending}`;
}

/** The account a file is about, as far as its name tells; null: not an account's file. */
export function keyOfFileName(fileName: string): AccountKey | null {
  if (!fileName.endsWith(ending)) return null;
  const [provider, name, ...rest] = fileName.slice(0, -ending.length).split("@");
  if (provider === undefined || provider === "" || name === undefined || name === "" || rest.length > 0) return null;
  try {
    return { provider: decodeURIComponent(provider), name: decodeURIComponent(name) };
  } catch {
    // A stray percent sign, or a long name cut in the middle of an escape.
    return { provider, name };
  }
}

/** A leading dot would hide the file; everything else outside of this set means something to some file system. */
function escaped(text: string): string {
  return [...Buffer.from(text)]
    .map((byte, index) => {
      const character = String.fromCharCode(byte);
      const isPlain = /[a-z0-9_-]/.test(character) || (character === "." && index > 0);
      return isPlain ? character : `%${byte.toString(16).padStart(2, "0")}`;
    })
    .join("");
}
