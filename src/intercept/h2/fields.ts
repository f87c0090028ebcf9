/** The fields of an HTTP/2 head, name and value in turn; its pseudo-fields come first and are told apart by their colon. */
import type { HeaderPairs } from "../../base/http.ts";
import type { FieldBlock } from "./wire/hpack-decoder.ts";

/** The head without its pseudo-fields. */
export function fieldsOf(raw: readonly string[]): HeaderPairs {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? "";
    if (name.charCodeAt(0) !== 0x3a) pairs.push([name, raw[index + 1] ?? ""]);
  }
  return pairs;
}

/** The first value of a field. */
export function valueOf(raw: readonly string[], name: string): string | undefined {
  for (let index = 0; index + 1 < raw.length; index += 2) if (raw[index] === name) return raw[index + 1];
  return undefined;
}

/** Without the fields of this name; the same block when there are none. */
export function without(block: FieldBlock, name: string): Pick<FieldBlock, "raw" | "never"> {
  if (valueOf(block.raw, name) === undefined) return block;
  const raw: string[] = [];
  const never: number[] = [];
  for (let index = 0; index + 1 < block.raw.length; index += 2) {
    const [field = "", value = ""] = block.raw.slice(index, index + 2);
    if (field === name) continue;
    if (block.never?.includes(index) === true) never.push(raw.length);
    raw.push(field, value);
  }
  return { raw, never: never.length === 0 ? null : never };
}
