import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ranked } from "./rank.ts";

describe("ranked", () => {
  it("gives the indexes a stable sort would give, below 2^33", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(5), fc.nat(2 ** 31), fc.constant(2 ** 33 - 1))), (values) => {
        const stable = values.map((_, index) => index).toSorted((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
        expect([...ranked(values)]).toEqual(stable);
      }),
    );
  });
});
