/** JSON as Cursor's messages carry it (the wire shape of google.protobuf.Value) and back. */
import { isRecord, own } from "../../../base/json.ts";
import type { Message } from "./wire/schema.ts";

/** Deeper than any tool's schema or arguments; protobufjs itself stops at 100 messages. */
const maxDepth = 32;

/** What is nested too deep becomes null. */
export function toJsonValue(json: unknown, depth = 0): Message {
  if (depth > maxDepth) return { nullValue: 0 };
  if (typeof json === "string") return { stringValue: json };
  if (typeof json === "number") return Number.isFinite(json) ? { numberValue: json } : { nullValue: 0 };
  if (typeof json === "boolean") return { boolValue: json };
  if (Array.isArray(json)) return { listValue: { values: json.map((item) => toJsonValue(item, depth + 1)) } };
  if (isRecord(json)) {
    return { structValue: { fields: toJsonFields(json, depth + 1) } };
  }
  return { nullValue: 0 };
}

/** An object as a map of values. */
export function toJsonFields(json: Readonly<Record<string, unknown>>, depth = 0): Message {
  const fields = Object.entries(json)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, toJsonValue(value, depth)]);
  return Object.fromEntries(fields);
}

/** A message as `decodeMessage` gives it; a value without a kind is null. */
export function fromJsonValue(value: unknown, depth = 0): unknown {
  if (depth > maxDepth || !isRecord(value)) return null;
  for (const kind of ["stringValue", "numberValue", "boolValue"] as const) {
    const scalar = own(value, kind);
    if (scalar !== undefined) return typeof scalar === "number" && !Number.isFinite(scalar) ? null : scalar;
  }
  const struct = own(value, "structValue");
  if (struct !== undefined) return fromJsonFields(own(struct, "fields"), depth + 1);
  const list = own(value, "listValue");
  if (list === undefined) return null;
  const values = own(list, "values");
  return Array.isArray(values) ? values.map((item) => fromJsonValue(item, depth + 1)) : [];
}

/** A map of values as a JSON object. */
export function fromJsonFields(fields: unknown, depth = 0): Readonly<Record<string, unknown>> {
  if (!isRecord(fields)) return {};
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, fromJsonValue(value, depth)]));
}
