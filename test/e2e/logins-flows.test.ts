/** Logins begun over the control API of a real core, confirmed as their users would, and used at once. */
import { createServer, type Server } from "node:net";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import type { LoginJson, NewLoginJson } from "../../src/base/controls-engine.ts";
import { greeting } from "../support/fake-backends-clients.ts";
import { sweep } from "../support/fake-backends-canary.ts";
import { type LoginWorlds, readRecord } from "../support/fake-backends-logins.ts";
import { type LoginStage, startLoginStage } from "../support/fake-backends-stage.ts";
import { field } from "../support/provider-turn.ts";
import { waitFor, within } from "../support/wait.ts";

let stage: LoginStage;
let worlds: LoginWorlds;
/** What its users copied from one window to the other: good once, and never to be seen again. */
const pastes: string[] = [];

beforeAll(async () => {
  stage = await startLoginStage({
    // One of the secrets is still to be written.
    files({ credentialFile }) {
      const { iflow: _, ...others } = JSON.parse(credentialFile) as Record<string, unknown>; // an object, as it was made
      return { "provider-credentials.json": JSON.stringify(others) };
    },
  });
  worlds = stage.worlds;
}, 90_000);
afterAll(() => stage.close());

const start = (provider: string, more: Partial<NewLoginJson> = {}): Promise<LoginJson> =>
  stage.control.startLogin({ provider, name: "me", acceptTerms: true, ...more });

const ended = (login: LoginJson): Promise<LoginJson> =>
  waitFor(
    `the login of ${login.provider} to end`,
    async () => {
      const now = await stage.control.login(login.id);
      return now.state === "waiting" ? null : now;
    },
    40_000,
  );

/** What the service's page answers to somebody who agrees. */
async function agree(login: LoginJson, service: { readonly url: string }): Promise<Response> {
  const { pathname, search } = new URL(login.url);
  return fetch(`${service.url}${pathname}${search}`, { redirect: "manual" });
}

/** The browser's way back, as far as our listener. */
async function comeBack(page: Response): Promise<Response> {
  return fetch(page.headers.get("location") ?? "the page sent nobody on");
}

const tokenCalls = (host: string, path: string): number => worlds.backends.to(host, path).length;

