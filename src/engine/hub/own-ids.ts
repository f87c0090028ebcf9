/** Ids that this program gives: made from what they name, so that the same call gives the same bytes. */
import { createHash } from "node:crypto";

/** A UUID of version 8 (RFC 9562 §5.8, "custom"): nobody takes it for a random one or for one of Cursor's own. */
export function uuidOf(...words: readonly string[]): string {
  const hex = createHash("sha256").update(words.join("\0")).digest("hex");
  const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(18, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
