/** Chance as an argument. */
import { randomBytes } from "node:crypto";

export interface Random {
  /** Cryptographically strong bytes. */
  bytes(count: number): Buffer;
}

export const systemRandom: Random = { bytes: (count) => randomBytes(count) };

/** A URL-safe token of `byteCount` random bytes. */
export function token(random: Random, byteCount = 24): string {
  return random.bytes(byteCount).toString("base64url");
}
