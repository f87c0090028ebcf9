/** What is left of each account: from reply headers as they come, from usage addresses when asked, and what follows. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AccountJson, QuotaJson } from "../../src/base/controls-engine.ts";
import { resolvePaths } from "../../src/base/paths.ts";
import { connectControl, type ControlClient } from "../../src/control/client.ts";
import type { CoreProcess } from "../support/core-process.ts";
import { type AskModel, gatewayOf, greeting, type Told } from "../support/fake-backends-clients.ts";
import { sweep } from "../support/fake-backends-canary.ts";
import type { Backend } from "../support/fake-backends.ts";
import {
  type LoginProvider,
  type LoginWorlds,
  startLoginWorlds,
  writeRecord,
} from "../support/fake-backends-logins.ts";
import { type Scripted, type ScriptedProvider, startScriptedProvider } from "../support/fake-backends-script.ts";
import { type FakeQuota, startFakeQuota } from "../support/fake-quota.ts";
import { createStage } from "../support/fixture.ts";
import { sayHello } from "../support/provider-turn.ts";
import { waitFor } from "../support/wait.ts";

const stage = createStage();
let worlds: LoginWorlds;
let usage: FakeQuota;
let scripted: ScriptedProvider;
let core: CoreProcess;
let control: ControlClient;
let ask: AskModel;

const hour = 3_600_000;
const openrouterKey = "sk-or-v1-canary-0123456789abcdef";
const inSeconds = (ms: number): number => Math.floor((Date.now() + ms) / 1_000);
const logins = ["claude", "codex", "gemini-cli", "antigravity", "copilot"] as const satisfies readonly LoginProvider[];

beforeAll(async () => {
  usage = stage.opened.add(await startFakeQuota({ secrets: [], isLive: true }));
  scripted = stage.opened.add(await startScriptedProvider());
  const isUsage = ({ path }: { readonly path: string }): boolean =>
    /^\/(api\/oauth\/usage|backend-api\/wham\/usage|copilot_internal\/user|api\/v1\/(key|credits)|v1internal:(retrieveUserQuota|fetchAvailableModels))$/.test(
      path,
    );
  const usagePort = Number(new URL(usage.url).port);
  const usageAt = (host: string): Backend => ({ host, fits: isUsage, port: () => usagePort });
  const usageHosts = [
    "api.anthropic.com",
    "chatgpt.com",
    "api.github.com",
    "cloudcode-pa.googleapis.com",
    "daily-cloudcode-pa.googleapis.com",
    "openrouter.ai",
  ];
  worlds = await startLoginWorlds(stage.ca, stage.opened, { first: usageHosts.map(usageAt) });
  const { accessToken: editor } = worlds.github.issue();
  core = await stage.startCore({
    dial: worlds.backends.dial,
    files: {
      "provider-credentials.json": worlds.credentialFile,
      ".config/github-copilot/apps.json": JSON.stringify({ "github.com": { user: "me", oauth_token: editor } }),
    },
    config: {
      providers: {
        chatty: { type: "openai-compatible", endpoint: `${scripted.url}/v1`, auth_type: "api_key" },
        claudish: { type: "anthropic-compatible", endpoint: `${scripted.url}/v1`, auth_type: "api_key" },
      },
      accounts: [
        { provider: "chatty", name: "main", api_key: "sk-chatty-canary-0123456789" },
        { provider: "claudish", name: "main", api_key: "sk-claudish-canary-0123456789" },
        { provider: "openrouter", name: "main", api_key: openrouterKey },
        { provider: "copilot", name: "editor", import: "copilot", accept_terms: true, priority: 900 },
      ],
    },
  });
  await connect();
  for (const provider of logins) {
    writeRecord(core.home, { provider, name: "main", expiresInMs: -hour, ...worlds[provider].login() });
  }
  await control.reloadAccounts();
}, 90_000);
afterAll(() => stage.close());

async function connect(): Promise<void> {
  control = connectControl(resolvePaths({ SWITCHYARD_HOME: core.home }));
  const [{ clientKey }, { url }] = await Promise.all([control.secrets(), control.status()]);
  ask = gatewayOf(url, clientKey);
}

const account = async (id: string): Promise<AccountJson> => {
  const found = (await control.accounts()).find((one) => one.id === id);
  if (found === undefined) throw new Error(`there is no account ${id}`);
  return found;
};
const windowOf = (quota: QuotaJson | null | undefined, name: string) =>
  quota?.windows.find((window) => window.name === name);
const asksTo = (service: string): number => usage.seen.filter((call) => call.service === service).length;
/** Everything that the usage addresses would take now. */
function acceptAll(): void {
  const github = worlds.github.issued.map(({ accessToken }) => accessToken);
  usage.accept(...logins.map((provider) => worlds[provider].token()), ...github, openrouterKey);
}

