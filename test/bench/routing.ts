/**
 * `npm run bench -- routing`: what choosing costs for each call: an account out of a hundred, and a rule out of two hundred.
 * In this process, no network. `--quick` takes fewer samples.
 */
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { accountEntry, providerEntry } from "../../src/engine/config/__fixtures__/entries.ts";
import { defaultConfig } from "../../src/engine/config/defaults.ts";
import { strategies, type Config, type Strategy } from "../../src/engine/config/schema.ts";
import { createPool } from "../../src/engine/accounts/create-pool.ts";
import type { AccountPool, Ask } from "../../src/engine/accounts/pool.ts";
import { decide } from "../../src/engine/routing/decide.ts";
import { compileRules } from "../../src/engine/routing/rules.ts";
import { shown, type Outcome } from "./board.ts";
import type { Bench, Size } from "./part.ts";

const accountCount = 100;
const ruleCount = 200;
const aimUs = 50;

interface Figure {
  readonly name: string;
  readonly p50Us: number;
  readonly p99Us: number;
}

const samplesOf: Readonly<Record<Size, number>> = { tiny: 200, quick: 5_000, full: 50_000 };

export function benchRouting(bench: Bench): Promise<Outcome> {
  const samples = samplesOf[bench.size];
  const figures = [
    ...strategies.map((strategy) => measurePick(strategy, "all ready", 0, samples)),
    measurePick("fill-first", "half cooling", accountCount / 2, samples),
    measurePick("score", "half cooling", accountCount / 2, samples),
    measurePick("fill-first", "all cooling", accountCount, samples),
    measureDecide(samples),
  ];
  const rows = figures.map(({ name, p50Us, p99Us }) => [name, shown(p50Us, 1), shown(p99Us, 1)]);
  return Promise.resolve({
    part: "routing",
    about: `What choosing costs for each call: an account out of ${accountCount}, a rule out of ${ruleCount}. In one process, no network, ${samples} samples each.`,
    tables: [{ title: "Choosing", rows: [["", "p50 µs", "p99 µs"], ...rows] }],
    aims: figures.map(({ name, p50Us }) => ({ text: `${name}, p50`, figure: p50Us, limit: aimUs, unit: " µs" })),
    notes: [],
  });
}

function measurePick(strategy: Strategy, state: string, cooling: number, samples: number): Figure {
  const config = poolConfig(strategy);
  const pool = createPool({ config: () => config, stored: () => [], clock: systemClock, random: systemRandom });
  coolDown(pool, cooling);
  return measure(`pick: ${strategy}, ${accountCount} accounts, ${state}`, samples, (index) => {
    const pick = pool.pick(askFor(index % 3 === 0 ? `s${index % 50}` : null));
    return () => {
      if (pick.kind !== "lease") return;
      pick.lease.succeeded();
      pick.lease.used({ input: 1_000, output: 100, cacheRead: 900, cacheWrite: 0 });
    };
  });
}

function coolDown(pool: AccountPool, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const pick = pool.pick(askFor(null));
    if (pick.kind !== "lease") throw new Error(pick.error.message);
    pick.lease.failed({ kind: "quota", message: "the week's quota is spent", retryAfterMs: 3_600_000 });
  }
}

function measureDecide(samples: number): Figure {
  const routes: Config["routes"] = Array.from({ length: ruleCount }, (_, index) => ({
    match: { client: `client-${index}`, host: "api.anthropic.com", model: `claude-*-${index}` },
    to: `openai/gpt-${index}`,
    fallback: "error",
    enabled: true,
  }));
  const last: Config["routes"][number] = {
    match: { model: "claude-*" },
    to: "openai/gpt-5",
    fallback: "error",
    enabled: true,
  };
  const config: Config = { ...poolConfig("fill-first"), routes: [...routes.slice(1), last] };
  const rules = compileRules(config.routes);
  const hosts = ["api.anthropic.com", "api.openai.com"];
  return measure(`decide: ${ruleCount} rules, the last one matches`, samples, (index) => {
    const host = hosts[index % hosts.length] ?? "";
    const call = { client: "claude-code", host, path: "/v1/messages", model: `claude-${index % 7}` };
    if (decide(config, rules, call).action !== "reroute") throw new Error("the last rule must match");
    return () => undefined;
  });
}

function poolConfig(strategy: Strategy): Config {
  return {
    ...defaultConfig,
    providers: {
      ...defaultConfig.providers,
      openai: providerEntry({
        authType: "api_key",
        strategy,
        limits: { requestsPerMinute: 1e9, tokensPerMinute: 1e12 },
      }),
    },
    accounts: Array.from({ length: accountCount }, (_, index) =>
      accountEntry({ name: `account-${index}`, priority: 1 + (index % 4), weight: 1 + (index % 5) }),
    ),
  };
}

function askFor(session: string | null): Ask {
  return {
    provider: "openai",
    model: "gpt-5",
    prefix: null,
    needs: { streaming: true, functions: true, vision: false, inputTokens: 1_000, outputTokens: 500 },
    session,
    authorized: true,
    tried: new Set(),
  };
}

/** The first fifth warms the code up and does not count; what `work` returns is done off the clock. */
function measure(name: string, samples: number, work: (index: number) => () => void): Figure {
  const times: number[] = [];
  const warm = samples / 5;
  for (let index = 0; index < samples + warm; index += 1) {
    const from = performance.now();
    const after = work(index);
    const took = performance.now() - from;
    after();
    if (index >= warm) times.push(took * 1_000);
  }
  times.sort((left, right) => left - right);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
  return { name, p50Us: at(0.5), p99Us: at(0.99) };
}
