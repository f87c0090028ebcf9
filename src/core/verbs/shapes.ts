/** What the engine knows, in the shapes that scripts and the screen are shown. Pure; nothing here holds a secret. */
import type { AccountJson, CooldownJson, ProviderJson, QuotaJson } from "../../base/controls-engine.ts";
import type { CredentialStatus } from "../../engine/accounts/credential.ts";
import type { AccountHealth, CooldownRecord } from "../../engine/accounts/pool.ts";
import type { Limits } from "../../engine/config/schema.ts";
import type { QuotaPoller, QuotaState } from "../../engine/quota/poller.ts";
import { iso } from "./deps.ts";

export function accountJson(
  health: AccountHealth,
  credential: CredentialStatus,
  quota: QuotaJson | null,
  now: number,
): AccountJson {
  const { account } = health;
  return {
    id: health.id,
    provider: account.provider,
    name: account.name,
    source: account.source.kind,
    client: account.source.kind === "client" ? account.source.client : null,
    from: account.from,
    enabled: account.enabled,
    priority: account.priority,
    weight: account.weight,
    prefix: account.prefix,
    state: health.state,
    credential: {
      state: credential.state,
      expiresAt: iso(credential.expiresAt),
      who: credential.facts.who ?? null,
      plan: credential.facts.plan ?? null,
      fix: credential.fix,
    },
    cooldowns: health.cooldowns.map((record) => cooldownJson(record, now)),
    calls: health.calls,
    failures: health.failures,
    health: health.health,
    inFlight: health.inFlight,
    lastUsedAt: iso(health.lastUsedAt),
    lastError: health.lastError,
    quota,
  };
}

export function cooldownJson(record: CooldownRecord, now: number): CooldownJson {
  const { model, level, until, resetAt, kind, reason } = record;
  return {
    model,
    level,
    until: iso(until),
    remainingMs: until === null ? null : Math.max(0, until - now),
    resetAt: iso(resetAt),
    kind,
    reason,
  };
}

/** Null: nothing was ever read, and nothing went wrong. */
export function quotaJson(
  { account, reading, error }: QuotaState,
  now: number,
  quota: Pick<QuotaPoller, "runsOutAt">,
): QuotaJson | null {
  if (reading === null && error === null) return null;
  return {
    account,
    plan: reading?.plan ?? null,
    source: reading?.source ?? "endpoint",
    readAt: iso(reading?.readAt ?? now) ?? "",
    windows: (reading?.windows ?? []).map((window) => ({
      ...window,
      resetAt: iso(window.resetAt),
      runsOutAt: iso(quota.runsOutAt(account, window)),
    })),
    error,
  };
}

export function limitsJson(limits: Limits | null): ProviderJson["limits"] {
  return {
    requests_per_minute: limits?.requestsPerMinute ?? null,
    tokens_per_minute: limits?.tokensPerMinute ?? null,
    max_tokens_per_request: limits?.maxTokensPerRequest ?? null,
  };
}