describe("S16 what replies say of quota is shown with the account", () => {
  const said = (headers: Readonly<Record<string, string>>, body: object): Scripted => ({
    type: "answer",
    status: 200,
    headers,
    body: JSON.stringify(body),
  });
  const message = { role: "assistant", content: "As written." };
  const chat = {
    id: "c",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, message, finish_reason: "stop" }],
  };
  const claude = {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "m",
    content: [{ type: "text", text: "As written." }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: 2 },
  };

  it("a key's requests and tokens, as OpenAI's family tells them", async () => {
    const headers = {
      "x-ratelimit-limit-requests": "500",
      "x-ratelimit-remaining-requests": "499",
      "x-ratelimit-reset-requests": "120ms",
      "x-ratelimit-limit-tokens": "30000",
      "x-ratelimit-remaining-tokens": "15000",
      "x-ratelimit-reset-tokens": "6m0s",
    };
    scripted.say(said(headers, chat));
    expect((await ask("openai-chat", "chatty/m-1")).status).toBe(200);
    const { quota } = await account("chatty/main");
    expect(quota?.source).toBe("headers");
    expect(windowOf(quota, "tokens")).toMatchObject({
      model: "m-1",
      limit: 30_000,
      remaining: 15_000,
      exhausted: false,
    });
  });

  it("a key's, as Claude tells them", async () => {
    const reset = new Date(Date.now() + 60_000).toISOString();
    const headers = {
      "anthropic-ratelimit-requests-limit": "50",
      "anthropic-ratelimit-requests-remaining": "20",
      "anthropic-ratelimit-requests-reset": reset,
    };
    scripted.say(said(headers, claude));
    expect((await ask("openai-chat", "claudish/m-1")).status).toBe(200);
    const window = windowOf((await account("claudish/main")).quota, "requests");
    expect(window).toMatchObject({ limit: 50, remaining: 20, usedPercent: 60 });
  });

  it("a Claude subscription's windows", async () => {
    worlds.backends.say("api.anthropic.com", {
      "anthropic-ratelimit-unified-status": "allowed",
      "anthropic-ratelimit-unified-5h-status": "allowed",
      "anthropic-ratelimit-unified-5h-utilization": "0.42",
      "anthropic-ratelimit-unified-5h-reset": String(inSeconds(hour)),
    });
    expect((await ask("openai-chat", "claude/claude-sonnet-4-5")).text).toContain(greeting);
    const window = windowOf((await account("claude/main")).quota, "5h");
    expect(window).toMatchObject({ usedPercent: 42, exhausted: false });
    expect(Date.parse(window?.resetAt ?? "")).toBeGreaterThan(Date.now() + 3_000_000);
  });

  it("a ChatGPT plan's windows", async () => {
    worlds.backends.say("chatgpt.com", {
      "x-codex-primary-used-percent": "33",
      "x-codex-primary-window-minutes": "300",
      "x-codex-primary-reset-after-seconds": "600",
    });
    expect((await ask("claude", "codex/gpt-5-codex")).status).toBe(200);
    expect(windowOf((await account("codex/main")).quota, "5h")).toMatchObject({ usedPercent: 33 });
  });

  it("a Copilot seat's premium requests", async () => {
    worlds.backends.say("api.individual.githubcopilot.com", {
      "x-quota-snapshot-premium_interactions": `ent=300&ov=0.0&ovPerm=false&rem=25.0&rst=${new Date(Date.now() + hour).toISOString()}`,
    });
    expect((await ask("claude", "copilot/gpt-4.1")).status).toBe(200);
    expect(windowOf((await account("copilot/main")).quota, "premium_interactions")).toMatchObject({
      limit: 300,
      usedPercent: 75,
    });
  });

  it("and nobody was asked for any of it", () => {
    expect(usage.seen).toEqual([]);
  });
});

