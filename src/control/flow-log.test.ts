import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FlowStart } from "../base/flow.ts";
import { systemRandom } from "../base/random.ts";
import { createFlowLog, type FlowLogLimits, noticeIntervalMs } from "./flow-log.ts";

const call: FlowStart = {
  client: "claude-code",
  host: "api.anthropic.com",
  method: "POST",
  path: "/v1/messages",
  protocol: "http/1.1",
  action: "passthrough",
};

/** A clock moved by hand, and notices that are due when the test says so. */
function logOnBench(limits: Partial<FlowLogLimits> = {}) {
  const time = { ms: 1_000 };
  const due: (() => void)[] = [];
  const delays: number[] = [];
  const log = createFlowLog({
    clock: { now: () => time.ms + 1_700_000_000_000, monotonic: () => time.ms },
    random: systemRandom,
    limits,
    schedule(callback, delayMs) {
      due.push(callback);
      delays.push(delayMs);
      return () => due.splice(due.indexOf(callback), 1);
    },
  });
  return { log, time, delays, runDue: () => due.splice(0).forEach((callback) => callback()) };
}

describe("flow log", () => {
  it("tells the story of one call with its timings", () => {
    const { log, time } = logOnBench();
    const tap = log.open(call);
    time.ms += 5;
    tap.tell({ type: "connected", connectMs: 3, tlsMs: 2 });
    tap.tell({ type: "described", model: { asked: "claude-x" }, formats: { client: "claude" } });
    tap.tell({ type: "attempt-started", provider: "local", account: null, model: "qwen" });
    time.ms += 10;
    tap.tell({ type: "reply-started", status: 200 });
    tap.tell({ type: "attempt-ended", status: 200 });
    time.ms += 5;
    tap.tell({ type: "first-token" });
    tap.tell({ type: "translated", ms: 1 });
    tap.tell({ type: "translated", ms: 2 });
    time.ms += 30;
    tap.tell({ type: "ended", state: "done" });
    expect(log.list()).toEqual([
      expect.objectContaining({
        id: tap.id,
        status: 200,
        state: "done",
        model: { asked: "claude-x", served: null },
        formats: { client: "claude", upstream: null },
        timings: { connectMs: 3, tlsMs: 2, ttfbMs: 15, firstTokenMs: 20, translateMs: 3, totalMs: 50 },
        attempts: [expect.objectContaining({ provider: "local", status: 200, endedAt: 1_700_000_001_015 })],
      }),
    ]);
  });

  it("hears after the end only what reading the bodies can add", () => {
    const { log } = logOnBench();
    const tap = log.open(call);
    tap.tell({ type: "ended", state: "truncated", error: "cut" });
    tap.tell({ type: "ended", state: "done" });
    tap.tell({ type: "reply-started", status: 500 });
    tap.tell({ type: "why", step: { stage: "rule", text: "late" } });
    tap.chunk("client-reply", Buffer.from("late"));
    const usage = { input: 1, output: 2, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false };
    tap.tell({ type: "usage", usage });
    tap.tell({ type: "described", model: { served: "claude-y" } });
    const [flow] = log.list();
    expect(flow).toMatchObject({ state: "truncated", status: null, why: [], usage, model: { served: "claude-y" } });
    expect(log.find(tap.id)?.side("client-reply")).toBeUndefined();
  });

  it("gives ids that sort in the order of arrival and do not repeat", () => {
    const { log } = logOnBench();
    const ids = Array.from({ length: 2_000 }, () => log.open(call).id);
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("keeps no credential: neither in headers nor in the path", () => {
    const { log } = logOnBench();
    const canary = "canary-0123456789-secret";
    const tap = log.open({ ...call, path: `/v1/x?alt=sse&key=${canary}&access_token=${canary}` });
    const names = ["Authorization", "proxy-authorization", "X-Api-Key", "x-goog-api-key", "api-key", "Cookie"];
    const headers = [...names, "set-cookie", "x-amz-security-token", "x-client-secret"].map(
      (name) => [name, name === "Authorization" ? `Bearer ${canary}` : canary] as const,
    );
    const limit = ["anthropic-ratelimit-tokens-remaining", "39000"] as const;
    tap.head("client-request", { line: `POST /v1/x?key=${canary} HTTP/1.1`, headers: [...headers, limit] });
    const stored = JSON.stringify([log.list(), log.find(tap.id)?.side("client-request")?.head]);
    expect(stored).not.toContain(canary);
    expect(stored).toContain("Bearer •••cret");
    expect(stored).toContain("alt=sse&key=•••cret");
    expect(log.find(tap.id)?.side("client-request")?.head?.headers.at(-1)).toEqual(limit);
  });

  it("shows the last of several attempts, and not all of them in a row", () => {
    const { log } = logOnBench({ bytes: 40_000 });
    const tap = log.open(call);
    for (let attempt = 1; attempt <= 50; attempt += 1) {
      tap.head("upstream-request", { line: `POST /${attempt}`, headers: [] });
      tap.chunk("upstream-request", Buffer.alloc(1_000, attempt));
    }
    const side = log.find(tap.id)?.side("upstream-request");
    expect(side?.head?.line).toBe("POST /50");
    expect(side?.bytes).toBe(1_000);
    // Had the others been counted, the bound would have taken this one too.
    expect(Buffer.concat(side?.chunks ?? [])).toEqual(Buffer.alloc(1_000, 50));
  });

  it("keeps the head of a long body and counts the rest", () => {
    const { log } = logOnBench({ requestBodyBytes: 10 });
    const tap = log.open(call);
    for (let index = 0; index < 4; index += 1) tap.chunk("client-request", Buffer.from("abcd"));
    const side = log.find(tap.id)?.side("client-request");
    expect(side).toMatchObject({ bytes: 16, captured: 10 });
    expect(Buffer.concat(side?.chunks ?? []).toString()).toBe("abcdabcdab");
  });

  it("keeps the bytes it is given, without a copy", () => {
    const { log } = logOnBench();
    const tap = log.open(call);
    const bytes = Buffer.alloc(40_000, 1);
    tap.chunk("client-reply", bytes);
    expect(log.find(tap.id)?.side("client-reply")?.chunks[0]).toBe(bytes);
  });

  it("knows when each piece came, and only of those it keeps", () => {
    const { log, time } = logOnBench({ replyBodyBytes: 10 });
    const tap = log.open(call);
    for (const ms of [5, 0, 20, 7]) {
      time.ms += ms;
      tap.chunk("client-reply", Buffer.from("abcd"));
    }
    const side = log.find(tap.id)?.side("client-reply");
    expect(side).toMatchObject({ times: [5, 5, 25], captured: 10, bytes: 16 });
    expect(side?.chunks).toHaveLength(3);
  });

  it("copies a few bytes out of a large buffer, so as not to hold all of it", () => {
    const { log } = logOnBench();
    const tap = log.open(call);
    const large = 4 * Buffer.poolSize;
    tap.chunk("client-reply", Buffer.alloc(large, 1).subarray(0, 50));
    expect(log.find(tap.id)?.side("client-reply")?.chunks[0]?.buffer.byteLength).toBeLessThan(large);
  });

  it("lets the oldest ended flows go when there are too many, and no live one", () => {
    const { log } = logOnBench({ flows: 3 });
    const live = log.open(call);
    const ended = Array.from({ length: 5 }, () => log.open(call));
    for (const tap of ended) tap.tell({ type: "ended", state: "done" });
    expect(log.list().map((flow) => flow.id)).toEqual([live.id, ended[3]?.id, ended[4]?.id]);
    expect(log.counts()).toEqual({ flows: 3, live: 1, tunnels: 0, dropped: 3 });
  });

  it("lets the oldest bodies go before any flow", () => {
    const { log } = logOnBench({ bytes: 100_000 });
    const taps = Array.from({ length: 4 }, () => {
      const tap = log.open(call);
      tap.chunk("client-reply", Buffer.alloc(40_000));
      tap.tell({ type: "ended", state: "done" });
      return tap;
    });
    expect(log.list()).toHaveLength(4);
    const captured = taps.map((tap) => log.find(tap.id)?.side("client-reply")?.captured);
    expect(captured).toEqual([0, 0, 40_000, 40_000]);
  });

  it("never holds more than its bounds, whatever comes", () => {
    const limits = { flows: 5, bytes: 30_000, requestBodyBytes: 4_000, replyBodyBytes: 9_000 };
    const step = fc.record({ flow: fc.nat(11), bytes: fc.nat(12_000), ends: fc.boolean(), reply: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { log } = logOnBench(limits);
        const taps = new Map<number, ReturnType<typeof log.open>>();
        for (const { flow, bytes, ends, reply } of steps) {
          const tap = taps.get(flow) ?? log.open(call);
          taps.set(flow, tap);
          tap.chunk(reply ? "client-reply" : "client-request", Buffer.alloc(bytes));
          if (ends) tap.tell({ type: "ended", state: "done" });
          const { flows, live, dropped } = log.counts();
          expect(flows).toBeLessThanOrEqual(Math.max(limits.flows, live));
          expect(Math.min(live, dropped, flows - live)).toBeGreaterThanOrEqual(0);
          let held = 0;
          for (const record of log.list()) {
            const found = log.find(record.id);
            const request = found?.side("client-request")?.captured ?? 0;
            const replied = found?.side("client-reply")?.captured ?? 0;
            expect(request).toBeLessThanOrEqual(limits.requestBodyBytes);
            expect(replied).toBeLessThanOrEqual(limits.replyBodyBytes);
            held += request + replied;
          }
          expect(held).toBeLessThanOrEqual(limits.bytes);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("is not disturbed by the taps of flows that are gone", () => {
    const { log } = logOnBench({ flows: 1 });
    const first = log.open({ ...call, action: "tunnel" });
    first.tell({ type: "ended", state: "done" });
    log.open(call);
    first.chunk("client-reply", Buffer.from("x"));
    first.head("client-reply", { line: "200", headers: [] });
    first.tell({ type: "described", action: "block" });
    expect(log.counts()).toEqual({ flows: 1, live: 1, tunnels: 0, dropped: 1 });
  });

  it("tells its readers of many changes at once, ten times a second at most", () => {
    const { log, delays, runDue } = logOnBench();
    const notices: string[][] = [];
    log.subscribe((flows) => notices.push(flows.map((flow) => flow.state)));
    const one = log.open(call);
    const other = log.open(call);
    for (let status = 200; status < 300; status += 1) one.tell({ type: "reply-started", status });
    other.tell({ type: "ended", state: "done" });
    expect(notices).toEqual([]);
    runDue();
    expect(notices).toEqual([["streaming", "done"]]);
    one.tell({ type: "first-token" });
    runDue();
    expect(notices[1]).toEqual(["streaming"]);
    expect(delays).toEqual([noticeIntervalMs, noticeIntervalMs]);
  });

  it("tells at once of what is left, and that only once", () => {
    const { log, runDue } = logOnBench();
    const notices: string[][] = [];
    log.subscribe((flows) => notices.push(flows.map((flow) => flow.state)));
    log.open(call).tell({ type: "ended", state: "done" });
    log.flush();
    log.flush();
    runDue();
    expect(notices).toEqual([["done"]]);
  });

  it("goes on when a reader throws", () => {
    const { log, runDue } = logOnBench();
    const seen: number[] = [];
    log.subscribe(() => {
      throw new Error("reader");
    });
    log.subscribe((flows) => seen.push(flows.length));
    log.onEnded(() => {
      throw new Error("listener");
    });
    log.open(call).tell({ type: "ended", state: "done" });
    runDue();
    expect(seen).toEqual([1]);
  });

  it("counts how often each rule decided, until the rules change", () => {
    const { log } = logOnBench();
    const tap = log.open(call);
    tap.tell({ type: "why", step: { stage: "rule", text: "rule 2 matches", rule: 2 } });
    log.open(call).tell({ type: "why", step: { stage: "rule", text: "rule 2 matches", rule: 2 } });
    tap.tell({ type: "why", step: { stage: "rule", text: "no rule matches" } });
    expect([...log.ruleHits()]).toEqual([[2, 2]]);
    log.forgetRuleHits();
    expect(log.ruleHits().size).toBe(0);
  });
});
