import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { spliceModel } from "./splice-model.ts";

const splice = (json: string, model: string): string => Buffer.from(spliceModel(Buffer.from(json), model)).toString();

describe("spliceModel", () => {
  it.each([
    ['{"model":"a","x":1.50e2}', '{"model":"b","x":1.50e2}'],
    ['{ "x" : {"model":"a"} , "model" : "a" }', '{ "x" : {"model":"a"} , "model" : "b" }'],
    ['{"m":"\\"model\\":\\"a\\"","model":"a"}', '{"m":"\\"model\\":\\"a\\"","model":"b"}'],
    ['{"a":"model","model":"a"}', '{"a":"model","model":"b"}'],
    ['{"model":"a","model":"z"}', '{"model":"b","model":"b"}'],
    ['{"\\u006dodel":"a"}', '{"\\u006dodel":"b"}'],
    ['{"model":"größe-ü","t":"日本"}', '{"model":"b","t":"日本"}'],
    ['{"model":null,"x":[]}', '{"model":"b","x":[]}'],
    ['{"model":{"a":"}"} ,"x":1}', '{"model":"b" ,"x":1}'],
    ['{"model":12}', '{"model":"b"}'],
    ["{}", '{"model":"b"}'],
    [' { "x":1}', ' {"model":"b", "x":1}'],
  ])("%s → %s", (before, after) => {
    expect(splice(before, "b")).toBe(after);
  });

  it("hands the very same bytes back when the name is right already", () => {
    const body = Buffer.from('{"model":"same","n":1}');
    expect(spliceModel(body, "same")).toBe(body);
  });

  it("changes the model and nothing else, for any JSON object", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), fc.string(), (rest, old, model) => {
        const before = JSON.stringify({ ...rest, model: old });
        const after: unknown = JSON.parse(splice(before, model));
        expect(after).toEqual(JSON.parse(JSON.stringify({ ...rest, model })));
      }),
    );
  });

  it("copes with any bytes that are not JSON", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(spliceModel(bytes, "m").byteLength).toBeGreaterThan(0);
      }),
    );
  });
});
