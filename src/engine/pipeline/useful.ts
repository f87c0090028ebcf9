/** Which events commit us to an answer: the first thing a client would show. */
import type { StreamEvent } from "../hub/stream.ts";

/** Nothing a client would show: a greeting, an opened block that is still empty, figures. The end is worth committing to. */
const notYetUseful: ReadonlySet<StreamEvent["type"]> = new Set([
  "reply-start",
  "text-start",
  "refusal-start",
  "text-end",
  "refusal-end",
  "usage",
  "dropped",
  "error",
]);

export function isUseful({ type }: StreamEvent): boolean {
  return !notYetUseful.has(type);
}