describe("a login by a code that is confirmed elsewhere", () => {
  it("P16 P24 P15: waits while nobody has confirmed it, as slowly as it is told to, and then serves", async () => {
    worlds.qwenAuth.slowDown(1);
    worlds.kiro.slowDown(1);
    const began = Date.now();
    const [copilot, qwen, kiro] = await Promise.all([start("github"), start("qwen"), start("kiro")]);
    expect(copilot).toMatchObject({
      kind: "device",
      state: "waiting",
      url: "https://github.com/login/device",
      pastes: false,
    });
    expect(copilot.userCode).toMatch(/^[A-Z]{4}-[A-Z]{4}$/);
    expect(qwen.urlComplete).toBe(`https://chat.qwen.ai/authorize?user_code=${qwen.userCode}`);
    expect(kiro.userCode).not.toBeNull();
    expect(Date.parse(copilot.expiresAt) - began).toBeGreaterThan(800_000);

    const isPending = (host: string, path: string) =>
      waitFor(`${host} to be asked in vain`, () => tokenCalls(host, path) > 0, 30_000);
    await Promise.all([
      isPending("github.com", "/login/oauth/access_token").then(() => worlds.github.decide("approved")),
      isPending("chat.qwen.ai", "/api/v1/oauth2/token").then(() => worlds.qwenAuth.decide("approved")),
      isPending("oidc.us-east-1.amazonaws.com", "/token").then(() => worlds.kiro.decide("approved")),
    ]);
    expect((await stage.control.login(copilot.id)).state).toBe("waiting");
    const all = await Promise.all([copilot, qwen, kiro].map(ended));
    expect(all.map(({ state, error }) => [state, error])).toEqual([
      ["done", null],
      ["done", null],
      ["done", null],
    ]);
    // Told to slow down, Qwen is asked after five seconds and then after ten more; GitHub, which was not, after five twice.
    expect(tokenCalls("chat.qwen.ai", "/api/v1/oauth2/token")).toBe(2);
    const lastAsk = (path: string): number => worlds.backends.calls.findLastIndex((call) => call.path === path);
    expect(lastAsk("/api/v1/oauth2/token")).toBeGreaterThan(lastAsk("/login/oauth/access_token"));
    expect(tokenCalls("oidc.us-east-1.amazonaws.com", "/token")).toBe(2);

    for (const [provider, model] of [
      ["copilot", "gpt-4.1"],
      ["qwen", "qwen3-coder-plus"],
    ] as const) {
      const told = await stage.ask("claude", `${provider}/${model}`);
      expect(told.text).toContain(greeting);
    }
    expect(worlds.backends.to("api.individual.githubcopilot.com")).toHaveLength(1);
    expect(worlds.backends.to("portal.qwen.ai")).toHaveLength(1);
    expect(readRecord(stage.core.home, "qwen", "me")).toMatchObject({
      mode: 0o600,
      type: "oauth_device_flow",
      needs_login: null,
      facts: { endpoint: "https://portal.qwen.ai/v1" },
    });
  }, 60_000);

  it("P15: Kiro's is renewed with the registration that was made for it, and shown with what it is", async () => {
    expect(readRecord(stage.core.home, "kiro", "me").facts).toMatchObject({ authMethod: "IdC", region: "us-east-1" });
    const accounts = await stage.control.accounts();
    expect(accounts.find(({ id }) => id === "kiro/me")).toMatchObject({ source: "login", credential: { state: "ok" } });
    const before = worlds.kiro.redemptions.length;
    // Fresh from its login; an hour later it would be asked.
    await stage.control.refreshAccount("kiro/me");
    expect(worlds.kiro.redemptions.length).toBe(before);
  });

  it("declined, expired, called off or without a seat ends in words, and leaves no account behind", async () => {
    worlds.kiro.decide("denied");
    worlds.qwenAuth.decide("expired");
    worlds.github.refuseCopilot(403);
    const name = "nobody";
    const begun = await Promise.all(["kiro", "qwen", "copilot"].map((provider) => start(provider, { name })));
    const called = await start("kiro", { name, method: "identity-center", startUrl: "https://acme.awsapps.com/start" });
    await stage.control.cancelLogin(called.id);
    expect(await stage.control.login(called.id)).toMatchObject({ state: "cancelled" });
    const [declined, expired, seatless] = await Promise.all(begun.map(ended));
    worlds.github.refuseCopilot(null);
    expect(declined).toMatchObject({ state: "failed" });
    expect(declined?.error).toContain("declined in the browser");
    expect(expired).toMatchObject({ state: "expired" });
    expect(expired?.error).toContain("start it again");
    expect(seatless).toMatchObject({ state: "failed" });
    expect(seatless?.error).toContain("has no Copilot seat");
    expect((await stage.control.accounts()).filter((account) => account.name === name)).toEqual([]);
  }, 30_000);
});

