/**
 * Families of samples as Prometheus reads them, by prom-client, with its figures of the process (memory, CPU, event loop,
 * garbage collection) besides. Loading it takes about a tenth of a second, so whoever imports this waits until somebody asks.
 */
import { collectDefaultMetrics, type Metric, Registry } from "prom-client";
import type { Family } from "./families.ts";

export interface PrometheusText {
  text(families: readonly Family[]): Promise<string>;
}

/** Gauges that call themselves counters; the same figures stand under `nodejs_active_handles` and its like. */
const misnamed = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];

/** From here on the event loop is watched, which costs a timer every ten milliseconds. */
export function createPrometheusText(): PrometheusText {
  const ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  for (const name of misnamed) ofProcess.removeSingleMetric(name);
  return {
    async text(families) {
      const ours = new Registry();
      for (const family of families) ours.registerMetric(asMetric(family));
      const text = `${await ours.metrics()}\n${await ofProcess.metrics()}`;
      // Its own spelling of what the format writes as NaN (15.1.3).
      return text.replace(/ Nan$/gm, " NaN");
    },
  };
}

/** What a registry asks of a metric. Its own classes count themselves; our counts are made where the calls are. */
function asMetric({ name, help, type, samples }: Family): Metric {
  const values = samples.map(({ suffix = "", labels, value }) => ({ metricName: name + suffix, labels, value }));
  const metric = { name, help, get: () => Promise.resolve({ name, help, type, values, aggregator: "sum" }) };
  return metric as unknown as Metric; // its type names the classes; `get` and `name` are all that a registry uses
}
