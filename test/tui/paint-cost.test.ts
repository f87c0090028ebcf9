/** The bench's promises (`npm run bench:tui`) without a clock on the wall: what is painted, counted. */
import { afterEach, describe, expect, it } from "vitest";
import { startAt, startHarness, status, type Harness } from "./harness.ts";
import { sampleFlow, variedFlows } from "./sample-flows.ts";

const open: Harness[] = [];

afterEach(() => {
  for (const harness of open.splice(0)) harness.close();
});

function start(flows: number): Harness {
  const harness = startHarness({ columns: 120, rows: 40 });
  open.push(harness);
  // A running call's time goes on by itself, which is not what is counted here.
  const finished = variedFlows(2 * flows, startAt).filter((flow) => flow["state"] === "done");
  harness.emit({ type: "hello", status, flows: finished.slice(-flows) });
  harness.pass(1_000);
  return harness;
}

/** What was written while `work` ran. */
function writtenBy(harness: Harness, work: () => void): string {
  const before = harness.written.length;
  work();
  return harness.written.slice(before).join("");
}

// oxlint-disable-next-line no-control-regex -- the position before each row is what is counted
const rowStarts = /\u001b\[\d+;1H/g;

function rowsIn(written: string): number {
  return written.match(rowStarts)?.length ?? 0;
}

/** The newest flow, the running totals, and with the selection on it the two lines of the inspector. */
const rowsOfOneChange = 4;

function newestChanges(harness: Harness, output: number): void {
  const usage = { input: 10, output, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false };
  harness.emit({ type: "flow", flow: sampleFlow("newest", { startedAt: startAt, usage }) });
  harness.pass(70);
}

describe("the cost of a paint", () => {
  it.each([100, 10_000])("is a few rows when one of %i flows changed, never the whole screen", (flows) => {
    const harness = start(flows);
    newestChanges(harness, 1);
    for (let update = 2; update < 12; update += 1) {
      const written = writtenBy(harness, () => newestChanges(harness, update * 1_000));
      expect(rowsIn(written)).toBeGreaterThan(0);
      expect(rowsIn(written)).toBeLessThanOrEqual(rowsOfOneChange);
      expect(written.length).toBeLessThan(rowsOfOneChange * 300);
      expect(written).not.toMatch(/\[[0-9]*J/);
    }
  });

  it("is two rows and what they say when the selection moves", () => {
    const harness = start(200);
    harness.press("jj");
    const written = writtenBy(harness, () => harness.press("j"));
    // The row it left, the row it went to, and the inspector below.
    expect(rowsIn(written)).toBeLessThanOrEqual(4);
    expect(written.length).toBeLessThan(1_200);
  });

  it("is nothing when what changed is not on screen", () => {
    const harness = start(200);
    const hidden = sampleFlow("hidden", { startedAt: startAt });
    for (const flow of [hidden, ...Array.from({ length: 60 }, (_, index) => ({ ...hidden, id: `above-${index}` }))]) {
      harness.emit({ type: "flow", flow });
    }
    harness.pass(1_000);
    const written = writtenBy(harness, () => {
      harness.emit({ type: "flow", flow: { ...hidden, path: "/v1/elsewhere/again" } });
      harness.pass(70);
    });
    expect(written).toBe("");
  });

  it("lays out each arrangement of the screen once, whatever the lines say", () => {
    const harness = start(100);
    const { chromeDraws } = harness.app.stats;
    for (const keys of ["j", "f", "j", "G", "Z", "p", "p", "f"]) harness.press(keys);
    expect(harness.app.stats.chromeDraws).toBe(chromeDraws);
  });

  it("stays below 120 KB and sixteen paints a second at two hundred events a second", () => {
    const harness = start(10_000);
    const { paints, chromeDraws } = harness.app.stats;
    const written = writtenBy(harness, () => {
      for (let event = 0; event < 1_000; event += 1) {
        const number = event % 10 === 0 ? event : event - (event % 10);
        const state = event % 10 === 9 ? "done" : "streaming";
        harness.emit({ type: "flow", flow: sampleFlow(`load-${number}`, { startedAt: startAt + event * 5, state }) });
        harness.pass(5);
      }
    });
    expect(Buffer.byteLength(written)).toBeLessThan(5 * 120_000);
    expect(harness.app.stats.paints - paints).toBeLessThanOrEqual(5 * 16);
    expect(harness.app.stats.chromeDraws).toBe(chromeDraws);
  });
});
