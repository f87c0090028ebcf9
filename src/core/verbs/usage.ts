/** What was used and what is left: usage by group, sessions, limits. */
import { type EngineVerbs, type UsageRowJson, VerbRefusal } from "../../base/controls-engine.ts";
import { accountId } from "../../engine/config/schema.ts";
import { totalOf } from "../../engine/usage/tally.ts";
import { switchCost } from "../../engine/usage/switch-cost.ts";
import { iso, type VerbDeps } from "./deps.ts";
import { cooldownJson, limitsJson, quotaJson } from "./shapes.ts";

type UsageVerbs = Pick<EngineVerbs, "usage" | "sessions" | "rateLimits">;

export function usageVerbs(deps: VerbDeps): UsageVerbs {
  const { pool, ledger, quota, clock } = deps;
  return {
    async usage({ group, since, until }) {
      const rows = await ledger.query({ group, since: instant(since, "start"), until: instant(until, "end") });
      const total: UsageRowJson = totalOf(rows);
      return { group, rows, total, dropped: ledger.dropped() };
    },

    sessions() {
      const prices = deps.figures.prices();
      return Promise.resolve(
        pool.sessions().map((session) => {
          const { id, client, account, model, calls, cachedTokens, tokens } = session;
          const [provider = ""] = account.split("/");
          return {
            id,
            client,
            account,
            model,
            calls,
            startedAt: iso(session.startedAt) ?? "",
            lastAt: iso(session.lastAt) ?? "",
            cachedTokens,
            ...tokens,
            switchCostUsd: switchCost(cachedTokens, prices.priceFor(provider, model, clock.now())),
          };
        }),
      );
    },

    rateLimits() {
      const now = clock.now();
      const { providers } = deps.config();
      return Promise.resolve(
        pool.list().map(({ account, id, state, cooldowns, rate }) => ({
          account: accountId(account),
          state,
          limits: limitsJson(account.limits ?? providers[account.provider]?.limits ?? null),
          used: rate,
          cooldowns: cooldowns.map((record) => cooldownJson(record, now)),
          quota: quotaJson(quota.latest(id), now, quota),
        })),
      );
    },
  };
}

/** `2026-11-01` is that day here: from its first moment, or to its last. */
function instant(text: string | null, edge: "start" | "end"): number | null {
  if (text === null || text === "") return null;
  const day = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (day === null) {
    const at = Date.parse(text);
    if (!Number.isNaN(at)) return at;
    throw new VerbRefusal("invalid", `"${text}" is no date; write it like 2026-11-01 or 2026-11-01T08:00:00Z`);
  }
  const [year, month, date] = [Number(day[1]), Number(day[2]), Number(day[3])];
  const first = new Date(year, month - 1, date);
  if (first.getMonth() !== month - 1) throw new VerbRefusal("invalid", `there is no day ${text}`);
  return edge === "start" ? first.getTime() : new Date(year, month - 1, date + 1).getTime() - 1;
}
