/** Accounts of every state, as the control API tells of them. */
import { startAt } from "./harness.ts";

export function iso(inMs: number): string {
  return new Date(startAt + inMs).toISOString();
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

export function sampleAccount(id: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const [provider = "", name = ""] = id.split("/");
  return {
    id,
    provider,
    name,
    source: "login",
    client: null,
    from: "store",
    enabled: true,
    priority: 100,
    weight: 1,
    prefix: null,
    state: "active",
    credential: { state: "ok", expiresAt: iso(6 * hour), who: "me@example.com", plan: "Max 5x", fix: null },
    cooldowns: [],
    calls: 0,
    failures: 0,
    health: 1,
    inFlight: 0,
    lastUsedAt: iso(-minute),
    lastError: null,
    quota: null,
    ...more,
  };
}

export function sampleQuota(
  account: string,
  name: string,
  usedPercent: number | null,
  resetInMs: number | null,
): object {
  return {
    account,
    plan: null,
    source: "headers",
    readAt: iso(-30_000),
    windows: [
      {
        name,
        model: null,
        limit: null,
        remaining: null,
        usedPercent,
        resetAt: resetInMs === null ? null : iso(resetInMs),
        unlimited: false,
        runsOutAt: null,
        exhausted: usedPercent !== null && usedPercent >= 100,
      },
    ],
    error: null,
  };
}

export const everyAccount: readonly Record<string, unknown>[] = [
  sampleAccount("claude/max", {
    state: "cooling",
    cooldowns: [
      {
        model: null,
        level: 2,
        until: iso(7_000),
        remainingMs: 7_000,
        resetAt: iso(hour),
        kind: "capacity",
        reason: "529 overloaded_error",
      },
    ],
    calls: 118,
    failures: 4,
    lastError: "529 overloaded_error",
    quota: sampleQuota("claude/max", "5h", 61, 72 * minute),
  }),
  sampleAccount("claude/team", {
    calls: 20,
    credential: { state: "ok", expiresAt: iso(2 * hour), who: null, plan: "Team", fix: null },
    quota: sampleQuota("claude/team", "5h", 18, 220 * minute),
  }),
  sampleAccount("kiro/work", {
    inFlight: 1,
    calls: 64,
    failures: 1,
    source: "client",
    client: "kiro",
    from: "config",
    credential: { state: "ok", expiresAt: iso(41 * minute), who: null, plan: "Pro", fix: null },
    quota: sampleQuota("kiro/work", "mo", 79, 10 * day),
  }),
  sampleAccount("antigravity/acct2", {
    calls: 12,
    failures: 2,
    credential: { state: "will-refresh", expiresAt: iso(-minute), who: null, plan: "free", fix: null },
    cooldowns: [
      {
        model: "gemini-3-pro",
        level: 4,
        until: iso(271_000),
        remainingMs: 271_000,
        resetAt: null,
        kind: "rate-limit",
        reason: "slow down",
      },
    ],
    quota: sampleQuota("antigravity/acct2", "d", 92, 5 * hour),
  }),
  sampleAccount("copilot/a", {
    state: "needs-login",
    failures: 3,
    calls: 3,
    credential: {
      state: "needs-login",
      expiresAt: null,
      who: null,
      plan: "Ind",
      fix: "the refresh was refused (401): switchyard accounts login copilot --name a",
    },
    lastError: "401 refresh refused",
  }),
  sampleAccount("groq/key1", {
    state: "disabled",
    enabled: false,
    source: "key",
    credential: { state: "ok", expiresAt: null, who: null, plan: null, fix: null },
  }),
  sampleAccount("openai/stopped", {
    state: "stopped",
    source: "key",
    credential: { state: "ok", expiresAt: null, who: null, plan: null, fix: null },
    cooldowns: [
      {
        model: null,
        level: 0,
        until: null,
        remainingMs: null,
        resetAt: null,
        kind: "account-disabled",
        reason: "the account is closed",
      },
    ],
    quota: sampleQuota("openai/stopped", "requests", 100, null),
  }),
  sampleAccount("mistral/limited", { state: "limited", source: "key", from: "config", calls: 7 }),
  sampleAccount("qwen/probing", { state: "probing", calls: 1 }),
];

export const rateLimits = [
  {
    account: "claude/max",
    state: "cooling",
    limits: { requests_per_minute: 60, tokens_per_minute: 100_000, max_tokens_per_request: null },
    used: { requests: 12, tokens: 41_000 },
    cooldowns: [],
    quota: null,
  },
];

export const sessions = [
  {
    id: "s-41",
    client: "claude-code",
    account: "claude/max",
    model: "claude-sonnet-4-5",
    calls: 4,
    startedAt: iso(-hour),
    lastAt: iso(-5_000),
    cachedTokens: 38_900,
    input: 1,
    output: 1,
    cacheRead: 1,
    cacheWrite: 1,
    switchCostUsd: null,
  },
];
