/**
 * Gemini's own schema (`type: "STRING"`, `nullable`, counts as text) as the JSON Schema it means. Names of properties are
 * not keywords; keywords may come in snake_case, as everywhere in protobuf's JSON. The fields for real JSON Schema are
 * read the same way: Gemini CLI writes Google's names of types into them (seen in 0.61), and Google takes that.
 */
import { isRecord, setOwn } from "../../../base/json.ts";
import type { Fields } from "../fields.ts";
import { typeName } from "./schema-dialects.ts";
import { camel } from "./wire.ts";

/** As deep as JSON from outside may nest at all. */
const maxDepth = 128;

export function readSchema(schema: unknown, depth = 0): Fields {
  if (!isRecord(schema) || depth > maxDepth) return {};
  const written: Record<string, unknown> = {};
  const { nullable, type, ...rest } = camel(schema);
  for (const [key, value] of Object.entries(rest)) {
    if (maps.has(key)) written[key] = readMap(value, depth);
    else if (isRecord(value) && singles.has(key)) written[key] = readSchema(value, depth + 1);
    else if (Array.isArray(value) && lists.has(key)) written[key] = value.map((one) => readInner(one, depth));
    else if (counts.has(key) && typeof value === "string") written[key] = Number(value);
    else if (key === "format" && value === "enum") continue;
    else setOwn(written, key, value);
  }
  const names = (Array.isArray(type) ? type : [type]).map((one: unknown) => typeName(one) ?? one);
  const known = names.filter((name) => name !== undefined && name !== "TYPE_UNSPECIFIED");
  const all = nullable === true && known.length > 0 && !known.includes("null") ? [...known, "null"] : known;
  if (all.length > 0) written["type"] = all.length === 1 ? all[0] : all;
  const values = written["enum"];
  if (nullable === true && Array.isArray(values)) written["enum"] = [...(values as readonly unknown[]), null];
  return written;
}

const maps: ReadonlySet<string> = new Set(["properties", "patternProperties", "$defs", "definitions"]);
const singles: ReadonlySet<string> = new Set(["items", "additionalProperties", "not"]);
const lists: ReadonlySet<string> = new Set(["anyOf", "oneOf", "allOf", "prefixItems", "items"]);
const counts: ReadonlySet<string> = new Set([
  "minItems",
  "maxItems",
  "minLength",
  "maxLength",
  "minProperties",
  "maxProperties",
]);

function readMap(map: unknown, depth: number): Fields {
  if (!isRecord(map)) return {};
  return Object.fromEntries(Object.entries(map).map(([name, one]) => [name, readInner(one, depth)] as const));
}

/** `true` and `false` are schemas too. */
function readInner(schema: unknown, depth: number): unknown {
  return typeof schema === "boolean" ? schema : readSchema(schema, depth + 1);
}
