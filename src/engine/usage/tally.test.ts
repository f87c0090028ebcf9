import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { usageLine } from "./__fixtures__/lines.ts";
import type { UsageGroup, UsageLine } from "./ledger.ts";
import { decodeLine, encodeLine } from "./line.ts";
import { createTally, totalOf } from "./tally.ts";

const groups = ["day", "model", "account", "session", "client", "provider"] as const satisfies readonly UsageGroup[];

const count = fc.integer({ min: 0, max: 2_000_000 });
const line: fc.Arbitrary<UsageLine> = fc.record({
  at: fc.integer({ min: Date.parse("2026-01-01"), max: Date.parse("2026-12-31") }),
  flow: fc.string(),
  client: fc.constantFrom("claude-code", "codex"),
  session: fc.option(fc.constantFrom("a", "b", "c")),
  provider: fc.constantFrom("claude", "openai"),
  account: fc.option(fc.constantFrom("claude/work", "openai/main")),
  model: fc.string({ unit: "binary", maxLength: 20 }),
  action: fc.constantFrom("passthrough", "reroute"),
  usage: fc.record({
    input: count,
    output: count,
    cacheRead: count,
    cacheWrite: count,
    reasoning: count,
    estimated: fc.boolean(),
  }),
  costUsd: fc.option(fc.double({ min: 0, max: 100, noNaN: true })),
  cacheSavedUsd: fc.option(fc.double({ min: -10, max: 100, noNaN: true })),
  ok: fc.boolean(),
  ms: count,
});

function rowsOf(group: UsageGroup, lines: readonly UsageLine[]) {
  const tally = createTally(group);
  for (const one of lines) tally.add(one);
  return tally.rows();
}

describe("adding up", () => {
  it("gives the same total for every grouping", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
        const sum = (of: (one: UsageLine) => number | null): number =>
          lines.reduce((all, one) => all + (of(one) ?? 0), 0);
        for (const group of groups) {
          const rows = rowsOf(group, lines);
          expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
          const total = totalOf(rows);
          expect(total.calls).toBe(lines.length);
          expect(total.failures).toBe(lines.filter(({ ok }) => !ok).length);
          for (const field of ["input", "output", "cacheRead", "cacheWrite", "reasoning"] as const) {
            expect(total[field]).toBe(sum(({ usage }) => usage[field]));
          }
          expect(total.costUsd ?? 0).toBeCloseTo(
            sum(({ costUsd }) => costUsd),
            6,
          );
          expect(total.cacheSavedUsd ?? 0).toBeCloseTo(
            sum(({ cacheSavedUsd }) => cacheSavedUsd),
            6,
          );
          expect(total.costUsd === null).toBe(lines.every(({ costUsd }) => costUsd === null));
        }
      }),
      { numRuns: 50 },
    );
  });

  it("counts calls without a price, and marks what is estimated", () => {
    const [row] = rowsOf("model", [
      usageLine(),
      usageLine({ costUsd: null, cacheSavedUsd: null }),
      usageLine({ costUsd: null, ok: false, usage: { ...usageLine().usage, input: 0, output: 0 } }),
    ]);
    expect(row).toMatchObject({ calls: 3, failures: 1, unpriced: 1, estimated: true, costUsd: 0.01 });
    expect(rowsOf("model", [usageLine()])[0]?.estimated).toBe(false);
    expect(rowsOf("model", [usageLine({ costEstimated: true })])[0]?.estimated).toBe(true);
    const guess = { ...usageLine().usage, estimated: true };
    expect(rowsOf("model", [usageLine({ usage: guess })])[0]?.estimated).toBe(true);
    const failed = usageLine({ costUsd: null, ok: false, usage: { ...usageLine().usage, input: 0, output: 0 } });
    expect(rowsOf("model", [failed])[0]).toMatchObject({ unpriced: 0, estimated: false });
  });

  it("shows days in their order and the rest dearest first", () => {
    const noon = new Date(2026, 10, 21, 12).getTime();
    const lines = [
      usageLine({ at: noon, model: "cheap", costUsd: 1 }),
      usageLine({ at: noon - 86_400_000, model: "dear", costUsd: 2 }),
      usageLine({ at: noon, model: "unknown", costUsd: null, account: null, session: null }),
    ];
    expect(rowsOf("day", lines).map(({ key }) => key)).toEqual(["2026-11-20", "2026-11-21"]);
    expect(rowsOf("model", lines).map(({ key }) => key)).toEqual(["dear", "cheap", "unknown"]);
    expect(rowsOf("account", lines).map(({ key }) => key)).toContain("none");
    expect(rowsOf("session", lines).map(({ key }) => key)).toContain("none");
  });
});

describe("a line of text", () => {
  it("holds a call and gives it back, whatever its texts are made of", () => {
    fc.assert(
      fc.property(line, (one) => {
        const text = encodeLine(one);
        expect(text.indexOf("\n")).toBe(text.length - 1);
        expect(decodeLine(text)).toEqual(JSON.parse(JSON.stringify(one)));
      }),
    );
  });
  it("is refused where it was cut at any place", () => {
    const text = encodeLine(usageLine({ costEstimated: true })).trim();
    for (let end = 0; end < text.length; end += 1) expect(decodeLine(text.slice(0, end))).toBeNull();
    expect(decodeLine(text)).toEqual(usageLine({ costEstimated: true }));
  });
  it.each([
    "null",
    "[]",
    '"x"',
    '{"at":1e99}',
    JSON.stringify({ ...usageLine(), usage: { input: -1 } }),
    JSON.stringify({ ...usageLine(), at: null }),
  ])("is refused: %s", (text) => {
    expect(decodeLine(text)).toBeNull();
  });
});