describe("a login in the browser", () => {
  it("claude: the answer is pasted as the page shows it; another login's answer is not taken", async () => {
    const login = await start("claude", { method: "paste" });
    expect(login).toMatchObject({ kind: "browser", state: "waiting", pastes: true, userCode: null });
    const page = await agree(login, worlds.claude.auth);
    const shown = String(field(await page.json(), "shown"));
    pastes.push(shown.split("#")[0] ?? "");
    await expect(stage.control.finishLogin(login.id, `${shown}x`)).rejects.toThrow("belongs to another login");
    await expect(stage.control.finishLogin(login.id, shown.split("#")[0] ?? "")).rejects.toThrow("code#state");
    expect(await stage.control.finishLogin(login.id, shown)).toMatchObject({ state: "done", error: null });
    expect((await stage.ask("openai-chat", "claude/claude-sonnet-4-5")).text).toContain(greeting);
    expect(readRecord(stage.core.home, "claude", "me")).toMatchObject({
      mode: 0o600,
      type: "oauth_pkce",
      access_token: worlds.claude.token(),
      facts: { who: "ada@example.com" },
    });
    await expect(stage.control.finishLogin(login.id, shown)).rejects.toThrow("this login is over (done)");
  });

  it("claude: logged in to once more, the account keeps what its owner said of it", async () => {
    await stage.control.setAccountEnabled("claude/me", false);
    const login = await start("claude");
    const back = await comeBack(await agree(login, worlds.claude.auth));
    expect(await back.text()).toContain("You can close this window");
    expect(await ended(login)).toMatchObject({ state: "done" });
    expect((await stage.control.accounts()).find(({ id }) => id === "claude/me")).toMatchObject({
      enabled: false,
      credential: { state: "ok" },
    });
    expect(readRecord(stage.core.home, "claude", "me").generation).toBeGreaterThan(2);
    await stage.control.setAccountEnabled("claude/me", true);
    expect((await stage.ask("openai-chat", "claude/claude-sonnet-4-5")).status).toBe(200);
  });

  it.each([
    ["gemini-cli", "gemini-2.5-pro", "claude", /^http:\/\/127\.0\.0\.1:\d+\/oauth2callback$/],
    ["antigravity", "gemini-3-pro-high", "openai-chat", /^http:\/\/localhost:\d+\/oauth-callback$/],
  ] as const)(
    "%s: comes back to a port of ours, finds its project, and serves",
    async (provider, model, dialect, way) => {
      const login = await start(provider);
      expect(new URL(login.url).searchParams.get("redirect_uri")).toMatch(way);
      const back = await comeBack(await agree(login, worlds[provider].auth));
      expect(back.status).toBe(200);
      expect(await ended(login)).toMatchObject({ state: "done", error: null });
      expect(readRecord(stage.core.home, provider, "me").facts).toMatchObject({
        project: "fake-project-42",
        plan: "free-tier",
        who: "ada@example.com",
      });
      expect((await stage.ask(dialect, `${provider}/${model}`)).text).toContain(greeting);
      // Nobody listens there any more.
      await expect(fetch(back.url)).rejects.toThrow("fetch failed");
    },
  );

  it("codex: comes back to one of its two ports, and says which are taken when both are", async () => {
    const redirectOf = ({ url }: LoginJson): string => new URL(url).searchParams.get("redirect_uri") ?? "";
    // Whoever else logs in to Codex on this machine just now needs the same two.
    const startCodex = (name: string): Promise<LoginJson> =>
      waitFor("a port for Codex", () => start("codex", { name }).catch(() => null));
    const login = await startCodex("me");
    expect(redirectOf(login)).toMatch(/^http:\/\/localhost:145[57]\/auth\/callback$/);
    await comeBack(await agree(login, worlds.codex.auth));
    expect(await ended(login)).toMatchObject({ state: "done" });
    expect((await stage.ask("claude", "codex/gpt-5-codex")).text).toContain(greeting);
    expect(readRecord(stage.core.home, "codex", "me").facts).toMatchObject({ accountId: "acct-fake-1", plan: "plus" });

    const first = await take(1455);
    const other = await startCodex("other");
    expect(redirectOf(other)).toBe("http://localhost:1457/auth/callback");
    await stage.control.cancelLogin(other.id);
    const second = await take(1457);
    await expect(start("codex", { name: "third" })).rejects.toThrow("ports 1455 and 1457 are taken");
    await Promise.all([first, second].map((server) => within("a port to be free", closed(server))));
  });

  it("declined there, ends in words; an answer with somebody else's state is not taken", async () => {
    const login = await start("claude", { name: "unwilling" });
    const { searchParams } = new URL(login.url);
    const redirect = searchParams.get("redirect_uri") ?? "";
    expect((await fetch(`${redirect}?code=stolen&state=guessed`)).status).toBe(400);
    expect((await stage.control.login(login.id)).state).toBe("waiting");
    await fetch(`${redirect}?error=access_denied&state=${searchParams.get("state")}`);
    const end = await ended(login);
    expect(end).toMatchObject({ state: "failed" });
    expect(end.error).toContain("declined in the browser");
    expect((await stage.control.accounts()).some(({ name }) => name === "unwilling")).toBe(false);
  });

  it("kiro by Google: comes back to an address of its own program, which is pasted", async () => {
    const login = await start("kiro", { name: "social", method: "google" });
    expect(login.pastes).toBe(true);
    const page = await agree(login, worlds.kiro);
    const address = page.headers.get("location") ?? "";
    expect(address).toMatch(/^kiro:\/\//);
    expect(await stage.control.finishLogin(login.id, address)).toMatchObject({ state: "done" });
    expect(readRecord(stage.core.home, "kiro", "social").facts).toMatchObject({
      authMethod: "social",
      profileArn: worlds.kiro.profileArn,
    });
  });

  it("iflow: says what to write where its client secret is missing, and goes on once it is written", async () => {
    await expect(start("iflow")).rejects.toThrow("oauth.iflow.client_secret");
    const path = join(stage.core.home, "config.yaml");
    const config = parse(readFileSync(path, "utf8")) as Record<string, unknown>; // as `startCore` wrote it
    const secret = field(field(JSON.parse(worlds.credentialFile), "iflow"), "clientSecret");
    writeFileSync(path, stringify({ ...config, oauth: { iflow: { client_secret: secret } } }));
    await stage.control.reload();
    const login = await start("iflow");
    await comeBack(await agree(login, worlds.iflow.auth));
    expect(await ended(login)).toMatchObject({ state: "done", error: null });
    expect((await stage.ask("openai-responses", "iflow/kimi-k2")).text).toContain(greeting);
    expect(readRecord(stage.core.home, "iflow", "me").access_token).toBe(worlds.iflow.token());
  });
});

describe("a login that is not begun", () => {
  it("without its user's word on the terms, is refused with what they may say", async () => {
    const before = worlds.backends.calls.length;
    for (const provider of ["claude", "copilot", "kiro"]) {
      await expect(start(provider, { acceptTerms: false })).rejects.toThrow(/against its terms.*--accept-terms/s);
    }
    expect(worlds.backends.calls.length).toBe(before);
  });

  it.each([
    [{ provider: "openrouter" }, "has no login of its own here"],
    [{ provider: "nonesuch" }, "provider not found: nonesuch"],
    [{ provider: "qwen", method: "telepathy" }, 'no login method "telepathy"'],
    [{ provider: "kiro", method: "identity-center" }, "start URL"],
    [{ provider: "kiro", region: "evil.example/?" }, "is not an AWS region"],
  ])("%j says why: %s", async ({ provider, ...more }, words) => {
    await expect(start(provider, more)).rejects.toThrow(words);
  });
});

describe("after all of it", () => {
  it("acceptance 8: no token, code or client secret is anywhere but in its own file", async () => {
    const { oauth } = parse(readFileSync(join(stage.core.home, "config.yaml"), "utf8")) as { oauth?: unknown }; // checked by the core
    expect(oauth).toBeDefined();
    const registration = String(
      field(field(JSON.parse(readRecord(stage.core.home, "kiro", "me").text), "extra"), "clientSecret"),
    );
    expect(registration).toMatch(/^fake-registration-/);
    const found = await sweep({
      core: stage.core,
      control: stage.control,
      secrets: [...worlds.secrets(), ...pastes, registration],
      said: { events: stage.said().events },
      // Its user has written iFlow's client secret there.
      allowed: [/^config\.yaml$/],
    });
    expect(found.leaks).toEqual([]);
    expect(found.open.filter((name) => name !== "config.yaml")).toEqual([]);
    expect(found.places.length).toBeGreaterThan(15);
  }, 60_000);
});

/** Whoever else may have it just now. */
async function take(port: number): Promise<Server> {
  return waitFor(`port ${port} to be taken`, async () => {
    const server = createServer();
    const isOurs = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true));
    });
    return isOurs ? server : null;
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
