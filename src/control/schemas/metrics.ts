/** What the core did since it started, as figures. */
import * as v from "valibot";
import type { LatencyJson, MetricsJson } from "../../base/controls.ts";
import { flowCounts } from "./flow-counts.ts";
import { shapeOf } from "./shape.ts";
import { count, dollars, instant, listOf, number, oneOf, text } from "./words.ts";

const action = text("What was done with the calls.");
const provider = text("The provider's id; the host's where no provider is known.");
const seconds = (about: string) => v.pipe(v.number(), v.minValue(0), v.description(`${about} Seconds.`));

export const latencyBucket = v.pipe(
  v.strictObject({ le: seconds("At most so long."), count: count("How many were no longer.") }),
  v.description("How many calls took at most so long."),
);

export const latency = shapeOf<LatencyJson>()(
  "How long calls took.",
  v.strictObject({
    action,
    provider,
    count: count("All of them."),
    sumSeconds: seconds("Together."),
    buckets: listOf(latencyBucket, "Cumulative, as in Prometheus."),
  }),
);

export const metrics = shapeOf<MetricsJson>()(
  "What the core did since it started, and how it is now. Counts only grow; accounts are not named.",
  v.strictObject({
    since: instant("Its start."),
    requests: listOf(
      v.strictObject({
        action,
        provider,
        outcome: oneOf(
          ["ok", "error", "failed", "truncated"],
          "`error`: answered with one; `failed`, `truncated`: not answered, or not to the end.",
        ),
        count: count("How many."),
      }),
      "Calls of clients.",
    ),
    attempts: listOf(
      v.strictObject({ provider, outcome: oneOf(["ok", "failed"], "How they ended."), count: count("How many.") }),
      "Calls to providers for rerouted calls.",
    ),
    failures: listOf(
      v.strictObject({ provider, kind: text("What went wrong."), count: count("How often.") }),
      "Attempts that failed.",
    ),
    usage: listOf(
      v.strictObject({
        provider,
        model: text("The provider's name for it; those that came after very many are `other`."),
        calls: count("Calls with figures."),
        input: count("Tokens; includes what was read from a cache or written to one."),
        output: count("Tokens; includes reasoning."),
        cacheRead: count("Tokens."),
        cacheWrite: count("Tokens."),
        reasoning: count("Tokens."),
        costUsd: dollars("At list price."),
      }),
      "By model.",
    ),
    durations: listOf(latency, "Of calls that succeeded, to their end."),
    firstTokens: listOf(latency, "Of calls that succeeded, to their first word."),
    accounts: listOf(
      v.strictObject({ provider, state: text("How they are."), count: count("How many.") }),
      "Accounts now.",
    ),
    cooldowns: listOf(
      v.strictObject({ provider, scope: oneOf(["account", "model"], "What cools."), count: count("How many.") }),
      "Cooldowns now.",
    ),
    flows: flowCounts,
    usageLinesDropped: count("Lines of the usage ledger that could not be kept."),
    process: v.pipe(
      v.strictObject({
        residentBytes: count("Memory, bytes."),
        heapUsedBytes: count("Of it JavaScript's, bytes."),
        cpuSeconds: seconds("Since its start."),
        uptimeSeconds: seconds("Since its start."),
        eventLoopLagSeconds: number("How late timers run, on average. Seconds."),
      }),
      v.description("The core's process."),
    ),
  }),
);
