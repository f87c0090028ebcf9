/** The short form of `npm run bench`: every part runs, gives figures and a verdict. What the figures are is not tested here. */
import { afterAll, describe, expect, it } from "vitest";
import { canRun } from "../support/needs.ts";
import { scoreboard, verdictOf, type Outcome } from "./board.ts";
import { benchIntercept } from "./intercept.ts";
import { machineOf } from "./machine.ts";
import { openBench, type Bench } from "./part.ts";
import { reportText } from "./report.ts";
import { benchRouting } from "./routing.ts";
import { benchStartup } from "./startup.ts";
import { benchTranslate } from "./translate.ts";
import { benchTui } from "./tui.ts";

const hasPython = canRun("python3");
/** What npm would have to install first is for the long run. */
const only = ["floor", "switchyard", "http-mitm-proxy"];
const bench = openBench({ size: "tiny", only, say: () => {} });
afterAll(() => bench.close());

describe("the short form of each part", () => {
  const parts: readonly (readonly [string, (bench: Bench) => Promise<Outcome>])[] = [
    ["intercept", benchIntercept],
    ["routing", benchRouting],
    ["translate", benchTranslate],
    ["startup", benchStartup],
    ...(hasPython ? ([["tui", benchTui]] as const) : []),
  ];
  it.each(parts)("%s", { timeout: 180_000 }, async (name, part) => {
    const outcome = await part(bench);
    expect(outcome.part).toBe(name);
    expect(outcome.aims.length).toBeGreaterThan(0);
    expect(outcome.aims.filter(({ figure }) => !Number.isFinite(figure))).toEqual([]);
    expect(scoreboard(outcome).split("\n").at(-1)).toMatch(new RegExp(`^verdict \\(${name}\\): `));
  });
});

describe("a verdict", () => {
  const outcome: Outcome = {
    part: "intercept",
    about: "What was done.",
    tables: [
      {
        title: "Figures",
        rows: [
          ["", "a|b"],
          ["speed", "1"],
        ],
      },
    ],
    aims: [
      { text: "speed", figure: 1, limit: 2, unit: " ms" },
      { text: "memory", figure: 30, limit: 20, unit: " MB", beside: "the floor: 10 MB" },
      { text: "lost", figure: Number.NaN, limit: 1, unit: "" },
    ],
    notes: ["How it was done."],
  };
  const reached = { ...outcome, aims: outcome.aims.slice(0, 1) };

  it("names what was missed, by how much, and what was not measured", () => {
    const { ok, text } = verdictOf([outcome]);
    expect(ok).toBe(false);
    expect(text).toBe(
      "verdict (intercept): 2 of 3 aims MISSED: intercept: memory, 30.00 MB (aim ≤ 20 MB; the floor: 10 MB); intercept: lost, not measured (aim ≤ 1)",
    );
    expect(verdictOf([reached])).toEqual({ ok: true, text: "verdict (intercept): all 1 aims met" });
    expect(verdictOf([{ ...outcome, aims: [] }]).ok).toBe(false);
  });

  it("is what the page says too", () => {
    const options = { machine: machineOf(), command: "npm run bench -- --report", minutes: 5, others: ["tui"] };
    const page = reportText([outcome], options);
    expect(page).toContain("**2 of 3 aims missed, 1 met.** Missed:");
    expect(page).toContain("- memory: 30.00 MB (aim ≤ 20 MB; the floor: 10 MB), 50 % over");
    expect(page).toContain("- lost: not measured (aim ≤ 1), which counts as a miss");
    expect(page).toContain("| **missed** | memory | 30.00 MB | ≤ 20 MB | the floor: 10 MB |");
    expect(page).toContain("|  | a\\|b |");
    expect(page).toContain("Not in this run: tui.");
    const good = reportText([reached], { ...options, others: [] });
    expect(good).toContain("**All 1 aims met.**");
    expect(good).not.toContain("Not in this run");
  });
});
