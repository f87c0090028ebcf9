import { describe, expect, it } from "vitest";
import { coolingAfter } from "./cooling.ts";
import { readFlow } from "./read.ts";
import type { FlowView } from "./flow-view.ts";

function flow(error: string | null, more: Readonly<Record<string, unknown>> = {}): FlowView {
  const read = readFlow({ id: "a", startedAt: 1_000, endedAt: 2_000, state: "failed", error, ...more }, 1);
  if (read === null) throw new Error("no flow");
  return read;
}

const error = (time: string): string =>
  `no account of claude can serve claude-sonnet-4-5 now; work can in ${time}: work: cooling ${time} more (rate-limit: 429)`;

describe("a target whose accounts all rest", () => {
  it.each([
    ["400 ms", 400],
    ["7.5 s", 7_500],
    ["3 min", 180_000],
    ["2 h 5 min", 7_500_000],
  ])("is ready again in %s", (time, ms) => {
    const cooling = coolingAfter(null, flow(error(time)));
    expect(cooling).toMatchObject({ provider: "claude", model: "claude-sonnet-4-5", endsAt: 2_000 + ms });
    expect(cooling?.next).toEqual({ name: "work", at: 2_000 + ms });
  });

  it("waits for its owner where time does not help", () => {
    const cooling = coolingAfter(null, flow("no account of claude can serve opus until you act: work: stopped"));
    expect(cooling).toMatchObject({ next: null, endsAt: 62_000 });
  });

  it("is over once a later call is served, and not by an earlier one", () => {
    const cooling = coolingAfter(null, flow(error("7 s")));
    const served = { state: "done", status: 200, provider: "claude" };
    expect(coolingAfter(cooling, flow(null, { ...served, startedAt: 500 }))).toBe(cooling);
    expect(coolingAfter(cooling, flow(null, { ...served, provider: "local", startedAt: 3_000 }))).toBe(cooling);
    expect(coolingAfter(cooling, flow(null, { ...served, startedAt: 3_000 }))).toBeNull();
  });

  it("is not seen in other errors", () => {
    for (const text of [
      null,
      "",
      "no account of",
      "the name did not resolve",
      "no account of a can serve b now; c can",
    ]) {
      expect(coolingAfter(null, flow(text))).toBeNull();
    }
  });
});
