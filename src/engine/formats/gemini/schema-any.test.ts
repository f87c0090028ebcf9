/** Whatever schema a client sends, each backend gets one it takes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRecord } from "../../../base/json.ts";
import { frozen, type Loose } from "../__fixtures__/harness.ts";
import { cleanJsonSchema, cleanResponseSchema, cleanSchema, type SchemaDialect } from "./schema.ts";

const dialects: readonly SchemaDialect[] = ["gemini", "vertex", "antigravity"];

/** Keywords that may stand in each dialect's schemas. */
const openApiKeywords =
  "type nullable description enum format items minItems maxItems minimum maximum minLength maxLength pattern anyOf properties propertyOrdering required";
const allowed: Readonly<Record<SchemaDialect | "json", ReadonlySet<string>>> = {
  gemini: new Set(openApiKeywords.split(" ")),
  vertex: new Set(openApiKeywords.split(" ")),
  antigravity: new Set("type nullable description enum items properties propertyOrdering required".split(" ")),
  json: new Set(
    "type title description enum format items prefixItems minItems maxItems minimum maximum anyOf properties additionalProperties required propertyOrdering".split(
      " ",
    ),
  ),
};

/** Complaints about a schema, as the backend would have them. */
function complaints(schema: unknown, dialect: SchemaDialect | "json", path = "$"): readonly string[] {
  if (!isRecord(schema)) return [`${path} is no schema`];
  const found = Object.keys(schema).flatMap((key) => (allowed[dialect].has(key) ? [] : [`${path}: ${key}`]));
  const { type, properties, required, items, anyOf, prefixItems, additionalProperties, enum: values } = schema;
  if (dialect !== "json") {
    if (type === undefined && anyOf === undefined) found.push(`${path}: no type`);
    if (type !== undefined && typeof type !== "string") found.push(`${path}: a list of types`);
    if (type === "array" && items === undefined) found.push(`${path}: no items`);
    if (
      values !== undefined &&
      (type !== "string" || !(values as readonly unknown[]).every((one) => typeof one === "string" && one !== ""))
    )
      found.push(`${path}: enum of ${String(type)}`);
  }
  const names = isRecord(properties) ? Object.keys(properties) : [];
  if (required !== undefined) {
    const list = required as readonly unknown[];
    if (list.length === 0 || !list.every((name) => names.includes(String(name)))) found.push(`${path}: required`);
  }
  for (const name of names) found.push(...complaints((properties as Loose)[name], dialect, `${path}.${name}`));
  for (const [key, list] of [
    ["anyOf", anyOf],
    ["prefixItems", prefixItems],
  ] as const) {
    if (Array.isArray(list))
      for (const [index, one] of list.entries()) found.push(...complaints(one, dialect, `${path}.${key}${index}`));
  }
  if (items !== undefined) found.push(...complaints(items, dialect, `${path}[]`));
  if (isRecord(additionalProperties)) found.push(...complaints(additionalProperties, dialect, `${path}{}`));
  return found;
}

const name = fc.constantFrom("a", "b", "title", "format", "$ref", "type", "properties", "required", "x-y", "__proto__");
const scalar = fc.oneof(fc.string({ maxLength: 3 }), fc.integer(), fc.boolean(), fc.constant(null));
const typeWord = fc.constantFrom("object", "array", "string", "integer", "number", "boolean", "null", "STRING", "any");
const ref = fc.constantFrom(
  "#",
  "#/$defs/A",
  "#/$defs/B",
  "#/definitions/A",
  "#/properties/a",
  "#/nowhere",
  "other.json",
);

function entry(key: string, value: fc.Arbitrary<unknown>): fc.Arbitrary<readonly [string, unknown]> {
  return fc.tuple(fc.constant(key), value);
}

/** Schemas as wild as they come: every keyword, sensible or not. */
const { schema: wildSchema } = fc.letrec<{ schema: unknown }>((tie) => {
  const inner = fc.oneof({ maxDepth: 4, depthSize: "small" }, scalar, tie("schema"));
  const map = fc.dictionary(name, inner, { maxKeys: 4, noNullPrototype: true });
  const list = fc.array(inner, { maxLength: 3 });
  const keyword = fc.oneof(
    entry("type", fc.oneof(typeWord, fc.array(typeWord, { maxLength: 3 }))),
    entry("properties", map),
    entry("required", fc.oneof(fc.array(name, { maxLength: 4 }), scalar)),
    entry("items", fc.oneof(inner, list)),
    entry("prefixItems", list),
    entry("anyOf", list),
    entry("oneOf", list),
    entry("allOf", list),
    entry("not", inner),
    entry("if", inner),
    entry("then", inner),
    entry("$ref", ref),
    entry("$defs", fc.record({ A: inner, B: inner }, { requiredKeys: [] })),
    entry("definitions", map),
    entry("enum", fc.oneof(fc.array(scalar, { maxLength: 4 }), inner)),
    entry("const", scalar),
    entry("default", scalar),
    entry("description", scalar),
    entry("title", scalar),
    entry("format", fc.constantFrom("date-time", "uri", "int32", "enum")),
    entry("minimum", scalar),
    entry("exclusiveMinimum", scalar),
    entry("exclusiveMaximum", scalar),
    entry("multipleOf", scalar),
    entry("minItems", scalar),
    entry("uniqueItems", scalar),
    entry("minLength", scalar),
    entry("pattern", scalar),
    entry("additionalProperties", inner),
    entry("patternProperties", map),
    entry("propertyNames", inner),
    entry("unevaluatedProperties", scalar),
    entry("nullable", scalar),
    entry("$schema", scalar),
    entry("x-vendor", scalar),
  );
  const record = fc.array(keyword, { maxLength: 5 }).map((entries) => Object.fromEntries(entries) as unknown);
  return { schema: fc.oneof({ weight: 5, arbitrary: record }, fc.boolean()) };
});

describe("any schema whatever", () => {
  it.each([...dialects, "json"] as const)("comes out as %s takes it", (dialect) => {
    fc.assert(
      fc.property(wildSchema, (schema) => {
        const result = dialect === "json" ? cleanJsonSchema(frozen(schema)) : cleanSchema(frozen(schema), dialect);
        expect(complaints(result.schema, dialect)).toEqual([]);
        expect(result.schema["type"]).toBe("object");
        const { additionalProperties: _closed, ...answer } = cleanResponseSchema(schema, dialect).schema as Loose;
        if (schema !== false) expect(complaints(answer, dialect)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("never invents the name of an argument", () => {
    const namesIn = (value: unknown): readonly string[] =>
      isRecord(value) || Array.isArray(value) ? [...Object.keys(value), ...Object.values(value).flatMap(namesIn)] : [];
    const outNames = (value: unknown): readonly string[] => {
      if (Array.isArray(value)) return value.flatMap(outNames);
      if (!isRecord(value)) return [];
      const { properties, ...rest } = value;
      const own = isRecord(properties)
        ? [...Object.keys(properties), ...Object.values(properties).flatMap(outNames)]
        : [];
      return [...own, ...Object.values(rest).flatMap(outNames)];
    };
    fc.assert(
      fc.property(wildSchema, (schema) => {
        const before = new Set(namesIn(schema));
        expect(outNames(cleanSchema(schema, "gemini").schema).filter((one) => !before.has(one))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it("is cleaned the same way twice", () => {
    fc.assert(
      fc.property(wildSchema, (schema) => {
        expect(JSON.stringify(cleanSchema(schema, "gemini"))).toBe(JSON.stringify(cleanSchema(schema, "gemini")));
      }),
      { numRuns: 100 },
    );
  });
});