describe("S16 the usage addresses", () => {
  it("are asked once for each account that has one, as it wants to be asked, and not again within a minute", async () => {
    // Those that no call has renewed yet are renewed for it.
    await Promise.all([
      ask("claude", "gemini-cli/gemini-2.5-pro"),
      ask("openai-chat", "antigravity/gemini-3-pro-high"),
    ]);
    acceptAll();
    const told = await control.quota(null);
    const services = ["claude", "codex", "copilot", "gemini-cli", "antigravity", "openrouter"];
    // Copilot has two accounts here.
    const once = [1, 1, 2, 1, 1, 1];
    expect(services.map(asksTo)).toEqual(once);
    expect(usage.seen.map(({ status }) => status)).toEqual(usage.seen.map(() => 200));
    expect(usage.mostAtOnce()).toBe(1);
    const of = (id: string): QuotaJson | undefined => told.find((one) => one.account === id);
    expect(of("claude/main")).toMatchObject({ source: "endpoint", error: null });
    expect(of("codex/main")).toMatchObject({ plan: "plus", error: null });
    expect(windowOf(of("copilot/main"), "premium_interactions")).toMatchObject({ limit: 300, remaining: 75 });
    expect(windowOf(of("copilot/editor"), "premium_interactions")).toMatchObject({ limit: 300, remaining: 75 });
    expect(of("gemini-cli/main")?.windows.find(({ model }) => model === "gemini-2.5-pro")).toMatchObject({
      usedPercent: 50,
      remaining: 500,
    });
    expect(of("antigravity/main")?.windows.some(({ model }) => model === "gemini-3-pro-high")).toBe(true);
    expect(windowOf(of("openrouter/main"), "key")).toMatchObject({ limit: 20, remaining: 15 });
    // Two have no such address; the figures of their replies are what there is.
    expect(of("chatty/main")).toMatchObject({ source: "headers" });

    await control.quota(null);
    await control.quota("claude/main");
    await Promise.all(Array.from({ length: 5 }, () => control.quota(null)));
    expect(services.map(asksTo)).toEqual(once);
  });

  it("are not asked again by a new start within that minute", async () => {
    expect((await core.cli("stop")).code).toBe(0);
    expect((await core.cli("start", "-d", "--port", "0")).stderr).toBe("");
    stage.opened.later(async () => void (await core.cli("stop")));
    await connect();
    await control.quota(null);
    expect(asksTo("claude")).toBe(1);
    expect(asksTo("openrouter")).toBe(1);
    expect((await account("codex/main")).quota).toMatchObject({ plan: "plus" });
  }, 60_000);
});

describe("a cooldown for want of quota", () => {
  /** Codex refuses the one account there is; the usage address is told what it knows of it before. */
  async function refused(name: string, report: unknown): Promise<Told> {
    for (const { id } of await control.accounts()) {
      if (id.startsWith("codex/")) await control.setAccountEnabled(id, false);
    }
    const tokens = worlds.codex.login();
    writeRecord(core.home, { provider: "codex", name, expiresInMs: 240 * hour, ...tokens });
    await control.reloadAccounts();
    usage.accept(tokens.access);
    usage.answerWith("codex", report);
    worlds.codex.api.answerWith(() => ({ type: "error", status: 429, retryAfterSeconds: 7_200 }));
    const told = await ask("claude", "codex/gpt-5-codex", { says: `Say hello, ${name}.` });
    worlds.codex.api.answerWith(sayHello);
    return told;
  }
  const plan = (usedPercent: number, isReached: boolean): unknown => {
    const window = { used_percent: usedPercent, limit_window_seconds: 18_000, reset_at: inSeconds(2 * hour) };
    const limit = { allowed: !isReached, limit_reached: isReached, primary_window: window, secondary_window: null };
    return { plan_type: "plus", rate_limit: limit };
  };

  it("acceptance 5: is ended by the provider's own figures, when they say that there is quota again", async () => {
    const before = asksTo("codex");
    // Its owner has bought more, say: the address knows of it, the refusal does not yet.
    const told = await refused("refilled", plan(3, false));
    expect(told.status).toBe(429);
    expect(Number(told.headers.get("retry-after"))).toBeGreaterThan(7_000);
    const isHealed = async (): Promise<boolean> => (await account("codex/refilled")).cooldowns.length === 0;
    await waitFor("the cooldown to be ended by a reading", isHealed);
    expect(asksTo("codex")).toBe(before + 1);
    expect((await ask("claude", "codex/gpt-5-codex", { says: "Say hello, refilled." })).status).toBe(200);
  });

  it("stays where they say that it is used up, until it resets", async () => {
    const before = asksTo("codex");
    await refused("spent", plan(100, true));
    const isRead = async () => windowOf((await account("codex/spent")).quota, "5h")?.exhausted === true;
    await waitFor("its figures to be shown", isRead);
    expect(asksTo("codex")).toBe(before + 1);
    const shown = await account("codex/spent");
    expect(shown.state).toBe("cooling");
    expect(shown.cooldowns).toEqual([expect.objectContaining({ model: null, kind: "quota" })]);
    // The provider's word is kept, but believed for half an hour at a time.
    const [cooldown] = shown.cooldowns;
    expect(Date.parse(cooldown?.resetAt ?? "")).toBeGreaterThan(Date.now() + 7_000_000);
    expect(cooldown?.remainingMs).toBeLessThanOrEqual(1_800_000);
  });
});

describe("after all of it", () => {
  it("acceptance 8: no key and no token is in the figures, or anywhere else", async () => {
    const found = await sweep({
      core,
      control,
      secrets: [...worlds.secrets(), openrouterKey],
      said: { quota: JSON.stringify(await control.quota(null)) },
      allowed: [/^config\.yaml$/, /^\.config\/github-copilot\//],
    });
    expect(found.leaks).toEqual([]);
  });
});
