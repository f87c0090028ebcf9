/** The figures of a core, as JSON and as text for Prometheus. */
import type { Clock } from "../../base/clock.ts";
import type { Controls, FlowCounts, MetricsJson } from "../../base/controls.ts";
import type { Redactor } from "../../base/redact.ts";
import { type AccountHealth, type AccountPool, type AccountState, accountStates } from "../../engine/accounts/pool.ts";
import { familiesOf } from "./families.ts";
import type { Counters } from "./counters.ts";
import type { PrometheusText } from "./prometheus.ts";

export type Metrics = Pick<Controls, "metrics" | "metricsText">;

export interface MetricsDeps {
  readonly counters: Counters;
  readonly pool: Pick<AccountPool, "list">;
  readonly counts: () => FlowCounts;
  readonly usageLinesDropped: () => number;
  readonly clock: Clock;
  /** ms since 1970. */
  readonly startedAt: number;
  readonly version: string;
  readonly redactor: Pick<Redactor, "text">;
}

export function createMetricsReport(deps: MetricsDeps): Metrics {
  let prometheus: Promise<PrometheusText> | null = null;

  async function figures(): Promise<MetricsJson> {
    const { usage, ...counted } = deps.counters.figures();
    const accounts = deps.pool.list();
    return {
      since: new Date(deps.startedAt).toISOString(),
      ...counted,
      // A client may write anything where the name of a model belongs.
      usage: usage.map((row) => ({ ...row, model: deps.redactor.text(row.model) })),
      accounts: byState(accounts),
      cooldowns: cooldownsOf(accounts, deps.clock.now()),
      flows: deps.counts(),
      usageLinesDropped: deps.usageLinesDropped(),
      process: await processFigures(),
    };
  }

  return {
    metrics: figures,
    async metricsText() {
      prometheus ??= import("./prometheus.ts").then(({ createPrometheusText }) => createPrometheusText());
      const text = await prometheus;
      return text.text(familiesOf(await figures(), deps.version));
    },
  };
}

/** Every state of every provider that has accounts: a row that comes and goes is hard to draw. */
function byState(accounts: readonly AccountHealth[]): MetricsJson["accounts"] {
  const providers = [...new Set(accounts.map(({ account }) => account.provider))].sort();
  return providers.flatMap((provider) =>
    accountStates.map((state: AccountState) => ({
      provider,
      state,
      count: accounts.filter((health) => health.account.provider === provider && health.state === state).length,
    })),
  );
}

function cooldownsOf(accounts: readonly AccountHealth[], now: number): MetricsJson["cooldowns"] {
  const providers = [...new Set(accounts.map(({ account }) => account.provider))].sort();
  return providers.flatMap((provider) => {
    const inForce = accounts
      .filter(({ account }) => account.provider === provider)
      .flatMap(({ cooldowns }) => cooldowns.filter(({ until }) => until === null || until > now));
    return (["account", "model"] as const).map((scope) => ({
      provider,
      scope,
      count: inForce.filter(({ model }) => (model === null) === (scope === "account")).length,
    }));
  });
}

async function processFigures(): Promise<MetricsJson["process"]> {
  const askedAt = performance.now();
  await new Promise((resolve) => setImmediate(resolve));
  const eventLoopLagSeconds = (performance.now() - askedAt) / 1_000;
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    residentBytes: rss,
    heapUsedBytes: heapUsed,
    cpuSeconds: (user + system) / 1_000_000,
    uptimeSeconds: process.uptime(),
    eventLoopLagSeconds,
  };
}
