/** Small, pure questions and changes on JSON Schemas, for targets that want them just so. */
import { isRecord } from "../../base/json.ts";

type Schema = Readonly<Record<string, unknown>>;

/** Both providers want tool parameters to be an object schema, and some clients send `{}` or nothing. */
export function objectSchema(schema: Schema): Schema {
  const typed = schema["type"] === undefined ? { ...schema, type: "object" } : schema;
  return typed["type"] === "object" && typed["properties"] === undefined ? { ...typed, properties: {} } : typed;
}

/** OpenAI's strict mode: every object closed and all of its properties required. */
export function isStrictSchema(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isStrictSchema);
  if (!isRecord(schema)) return true;
  const properties = schema["properties"];
  if (isRecord(properties)) {
    const required = schema["required"];
    const isFull = Array.isArray(required) && Object.keys(properties).every((name) => required.includes(name));
    if (!isFull || schema["additionalProperties"] !== false) return false;
    if (!Object.values(properties).every(isStrictSchema)) return false;
  }
  return subSchemas.every((key) => isStrictSchema(mapOrSelf(key, schema[key])));
}

/** Claude's structured output wants `additionalProperties: false` on every object. */
export function closedSchema(schema: Schema): Schema {
  const closed: Record<string, unknown> = { ...schema };
  if (schema["type"] === "object" || isRecord(schema["properties"])) closed["additionalProperties"] = false;
  for (const key of subSchemas) {
    const inner = schema[key];
    if (Array.isArray(inner)) closed[key] = inner.map((one: unknown) => (isRecord(one) ? closedSchema(one) : one));
    else if (isRecord(inner)) closed[key] = isMap(key) ? closedMap(inner) : closedSchema(inner);
  }
  if (isRecord(schema["properties"])) closed["properties"] = closedMap(schema["properties"]);
  return closed;
}

const subSchemas = ["items", "prefixItems", "anyOf", "oneOf", "allOf", "$defs", "definitions"];

/** These hold schemas by name: the names are not keywords. */
function isMap(key: string): boolean {
  return key === "$defs" || key === "definitions";
}

function mapOrSelf(key: string, value: unknown): unknown {
  return isMap(key) && isRecord(value) ? Object.values(value) : value;
}

function closedMap(map: Schema): Schema {
  return Object.fromEntries(
    Object.entries(map).map(([name, one]) => [name, isRecord(one) ? closedSchema(one) : one] as const),
  );
}
