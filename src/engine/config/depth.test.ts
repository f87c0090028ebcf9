/** Texts that would end the process when the library reads them, and ordinary ones. */
import { describe, expect, it } from "vitest";
import { deepPlace, maxYamlDepth } from "./depth.ts";
import { parseConfig } from "./load.ts";

const options = { path: "/nowhere/config.yaml", env: {}, readFile: () => "" };

describe("the depth of a configuration", () => {
  it.each([
    ["lists", "["],
    ["maps", "{a: "],
    ["both", "[{a: "],
    ["marks of lists", "- "],
    ["marks of keys", "? "],
    ["marks with tabs", "-\t"],
  ])("is bounded: %s in each other by the ten thousand", (_, opening) => {
    const read = parseConfig(`routes:\n  ${opening.repeat(20_000)}`, options);
    expect(read.ok ? [] : read.problems).toMatchObject([
      { line: 2, message: `not valid YAML: nested deeper than ${maxYamlDepth} levels` },
    ]);
  });

  it("may be what it says, and not one more", () => {
    expect(deepPlace("[".repeat(maxYamlDepth))).toBeNull();
    expect(deepPlace("[".repeat(maxYamlDepth + 1))).toBe(maxYamlDepth);
  });

  it("is not that of its length", () => {
    expect(deepPlace("- [a, {b: c}]\n".repeat(10_000))).toBeNull();
    expect(deepPlace("- a\n-\n- b: - \n".repeat(10_000))).toBeNull();
    expect(deepPlace(`# ${"-".repeat(5_000)}\na: ${"::".repeat(5_000)}`)).toBeNull();
  });
});
