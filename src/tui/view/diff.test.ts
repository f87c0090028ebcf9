import { describe, expect, it } from "vitest";
import { sampleStages } from "../../../test/tui/sample-flows.ts";
import type { DocumentLine } from "../body/line.ts";
import { readStages, type StagesView } from "../state/stages-view.ts";
import { type StagePair, stagePairs } from "../state/ui.ts";
import { cellWidth } from "../text/cells.ts";
import type { Spans } from "../text/row.ts";
import { diffHead, diffLines, lossesSpans } from "./diff.ts";

function sample(rows = 0): StagesView {
  const stages = readStages(sampleStages(rows));
  if (stages === null) throw new Error("no stages");
  return stages;
}

function textOf(spans: Spans): string {
  return spans.map(({ text }) => text).join("");
}

function linesOf(pair: StagePair | null, width: number): readonly DocumentLine[] {
  return [...diffLines(sample(), null, { width, pair })];
}

describe("the Diff tab", () => {
  it.each([60, 80, 120, 200])("has its panes aligned and within %i columns", (columns) => {
    for (const pair of [...stagePairs, null]) {
      const options = { width: columns - 2, pair };
      const rows = [textOf(diffHead(sample(), options)), ...linesOf(pair, columns - 2).map(({ text }) => text)];
      const dividers = rows.map((row) => [...row.matchAll(/ │ /g)].map(({ index }) => cellWidth(row.slice(0, index))));
      expect(new Set(dividers.map(String)).size).toBe(1);
      expect(dividers[0]?.length).toBe(pair === null ? 2 : 1);
      for (const row of rows) expect(cellWidth(row)).toBeLessThanOrEqual(columns - 2);
      expect(cellWidth(textOf(lossesSpans(sample(), columns)))).toBeLessThanOrEqual(columns);
    }
  });

  it("marks changes by a sign and not by colour alone", () => {
    const texts = linesOf(null, 118).map(({ text }) => text.trimEnd());
    expect(texts[0]).toMatch(/ ~$/);
    expect(texts[2]).toMatch(/\(dropped\) +-$/);
    expect(texts[3]).toMatch(/\+$/);
  });

  it("has as changes what changed between the stages that are shown", () => {
    const changes = (pair: StagePair | null): readonly string[] =>
      linesOf(pair, 58).flatMap(({ text, isMarked }) => (isMarked === true ? [text.slice(0, 12).trimEnd()] : []));
    expect(changes(stagePairs[0])).toEqual(["- container"]);
    expect(changes(stagePairs[1])).toEqual(['~ model "cla', "- temperatur", "+", "- the last o"]);
    expect(changes(stagePairs[2])).toEqual(['~ model "cla', "- temperatur", "+", "- container", "- the last o"]);
  });

  it("says what it has no rows for", () => {
    const said = (stages: StagesView | null, problem: string | null): string =>
      [...diffLines(stages, problem, { width: 60, pair: null })].map(({ text }) => text).join(" ");
    expect(said(null, null)).toContain("comparing");
    expect(said(null, "gone")).toContain("could not be loaded: gone");
    expect(said({ ...sample(), problem: "Passed through." }, null)).toBe("Nothing to compare. Passed through.");
  });
});

describe("what the core sent", () => {
  it("is believed as far as it can be read", () => {
    expect(readStages(null)).toBeNull();
    expect(readStages({ rows: "many" })).toBeNull();
    expect(readStages({ rows: [null, { client: 5, change: { hub: "odd" } }] })).toMatchObject({
      heads: { client: { format: "", bytes: 0 } },
      rows: [{ depth: 0 }, { cells: { client: null }, change: { hub: "same", upstream: "same" } }],
      problem: null,
    });
  });

  it("has a row that is about no stage shown by its label", () => {
    const stages = readStages({ rows: [{ label: "… and 5 more rows", client: null, hub: null, upstream: null }] });
    expect(stages?.rows[0]?.cells.client).toBe("… and 5 more rows");
  });

  it("is sanitised", () => {
    const stages = readStages({ rows: [{ client: "a\u001b[2Jb\nc" }], losses: ["\u202e"], problem: "\u0007" });
    expect(JSON.stringify(stages)).not.toMatch(/\\u001b|\\u0007|\u202e|\\n/);
  });
});
