import { describe, expect, it } from "vitest";
import { parsePrometheus, valueOf } from "../../../test/support/prometheus.ts";
import type { MetricsJson } from "../../base/controls.ts";
import { familiesOf } from "./families.ts";
import { createPrometheusText } from "./prometheus.ts";

const nasty = 'a"b\\c\nd{e="f"} 1';
const figures: MetricsJson = {
  since: "2026-11-21T12:00:00.000Z",
  requests: [{ action: "reroute", provider: nasty, outcome: "ok", count: 3 }],
  attempts: [{ provider: nasty, outcome: "failed", count: 2 }],
  failures: [{ provider: nasty, kind: "rate-limit", count: 2 }],
  usage: [
    {
      provider: "p",
      model: nasty,
      calls: 1,
      input: 2 ** 53,
      output: 5,
      cacheRead: 4,
      cacheWrite: 1,
      reasoning: 2,
      costUsd: 0.000_000_1,
    },
  ],
  durations: [{ action: "reroute", provider: "p", count: 3, sumSeconds: 1.5, buckets: [{ le: 0.1, count: 1 }] }],
  firstTokens: [],
  accounts: [{ provider: "p", state: "active", count: 1 }],
  cooldowns: [{ provider: "p", scope: "model", count: 0 }],
  flows: { flows: 4, live: 1, tunnels: 2, dropped: 9 },
  usageLinesDropped: 0,
  process: { residentBytes: 1, heapUsedBytes: 1, cpuSeconds: 1, uptimeSeconds: 1, eventLoopLagSeconds: 0 },
};

describe("figures as Prometheus reads them", () => {
  it("are whole, whatever stands in a label", async () => {
    const families = parsePrometheus(await createPrometheusText().text(familiesOf(figures, "1.2.3")));
    expect(valueOf(families, "switchyard_requests_total", { provider: nasty })).toBe(3);
    expect(valueOf(families, "switchyard_tokens_total", { model: nasty, direction: "input" })).toBe(2 ** 53);
    expect(valueOf(families, "switchyard_cost_usd_total", { model: nasty })).toBe(0.000_000_1);
    expect(valueOf(families, "switchyard_request_duration_seconds_bucket", { le: "+Inf" })).toBe(3);
    expect(valueOf(families, "switchyard_flows_dropped_total")).toBe(9);
    expect(valueOf(families, "switchyard_build_info", { version: "1.2.3" })).toBe(1);
    expect(families.map(({ name }) => name)).toContain("process_resident_memory_bytes");
  });

  it("can be written again and again, also by two at once", async () => {
    const writer = createPrometheusText();
    const other = createPrometheusText();
    const texts = await Promise.all([writer, writer, other].map((each) => each.text(familiesOf(figures, "1"))));
    for (const text of texts) expect(parsePrometheus(text).length).toBeGreaterThan(20);
  });

  it("every family of ours says what it is, and begins with our name", () => {
    const families = familiesOf(figures, "1");
    expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
    for (const { name, help } of families) {
      expect(name).toMatch(/^switchyard_[a-z_]+$/);
      expect(help.length).toBeGreaterThan(10);
    }
  });
});
