/**
 * Failures that one more try with the same account may mend, because the history or chance is to blame and not the
 * account. At most one such try for each account, and never after a byte of the answer was sent.
 */
import type { EngineError } from "../errors/engine-error.ts";

/**
 * `without-blobs`: signatures and encrypted reasoning were refused; the history goes without them.
 * `repaired`: calls and results did not pair; the body is read, repaired and written anew.
 * `again`: the model wrote nonsense or nothing; the same once more.
 */
export type Remedy = "without-blobs" | "repaired" | "again";

export function remedyFor(error: EngineError): Remedy | null {
  switch (error.kind) {
    case "opaque-blob":
      return "without-blobs";
    case "tool-history":
      return "repaired";
    case "malformed-reply":
      return "again";
    default:
      return null;
  }
}

export const remedyWords: Readonly<Record<Remedy, string>> = {
  "without-blobs": "tried once more without the signatures and encrypted reasoning of the history",
  repaired: "tried once more with the calls and results of the history put right",
  again: "tried once more: the model's answer was malformed",
};
