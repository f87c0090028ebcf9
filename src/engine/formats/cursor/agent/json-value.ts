/** `google.protobuf.Value` and plain JSON, both ways. */
import { isRecord } from "../../../../base/json.ts";
import type { Message } from "../wire/schema.ts";
import { entries, flag, list, sub, text } from "./fields.ts";

export function fromValue(value: Message): unknown {
  if (Object.hasOwn(value, "structValue")) return fromStruct(sub(value, "structValue"));
  if (Object.hasOwn(value, "listValue")) return list(sub(value, "listValue"), "values").map(fromValue);
  if (Object.hasOwn(value, "stringValue")) return text(value, "stringValue");
  if (Object.hasOwn(value, "boolValue")) return flag(value, "boolValue");
  // Not-a-number and the infinities are legal here and no JSON.
  if (typeof value["numberValue"] === "number" && Number.isFinite(value["numberValue"])) return value["numberValue"];
  return null;
}

export function fromStruct(struct: Message | undefined): Record<string, unknown> {
  return Object.fromEntries(entries(struct, "fields").map(([name, value]) => [name, fromValue(value)]));
}

export function toValue(json: unknown): Message {
  if (Array.isArray(json)) return { listValue: { values: json.map(toValue) } };
  if (isRecord(json)) return { structValue: { fields: toValues(json) } };
  if (typeof json === "string") return { stringValue: json };
  if (typeof json === "number") return { numberValue: json };
  return typeof json === "boolean" ? { boolValue: json } : { nullValue: 0 };
}

export function toValues(json: Readonly<Record<string, unknown>>): Message {
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, toValue(value)]));
}
