/** One message of a Cursor call as an event for people: a name that says what it is, and its fields as JSON on one line. */
import { isRecord } from "../../../../base/json.ts";
import { recordField } from "../../fields.ts";
import type { Message } from "../wire/schema.ts";
import { appended } from "./call.ts";
import { hexOf, plain, plainFields } from "./plain.ts";
import type { SeenMessage } from "./read-body.ts";

export interface ShownEvent {
  readonly name: string;
  readonly data: string;
}

/** `inner`: without the envelopes of single fields, which the name tells. */
export function eventOf(
  seen: Exclude<SeenMessage, { readonly kind: "broken" }>,
  form: "inner" | "whole" = "inner",
): ShownEvent {
  switch (seen.kind) {
    case "message":
      return shownMessage(seen.type, seen.message, form);
    case "end":
      return { name: "end", data: seen.text.replaceAll(/[\r\n]+/g, " ") };
    case "unknown": {
      const fields = plainFields(seen.bytes);
      return { name: "message", data: JSON.stringify(fields ?? hexOf(seen.bytes)) };
    }
  }
}

function shownMessage(type: string, message: Message, form: "inner" | "whole"): ShownEvent {
  const inner = type === "BidiAppendRequest" ? appended(message) : null;
  const readable = inner === null ? message : withAppended(message, inner);
  const { path, value } = form === "inner" ? descended(readable) : { path: [], value: readable };
  return { name: path.length === 0 ? type : path.join("."), data: JSON.stringify(plain(value)) };
}

/** The message that the append carries, in the place of its bytes. */
function withAppended(message: Message, inner: SeenMessage): Message {
  const { data: _, dataBinary: _binary, ...rest } = message;
  if (inner.kind === "message") return { [inner.type]: inner.message, ...rest };
  return message;
}

/** `interactionUpdate.textDelta` and what stands in it: two levels of messages that hold one thing. */
function descended(message: Message): { readonly path: readonly string[]; readonly value: unknown } {
  const path: string[] = [];
  let value: Message = message;
  for (let depth = 0; depth < 2; depth += 1) {
    const [entry, ...others] = Object.entries(value);
    if (entry === undefined || others.length > 0 || !isMessage(entry[1])) break;
    path.push(entry[0]);
    value = recordField(value, entry[0]) ?? {};
  }
  // An exec or KV message has an id beside the one thing it is about.
  const [kind, ...others] = Object.entries(value).flatMap(([key, one]) => (isMessage(one) ? [key] : []));
  return { path: path.length === 1 && kind !== undefined && others.length === 0 ? [...path, kind] : path, value };
}

function isMessage(value: unknown): boolean {
  return isRecord(value) && !(value instanceof Uint8Array);
}
