import { describe, expect, it } from "vitest";
import { join } from "node:path";
import { systemClock } from "../base/clock.ts";
import { type UsageJson, type UsageRowJson, VerbRefusal } from "../base/controls-engine.ts";
import { createUsageLedger } from "../engine/usage/create-ledger.ts";
import { engineBench, type EngineBench } from "./__fixtures__/engine-bench.ts";

const row = (more: Partial<UsageRowJson>): UsageRowJson => ({
  key: "claude-sonnet-4-5",
  calls: 12,
  failures: 1,
  input: 1_234_567,
  output: 8_900,
  cacheRead: 400_000,
  cacheWrite: 20_000,
  reasoning: 0,
  costUsd: 4.5,
  cacheSavedUsd: 1.08,
  estimated: false,
  unpriced: 0,
  ...more,
});

function accountBench(answer: UsageJson): Promise<EngineBench> {
  return engineBench({ verbs: { usage: () => Promise.resolve(answer) } });
}

const exact = row({});
const guessed = row({ key: "local/\u001b[31mevil", costUsd: null, cacheSavedUsd: null, estimated: true, unpriced: 12 });
const total = row({ key: "total", calls: 24, estimated: true, unpriced: 12, costUsd: 4.5 });

describe("usage", () => {
  it("is a table with totals, figures under each other, and marks that are explained", async () => {
    const { type, out } = await accountBench({ group: "model", rows: [exact, guessed], total, dropped: 3 });
    expect(await type("usage", "model")).toBe(0);
    const lines = out().split("\n");
    expect(lines[0]).toMatch(/^MODEL +CALLS +FAILED +INPUT +OUTPUT +CACHE READ +CACHE WRITE +COST +CACHE SAVED$/);
    expect(lines[1]).toMatch(/claude-sonnet-4-5 +12 +1 +1,234,567 +8,900 +400,000 +20,000 +\$4\.50 +\$1\.08$/);
    expect(lines[2]).toMatch(/^local\/␛\[31mevil +12 +1 +~1,234,567 +~8,900 +400,000 +20,000 +- +-$/);
    expect(lines[4]).toMatch(/^TOTAL +24 .*~\$4\.50/);
    // Right-aligned: the columns end where their heads end.
    expect(
      new Set(
        lines
          .slice(0, 3)
          .concat(lines[4] ?? "")
          .map((line) => line.length),
      ).size,
    ).toBe(1);
    expect(out()).toContain("~ some of it is estimated");
    expect(out()).toContain("12 calls have no known price");
    expect(out()).toContain("3 calls could not be recorded");
    expect(out()).not.toContain("\u001b");
  });

  it("explains no mark that is not there", async () => {
    const { type, out } = await accountBench({ group: "day", rows: [exact], total: exact, dropped: 0 });
    await type("usage");
    expect(out()).not.toContain("~");
    expect(out()).toMatch(/^DAY /);
  });

  it("is narrow where that is wished", async () => {
    const { type, out } = await accountBench({ group: "model", rows: [exact], total, dropped: 0 });
    expect(await type("usage", "model", "--compact")).toBe(0);
    expect(out()).toMatch(/claude-sonnet-4-5 +12 +1\.2M +8900 +\$4\.50 +\$1\.08/);
    const [table = ""] = out().split("\n\n");
    expect(Math.max(...table.split("\n").map((line) => line.length))).toBeLessThan(80);
  });

  it("asks for what was typed, and is one JSON document", async () => {
    const asked: unknown[] = [];
    const answer: UsageJson = { group: "day", rows: [exact], total, dropped: 0 };
    const made = await engineBench({
      verbs: {
        usage(question) {
          asked.push(question);
          return Promise.resolve(answer);
        },
      },
    });
    expect(await made.type("usage", "daily", "--since", "2026-11-01", "--until", "2026-11-20", "--json")).toBe(0);
    expect(asked).toEqual([{ group: "day", since: "2026-11-01", until: "2026-11-20" }]);
    expect(made.json()).toEqual({ schemaVersion: 1, ...answer });
  });

  it("names the grouping that was meant: exit code 2", async () => {
    const { type, err } = await engineBench();
    expect(await type("usage", "modle")).toBe(2);
    expect(err()).toContain('did you mean "model"?');
    const refused = await engineBench({
      verbs: { usage: () => Promise.reject(new VerbRefusal("invalid", "no date")) },
    });
    expect(await refused.type("usage", "--since", "soon")).toBe(2);
  });

  it("is read from the ledger's files when no core runs", async () => {
    const { type, context, json, err } = await engineBench();
    const folder = join(context.paths.dataDir, "usage");
    const ledger = createUsageLedger({ folder, clock: systemClock, onTrouble: () => {} });
    ledger.record({
      at: Date.now(),
      flow: "f1",
      client: "codex",
      session: null,
      provider: "groq",
      account: "main",
      model: "llama",
      action: "reroute",
      usage: { input: 100, output: 20, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false },
      costUsd: 0.25,
      cacheSavedUsd: null,
      ok: true,
      ms: 900,
    });
    await ledger.close();
    expect(await type("usage", "client", "--json")).toBe(0);
    expect(json()).toMatchObject({
      rows: [{ key: "codex", calls: 1, input: 100, costUsd: 0.25 }],
      total: { calls: 1 },
    });
    expect(await type("usage", "--until", "2001-01-01")).toBe(0);
    expect(err()).toContain("no usage in that time");
    expect(await type("usage", "--since", "soon")).toBe(2);
    expect(err()).toContain('"soon" is no date');
  });
});
