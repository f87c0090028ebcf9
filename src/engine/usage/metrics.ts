/** How each provider did in the last hour, from real calls, in memory only: a restart begins anew. */
import type { Clock } from "../../base/clock.ts";
import type { ProviderMetricsJson } from "../../base/controls-engine.ts";
import { percentile } from "./latency-histogram.ts";
import { type CallMeasure, createMetricsWindow, type MetricsWindow, windowMinutes } from "./metrics-window.ts";

export interface ProviderMetrics {
  /** A call (one attempt at one provider) is over. */
  record(provider: string, call: CallMeasure): void;
  /** Zeros and nulls for a provider that was not called. */
  of(provider: string): ProviderMetricsJson;
  /** Of those that were called since the start, by name. */
  all(): readonly ProviderMetricsJson[];
}

/** Providers are named in the configuration; nobody has near as many. */
const maxProviders = 500;
const minuteMs = 60_000;

export function createMetrics(clock: Clock): ProviderMetrics {
  const windows = new Map<string, MetricsWindow>();
  const startedAt = clock.monotonic();
  /** Of the clock that never goes back: one that is set by hand must not empty the window or double it. */
  const minuteNow = (): number => Math.floor((clock.monotonic() - startedAt) / minuteMs);

  function since(): string {
    const elapsedMs = clock.monotonic() - startedAt;
    const coveredMs = Math.min(elapsedMs, (windowMinutes - 1) * minuteMs + (elapsedMs % minuteMs));
    return new Date(clock.now() - coveredMs).toISOString();
  }

  function of(provider: string): ProviderMetricsJson {
    const sums = (windows.get(provider) ?? createMetricsWindow()).sums(minuteNow());
    const successes = sums.requests - sums.failures;
    return {
      provider,
      requests: sums.requests,
      successes,
      failures: sums.failures,
      success_rate: sums.requests === 0 ? null : successes / sums.requests,
      ttfb_ms_p50: percentile(sums.ttfb, 0.5),
      ttfb_ms_p95: percentile(sums.ttfb, 0.95),
      duration_ms_p50: percentile(sums.duration, 0.5),
      duration_ms_p95: percentile(sums.duration, 0.95),
      input_tokens: sums.inputTokens,
      output_tokens: sums.outputTokens,
      cost_usd: sums.costUsd,
      errors: sums.errors,
      since: since(),
    };
  }

  return {
    record(provider, call) {
      let window = windows.get(provider);
      if (window === undefined) {
        if (windows.size >= maxProviders) return;
        window = createMetricsWindow();
        windows.set(provider, window);
      }
      window.add(minuteNow(), call);
    },
    of,
    all: () => [...windows.keys()].sort().map(of),
  };
}
