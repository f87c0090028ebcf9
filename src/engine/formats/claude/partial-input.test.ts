/** A cut call in a whole message shows what the official client makes of the same call in a stream. */
import { describe, expect, it } from "vitest";
import { partialInput } from "./partial-input.ts";
import { cpuMs } from "../../../../test/support/cpu.ts";

describe("the input of a call that was cut", () => {
  it.each([
    ["", {}],
    ["{", {}],
    ['{"path"', {}],
    ['{"path":"/et', {}],
    ['{"path":"/etc"', { path: "/etc" }],
    ['{"path":"/etc","all":tr', { path: "/etc" }],
    ['{"path":"/etc","all":true', { path: "/etc", all: true }],
    ['{"count":12', {}],
    ['{"count":12,', { count: 12 }],
    ['{"list":["a","b', { list: ["a"] }],
    ['{"deep":{"x":[1,{"y":"z"}', { deep: { x: [1, { y: "z" }] } }],
    ['{"quote":"a \\"b\\" c"', { quote: 'a "b" c' }],
    ['{"broken":}}', {}],
    ["[1,2", {}],
    ["no json", {}],
  ])("%s", (text, wanted) => {
    expect(partialInput(text)).toEqual(wanted);
  });

  it("costs no more than its length", () => {
    const text = `{"rows":[${"[1,2,3],".repeat(50_000)}`;
    const ms = cpuMs(() => expect(partialInput(text)["rows"]).toHaveLength(50_000));
    expect(ms).toBeLessThan(2_000);
  });
});
