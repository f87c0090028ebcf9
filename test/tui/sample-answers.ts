/**
 * What the control API answers, once for all screens: accounts in every state, models of every kind, rules, combos,
 * conversations, usage and limits. In the shapes of `base/controls-engine.ts`, which the compiler holds it to.
 */
import type {
  AccountJson,
  AliasesJson,
  CapabilitiesJson,
  ComboJson,
  CooldownJson,
  ModelJson,
  QuotaJson,
  RateLimitJson,
  SessionJson,
  UsageJson,
  UsageRowJson,
} from "../../src/base/controls-engine.ts";
import type { RouteRow } from "../../src/base/controls.ts";

/** Wide, joined, stacked and right-to-left characters; a flag, a family, a keycap. */
export const strange = "日本語👩‍👩‍👧‍👦é̂🇩🇪1️⃣שלום مرحبا";

interface SampleAnswers {
  /** As the harness's `answer` wants it; a path that nobody asks for is an error. */
  readonly answer: (method: string, path: string, body?: unknown) => unknown;
}

/** @param now instants lie around it. @param decorate what becomes of every text that is not a word of the protocol */
export function sampleAnswers(now: number, decorate: (text: string) => string = (text) => text): SampleAnswers {
  const accounts = sampleAccounts(now);
  const answers: Readonly<Record<string, unknown>> = {
    "/accounts": { accounts },
    "/accounts/quota": { quotas: accounts.flatMap(({ quota }) => quota ?? []) },
    "/models/catalog": catalogOf(sampleModels),
    "/routes": { routes: sampleRoutes },
    "/combos": { combos: sampleCombos, ...sampleAliases },
    "/sessions": { sessions: sampleSessions(now) },
    "/usage": sampleUsage,
    "/rate-limits": { rateLimits: accounts.map(limitOf) },
  };
  return {
    answer(method, path) {
      const known = method === "GET" ? answers[path.split("?")[0] ?? ""] : {};
      return known === undefined ? new Error(`no answer for ${method} ${path}`) : decorated(known, decorate);
    },
  };
}

/** Words of the protocol stay what they are: a changed one would be another state, and not a strange text. */
const protocolKeys = new Set(["state", "source", "from", "kind", "group", "fallback", "expiresAt", "until", "resetAt"]);

function decorated(value: unknown, decorate: (text: string) => string): unknown {
  if (typeof value === "string") return /^\d{4}-\d\d-\d\dT/.test(value) ? value : decorate(value);
  if (Array.isArray(value)) return value.map((one) => decorated(one, decorate));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, protocolKeys.has(key) ? one : decorated(one, decorate)]),
  );
}

