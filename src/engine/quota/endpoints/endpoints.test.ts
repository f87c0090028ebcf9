/** Every usage address, over real sockets against a provider that refuses what the real one refuses. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  startFakeQuota,
  type FakeQuota,
  type QuotaService,
  type QuotaTrouble,
} from "../../../../test/support/fake-quota.ts";
import { createOpened } from "../../../../test/support/opened.ts";
import { waitFor } from "../../../../test/support/wait.ts";
import { Secret } from "../../../base/secret.ts";
import type { CredentialResult } from "../../accounts/credential.ts";
import { providerEntry } from "../../config/__fixtures__/entries.ts";
import { canary, idOf, login, openBench, renewedCanary, type Bench } from "../__fixtures__/bench.ts";
import type { QuotaState } from "../poller.ts";
import type { QuotaWindow } from "../quota.ts";
import { quotaEndpointOf } from "./table.ts";

const services = ["claude", "codex", "copilot", "antigravity", "gemini-cli", "kiro", "openrouter"] as const;

const opened = createOpened();
let fake: FakeQuota;

beforeEach(async () => {
  fake = opened.add(await startFakeQuota({ secrets: [canary] }));
});
afterEach(() => opened.closeAll());

function bench(provider: string, credential?: CredentialResult): Bench {
  const made = openBench(fake.url, [login(provider)], credential === undefined ? {} : { credential });
  opened.later(() => made.poller.close());
  return made;
}

async function refresh({ poller }: Bench, provider: string): Promise<QuotaState> {
  const signal = new AbortController().signal;
  const [state] = await poller.refresh(idOf(provider), { force: false, signal });
  if (state === undefined) throw new Error("an account that is asked for is answered");
  return state;
}

const ask = (provider: string, credential?: CredentialResult): Promise<QuotaState> =>
  refresh(bench(provider, credential), provider);

/** The windows in short: name, model, percent used, exhausted. */
function short(state: QuotaState): readonly unknown[] {
  return (state.reading?.windows ?? []).map(({ name, model, usedPercent, exhausted }: QuotaWindow) => [
    name,
    model,
    usedPercent === null ? null : Math.round(usedPercent * 10) / 10,
    exhausted,
  ]);
}

