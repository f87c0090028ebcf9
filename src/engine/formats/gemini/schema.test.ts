import { describe, expect, it } from "vitest";
import { frozen, type Loose } from "../__fixtures__/harness.ts";
import { cleanJsonSchema, cleanResponseSchema, cleanSchema, type SchemaDialect } from "./schema.ts";
import { readSchema } from "./schema-in.ts";

const dialects: readonly SchemaDialect[] = ["gemini", "vertex", "antigravity"];

function cleaned(schema: object, dialect: SchemaDialect = "gemini"): Loose {
  return cleanSchema(frozen(schema), dialect).schema;
}

function argument(schema: object | boolean, dialect: SchemaDialect = "gemini"): Loose {
  return cleaned({ type: "object", properties: { a: schema } }, dialect)["properties"]["a"];
}

/** The schema that clients' tools really send: everything of the row at once. */
const q1 = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "tool",
  type: "object",
  additionalProperties: false,
  $defs: { Point: { type: "object", properties: { x: { type: "number" } }, required: ["x"] } },
  properties: {
    at: { $ref: "#/$defs/Point", description: "where" },
    tags: { type: "array", items: { type: "string" }, uniqueItems: true },
    count: { type: "integer", exclusiveMinimum: 0 },
    size: { enum: [1, 2, 4] },
    kind: { const: "fixed" },
    note: { type: ["string", "null"] },
    either: { anyOf: [{ type: "string" }, { type: "integer" }] },
  },
  required: ["at", "kind", "gone"],
};

describe("Q1: a tool's schema for Gemini", () => {
  it("Q1: keeps what AI Studio's parameters know and says the rest", () => {
    expect(cleaned(q1)).toEqual({
      type: "object",
      properties: {
        at: { type: "object", description: "where", properties: { x: { type: "number" } }, required: ["x"] },
        tags: { type: "array", items: { type: "string" }, description: "(no item twice)" },
        count: { type: "integer", minimum: 1 },
        size: { type: "string", enum: ["1", "2", "4"] },
        kind: { type: "string", enum: ["fixed"] },
        note: { type: "string", nullable: true },
        either: { anyOf: [{ type: "string" }, { type: "integer" }] },
      },
      required: ["at", "kind"],
    });
  });

  it("Q1: says more of it in words for Antigravity", () => {
    expect(cleaned(q1, "antigravity")["properties"]).toMatchObject({
      count: { type: "integer", description: "(minimum 1)" },
      size: { type: "integer", description: "(one of [1,2,4])" },
      kind: { type: "string", enum: ["fixed"] },
      either: { type: "string", description: '(or {"type":"integer"})' },
    });
  });

  it("Q1: leaves a real JSON schema nearly as it is, references inlined", () => {
    expect(cleanJsonSchema(frozen(q1)).schema).toEqual({
      type: "object",
      additionalProperties: false,
      properties: {
        at: { type: "object", description: "where", properties: { x: { type: "number" } }, required: ["x"] },
        tags: { type: "array", items: { type: "string" }, description: "(no item twice)" },
        count: { type: "integer", minimum: 1 },
        size: { type: "integer", enum: [1, 2, 4] },
        kind: { type: "string", enum: ["fixed"] },
        note: { type: ["string", "null"] },
        either: { anyOf: [{ type: "string" }, { type: "integer" }] },
      },
      required: ["at", "kind"],
    });
  });

  it("Q1: reports what was put into words and that values come back as text", () => {
    const report = cleanSchema({ ...q1, not: { required: ["at"] } }, "gemini");
    expect(report.inWords).toEqual(["uniqueItems"]);
    expect(report.leftOut).toEqual(["not"]);
    const recursive = { type: "object", properties: { self: { $ref: "#" } } };
    expect(cleanSchema(recursive, "gemini").leftOut).toEqual(["recursion"]);
    expect(report.isCoerced).toBe(true);
  });
});

describe("Q2: names of properties", () => {
  const names = [
    "title",
    "format",
    "default",
    "$schema",
    "type",
    "properties",
    "enum",
    "const",
    "$ref",
    "not",
    "items",
  ];

  it.each([...dialects, "json"] as const)("Q2: are never keywords (%s)", (dialect) => {
    const schema = {
      type: "object",
      properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])),
      required: names,
    };
    const result = dialect === "json" ? cleanJsonSchema(schema).schema : cleaned(schema, dialect);
    expect(result).toEqual(schema);
  });

  it("keeps __proto__ as a name like any other", () => {
    const schema: object = JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}');
    expect(JSON.stringify(cleaned(schema))).toContain('"__proto__":{"type":"string"}');
  });
});