function sampleAccounts(now: number): readonly AccountJson[] {
  const at = (ms: number): string => new Date(now + ms).toISOString();
  const account = (id: string, more: Partial<AccountJson> = {}): AccountJson => ({
    id,
    provider: id.split("/")[0] ?? "",
    name: id.split("/")[1] ?? "",
    source: "key",
    client: null,
    from: "store",
    enabled: true,
    priority: 100,
    weight: 1,
    prefix: null,
    state: "active",
    credential: { state: "ok", expiresAt: null, who: null, plan: null, fix: null },
    cooldowns: [],
    calls: 120,
    failures: 3,
    health: 0.97,
    inFlight: 1,
    lastUsedAt: at(-12_000),
    lastError: null,
    quota: null,
    ...more,
  });
  const rest = (more: Partial<CooldownJson> = {}): CooldownJson => ({
    model: null,
    level: 2,
    until: at(42_000),
    remainingMs: 42_000,
    resetAt: at(3_600_000),
    kind: "rate-limit",
    reason: "429 too many requests",
    ...more,
  });
  const quota = (name: string, usedPercent: number): QuotaJson => ({
    account: name,
    plan: "max",
    source: "headers",
    readAt: at(-60_000),
    windows: [
      {
        name: "5h",
        model: null,
        limit: 100,
        remaining: 100 - usedPercent,
        usedPercent,
        resetAt: at(7_200_000),
        unlimited: false,
        runsOutAt: null,
        exhausted: usedPercent >= 100,
      },
      {
        name: "7d",
        model: "opus",
        limit: null,
        remaining: null,
        usedPercent: 12,
        resetAt: null,
        unlimited: false,
        runsOutAt: null,
        exhausted: false,
      },
      {
        name: "extra",
        model: null,
        limit: null,
        remaining: null,
        usedPercent: null,
        resetAt: null,
        unlimited: true,
        runsOutAt: null,
        exhausted: false,
      },
    ],
    error: null,
  });
  return [
    account("claude/work", {
      source: "login",
      credential: { state: "ok", expiresAt: at(3_540_000), who: "me@example.org", plan: "max", fix: null },
      quota: quota("claude/work", 64),
    }),
    account("claude/max", {
      state: "cooling",
      cooldowns: [rest()],
      lastError: "429 too many requests",
      quota: quota("claude/max", 100),
    }),
    account("kiro/builder", {
      source: "login",
      state: "probing",
      cooldowns: [rest({ model: "claude-sonnet-4-5", until: at(-1) })],
    }),
    account("openrouter/me", { state: "limited", prefix: "or", weight: 3 }),
    account("codex/home", {
      state: "stopped",
      cooldowns: [rest({ until: null, remainingMs: null, kind: "billing", reason: "402" })],
    }),
    account("gemini/old", {
      source: "client",
      client: "gemini-cli",
      from: "config",
      enabled: false,
      state: "disabled",
      calls: 0,
      failures: 0,
      lastUsedAt: null,
    }),
    account("copilot/a", {
      source: "login",
      state: "needs-login",
      credential: {
        state: "needs-login",
        expiresAt: at(-60_000),
        who: null,
        plan: null,
        fix: "switchyard accounts login copilot --name a",
      },
      lastError: "401 token expired",
    }),
    account("local/main", { source: "none", health: 1 }),
  ];
}

function limitOf({ id, state, cooldowns, quota }: AccountJson): RateLimitJson {
  const limits = { requests_per_minute: 60, tokens_per_minute: 100_000, max_tokens_per_request: null };
  return { account: id, state, limits, used: { requests: 12, tokens: 48_000 }, cooldowns, quota };
}

const capabilities: CapabilitiesJson = {
  streaming: true,
  functions: true,
  vision: false,
  code_generation: true,
  max_tokens: 200_000,
};

const sampleModels: readonly ModelJson[] = [
  ...Array.from(
    { length: 40 },
    (_, index): ModelJson => ({
      id: `openrouter/vendor-${index}/model-with-a-long-name-${index}`,
      provider: "openrouter",
      model: `vendor-${index}/model-with-a-long-name-${index}`,
      kind: "chat",
      source: "provider",
      max_tokens: index % 3 === 0 ? null : 32_768,
      usable: index % 4 !== 0,
      capabilities,
    }),
  ),
  {
    id: "claude/claude-sonnet-4-5",
    provider: "claude",
    model: "claude-sonnet-4-5",
    kind: "chat",
    source: "built-in",
    max_tokens: 200_000,
    usable: true,
    capabilities,
  },
  {
    id: "openai/text-embedding-3-small",
    provider: "openai",
    model: "text-embedding-3-small",
    kind: "embedding",
    source: "built-in",
    max_tokens: 8_191,
    usable: false,
    capabilities,
  },
  {
    id: "openai/gpt-image-1",
    provider: "openai",
    model: "gpt-image-1",
    kind: "image",
    source: "config",
    max_tokens: null,
    usable: false,
    capabilities,
  },
  {
    id: "local/qwen3-coder",
    provider: "local",
    model: "qwen3-coder",
    kind: "chat",
    source: "custom",
    max_tokens: 131_072,
    usable: true,
    capabilities,
  },
  {
    id: "combo/deep",
    provider: "",
    model: "deep",
    kind: "combo",
    source: "config",
    max_tokens: null,
    usable: true,
    capabilities,
  },
  {
    id: "fast",
    provider: "local",
    model: "qwen3-coder",
    kind: "alias",
    source: "config",
    max_tokens: null,
    usable: true,
    capabilities,
  },
];

