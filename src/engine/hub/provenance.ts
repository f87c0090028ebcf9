/**
 * Whose opaque blob is it, and may it go back? Signatures and encrypted reasoning are checked by whoever made them, so
 * they are replayed to their maker only: the same dialect, and where both sides are known, the same configured provider.
 */
import type { FormatId } from "./format-id.ts";
import type { Provenance } from "./message.ts";

/** One backend family under three envelopes: what one of them signed, the others take (same Google service). */
const families: Readonly<Partial<Record<FormatId, string>>> = {
  gemini: "google",
  "gemini-cli": "google",
  antigravity: "google",
};

/** The side that is about to be asked. */
export interface Maker {
  readonly format: FormatId;
  readonly origin?: string;
}

export function isMadeBy(from: Provenance | undefined, maker: Maker): boolean {
  if (from === undefined) return false;
  if ((families[from.format] ?? from.format) !== (families[maker.format] ?? maker.format)) return false;
  return from.origin === undefined || maker.origin === undefined || from.origin === maker.origin;
}
