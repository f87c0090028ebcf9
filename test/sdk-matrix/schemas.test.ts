/** Tool schemas as real clients and MCP servers write them: every provider takes them, and the call's arguments arrive whole. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStage } from "../support/fixture.ts";
import type { JsonSchema } from "./clients.ts";
import { crossPairs, modelTo, play, startRig, thinkerTo, type Rig } from "./rig.ts";

const stage = createStage();
let rig: Rig;
beforeAll(async () => {
  rig = await startRig(stage);
});
afterAll(() => stage.close());

const schemas: Readonly<Record<string, { readonly schema?: JsonSchema; readonly input: Record<string, unknown> }>> = {
  "no schema at all": { input: {} },
  "an empty object": { schema: { type: "object", properties: {} }, input: {} },
  "an object without properties": { schema: { type: "object" }, input: {} },
  "an object that may hold anything": {
    schema: {
      type: "object",
      additionalProperties: true,
      properties: { env: { type: "object", additionalProperties: { type: "string" } } },
    },
    input: { env: { PATH: "/bin" } },
  },
  "references, also to itself": {
    schema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: "https://example.com/node",
      type: "object",
      properties: { root: { $ref: "#/$defs/node" }, other: { $ref: "#/definitions/plain" } },
      required: ["root"],
      $defs: {
        node: {
          type: "object",
          properties: { name: { type: "string" }, children: { type: "array", items: { $ref: "#/$defs/node" } } },
          required: ["name"],
        },
      },
      definitions: { plain: { type: "string", format: "uri" } },
    },
    input: { root: { name: "a", children: [{ name: "b" }] } },
  },
  "unions, nulls and constants": {
    schema: {
      type: "object",
      properties: {
        maybe: { type: ["string", "null"] },
        either: { anyOf: [{ type: "string" }, { type: "integer" }, { type: "null" }] },
        one: {
          oneOf: [{ type: "object", properties: { kind: { const: "a" } }, required: ["kind"] }, { type: "string" }],
        },
        both: {
          allOf: [{ type: "object", properties: { x: { type: "number" } } }, { properties: { y: { type: "number" } } }],
        },
        fixed: { const: "always" },
        number: { const: 3 },
        anything: {},
        yes: true,
      },
      required: ["maybe", "not_there"],
    },
    input: { maybe: null, either: 3, one: { kind: "a" }, both: { x: 1, y: 2 }, fixed: "always", number: 3 },
  },
  "enums of all kinds": {
    schema: {
      type: "object",
      properties: {
        level: { type: "integer", enum: [1, 2, 3] },
        mixed: { enum: ["a", 1, null, true] },
        empty: { type: "string", enum: ["", "a"] },
        plain: { type: "string", enum: ["x", "y"] },
      },
    },
    input: { level: 2, mixed: "a", empty: "a", plain: "x" },
  },
  "limits and patterns": {
    schema: {
      type: "object",
      properties: {
        count: { type: "integer", minimum: 0, exclusiveMaximum: 10, multipleOf: 2, default: 4 },
        ratio: { type: "number", exclusiveMinimum: 0 },
        name: {
          type: "string",
          minLength: 1,
          maxLength: 20,
          pattern: "^[a-z]+$",
          format: "email",
          examples: ["a@b.c"],
        },
        list: { type: "array", minItems: 1, maxItems: 3, uniqueItems: true, items: { type: "string", format: "date" } },
        tuple: { type: "array", prefixItems: [{ type: "string" }, { type: "number" }], items: false },
        bare: { type: "array" },
      },
      minProperties: 1,
      patternProperties: { "^x-": { type: "string" } },
      propertyNames: { pattern: "^[a-z-]+$" },
      dependentRequired: { count: ["ratio"] },
      if: { properties: { count: { const: 1 } } },
      else: { required: ["name"] },
      not: { required: ["forbidden"] },
      deprecated: true,
      "x-order": 1,
    },
    input: { count: 4, ratio: 0.5, name: "abc", list: ["2026-01-01"], tuple: ["a", 1], bare: [] },
  },
  "properties whose names are keywords": {
    schema: {
      type: "object",
      properties: {
        title: { type: "string", title: "A title" },
        type: { type: "string" },
        format: { type: "string" },
        default: { type: "string" },
        enum: { type: "array", items: { type: "string" } },
        $schema: { type: "string" },
        properties: { type: "object", properties: { required: { type: "boolean" } } },
        required: { type: "boolean" },
        items: { type: "array", items: { type: "array", items: { type: "number" } } },
      },
      required: ["title", "type", "properties"],
    },
    input: {
      title: "t",
      type: "string",
      format: "f",
      default: "d",
      enum: ["a"],
      $schema: "s",
      properties: { required: true },
      required: false,
      items: [[1, 2], [3]],
    },
  },
};

describe.each(crossPairs)("%s client by %s", (client, provider) => {
  it.each(Object.entries(schemas))("%s", async (_, { schema, input }) => {
    // Claude's and Chat's own rule: the schema of a tool is one of an object.
    const tool = { name: "tool", description: "Does it", ...(schema === undefined ? {} : { schema }) };
    for (const model of [modelTo(provider), thinkerTo(provider)]) {
      const { asked, seen } = play(rig.fake(provider), { type: "tools", calls: [{ name: "tool", input }] });
      const heard = await rig.client(client).ask({ model, stream: true, tools: [tool] });
      expect(heard.calls).toMatchObject([{ name: "tool", input }]);
      expect(seen().map(({ status }) => status)).toEqual([200]);
      expect(asked[0]?.tools).toHaveLength(1);
      const wanted = schema?.["properties"];
      if (wanted === undefined || Object.keys(wanted as object).length === 0) continue;
      expect(asked[0]?.tools[0]?.schema).toHaveProperty("properties");
    }
  });
});
