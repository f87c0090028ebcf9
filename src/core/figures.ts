/**
 * Where the figures of calls go: the usage ledger, the metrics of the last hour, what reply headers say of quotas. Each
 * takes them in memory and returns; the relay path waits for none of them.
 */
import type { Clock } from "../base/clock.ts";
import type { FlowFact, FlowRecord } from "../base/flow.ts";
import type { FlowOutcome } from "../control/flow-entry.ts";
import { isLoopback } from "../engine/config/endpoint.ts";
import { accountId, type Config } from "../engine/config/schema.ts";
import type { CallObserver } from "../engine/observer.ts";
import { readQuotaHeaders } from "../engine/quota/headers.ts";
import type { QuotaPoller } from "../engine/quota/poller.ts";
import type { UsageLedger } from "../engine/usage/ledger.ts";
import type { ProviderMetrics } from "../engine/usage/metrics.ts";
import { createPriceBook, type PriceBook } from "../engine/usage/price-book.ts";
import type { Counters } from "./metrics/counters.ts";

export interface FiguresDeps {
  readonly clock: Clock;
  readonly config: () => Config;
  readonly ledger: UsageLedger;
  readonly metrics: ProviderMetrics;
  readonly counters: Counters;
  readonly quota: Pick<QuotaPoller, "note">;
}

export interface Figures extends CallObserver {
  /** Any flow, whatever was done with it. */
  ended(outcome: FlowOutcome): void;
  /** A passed-through call whose bodies were read after it ended. */
  passed(record: FlowRecord): readonly FlowFact[];
  prices(): PriceBook;
  /** Since the start; null: none. */
  lastSuccessAt(provider: string): number | null;
}

export function createFigures(deps: FiguresDeps): Figures {
  const { clock, ledger, metrics, counters, quota } = deps;
  const prices = perConfig(deps.config, createPriceBook);
  const providersByHost = perConfig(deps.config, hostsOf);
  const lastSuccesses = new Map<string, number>();
  return {
    prices,
    ended(outcome) {
      const byHost = outcome.action === "passthrough" ? (providersByHost().get(outcome.host) ?? null) : null;
      counters.ended(outcome, byHost);
    },
    lastSuccessAt: (provider) => lastSuccesses.get(provider) ?? null,
    replied({ provider, account, model, headers }) {
      if (account === null) return;
      const config = deps.config().providers[provider];
      if (config === undefined) return;
      const windows = readQuotaHeaders({ type: config.type, model }, headers, clock.now());
      if (windows !== null) quota.note(accountId(account), windows);
    },
    attempted({ provider, model, error, ttfbMs, durationMs, usage }) {
      counters.attempted({ provider, error });
      // Whoever left before the end says nothing about the provider.
      if (error === "client-gone") return;
      if (error === null) lastSuccesses.set(provider, clock.now());
      const cost = usage === null ? null : prices().cost({ provider, model, usage, at: clock.now() });
      metrics.record(provider, {
        error,
        ttfbMs,
        durationMs,
        inputTokens: usage?.input ?? 0,
        outputTokens: usage?.output ?? 0,
        costUsd: cost?.costUsd ?? null,
      });
    },
    used({ flow, client, session, provider, account, model, usage, ok, durationMs }) {
      const at = clock.now();
      const cost = prices().cost({ provider, model, usage, at });
      const who = { provider, account: account === null ? null : accountId(account), model };
      ledger.record({
        at,
        flow,
        client,
        session,
        ...who,
        action: "reroute",
        usage,
        ...cost,
        ok,
        ms: Math.round(durationMs),
      });
      if (ok || usage.input + usage.output > 0) counters.used({ provider, model, usage, costUsd: cost.costUsd });
      return cost.costUsd === null ? null : { costUsd: cost.costUsd };
    },
    passed(record) {
      const { usage } = record;
      if (usage === null) return [];
      const at = record.endedAt ?? clock.now();
      const known = providersByHost().get(record.host);
      const provider = known ?? record.host;
      const model = record.model.served ?? record.model.asked ?? "unknown";
      const cost = prices().cost({ provider, model, usage, at });
      ledger.record({
        at,
        flow: record.id,
        client: record.client,
        session: record.session ?? null,
        provider,
        account: null,
        model,
        action: "passthrough",
        usage,
        ...cost,
        ok: record.state === "done",
        ms: Math.round(record.timings.totalMs ?? 0),
      });
      counters.used({ provider: known ?? "other", model, usage, costUsd: cost.costUsd });
      return cost.costUsd === null ? [] : [{ type: "cost", usd: cost.costUsd }];
    },
  };
}

/** The client's own provider, by the host it called: the first provider of the registry that lives there. */
function hostsOf({ providers }: Config): ReadonlyMap<string, string> {
  const hosts = new Map<string, string>();
  for (const [id, { endpoint, moreEndpoints }] of Object.entries(providers)) {
    for (const url of [endpoint, ...moreEndpoints]) {
      const { hostname } = new URL(url);
      // Many servers live on this machine, and a flow does not say at which port.
      if (isLoopback(hostname)) continue;
      if (!hosts.has(hostname)) hosts.set(hostname, id);
    }
  }
  return hosts;
}

/** Made anew when the configuration in force is another. */
function perConfig<Value>(config: () => Config, make: (config: Config) => Value): () => Value {
  let made: { readonly from: Config; readonly value: Value } | null = null;
  return () => {
    const now = config();
    if (made === null || made.from !== now) made = { from: now, value: make(now) };
    return made.value;
  };
}
