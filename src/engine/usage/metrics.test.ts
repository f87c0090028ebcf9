import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { percentile, stepCount, stepOf } from "./latency-histogram.ts";
import { createMetrics } from "./metrics.ts";
import type { CallMeasure } from "./metrics-window.ts";

const call = (more: Partial<CallMeasure> = {}): CallMeasure => ({
  error: null,
  ttfbMs: 100,
  durationMs: 1_000,
  inputTokens: 10,
  outputTokens: 5,
  costUsd: 0.5,
  ...more,
});

const hand = () => {
  const time = { passed: 12_345, wall: Date.parse("2026-11-21T12:00:00Z") };
  const metrics = createMetrics({ now: () => time.wall + time.passed, monotonic: () => time.passed });
  return { metrics, time };
};

describe("the last hour of a provider", () => {
  it("counts calls, failures by kind, tokens and cost", () => {
    const { metrics } = hand();
    metrics.record("claude", call());
    metrics.record("claude", call({ costUsd: null }));
    metrics.record("claude", call({ error: "rate-limit", ttfbMs: null, costUsd: null }));
    metrics.record("claude", call({ error: "rate-limit", ttfbMs: null, costUsd: null }));
    expect(metrics.of("claude")).toMatchObject({
      provider: "claude",
      requests: 4,
      successes: 2,
      failures: 2,
      success_rate: 0.5,
      input_tokens: 40,
      output_tokens: 20,
      cost_usd: 0.5,
      errors: { "rate-limit": 2 },
    });
  });

  it("is empty for a provider nobody called", () => {
    const { metrics } = hand();
    metrics.record("openai", call());
    expect(metrics.of("claude")).toMatchObject({
      requests: 0,
      success_rate: null,
      ttfb_ms_p50: null,
      duration_ms_p95: null,
      cost_usd: null,
      errors: {},
    });
    expect(metrics.all().map(({ provider }) => provider)).toEqual(["openai"]);
  });

  it("forgets what is older than an hour, minute by minute", () => {
    const { metrics, time } = hand();
    metrics.record("claude", call());
    time.passed += 59 * 60_000;
    metrics.record("claude", call());
    expect(metrics.of("claude").requests).toBe(2);
    time.passed += 60_000;
    expect(metrics.of("claude").requests).toBe(1);
    time.passed += 59 * 60_000;
    expect(metrics.of("claude").requests).toBe(0);
    expect(metrics.all().map(({ provider }) => provider)).toEqual(["claude"]);
  });

  it("says since when: its start at first, an hour ago at most later", () => {
    const { metrics, time } = hand();
    const startedAt = time.wall + time.passed;
    time.passed += 10 * 60_000;
    expect(metrics.of("claude").since).toBe(new Date(startedAt).toISOString());
    time.passed += 600 * 60_000 + 30_000;
    expect(Date.parse(metrics.of("claude").since)).toBe(time.wall + time.passed - 59 * 60_000 - 30_000);
  });

  it("does not take note of more providers than anyone has", () => {
    const { metrics } = hand();
    for (let index = 0; index < 600; index += 1) metrics.record(`p${index}`, call());
    expect(metrics.all()).toHaveLength(500);
  });

  it("agrees with a plain list of the calls, however time passes", () => {
    const step = fc.record({
      passMs: fc.integer({ min: 0, max: 20 * 60_000 }),
      durationMs: fc.integer({ min: 0, max: 600_000 }),
      fails: fc.boolean(),
      inputTokens: fc.integer({ min: -5, max: 1_000_000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { metrics, time } = hand();
        const startedAt = time.passed;
        const minute = (): number => Math.floor((time.passed - startedAt) / 60_000);
        const seen: { minute: number; durationMs: number; fails: boolean }[] = [];
        for (const { passMs, durationMs, fails, inputTokens } of steps) {
          time.passed += passMs;
          metrics.record("x", call({ durationMs, inputTokens, error: fails ? "upstream" : null }));
          seen.push({ minute: minute(), durationMs, fails });
          const live = seen.filter((one) => one.minute > minute() - 60);
          const found = metrics.of("x");
          expect(found.requests).toBe(live.length);
          expect(found.failures).toBe(live.filter((one) => one.fails).length);
          expect(found.successes + found.failures).toBe(found.requests);
          expect(found.input_tokens).toBeGreaterThanOrEqual(0);
          const sorted = live.map((one) => Math.max(1, one.durationMs)).sort((a, b) => a - b);
          const exact = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
          expect(Math.abs((found.duration_ms_p95 ?? 0) - exact)).toBeLessThanOrEqual(exact * 0.03 + 1);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("a latency histogram", () => {
  it("gives every percentile within three percent, in order", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1, max: 3_600_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (durations, share) => {
          const counts = new Uint32Array(stepCount);
          for (const ms of durations) counts[stepOf(ms)] = (counts[stepOf(ms)] ?? 0) + 1;
          const sorted = [...durations].sort((a, b) => a - b);
          const exact = sorted[Math.max(1, Math.ceil(sorted.length * share)) - 1] ?? 0;
          expect(Math.abs((percentile(counts, share) ?? 0) - exact)).toBeLessThanOrEqual(exact * 0.03 + 1);
          expect(percentile(counts, 0.5) ?? 0).toBeLessThanOrEqual(percentile(counts, 0.95) ?? 0);
        },
      ),
    );
  });
  it.each([-5, 0, 0.5, Number.MAX_VALUE, Infinity])("has a place for %d", (ms) => {
    expect(stepOf(ms)).toBeGreaterThanOrEqual(0);
    expect(stepOf(ms)).toBeLessThan(stepCount);
  });
});
