/**
 * The core's figures as families of samples, the way Prometheus names them: seconds, bytes and dollars, units in the
 * name, `_total` on what only grows. Accounts are not named: their names are their owner's, and there may be many.
 */
import type { LatencyJson, MetricsJson } from "../../base/controls.ts";

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly samples: readonly Sample[];
}

export interface Sample {
  /** Of a histogram: `_bucket`, `_sum`, `_count`. */
  readonly suffix?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export function familiesOf(figures: MetricsJson, version: string): readonly Family[] {
  const { flows } = figures;
  return [
    gauge("build_info", "The running version; always 1.", [{ labels: { version }, value: 1 }]),
    gauge("start_time_seconds", "When this core started, seconds since 1970.", [
      one(Date.parse(figures.since) / 1_000),
    ]),
    counter(
      "requests_total",
      "Calls that ended, by what was done with them, who served them and how they ended.",
      figures.requests.map(({ count: value, ...labels }) => ({ labels, value })),
    ),
    counter(
      "attempts_total",
      "Attempts of rerouted calls at a provider.",
      figures.attempts.map(({ count: value, ...labels }) => ({ labels, value })),
    ),
    counter(
      "attempt_failures_total",
      "Attempts of rerouted calls that failed, by kind of failure.",
      figures.failures.map(({ count: value, ...labels }) => ({ labels, value })),
    ),
    counter(
      "tokens_total",
      "Tokens of answered calls. Input includes what was cached, output includes reasoning.",
      figures.usage.flatMap(({ provider, model, input, output }) => [
        { labels: { provider, model, direction: "input" }, value: input },
        { labels: { provider, model, direction: "output" }, value: output },
      ]),
    ),
    counter(
      "cached_tokens_total",
      "Input tokens that were read from a provider's prompt cache, or written to it.",
      figures.usage.flatMap(({ provider, model, cacheRead, cacheWrite }) => [
        { labels: { provider, model, operation: "read" }, value: cacheRead },
        { labels: { provider, model, operation: "write" }, value: cacheWrite },
      ]),
    ),
    counter(
      "reasoning_tokens_total",
      "Output tokens that were spent on thinking, where the provider says so.",
      figures.usage.map(({ provider, model, reasoning: value }) => ({ labels: { provider, model }, value })),
    ),
    counter(
      "cost_usd_total",
      "What answered calls cost at list prices, US dollars; calls without a known price count as nothing.",
      figures.usage.map(({ provider, model, costUsd: value }) => ({ labels: { provider, model }, value })),
    ),
    histogram(
      "request_duration_seconds",
      "From a call's first byte to its last, of calls that succeeded.",
      figures.durations,
    ),
    histogram(
      "first_token_seconds",
      "From a call's first byte to the answer's first token, where it was seen.",
      figures.firstTokens,
    ),
    gauge(
      "accounts",
      "Accounts by what they can do now.",
      figures.accounts.map(({ count: value, ...labels }) => ({ labels, value })),
    ),
    gauge(
      "cooldowns",
      "Cooldowns in force, of whole accounts and of single models.",
      figures.cooldowns.map(({ count: value, ...labels }) => ({ labels, value })),
    ),
    gauge("flows_live", "Calls that have not ended.", [one(flows.live)]),
    gauge("flows_kept", "Calls in the log, live ones included.", [one(flows.flows)]),
    gauge("tunnels_kept", "Of the calls in the log, tunnels that were never decrypted.", [one(flows.tunnels)]),
    counter("flows_dropped_total", "Calls that had to leave the log because it is bounded.", [one(flows.dropped)]),
    counter("usage_lines_dropped_total", "Lines of the usage ledger that could not be kept.", [
      one(figures.usageLinesDropped),
    ]),
  ];
}

const prefix = "switchyard_";

function one(value: number): Sample {
  return { labels: {}, value };
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: prefix + name, help, type: "counter", samples };
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: prefix + name, help, type: "gauge", samples };
}

function histogram(name: string, help: string, rows: readonly LatencyJson[]): Family {
  const samples = rows.flatMap(({ action, provider, count, sumSeconds, buckets }): readonly Sample[] => {
    const labels = { action, provider };
    return [
      ...buckets.map(({ le, count: value }) => ({ suffix: "_bucket", labels: { ...labels, le: String(le) }, value })),
      { suffix: "_bucket", labels: { ...labels, le: "+Inf" }, value: count },
      { suffix: "_sum", labels, value: sumSeconds },
      { suffix: "_count", labels, value: count },
    ];
  });
  return { name: prefix + name, help, type: "histogram", samples };
}
