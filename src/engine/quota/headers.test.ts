import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HeaderPairs } from "../../base/http.ts";
import { providerTypes, type ProviderType } from "../config/schema.ts";
import { readQuotaHeaders } from "./headers.ts";
import type { QuotaWindow } from "./quota.ts";

const now = Date.parse("2026-11-21T12:00:00Z");

function read(type: ProviderType, fields: Readonly<Record<string, string>>, model: string | null = "m"): unknown {
  return readQuotaHeaders({ type, model }, Object.freeze(Object.entries(fields)), now);
}

const rest = {
  model: null,
  limit: null,
  remaining: null,
  usedPercent: null,
  resetAt: null,
  unlimited: false,
  exhausted: false,
};
const window = (more: Partial<QuotaWindow> & { readonly name: string }): QuotaWindow => ({ ...rest, ...more });

describe("a Claude subscription", () => {
  /** As recorded on 2 August 2026. */
  const scoped = {
    "anthropic-ratelimit-unified-5h-reset": "1785685200",
    "anthropic-ratelimit-unified-5h-status": "allowed",
    "anthropic-ratelimit-unified-5h-utilization": "-0.0",
    "anthropic-ratelimit-unified-7d-reset": "1785736800",
    "anthropic-ratelimit-unified-7d-status": "allowed_warning",
    "anthropic-ratelimit-unified-7d-utilization": "0.94",
    "anthropic-ratelimit-unified-7d_oi-reset": "1785736800",
    "anthropic-ratelimit-unified-7d_oi-status": "rejected",
    "anthropic-ratelimit-unified-7d_oi-utilization": "1.01",
    "anthropic-ratelimit-unified-overage-status": "rejected",
    "anthropic-ratelimit-unified-overage-disabled-reason": "org_level_disabled",
    "anthropic-ratelimit-unified-reset": "1785736800",
    "anthropic-ratelimit-unified-status": "rejected",
    "anthropic-ratelimit-unified-representative-claim": "seven_day_overage_included",
    "anthropic-ratelimit-unified-fallback-percentage": "0.5",
    "retry-after": "51811",
  };

  it("has a window for each claim; one model's refuses that model alone", () => {
    expect(read("anthropic-compatible", scoped, "claude-fable-5")).toEqual([
      window({ name: "5h", usedPercent: 0, resetAt: 1_785_685_200_000 }),
      window({ name: "7d", usedPercent: 94, resetAt: 1_785_736_800_000 }),
      window({
        name: "7d_oi",
        model: "claude-fable-5",
        usedPercent: 100,
        resetAt: 1_785_736_800_000,
        exhausted: true,
      }),
      window({ name: "overage" }),
    ]);
  });

  it("is not refused by a full window while overage pays", () => {
    const paid = {
      "Anthropic-Ratelimit-Unified-Status": "allowed",
      "Anthropic-Ratelimit-Unified-5h-Status": "rejected",
      "Anthropic-Ratelimit-Unified-5h-Utilization": "1.0",
    };
    expect(read("anthropic-compatible", paid)).toEqual([window({ name: "5h", usedPercent: 100 })]);
  });
});

