/** What a call wants, told from its address, and where such a call goes at another provider. */
import { booleanField, textField } from "../fields.ts";
import type { CallShape, Operation } from "../format.ts";

/** `/responses`, and what stands behind it: `/compact`, `/input_tokens`, `/resp_…/cancel`. */
const callPath = /\/responses(\/[^?]*)?(\?|$)/;

export function shape(body: unknown, target: string): CallShape {
  return {
    operation: operationOf(tailOf(target)),
    model: textField(body, "model") || null,
    stream: booleanField(body, "stream") ?? false,
  };
}

export function callTarget(target: string): string {
  const mark = target.indexOf("?");
  return `/v1/responses${tailOf(target)}${mark < 0 ? "" : target.slice(mark)}`;
}

/** Without a slash at its end; empty for the plain call. */
function tailOf(target: string): string {
  return (callPath.exec(target)?.[1] ?? "").replace(/\/+$/, "");
}

function operationOf(tail: string): Operation {
  if (tail === "") return "reply";
  return tail === "/input_tokens" ? "count" : "other";
}
