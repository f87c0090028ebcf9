/**
 * The header `x-cursor-checksum`, as the editor computes it (public notes of 2025 and 2026, attested twice): a stamp of the
 * time in units of 1,000 s, and behind it the ids of the machine as the editor keeps them. Made of the user's own imported
 * ids or not at all. It holds those ids in plain text: whoever shows headers must hide it.
 */

export interface MachineIds {
  /** 64 hexadecimal digits, or a UUID. */
  readonly machine: string;
  /** A second one that macOS installations have. */
  readonly mac: string | null;
}

const seed = 165;

export function checksum(nowMs: number, { machine, mac }: MachineIds): string {
  const stamp = Math.floor(nowMs / 1_000_000);
  // JavaScript shifts by the count modulo 32, so the first two bytes repeat the last but two; the service expects that.
  const bytes = [stamp >> 40, stamp >> 32, stamp >> 24, stamp >> 16, stamp >> 8, stamp].map((byte) => byte & 255);
  let key = seed;
  for (let index = 0; index < bytes.length; index += 1) {
    key = (((bytes[index] ?? 0) ^ key) + index) & 255;
    bytes[index] = key;
  }
  return `${Buffer.from(bytes).toString("base64url")}${machine}${mac === null ? "" : `/${mac}`}`;
}