describe("other services", () => {
  it("Claude's keys: requests and tokens, by model, with dates", () => {
    expect(
      read("anthropic-compatible", {
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "49",
        "anthropic-ratelimit-requests-reset": "2026-11-21T12:00:01Z",
        "anthropic-ratelimit-input-tokens-limit": "40000",
        "anthropic-ratelimit-input-tokens-remaining": "0",
        "anthropic-ratelimit-input-tokens-reset": "2026-11-21T12:00:30Z",
        "anthropic-priority-output-tokens-remaining": "8000",
        "anthropic-organization-id": "not-a-limit",
      }),
    ).toEqual([
      window({ name: "requests", model: "m", limit: 50, remaining: 49, usedPercent: 2, resetAt: now + 1000 }),
      window({
        name: "input-tokens",
        model: "m",
        limit: 40_000,
        remaining: 0,
        usedPercent: 100,
        resetAt: now + 30_000,
        exhausted: true,
      }),
      window({ name: "priority-output-tokens", model: "m", remaining: 8000 }),
    ]);
  });

  it("OpenAI and Groq: spans", () => {
    expect(
      read("openai-compatible", {
        "x-ratelimit-limit-requests": "10000",
        "x-ratelimit-remaining-requests": "9999",
        "x-ratelimit-reset-requests": "12ms",
        "x-ratelimit-limit-tokens": "200",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "6m0s",
      }),
    ).toEqual([
      window({
        name: "requests",
        model: "m",
        limit: 10_000,
        remaining: 9999,
        usedPercent: expect.closeTo(0.01) as number, // an asymmetric matcher stands for the number
        resetAt: now + 12,
      }),
      window({
        name: "tokens",
        model: "m",
        limit: 200,
        remaining: 0,
        usedPercent: 100,
        resetAt: now + 360_000,
        exhausted: true,
      }),
    ]);
  });

  it.each([
    ["OpenRouter: Unix milliseconds", String(now + 5000)],
    ["GitHub: Unix seconds", String(now / 1000 + 5)],
    ["seconds from now", "5"],
    ["a date", "2026-11-21T12:00:05Z"],
  ])("%s", (_, reset) => {
    const fields = { "X-RateLimit-Limit": "20, 20;w=60", "X-RateLimit-Remaining": "5", "X-RateLimit-Reset": reset };
    expect(read("openai-compatible", fields)).toEqual([
      window({ name: "requests", model: "m", limit: 20, remaining: 5, usedPercent: 75, resetAt: now + 5000 }),
    ]);
  });

  it("does not take a limit of nothing for a refusal", () => {
    const fields = { "x-ratelimit-limit-tokens": "0", "x-ratelimit-remaining-tokens": "0" };
    expect(read("openai-compatible", fields)).toEqual([window({ name: "tokens", model: "m", limit: 0, remaining: 0 })]);
  });

  it("Codex: the plan's windows by their length, and those of a model with limits of its own", () => {
    expect(
      read("codex", {
        "x-codex-primary-used-percent": "41",
        "x-codex-primary-window-minutes": "300",
        "x-codex-primary-reset-at": "1795280000",
        "x-codex-secondary-used-percent": "100",
        "x-codex-secondary-window-minutes": "10080",
        "x-codex-secondary-reset-after-seconds": "60",
        "x-codex-bengalfox-limit-name": "GPT-5.3-Codex-Spark",
        "x-codex-bengalfox-primary-used-percent": "12.5",
        "x-codex-bengalfox-secondary-used-percent": "0",
        "x-codex-bengalfox-secondary-window-minutes": "0",
        "x-codex-primary-over-secondary-limit-percent": "95",
        "x-codex-credits-balance": "0",
        "x-codex-active-limit": "premium",
      }),
    ).toEqual([
      window({ name: "5h", usedPercent: 41, resetAt: 1_795_280_000_000 }),
      window({ name: "7d", usedPercent: 100, resetAt: now + 60_000, exhausted: true }),
      window({ name: "primary", model: "GPT-5.3-Codex-Spark", usedPercent: 12.5 }),
    ]);
  });

  it("Copilot: shares that are left, and how long", () => {
    expect(
      read("copilot", {
        "x-quota-snapshot-premium_interactions": "ent=300&ov=0.0&ovPerm=false&rem=-2.5&rst=2026-12-01T00%3A00%3A00Z",
        "x-quota-snapshot-chat": "ent=-1&ov=0.0&ovPerm=false&rem=100.0&rst=2026-12-01T00:00:00Z",
        "x-quota-snapshot-completions": "ent=200&rem=0.0&ovPerm=true",
        "x-usage-ratelimit-session": "ent=50&rem=67.5&rst=2026-11-21T14:00:00Z",
        "x-quota-snapshot-odd": "remaining=0;limit=100",
      }),
    ).toEqual([
      window({
        name: "premium_interactions",
        limit: 300,
        remaining: 0,
        usedPercent: 100,
        resetAt: Date.parse("2026-12-01T00:00:00Z"),
        exhausted: true,
      }),
      window({ name: "chat", usedPercent: 0, resetAt: Date.parse("2026-12-01T00:00:00Z"), unlimited: true }),
      window({ name: "completions", limit: 200, remaining: 0, usedPercent: 100 }),
      window({
        name: "session",
        limit: 50,
        remaining: 33.75,
        usedPercent: 32.5,
        resetAt: Date.parse("2026-11-21T14:00:00Z"),
      }),
    ]);
  });
});

describe("every type", () => {
  it("is never told a reset that no date can hold", () => {
    const told: HeaderPairs = [
      ["x-ratelimit-limit-requests", "10"],
      ["x-ratelimit-remaining-requests", "0"],
      ["x-ratelimit-reset-requests", "9".repeat(40)],
    ];
    const windows = readQuotaHeaders({ type: "openai-compatible", model: null }, told, 1_764_000_000_000);
    expect(windows).toMatchObject([{ limit: 10, remaining: 0, resetAt: null }]);
  });

  it.each(providerTypes)("%s: no such header, no reading", (type) => {
    expect(read(type, { date: "x", "x-request-id": "1", "anthropic-organization-id": "o", age: "5" })).toBeNull();
  });

  it("never tells figures that cannot be, whatever the headers hold", () => {
    const name = fc.constantFrom(
      "anthropic-ratelimit-unified-5h-utilization",
      "anthropic-ratelimit-unified-5h-reset",
      "anthropic-ratelimit-unified-status",
      "anthropic-ratelimit-tokens-remaining",
      "anthropic-ratelimit-tokens-limit",
      "x-ratelimit-limit",
      "x-ratelimit-remaining-tokens",
      "x-ratelimit-reset-tokens",
      "x-codex-primary-used-percent",
      "x-codex-primary-window-minutes",
      "x-quota-snapshot-chat",
      "x-ratelimit-__proto__",
    );
    const value = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.integer().map(String),
      fc.constantFrom("rejected", "6m0s", "9e999", "ent=5&rem=NaN", "ent=1e400&rem=50", "rem=1e400"),
    );
    fc.assert(
      fc.property(fc.constantFrom(...providerTypes), fc.array(fc.tuple(name, value)), (type, headers) => {
        const pairs: HeaderPairs = headers;
        for (const one of readQuotaHeaders({ type, model: null }, pairs, now) ?? []) {
          expect(one.usedPercent ?? 0).toBeGreaterThanOrEqual(0);
          expect(one.usedPercent ?? 0).toBeLessThanOrEqual(100);
          for (const figure of [one.limit, one.remaining, one.resetAt]) {
            if (figure !== null) expect(Number.isFinite(figure) && figure >= 0).toBe(true);
          }
        }
      }),
    );
  });
});