function catalogOf(models: readonly ModelJson[]): unknown {
  const ids = (kind: ModelJson["kind"]): readonly string[] =>
    models.filter((model) => model.kind === kind).map(({ id }) => id);
  return {
    models,
    byProvider: { claude: models.filter(({ provider }) => provider === "claude") },
    byType: {
      chat: ids("chat"),
      embedding: ids("embedding"),
      image: ids("image"),
      combo: ids("combo"),
      alias: ids("alias"),
      custom: [],
    },
  };
}

const sampleRoutes: readonly RouteRow[] = [
  {
    number: 1,
    match: { client: "claude-code", model: "claude-*" },
    to: "combo/deep",
    fallback: "passthrough",
    enabled: true,
    hits: 41,
  },
  {
    number: 2,
    match: { host: "api.openai.com", path: "/v1/*" },
    to: "local/qwen3-coder",
    fallback: "error",
    enabled: true,
    hits: 0,
  },
  { number: 3, match: { model: "gpt-*" }, to: "block", fallback: "error", enabled: true, hits: 2 },
  { number: 4, match: {}, to: "passthrough", fallback: "error", enabled: true, hits: 310 },
];

const sampleCombos: readonly ComboJson[] = [
  {
    name: "deep",
    members: [
      { text: "claude/claude-sonnet-4-5", provider: "claude", model: "claude-sonnet-4-5", usable: true, reason: null },
      {
        text: "kiro/claude-sonnet-4-5",
        provider: "kiro",
        model: "claude-sonnet-4-5",
        usable: false,
        reason: "no account of kiro can serve it now",
      },
      { text: "local/qwen3-coder", provider: "local", model: "qwen3-coder", usable: true, reason: null },
    ],
    warning: null,
  },
  {
    name: "lonely",
    members: [
      { text: "nobody/nothing", provider: null, model: null, usable: false, reason: "there is no provider nobody" },
    ],
    warning: "fewer than two members on different accounts: nothing to fall back to",
  },
];

const sampleAliases: AliasesJson = {
  aliases: { fast: "local/qwen3-coder", big: "combo/deep" },
  collisions: [
    {
      name: "fast",
      meanings: ["alias of local/qwen3-coder", "a model of openrouter"],
      taken: "alias of local/qwen3-coder",
    },
  ],
};

function sampleSessions(now: number): readonly SessionJson[] {
  return Array.from({ length: 12 }, (_, index) => ({
    id: `${(index * 7_919 + 4_096).toString(16)}c0ffee`,
    client: index % 5 === 4 ? null : "claude-code",
    account: index % 2 === 0 ? "claude/work" : "local/main",
    model: index % 2 === 0 ? "claude-sonnet-4-5" : "qwen3-coder",
    calls: 3 + index,
    startedAt: new Date(now - (index + 2) * 600_000).toISOString(),
    lastAt: new Date(now - index * 90_000).toISOString(),
    cachedTokens: index * 12_000,
    input: 40_000 + index * 1_000,
    output: 1_200 + index,
    cacheRead: index * 11_000,
    cacheWrite: 900,
    switchCostUsd: index % 3 === 0 ? null : 0.036 * index,
  }));
}

function usageRow(key: string, calls: number): UsageRowJson {
  return {
    key,
    calls,
    failures: Math.floor(calls / 20),
    input: calls * 18_000,
    output: calls * 640,
    cacheRead: calls * 12_000,
    cacheWrite: calls * 90,
    reasoning: calls * 10,
    costUsd: calls === 0 ? null : calls * 0.031,
    cacheSavedUsd: calls === 0 ? null : calls * 0.012,
    estimated: calls % 2 === 1,
    unpriced: calls % 3,
  };
}

const sampleUsage: UsageJson = {
  group: "day",
  rows: Array.from({ length: 14 }, (_, index) => usageRow(`2026-11-${String(index + 8).padStart(2, "0")}`, index * 13)),
  total: usageRow("total", 1_183),
  dropped: 2,
};
