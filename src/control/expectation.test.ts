import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { expectation, fieldsOf, schemaAt } from "./expectation.ts";
import { filledText, oneOf, wholeNumber } from "./schemas/words.ts";

describe("expectation", () => {
  it.each<[string, v.GenericSchema]>([
    ["text", v.string()],
    ["text that is not empty", filledText("a name")],
    ["a number", v.number()],
    ["a whole number from 1 to 10", wholeNumber(1, 10, "a count")],
    ["a number from 0 on", v.pipe(v.number(), v.minValue(0))],
    ["a number of at most 9", v.pipe(v.number(), v.maxValue(9))],
    ["true or false", v.exactOptional(v.boolean())],
    ['"x"', v.literal("x")],
    ["one of day, model or account", oneOf(["day", "model", "account"], "a group")],
    ["one of day", v.optional(v.picklist(["day"]), "day")],
    ["a list, each item text", v.array(v.string())],
    ["an object, each value text", v.record(v.string(), v.string())],
    ["an object of a, b and c", v.strictObject({ a: v.string(), b: v.string(), c: v.string() })],
    ["text, or null", v.nullable(v.string())],
    ["text, or a number", v.union([v.string(), v.number()])],
    ["something else", v.unknown()],
  ])("says %s", (words, schema) => {
    expect(expectation(schema)).toBe(words);
  });

  it("finds its way inside", () => {
    const schema = v.strictObject({
      list: v.exactOptional(v.array(v.strictObject({ name: v.string() }))),
      map: v.nullable(v.record(v.string(), v.number())),
    });
    expect(fieldsOf(v.optional(schema, { map: null }))).toEqual(["list", "map"]);
    expect(expectation(schemaAt(schema, ["list", 3, "name"]))).toBe("text");
    expect(expectation(schemaAt(schema, ["map", "any"]))).toBe("a number");
    expect(schemaAt(schema, ["nothing", "there"])).toBeUndefined();
    expect(schemaAt(schema, ["constructor"])).toBeUndefined();
  });
});