describe("what is read", () => {
  it("Claude: windows by name, a model's own among them; extra usage refuses nothing", async () => {
    const state = await ask("claude");
    expect(state.error).toBeNull();
    expect(short(state)).toEqual([
      ["5h", null, 47.2, false],
      ["7d", null, 12, false],
      ["7d_oauth_apps", null, 100, false],
      ["7d_fable", "fable", 100, true],
      ["extra_usage", null, 12.3, false],
    ]);
    expect(state.reading?.windows[1]?.resetAt).toBe(Date.parse("2026-11-27T11:00:00Z"));
  });

  it("Codex: the plan and one model's own limit, with the account named in the question", async () => {
    const state = await ask("codex");
    expect(short(state)).toEqual([
      ["5h", null, 33, false],
      ["7d", null, 21, false],
      ["5h", "GPT-5.3-Codex-Spark", 100, true],
      ["credits", null, null, false],
    ]);
    expect(state.reading).toMatchObject({ plan: "plus", source: "endpoint" });
    expect(state.reading?.windows[0]?.resetAt).toBe(1_795_290_000_000);
    expect(fake.seen[0]?.headers["chatgpt-account-id"]).toBe("acct-1");
  });

  it("Codex: a limit that is reached though its share is rounded down", async () => {
    fake.answerWith("codex", {
      rate_limit: {
        allowed: false,
        limit_reached: true,
        primary_window: { used_percent: 99, limit_window_seconds: 18_000 },
        secondary_window: { used_percent: 40, limit_window_seconds: 604_800 },
      },
    });
    expect(short(await ask("codex"))).toEqual([
      ["5h", null, 99, true],
      ["7d", null, 40, false],
    ]);
  });

  it("Copilot: a paid seat", async () => {
    const state = await ask("copilot");
    expect(state.reading?.plan).toBe("individual");
    expect(state.reading?.windows).toEqual([
      expect.objectContaining({ name: "chat", unlimited: true, exhausted: false }),
      expect.objectContaining({ name: "completions", unlimited: true }),
      expect.objectContaining({
        name: "premium_interactions",
        limit: 300,
        remaining: 75,
        usedPercent: 75,
        resetAt: Date.parse("2026-12-01T00:00:00Z"),
      }),
    ]);
  });

  it("Copilot: the free seat, whose figures are what remains", async () => {
    fake.answerWith("copilot", {
      access_type_sku: "free_limited_copilot",
      monthly_quotas: { chat: 50, completions: 2000 },
      limited_user_quotas: { chat: 0, completions: 1500 },
      limited_user_reset_date: "2026-12-05",
    });
    const state = await ask("copilot");
    expect(state.reading).toMatchObject({ plan: "free_limited_copilot" });
    expect(state.reading?.windows).toMatchObject([
      { name: "chat", limit: 50, remaining: 0, usedPercent: 100, exhausted: true },
      { name: "completions", limit: 2000, remaining: 1500, usedPercent: 25, exhausted: false },
    ]);
  });

  it("Antigravity: what is left of each model; a reset without a share means nothing is", async () => {
    expect(short(await ask("antigravity"))).toEqual([
      ["Gemini 3 Pro (High)", "gemini-3-pro-high", 60, false],
      ["Claude Sonnet", "claude-sonnet-4-6", 100, true],
    ]);
    expect(fake.seen[0]?.body).toBe('{"project":"test-project"}');
  });

  it("Gemini CLI: buckets", async () => {
    const state = await ask("gemini-cli");
    expect(state.reading?.windows).toMatchObject([
      { name: "requests", model: "gemini-2.5-pro", remaining: 500, limit: 1000, usedPercent: 50, exhausted: false },
      { name: "requests", model: "gemini-2.5-flash", usedPercent: 100, exhausted: true },
    ]);
  });

  it("Kiro: credits, and a trial whose end refuses nothing while the plan has room", async () => {
    const state = await ask("kiro");
    expect(state.reading).toMatchObject({ plan: "KIRO PRO" });
    expect(state.reading?.windows).toMatchObject([
      { name: "credit", limit: 50, remaining: 4.5, usedPercent: 91, resetAt: 1_796_169_600_000, exhausted: false },
      { name: "credit_trial", usedPercent: 100, exhausted: false },
    ]);
  });

  it("OpenRouter: the key's own limit", async () => {
    const state = await ask("openrouter");
    expect(state.reading?.windows).toMatchObject([{ name: "key", limit: 20, remaining: 15, usedPercent: 25 }]);
    expect(fake.seen.map(({ service }) => service)).toEqual(["openrouter"]);
  });

  it("OpenRouter: the account's credits where the key has no limit", async () => {
    fake.answerWith("openrouter", { data: { limit: null, usage: 5, is_free_tier: true } });
    const state = await ask("openrouter");
    expect(state.reading).toMatchObject({ plan: "free", windows: [{ name: "credits", remaining: 30, limit: 40 }] });
  });

  it.each([
    ["claude", { five_hour: { utilization: 1 }, seven_day: {}, limits: [null, { kind: "weekly_scoped" }, "x"] }],
    ["codex", { plan_type: "free", rate_limit: null, additional_rate_limits: [{}, 5] }],
    ["copilot", { copilot_plan: "business", quota_snapshots: { chat: null, premium_interactions: {} } }],
    ["antigravity", { models: { one: {}, two: { quotaInfo: {} }, three: null } }],
    ["gemini-cli", { buckets: [{}, { modelId: "m" }, null] }],
    ["kiro", { usageBreakdownList: [{}, null, { usageLimit: "50" }] }],
    ["openrouter", { data: { usage: 1 } }],
  ] as const satisfies readonly (readonly [QuotaService, unknown])[])(
    "%s: fields may be missing",
    async (service, report) => {
      fake.answerWith(service, report);
      expect(await ask(service)).toMatchObject({ error: null, reading: { source: "endpoint" } });
    },
  );
});

describe.each(services)("when %s has trouble", (service) => {
  it.each([
    ["500", /answered 500.*again later/],
    ["429", /answered 429.*too often/],
    ["403", /answered 403/],
    ["html", /a web page; check the endpoint/],
    ["no-json", /no JSON/],
    ["list", /no usage report/],
    ["redirect", /answered 302.*do not follow/],
    ["cut", /./],
    ["huge", /cannot be read/],
    ["echo", /answered 400/],
  ] as const satisfies readonly (readonly [QuotaTrouble, RegExp])[])(
    "%s: says so, and nothing else",
    async (trouble, words) => {
      fake.trouble(trouble);
      const { reading, error } = await ask(service);
      expect(reading).toBeNull();
      expect(error).toMatch(words);
      expect(error).not.toContain("canary");
      expect(fake.seen.every(({ url }) => !url.includes("elsewhere"))).toBe(true);
    },
  );

  it("silence: gives up after ten seconds, and keeps what it knew", async () => {
    const made = bench(service);
    const before = await refresh(made, service);
    made.clock.advance(60_000);
    fake.trouble("silence");
    const late = refresh(made, service);
    await waitFor("the call is under way", () => made.clock.timers().includes(10_000));
    made.clock.advance(10_000);
    expect(await late).toMatchObject({
      error: expect.stringContaining("did not answer within 10 s") as string, // an asymmetric matcher stands for the text
      reading: { readAt: before.reading?.readAt },
    });
  });

  it("a refused login is renewed once, where that can help", async () => {
    fake.accept(renewedCanary);
    const made = bench(service);
    const state = await refresh(made, service);
    const isRenewable = service !== "copilot";
    expect(made.renewals()).toBe(isRenewable ? 1 : 0);
    if (isRenewable) expect(state).toMatchObject({ error: null, reading: { source: "endpoint" } });
    else expect(state.error).toMatch(/answered 401.*log in/);
  });
});

