import { describe, expect, it } from "vitest";
import type { FlowRecord, Usage } from "../../base/flow.ts";
import { createCounters } from "./counters.ts";

const usage: Usage = { input: 10, output: 5, cacheRead: 4, cacheWrite: 1, reasoning: 2, estimated: false };

function flow(
  more: Partial<FlowRecord> & { readonly totalMs?: number; readonly firstTokenMs?: number } = {},
): FlowRecord {
  const { totalMs = 40, firstTokenMs = null, ...rest } = more;
  return {
    id: "f",
    startedAt: 0,
    client: "curl",
    host: "api.example",
    method: "POST",
    path: "/v1/x",
    protocol: "http/1.1",
    status: 200,
    state: "done",
    action: "reroute",
    formats: { client: null, upstream: null },
    model: { asked: null, served: null },
    provider: "p",
    account: null,
    attempts: [],
    why: [],
    usage: null,
    timings: { connectMs: null, tlsMs: null, translateMs: null, ttfbMs: null, firstTokenMs, totalMs },
    losses: [],
    ...rest,
  };
}

describe("the counters of a core", () => {
  it("tell calls by what was done, who served and how it ended", () => {
    const counters = createCounters();
    counters.ended(flow(), null);
    counters.ended(flow(), null);
    counters.ended(flow({ status: 429 }), null);
    counters.ended(flow({ state: "truncated" }), null);
    counters.ended(flow({ state: "failed", provider: null }), null);
    counters.ended(flow({ action: "passthrough", provider: null }), "claude");
    counters.ended(flow({ action: "passthrough", provider: null }), null);
    counters.ended(flow({ action: "tunnel", provider: null, status: null }), null);
    expect(counters.figures().requests).toEqual([
      { action: "reroute", provider: "p", outcome: "ok", count: 2 },
      { action: "reroute", provider: "p", outcome: "error", count: 1 },
      { action: "reroute", provider: "p", outcome: "truncated", count: 1 },
      { action: "reroute", provider: "none", outcome: "failed", count: 1 },
      { action: "passthrough", provider: "claude", outcome: "ok", count: 1 },
      { action: "passthrough", provider: "other", outcome: "ok", count: 1 },
      { action: "tunnel", provider: "other", outcome: "ok", count: 1 },
    ]);
  });

  it("keep calls apart that come in turns", () => {
    const counters = createCounters();
    for (let turn = 0; turn < 3; turn += 1) {
      counters.ended(flow({ provider: "p" }), null);
      counters.ended(flow({ provider: "p", status: 500 }), null);
      counters.ended(flow({ provider: "q" }), null);
    }
    const { requests, durations } = counters.figures();
    expect(requests.map(({ provider, outcome, count }) => [provider, outcome, count])).toEqual([
      ["p", "ok", 3],
      ["p", "error", 3],
      ["q", "ok", 3],
    ]);
    expect(durations.map(({ provider, count }) => [provider, count])).toEqual([
      ["p", 3],
      ["q", 3],
    ]);
  });

  it("time only what succeeded and was a call", () => {
    const counters = createCounters();
    counters.ended(flow({ totalMs: 99, firstTokenMs: 50 }), null);
    counters.ended(flow({ totalMs: 100, firstTokenMs: 51 }), null);
    counters.ended(flow({ totalMs: 400_000 }), null);
    counters.ended(flow({ status: 500 }), null);
    counters.ended(flow({ action: "tunnel" }), null);
    counters.ended(flow({ protocol: "websocket", action: "passthrough" }), null);
    const { durations, firstTokens } = counters.figures();
    expect(durations).toHaveLength(1);
    expect(durations[0]).toMatchObject({ action: "reroute", provider: "p", count: 3, sumSeconds: 400.199 });
    expect(durations[0]?.buckets.at(0)).toEqual({ le: 0.1, count: 2 });
    expect(durations[0]?.buckets.at(-1)).toEqual({ le: 300, count: 2 });
    expect(firstTokens[0]?.buckets.slice(0, 2)).toEqual([
      { le: 0.05, count: 1 },
      { le: 0.1, count: 2 },
    ]);
  });

  it("add up tokens and cost by model, and failures by kind", () => {
    const counters = createCounters();
    counters.used({ provider: "p", model: "m", usage, costUsd: 0.5 });
    counters.used({ provider: "p", model: "m", usage, costUsd: null });
    counters.attempted({ provider: "p", error: null });
    counters.attempted({ provider: "p", error: "rate-limit" });
    counters.attempted({ provider: "p", error: "rate-limit" });
    const { usage: rows, attempts, failures } = counters.figures();
    const sums = { input: 20, output: 10, cacheRead: 8, cacheWrite: 2, reasoning: 4 };
    expect(rows).toEqual([{ provider: "p", model: "m", calls: 2, ...sums, costUsd: 0.5 }]);
    expect(attempts).toEqual([
      { provider: "p", outcome: "ok", count: 1 },
      { provider: "p", outcome: "failed", count: 2 },
    ]);
    expect(failures).toEqual([{ provider: "p", kind: "rate-limit", count: 2 }]);
  });

  it("have a bounded number of rows, whatever names clients ask for, and lose no count", () => {
    const counters = createCounters();
    for (let turn = 0; turn < 5_000; turn += 1) {
      const provider = `p${turn % 300}`;
      counters.used({ provider, model: `m${turn}\n"${"x".repeat(500)}`, usage, costUsd: 1 });
      counters.attempted({ provider, error: null });
      counters.ended(flow({ provider }), null);
    }
    const { usage: rows, requests, attempts } = counters.figures();
    expect(rows.length).toBeLessThanOrEqual(320);
    expect(new Set(requests.map(({ provider }) => provider)).size).toBeLessThanOrEqual(100);
    expect(Math.max(...rows.map(({ model }) => model.length))).toBeLessThanOrEqual(120);
    expect(rows.reduce((sum, { calls }) => sum + calls, 0)).toBe(5_000);
    expect([requests, attempts].map((list) => list.reduce((sum, { count }) => sum + count, 0))).toEqual([5_000, 5_000]);
  });

  it("are copies: what was read does not change", () => {
    const counters = createCounters();
    counters.used({ provider: "p", model: "m", usage, costUsd: 1 });
    const before = counters.figures();
    counters.used({ provider: "p", model: "m", usage, costUsd: 1 });
    expect(before.usage[0]?.calls).toBe(1);
  });
});
