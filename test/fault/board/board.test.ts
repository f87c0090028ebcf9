/** The short form of `npm run test:fault`, and the board itself. */
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { tempFolder } from "../../support/temp.ts";
import { boardCases } from "./all.ts";
import type { BoardCase } from "./case.ts";
import { createFindings } from "./findings.ts";
import { createRandom, someSeed } from "./random.ts";
import { reportText } from "./report.ts";
import { lineOf, runCase, verdictOf, type Result } from "./run.ts";
import { removeBuilt } from "./subjects.ts";

afterAll(() => removeBuilt());

const quiet = { amount: "short", seed: 7, say: () => {} } as const;
const sample = (run: BoardCase["run"]): BoardCase => ({ id: "X1", title: "things", aim: "0", peers: [], run });

describe("the scoreboard of faults", () => {
  it.each(boardCases.map((one) => [one.id, one] as const))("%s", { timeout: 120_000 }, async (_, one) => {
    const seed = someSeed();
    const { finding, missing } = await runCase(one, "switchyard", { ...quiet, seed });
    // What is not installed here is named by the scoreboard of the long run.
    const isKept = missing !== null || finding.kept;
    expect(isKept, `npm run test:fault -- ${one.id} --amount short --seed ${seed}\n${JSON.stringify(finding)}`).toBe(
      true,
    );
  });

  it("names what broke, and a case that throws is broken", async () => {
    const thrown = await runCase(
      sample(() => Promise.reject(new Error("no socket"))),
      "switchyard",
      quiet,
    );
    expect(
      lineOf(
        sample(() => Promise.resolve(thrown.finding)),
        thrown,
      ),
    ).toMatch(/^BROKEN {2}X1 .*broke off[^]*no socket/);
    expect(verdictOf([thrown], 7)).toEqual({ ok: false, text: "1 of 1 promises BROKEN (X1); seed 7" });
    const kept = await runCase(
      sample(() => Promise.resolve({ figure: "0 of 3", kept: true })),
      "switchyard",
      quiet,
    );
    expect(verdictOf([kept], 7)).toEqual({ ok: true, text: "all 1 promises kept; seed 7" });
    expect(verdictOf([{ ...kept, missing: "no such program" }], 7)).toEqual({
      ok: false,
      text: "all 0 promises kept, 1 not run (X1); seed 7",
    });
  });

  it("tries everybody with the same numbers", async () => {
    const seen: number[] = [];
    const one = sample(({ random }) => {
      seen.push(random.below(1_000_000));
      return Promise.resolve({ figure: "", kept: true });
    });
    await runCase(one, "switchyard", quiet);
    await runCase(one, "mockttp", quiet);
    expect(seen[0]).toBe(seen[1]);
    expect(createRandom(7).fork("a").next()).not.toBe(createRandom(7).fork("b").next());
  });

  it("keeps what was found, and tries again what broke", async () => {
    const folder = tempFolder("findings");
    try {
      const path = join(folder.path, "found.jsonl");
      const how = { amount: "short", seed: 7 } as const;
      const kept = await runCase(
        sample(() => Promise.resolve({ figure: "0 of 3", kept: true })),
        "switchyard",
        quiet,
      );
      const broken: Result = { ...kept, finding: { figure: "1 of 3", kept: false } };
      const first = createFindings(path);
      first.keep({ ...broken, id: "X2" }, how);
      first.keep(kept, how);
      first.keep({ ...broken, subject: "mockttp" }, how);
      const later = createFindings(path);
      expect(later.of("X1", "switchyard", how)).toEqual(kept);
      expect(later.of("X1", "mockttp", how)?.finding.figure).toBe("1 of 3");
      expect(later.of("X2", "switchyard", how)).toBeNull();
      expect(later.of("X1", "switchyard", { ...how, seed: 8 })).toBeNull();
      expect(createFindings(null).of("X1", "switchyard", how)).toBeNull();
    } finally {
      folder.close();
    }
  });

  it("writes a table with a column for each", async () => {
    const one = sample(() => Promise.resolve({ figure: "0 | 3", kept: true }));
    const ours = await runCase(one, "switchyard", quiet);
    const report = { amount: "full", peersAmount: "short", seed: 7, isResumed: false } as const;
    expect(reportText([one], [ours, { ...ours, subject: "mockttp", missing: "no registry" }], report)).toContain(
      "| X1 | things | 0 | ✓ 0 \\| 3 | – | not run: no registry |",
    );
  });
});
