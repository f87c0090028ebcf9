/**
 * Failures that one more try with the same account may mend, because the history or chance is to blame and not the
 * account. At most one such try for each account, and never after a byte of the answer was sent.
 */
import type { EngineError, ErrorKind } from "../errors/engine-error.ts";
import type { Operation } from "../formats/format.ts";

/**
 * `without-blobs`: signatures and encrypted reasoning were refused; the history goes without them.
 * `repaired`: calls and results did not pair; the body is read, repaired and written anew.
 * `again`: the model wrote nonsense or nothing; the same once more.
 */
export type Remedy = "without-blobs" | "repaired" | "again";

const remedies: Readonly<Partial<Record<ErrorKind, Remedy>>> = {
  "opaque-blob": "without-blobs",
  "tool-history": "repaired",
  "malformed-reply": "again",
};

export function remedyFor(error: EngineError, operation: Operation): Remedy | null {
  const remedy = remedies[error.kind] ?? null;
  // What is written anew is a question to the model: no answer to a call that wanted something else.
  return remedy === "repaired" && operation !== "reply" ? null : remedy;
}

export const remedyWords: Readonly<Record<Remedy, string>> = {
  "without-blobs": "tried once more without the signatures and encrypted reasoning of the history",
  repaired: "tried once more with the calls and results of the history put right",
  again: "tried once more: the model's answer was malformed",
};
