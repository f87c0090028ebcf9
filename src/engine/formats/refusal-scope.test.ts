import { describe, expect, it } from "vitest";
import type { HeaderPairs } from "../../base/http.ts";
import { refusalScope } from "./refusal-scope.ts";
import { formats } from "./table.ts";

const unified = (fields: Readonly<Record<string, string>>): HeaderPairs =>
  Object.entries(fields).map(([name, value]) => [`Anthropic-Ratelimit-Unified-${name}`, value] as const);

describe("what a refusal covers", () => {
  it.each([
    ["the five hours", { status: "rejected", "5h-status": "rejected", "7d-status": "allowed" }, "account"],
    ["the week", { status: "rejected", "5h-status": "allowed", "7d-status": "rejected" }, "account"],
    [
      // As recorded in August 2026.
      "one model's week only",
      { status: "rejected", "5h-status": "allowed", "7d-status": "allowed_warning", "7d_oi-status": "rejected" },
      "model",
    ],
    ["Opus' week only", { status: "rejected", "5h-status": "allowed", "7d_opus-status": "rejected" }, "model"],
    ["both", { status: "rejected", "5h-status": "rejected", "7d_oi-status": "rejected" }, "account"],
    ["one model, in words only", { status: "rejected", "representative-claim": "seven_day_opus" }, "model"],
    ["all, in words only", { status: "rejected", "representative-claim": "seven_day" }, "account"],
    ["all, with nothing named", { status: "rejected" }, "account"],
    ["one model, with no overage bought", { "7d_oi-status": "rejected", "overage-status": "rejected" }, "model"],
    ["nothing: overage pays", { status: "allowed", "5h-status": "rejected" }, null],
    ["nothing: only no overage bought", { "overage-status": "rejected", "5h-status": "allowed" }, null],
  ] as const)("Claude: %s", (_, fields, scope) => {
    expect(refusalScope({ status: 429, headers: unified(fields), codes: ["rate_limit_error"] })).toBe(scope);
  });

  it.each([
    ["usage_limit_reached", "account"],
    ["insufficient_quota", "account"],
    ["QUOTA_EXHAUSTED", "model"],
    ["RATE_LIMIT_EXCEEDED", "model"],
    ["tokens", "model"],
    ["user_weekly_rate_limited", "account"],
    ["quota_exceeded", null],
    ["rate_limit_exceeded", null],
    ["toString", null],
  ] as const)("%s: %s", (code, scope) => {
    expect(refusalScope({ status: 429, headers: [], codes: [code] })).toBe(scope);
  });

  it("goes by the most telling code that says it", () => {
    expect(refusalScope({ status: 429, headers: [], codes: ["rate_limit_exceeded", "requests"] })).toBe("model");
  });

  it("knows a ChatGPT model's own limit from the plan's", () => {
    const family: HeaderPairs = [
      ["x-codex-bengalfox-limit-name", "GPT-5.3-Codex-Spark"],
      ["x-codex-bengalfox-primary-used-percent", "100"],
      ["x-codex-primary-used-percent", "41"],
    ];
    const codes = ["usage_limit_reached"];
    expect(refusalScope({ status: 429, headers: family, codes })).toBe("model");
    const plan: HeaderPairs = [...family, ["x-codex-secondary-used-percent", "100"]];
    expect(refusalScope({ status: 429, headers: plan, codes })).toBe("account");
  });

  it("says nothing of an answer that is no refusal", () => {
    expect(refusalScope({ status: 200, headers: unified({ status: "rejected" }), codes: [] })).toBeNull();
  });
});

describe("errors as they are read", () => {
  const read = (format: keyof typeof formats, status: number, body: unknown, headers: HeaderPairs = []) =>
    formats[format].provider.readError(status, headers, Buffer.from(JSON.stringify(body)));
  const chat = (type: string, code: string): object => ({ error: { message: "no", type, code } });

  it.each([
    ["openai-chat", 429, chat("tokens", "rate_limit_exceeded"), "rate-limit", "model"],
    ["openai-chat", 429, chat("insufficient_quota", "insufficient_quota"), "billing", "account"],
    ["openai-responses", 429, { error: { type: "usage_limit_reached", message: "no" } }, "quota", "account"],
    [
      "gemini",
      429,
      {
        error: {
          code: 429,
          message: "no",
          status: "RESOURCE_EXHAUSTED",
          details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "QUOTA_EXHAUSTED" }],
        },
      },
      "quota",
      "model",
    ],
  ] as const)("%s %i %j", (format, status, body, kind, scope) => {
    expect(read(format, status, body)).toMatchObject({ kind, scope });
  });

  const overloaded = { type: "error", error: { type: "rate_limit_error", message: "This request would exceed it." } };

  it("bars one model of a Claude subscription, until that model's own reset", () => {
    const headers = unified({
      status: "rejected",
      reset: "1785736800",
      "5h-status": "allowed",
      "7d-status": "allowed_warning",
      "7d_oi-status": "rejected",
      "7d_oi-reset": "1785736800",
    });
    const dated: HeaderPairs = [...headers, ["date", "Sun, 02 Aug 2026 15:36:28 GMT"]];
    expect(read("claude", 429, overloaded, dated)).toMatchObject({ kind: "quota", scope: "model" });
  });

  it("waits for the window that refused, not for the week the plain reset points at, nor the month's end", () => {
    const headers = unified({
      status: "rejected",
      reset: "1788926400",
      "5h-status": "rejected",
      "5h-reset": "1788588600",
      "7d-status": "allowed",
      "7d-reset": "1788926400",
      "overage-status": "rejected",
      "overage-reset": "1790812800",
    });
    const dated: HeaderPairs = [...headers, ["date", "Sat, 05 Sep 2026 04:25:00 GMT"]];
    expect(read("claude", 429, overloaded, dated)).toMatchObject({ scope: "account", retryAfterMs: 105 * 60_000 });
  });

  it("takes a broken server for one, though no overage was bought", () => {
    const headers = unified({ status: "allowed", "5h-status": "allowed", "overage-status": "rejected" });
    const broken = { type: "error", error: { type: "api_error", message: "Internal server error" } };
    expect(read("claude", 500, broken, headers)).toEqual({
      kind: "upstream",
      message: "Internal server error",
      status: 500,
      raw: "api_error",
    });
  });
});
