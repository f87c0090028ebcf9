import { describe, expect, it } from "vitest";
import { nearest } from "./nearest.ts";

describe("the nearest name", () => {
  it.each([
    ["prot", ["port", "host"], "port"],
    ["apiKey", ["api_key", "name"], "api_key"],
    ["openroutr", ["openai", "openrouter"], "openrouter"],
    ["completely-else", ["port", "host"], null],
    ["x", [], null],
  ])("of %s in %j is %s", (name, known, expected) => {
    expect(nearest(name, known)).toBe(expected);
  });
});