describe("who cannot be asked", () => {
  const key: CredentialResult = {
    ok: true,
    credential: { kind: "key", secret: new Secret(canary), facts: {} },
  };

  it.each(services.filter((service) => service !== "openrouter"))("%s with a key is left alone", async (service) => {
    const state = await ask(service, key);
    expect(state.reading).toBeNull();
    expect(state.error).not.toBeNull();
    expect(fake.seen).toEqual([]);
  });

  it("a login that cannot be had says why", async () => {
    const error = { kind: "auth", message: "the login is over; log in again" } as const;
    expect(await ask("claude", { ok: false, error })).toMatchObject({ reading: null, error: error.message });
  });

  it("a provider without such an address", async () => {
    expect((await ask("plain")).error).toContain("no address to ask for usage");
  });
});

describe("where it is asked", () => {
  const placed = (id: string, type: Parameters<typeof providerEntry>[0], endpoint: string): string | undefined => {
    const config = providerEntry({ ...type, endpoint });
    const credential = { kind: "token", secret: new Secret(canary), madeFrom: new Secret(canary), facts: {} } as const;
    const asked = quotaEndpointOf(id, config)?.request(credential, { endpoint: new URL(endpoint), project: null });
    return asked?.url.href;
  };

  it.each([
    ["claude", "anthropic-compatible", "https://api.anthropic.com/v1", "https://api.anthropic.com/api/oauth/usage"],
    ["mine", "anthropic-compatible", "https://api.anthropic.com", "https://api.anthropic.com/api/oauth/usage"],
    ["glm", "anthropic-compatible", "https://api.z.ai/api/anthropic/v1", undefined],
    ["codex", "codex", "https://chatgpt.com/backend-api/codex", "https://chatgpt.com/backend-api/wham/usage"],
    ["codex", "codex", "https://chatgpt.com", "https://chatgpt.com/backend-api/wham/usage"],
    ["github", "copilot", "https://api.githubcopilot.com", "https://api.github.com/copilot_internal/user"],
    ["github", "copilot", "https://api.business.githubcopilot.com", "https://api.github.com/copilot_internal/user"],
    [
      "github",
      "copilot",
      "https://githubcopilot.com.evil.example",
      "https://githubcopilot.com.evil.example/copilot_internal/user",
    ],
    [
      "gemini-cli",
      "gemini-cli",
      "https://cloudcode-pa.googleapis.com",
      "https://cloudcode-pa.googleapis.com/v1internal:retrieveUserQuota",
    ],
    [
      "kiro",
      "kiro",
      "https://runtime.eu-central-1.kiro.dev",
      "https://q.eu-central-1.amazonaws.com/getUsageLimits?origin=AI_EDITOR&resourceType=AGENTIC_REQUEST",
    ],
    ["openrouter", "openai-compatible", "https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1/key"],
    ["openai", "openai-compatible", "https://api.openai.com/v1", undefined],
  ] as const)("%s (%s) at %s", (id, type, endpoint, url) => {
    expect(placed(id, { type }, endpoint)).toBe(url);
  });

  it("for Kiro is in the region of the login's profile, unless its user has an endpoint of their own", () => {
    const profileArn = "arn:aws:codewhisperer:eu-central-1:123456789012:profile/FAKE";
    const facts = { profileArn, region: "eu-west-1" };
    const credential = { kind: "token", secret: new Secret(canary), facts } as const;
    const at = (endpoint: string): string | undefined => {
      const config = providerEntry({ type: "kiro", endpoint });
      const place = { endpoint: new URL(endpoint), project: null };
      return quotaEndpointOf("kiro", config)?.request(credential, place)?.url.host;
    };
    expect(at("https://q.us-east-1.amazonaws.com")).toBe("q.eu-central-1.amazonaws.com");
    expect(at("http://127.0.0.1:9")).toBe("127.0.0.1:9");
  });
});
