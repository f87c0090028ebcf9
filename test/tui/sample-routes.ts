/** Answers of the control API about rules, combos, accounts, conversations and usage, as a core gives them. */
import { startAt } from "./harness.ts";

const at = (ms: number): string => new Date(startAt + ms).toISOString();

export const routesAnswer = {
  routes: [
    {
      number: 1,
      match: { client: "claude-code", host: "api.anthropic.com", path: "/v1/messages*", model: "claude-sonnet-4-5*" },
      to: "combo/deep",
      fallback: "error",
      hits: 118,
    },
    {
      number: 2,
      match: { host: "api.anthropic.com", model: "claude-haiku*" },
      to: "quick",
      fallback: "passthrough",
      hits: 41,
    },
    { number: 3, match: { client: "cursor", host: "*.cursor.sh" }, to: "passthrough", fallback: "error", hits: 12 },
  ],
};

const member = (text: string, usable = true, reason: string | null = null): object => {
  const [provider, ...model] = text.split("/");
  return { text, provider, model: model.join("/"), usable, reason };
};

export const combosAnswer = {
  combos: [
    {
      name: "deep",
      members: [
        member("claude/claude-sonnet-4-5"),
        member("kiro/CLAUDE_SONNET_4_5_V1"),
        member("codex/gpt-5.1-codex", false, "provider codex has no usable account"),
      ],
      warning: null,
    },
    { name: "lonely", members: [member("local/qwen3-coder")], warning: "it has one member: nothing to fall back to" },
  ],
  aliases: { quick: "claude/claude-haiku-4-5", best: "combo/deep" },
  collisions: [{ name: "quick", meanings: ["the alias", "a model of local"], taken: "the alias" }],
};

const account = (id: string, more: object = {}): object => {
  const [provider, name] = id.split("/");
  const usual = { prefix: null, enabled: true, priority: 0, state: "active", inFlight: 0, cooldowns: [] };
  return { id, provider, name, ...usual, ...more };
};

export const accountsAnswer = {
  accounts: [
    account("claude/max", {
      state: "cooling",
      cooldowns: [
        {
          model: null,
          level: 2,
          until: at(67_000),
          remainingMs: 67_000,
          resetAt: null,
          kind: "overloaded",
          reason: "x",
        },
      ],
    }),
    account("claude/team", { priority: 1 }),
    account("kiro/work", { inFlight: 1 }),
    account("codex/me", { enabled: false, state: "disabled" }),
  ],
};

export const explainAnswer = {
  action: "reroute",
  rule: 1,
  to: "combo/deep",
  targets: [
    { provider: "claude", model: "claude-sonnet-4-5", account: "claude/team", format: "claude" },
    { provider: "kiro", model: "CLAUDE_SONNET_4_5_V1", account: null, format: "kiro" },
  ],
  why: [
    { stage: "rule", text: "rule 1 matches: to combo/deep", rule: 1 },
    { stage: "select", text: "max is cooling until 12:01:37, team is next", account: "claude/team" },
  ],
};

const session = (id: string, more: object): object => ({
  id,
  client: "claude-code",
  account: "claude/team",
  model: "claude-sonnet-4-5",
  calls: 3,
  startedAt: at(-3_900_000),
  lastAt: at(-125_000),
  cachedTokens: 38_900,
  input: 120_000,
  output: 3_200,
  cacheRead: 90_000,
  cacheWrite: 12_000,
  switchCostUsd: 0.117,
  ...more,
});

export const sessionsAnswer = {
  sessions: [
    session("4f2a91c0ab12cd34", {}),
    session("77aa00bb11cc22dd", {
      client: "codex",
      account: "codex/me",
      model: "gpt-5.1-codex",
      lastAt: at(-10_000),
      input: 9,
      calls: 9,
    }),
  ],
};

const usageRow = (key: string, more: object = {}): object => ({
  key,
  calls: 40,
  failures: 0,
  input: 1_234_567,
  output: 45_678,
  cacheRead: 900_000,
  cacheWrite: 50_000,
  reasoning: 1_000,
  costUsd: 3.5,
  cacheSavedUsd: 2.25,
  estimated: false,
  unpriced: 0,
  ...more,
});

export function usageAnswer(group: string): object {
  const keys: Readonly<Record<string, readonly [string, string]>> = {
    day: ["2026-11-20", "2026-11-21"],
    model: ["claude-sonnet-4-5", "gpt-5.1-codex"],
    account: ["claude/team", "none"],
    client: ["claude-code", "codex"],
    provider: ["claude", "api.openai.com"],
    session: ["4f2a91c0ab12cd34", "none"],
  };
  const [first, second] = keys[group] ?? ["a", "b"];
  return {
    group,
    rows: [
      usageRow(first),
      usageRow(second, { calls: 2, failures: 1, costUsd: 0.5, cacheSavedUsd: null, estimated: true, unpriced: 1 }),
    ],
    total: usageRow("total", { calls: 42, failures: 1, costUsd: 4, estimated: true, unpriced: 1 }),
    dropped: 2,
  };
}

export function answerOf(method: string, path: string): unknown {
  if (path.startsWith("/usage")) return usageAnswer(new URLSearchParams(path.split("?")[1]).get("group") ?? "");
  const answers: Readonly<Record<string, unknown>> = {
    "GET /routes": routesAnswer,
    "GET /combos": combosAnswer,
    "GET /accounts": accountsAnswer,
    "GET /sessions": sessionsAnswer,
    "POST /routes/explain": explainAnswer,
    "POST /routes": { number: 4 },
  };
  return answers[`${method} ${path}`] ?? { ok: true };
}
