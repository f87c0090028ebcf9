/** The short form of `npm run fuzz`: another seed each time, and it is printed with what it found. */
import { describe, expect, it } from "vitest";
import { fuzzTargets } from "./all.ts";
import { fuzz, must, type FuzzTarget } from "./target.ts";
import fc from "fast-check";

describe("fuzzing", () => {
  it.each(fuzzTargets.map((target) => [target.name, target] as const))("%s", { timeout: 60_000 }, async (_, target) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const { broken, runs } = await fuzz(target, { runs: 150, seed, maxMs: 15_000 });
    expect(broken, `npm run fuzz -- ${target.name} --seed ${seed}`).toBeNull();
    expect(runs).toBeGreaterThan(0);
  });

  it("finds what is broken, and finds it again with the seed and the path", async () => {
    const target: FuzzTarget = {
      name: "broken",
      promise: "numbers are small",
      property: fc.property(fc.nat(1_000_000), (n) => must(n < 900, `${n} is large`)),
    };
    const first = await fuzz(target, { runs: 1_000, seed: 7, maxMs: 10_000 });
    expect(first.broken).toMatchObject({ counterexample: "[900]" });
    const again = await fuzz(target, { runs: 1, seed: 7, maxMs: 10_000, path: first.broken?.path ?? "" });
    expect(again.broken?.counterexample).toBe("[900]");
  });
});