describe("references", () => {
  it("ends a cycle as an open object and says so", () => {
    const schema = {
      type: "object",
      properties: { root: { $ref: "#/$defs/Node" } },
      $defs: {
        Node: {
          type: "object",
          properties: { next: { anyOf: [{ $ref: "#/$defs/Node" }, { type: "null" }] } },
        },
      },
    };
    expect(cleaned(schema)["properties"]["root"]).toEqual({
      type: "object",
      properties: { next: { type: "object", nullable: true, description: "(its inner shape is recursive)" } },
    });
  });

  it("ends a schema that holds itself", () => {
    expect(cleaned({ type: "object", properties: { self: { $ref: "#" } } })["properties"]).toEqual({
      self: { type: "object", description: "(its inner shape is recursive)" },
    });
  });

  it("does not follow an address outside of the schema", () => {
    expect(argument({ $ref: "https://example.com/schema.json", description: "a thing" })).toEqual({
      type: "object",
      description: "a thing (its inner shape is not spelled out)",
    });
  });

  it("does not grow beyond bounds when references multiply", () => {
    const $defs: Record<string, object> = { d30: { type: "string" } };
    for (let index = 0; index < 30; index += 1) {
      const ref = { $ref: `#/$defs/d${index + 1}` };
      $defs[`d${index}`] = { type: "object", properties: { a: ref, b: ref, c: { allOf: [ref, ref] } } };
    }
    const written = JSON.stringify(cleaned({ type: "object", properties: { a: { $ref: "#/$defs/d0" } }, $defs }));
    expect(written.length).toBeLessThan(1_000_000);
  });

  it("follows a reference that stands twice side by side: that is no cycle", () => {
    const schema = {
      allOf: [{ $ref: "#/$defs/A" }, { $ref: "#/$defs/B" }],
      $defs: {
        A: { type: "object", properties: { a: { type: "string" } } },
        B: { allOf: [{ $ref: "#/$defs/A" }, { properties: { b: { type: "string" } } }] },
      },
    };
    expect(cleaned(schema)).toEqual({
      type: "object",
      properties: { a: { type: "string" }, b: { type: "string" } },
    });
  });

  it("merges allOf, and makes what a condition brings optional", () => {
    const schema = {
      allOf: [
        { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
        { properties: { b: { type: "integer" } }, required: ["b"] },
      ],
      if: { properties: { a: { const: "x" } } },
      else: { properties: { c: { type: "boolean" } }, required: ["c"] },
    };
    expect(cleaned(schema)).toEqual({
      type: "object",
      properties: { a: { type: "string" }, b: { type: "integer" }, c: { type: "boolean" } },
      required: ["a", "b"],
    });
  });
});

describe("single schemas", () => {
  const rows: readonly (readonly [string, object | boolean, object, SchemaDialect?])[] = [
    ["true is an open object", true, { type: "object" }],
    ["items are named where they were not", { type: "array" }, { type: "array", items: { type: "string" } }],
    ["an unknown format is said", { type: "string", format: "uri" }, { type: "string", description: "(format uri)" }],
    ["a known format stays", { type: "string", format: "date-time" }, { type: "string", format: "date-time" }],
    ["a pattern stays for AI Studio", { type: "string", pattern: "^a" }, { type: "string", pattern: "^a" }],
    [
      "a pattern is said to Antigravity",
      { type: "string", pattern: "^a" },
      { type: "string", description: "(pattern ^a)" },
      "antigravity",
    ],
    [
      "an exclusive bound of a number is widened and said",
      { type: "number", exclusiveMaximum: 1 },
      { type: "number", maximum: 1, description: "(not 1 itself)" },
    ],
    [
      "draft 4 says exclusive with a boolean",
      { type: "integer", minimum: 3, exclusiveMinimum: true },
      { type: "integer", minimum: 4 },
    ],
    [
      "alternatives of constants are one enum",
      { oneOf: [{ const: "a", description: "first" }, { const: "b" }] },
      { type: "string", enum: ["a", "b"], description: "(a: first)" },
    ],
    [
      "conditions beside a shape are said",
      {
        type: "object",
        properties: { x: { type: "string" }, y: { type: "string" } },
        anyOf: [{ required: ["x"] }, { required: ["y"] }],
      },
      {
        type: "object",
        properties: { x: { type: "string" }, y: { type: "string" } },
        description: "(needs x, or y)",
      },
    ],
    [
      "several types are alternatives",
      { type: ["string", "number", "null"] },
      { anyOf: [{ type: "string" }, { type: "number" }], nullable: true },
    ],
    [
      "Antigravity gets the first of several types",
      { type: ["string", "number"] },
      { type: "string", description: "(or number)" },
      "antigravity",
    ],
    [
      "an empty word among values is said",
      { enum: ["", "a"] },
      { type: "string", enum: ["a"], description: "(may be empty)" },
    ],
    ["values that are no words are said", { enum: [{ a: 1 }] }, { type: "object", description: '(one of [{"a":1}])' }],
    ["a type in capitals is read", { type: "STRING" }, { type: "string" }],
    [
      "an alternative to null keeps its words",
      { anyOf: [{ type: "string", description: "d" }, { type: "null" }] },
      { type: "string", nullable: true, description: "d" },
    ],
    ["a default is said", { type: "integer", default: 5 }, { type: "integer", description: "(default 5)" }],
    [
      "a map says what its values are",
      { type: "object", additionalProperties: { type: "number" } },
      { type: "object", description: '(any keys, each with {"type":"number"})' },
    ],
    [
      "places of a tuple become alternatives",
      { type: "array", prefixItems: [{ type: "string" }, { type: "integer" }] },
      {
        type: "array",
        items: { anyOf: [{ type: "string" }, { type: "integer" }] },
        description: "(2 places, each with a type of its own)",
      },
    ],
  ];

  it.each(rows.map(([what, ...row]) => ({ what, row })))("$what", ({ row: [schema, expected, dialect = "gemini"] }) => {
    expect(argument(schema, dialect)).toEqual(expected);
  });

  it("false is no argument at all", () => {
    expect(cleaned({ type: "object", properties: { a: false, b: true }, required: ["a", "b"] })).toEqual({
      type: "object",
      properties: { b: { type: "object" } },
      required: ["b"],
    });
  });

  it("beyond ten levels stands an open object", () => {
    let schema: object = { type: "string" };
    for (let level = 0; level < 20; level += 1) schema = { type: "object", properties: { inner: schema } };
    const written = JSON.stringify(cleaned(schema));
    expect(written.split('"inner"').length - 1).toBe(11);
    expect(written).toContain("its inner shape is not spelled out");
  });
});

describe("the schema of a function", () => {
  it("is left out where it has no arguments", () => {
    expect(cleanSchema({}, "gemini").isEmpty).toBe(true);
    expect(cleanSchema({ type: "object", properties: {} }, "vertex").isEmpty).toBe(true);
    expect(cleanJsonSchema({ type: "object", properties: {}, additionalProperties: false }).isEmpty).toBe(true);
  });

  it("gets an argument of ours where Antigravity wants one", () => {
    const { schema, placeholder, isEmpty } = cleanSchema({ type: "object", properties: {} }, "antigravity");
    expect(isEmpty).toBe(false);
    expect(placeholder).toBe("reason");
    expect(schema).toMatchObject({ type: "object", properties: { reason: { type: "string" } }, required: ["reason"] });
  });

  it("is one object even where the client wrote alternatives", () => {
    const one = { type: "object", properties: { a: { type: "string" }, b: { type: "string" } }, required: ["a", "b"] };
    const two = { type: "object", properties: { a: { type: "string" }, c: { type: "string" } }, required: ["a"] };
    expect(cleaned({ anyOf: [one, two] })).toEqual({
      type: "object",
      properties: { a: { type: "string" }, b: { type: "string" }, c: { type: "string" } },
      required: ["a"],
    });
  });

  it("of an answer may be of any type, and stays closed for Antigravity", () => {
    expect(cleanResponseSchema({ type: "array", items: { type: "string" } }, "gemini").schema).toEqual({
      type: "array",
      items: { type: "string" },
    });
    const closed = { type: "object", properties: { a: { type: "string" } }, additionalProperties: false };
    expect(cleanResponseSchema(closed, "antigravity").schema).toEqual(closed);
    expect(cleanResponseSchema(closed, "gemini").schema).not.toHaveProperty("additionalProperties");
  });
});

describe("Gemini's own schema", () => {
  it("is read as the JSON schema it means", () => {
    const own = {
      type: "OBJECT",
      properties: {
        type: { type: "STRING", format: "enum", enum: ["a"] },
        any_of: { type: "ARRAY", min_items: "2", items: { type: "INTEGER", nullable: true } },
        either: { anyOf: [{ type: "NUMBER" }, { type: "BOOLEAN" }] },
      },
      property_ordering: ["type"],
    };
    expect(readSchema(frozen(own))).toEqual({
      type: "object",
      properties: {
        type: { type: "string", enum: ["a"] },
        any_of: { type: "array", minItems: 2, items: { type: ["integer", "null"] } },
        either: { anyOf: [{ type: "number" }, { type: "boolean" }] },
      },
      propertyOrdering: ["type"],
    });
  });

  it("leaves a real JSON schema as it is", () => {
    const real = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: ["object", "null"],
      properties: {
        snake_case: { type: "string", const: "STRING" },
        any: true,
        map: { type: "object", additionalProperties: { type: "integer" } },
      },
      additionalProperties: false,
    };
    expect(readSchema(frozen(real))).toEqual(real);
  });

  it("keeps a keyword that nobody knows, even one named like the prototype", () => {
    const schema: unknown = JSON.parse('{"__proto__":{"type":"NUMBER"},"properties":{"__proto__":{"type":"STRING"}}}');
    expect(JSON.stringify(readSchema(schema))).toBe(
      '{"__proto__":{"type":"NUMBER"},"properties":{"__proto__":{"type":"string"}}}',
    );
  });
});
