/** What a Messages call wants, told from its address, and where such a call goes at another provider. */
import { booleanField, textField } from "../fields.ts";
import type { CallShape } from "../format.ts";

const countPath = /\/messages\/count_tokens\/?(\?|$)/;

export function shape(body: unknown, target: string): CallShape {
  return {
    operation: countPath.test(target) ? "count" : "reply",
    model: textField(body, "model") || null,
    stream: booleanField(body, "stream") ?? false,
  };
}

export function callTarget(target: string): string {
  const mark = target.indexOf("?");
  const query = mark < 0 ? "" : target.slice(mark);
  return `/v1/messages${countPath.test(target) ? "/count_tokens" : ""}${query}`;
}
