/** Logins in the browser against the fake services, from our page address to what is handed over for keeping. */
import { afterEach, describe, expect, it } from "vitest";
import { createOpened } from "../../../../test/support/opened.ts";
import {
  startFakeClaudeAuth,
  startFakeGoogleAuth,
  startFakeIflowAuth,
  startFakeKiroAuth,
  startFakeOpenAiAuth,
} from "../../../../test/support/fake-auth/index.ts";
import {
  begun,
  browse,
  clientSecret,
  createRig,
  ended,
  goOn,
  untilEnded,
  wish,
  withSecret,
} from "./__fixtures__/login-rig.ts";

const opened = createOpened();
afterEach(() => opened.closeAll());

describe("a login in the browser", () => {
  it("at Claude comes back to the listener and is kept", async () => {
    const fake = opened.add(await startFakeClaudeAuth());
    const used = createRig(opened, { hosts: { "platform.claude.com": fake.port } });
    const login = begun(await used.logins.start(wish("claude")));
    expect(login).toMatchObject({
      kind: "browser",
      state: "waiting",
      pastes: true,
      provider: "claude",
      account: "mine",
    });
    await browse(login.url, fake.port);
    expect(await ended(used, login.id)).toMatchObject({ state: "done", error: null });
    const [kept] = used.saved;
    expect(kept).toMatchObject({ provider: "claude", name: "mine", service: "claude", type: "oauth_pkce" });
    expect(kept?.tokens.accessToken.reveal()).toBe(fake.issued[0]?.accessToken);
    expect(kept?.tokens.refreshToken?.reveal()).toBe(fake.issued[0]?.refreshToken);
    expect(kept?.tokens.facts.who).toBe("ada@example.com");
    expect(used.time.waits).toEqual([]);
  });

  it("at Claude can be pasted as its page shows it", async () => {
    const fake = opened.add(await startFakeClaudeAuth());
    const used = createRig(opened, { hosts: { "platform.claude.com": fake.port } });
    const login = begun(await used.logins.start(wish("claude", { method: "paste" })));
    const { pathname, search } = new URL(login.url);
    const page: unknown = await (await fetch(`${fake.url}${pathname}${search}`)).json();
    const { shown } = page as { shown: string }; // the fake's page is exactly this
    expect(begun(await used.logins.paste(login.id, shown)).state).toBe("done");
    expect(used.saved).toHaveLength(1);
  });

  it("at Codex comes back to the port OpenAI allows", async () => {
    const fake = opened.add(await startFakeOpenAiAuth());
    const used = createRig(opened, { hosts: { "auth.openai.com": fake.port } });
    const started = await used.logins.start(wish("codex"));
    // Somebody on this machine may hold both of the only two ports.
    if (!started.ok) return expect(started.message).toContain("taken");
    await browse(started.login.url, fake.port);
    expect(await ended(used, started.login.id)).toMatchObject({ state: "done" });
    expect(used.saved[0]?.tokens.facts).toEqual({ who: "ada@example.com", accountId: "acct-fake-1", plan: "plus" });
    expect(used.saved[0]?.tokens.expiresInMs).toBe(864_000_000);
  });

  it.each([
    ["gemini-cli", { type: "ready" }],
    ["antigravity", { type: "ready" }],
    ["gemini-cli", { type: "new", looks: 2 }],
  ] as const)("at Google (%s, %o) finds or makes the project", async (service, account) => {
    const fake = opened.add(await startFakeGoogleAuth({ service, clientSecret, account }));
    const hosts = { "oauth2.googleapis.com": fake.port, "cloudcode-pa.googleapis.com": fake.port };
    const used = createRig(opened, { hosts, config: withSecret(service) });
    const login = begun(await used.logins.start(wish(service)));
    await browse(login.url, fake.port);
    expect(await untilEnded(used, login.id)).toMatchObject({ state: "done" });
    const facts = { who: "ada@example.com", project: fake.project, plan: "free-tier" };
    expect(used.saved[0]?.tokens.facts).toEqual(facts);
    expect(used.saved[0]?.tokens.refreshToken?.reveal()).toBe(fake.issued[0]?.refreshToken);
  });

  it("at Google fails in Google's words when the account may not have a project", async () => {
    const fake = opened.add(await startFakeGoogleAuth({ clientSecret, account: { type: "refused" } }));
    const hosts = { "oauth2.googleapis.com": fake.port, "cloudcode-pa.googleapis.com": fake.port };
    const used = createRig(opened, { hosts, config: withSecret("gemini-cli") });
    const login = begun(await used.logins.start(wish("gemini-cli")));
    await browse(login.url, fake.port);
    const end = await ended(used, login.id);
    expect(end.state).toBe("failed");
    expect(end.error).toContain("not eligible in this region");
    expect(used.saved).toEqual([]);
  });

  it("at Google stops waiting for a project after a minute", async () => {
    const fake = opened.add(await startFakeGoogleAuth({ clientSecret, account: { type: "new", looks: 1_000 } }));
    const hosts = { "oauth2.googleapis.com": fake.port, "cloudcode-pa.googleapis.com": fake.port };
    const used = createRig(opened, { hosts, config: withSecret("gemini-cli") });
    const login = begun(await used.logins.start(wish("gemini-cli")));
    await browse(login.url, fake.port);
    expect(await untilEnded(used, login.id)).toMatchObject({ state: "failed" });
    expect(used.asked.filter((line) => line.includes("/operations/"))).toHaveLength(12);
  });

  it("at iFlow ends with the account's API key", async () => {
    const fake = opened.add(await startFakeIflowAuth({ clientSecret }));
    const used = createRig(opened, {
      hosts: { "iflow.cn": fake.port },
      config: withSecret("iflow"),
    });
    const login = begun(await used.logins.start(wish("iflow")));
    await browse(login.url, fake.port);
    expect(await ended(used, login.id)).toMatchObject({ state: "done" });
    expect(used.saved[0]?.tokens.accessToken.reveal()).toBe(fake.apiKey);
  });

  it.each(["google", "github"])("of Kiro by %s is pasted, for only Kiro answers its address", async (method) => {
    const fake = opened.add(await startFakeKiroAuth());
    const used = createRig(opened, { hosts: { "prod.us-east-1.auth.desktop.kiro.dev": fake.port } });
    const login = begun(await used.logins.start(wish("kiro", { method })));
    const back = await goOn(login.url, fake.port);
    expect(begun(await used.logins.paste(login.id, back)).state).toBe("done");
    expect(used.saved[0]).toMatchObject({ provider: "kiro", service: "kiro-social" });
    const facts = { profileArn: fake.profileArn, region: "us-east-1", authMethod: "social" };
    expect(used.saved[0]?.tokens.facts).toEqual(facts);
  });

  it("goes on waiting when nonsense or another login's answer is pasted", async () => {
    const fake = opened.add(await startFakeClaudeAuth());
    const used = createRig(opened, { hosts: { "platform.claude.com": fake.port } });
    const login = begun(await used.logins.start(wish("claude")));
    for (const text of ["nonsense", "code#another-state", "http://localhost:1/callback?code=x&state=y"]) {
      expect(await used.logins.paste(login.id, text)).toMatchObject({ ok: false, code: "invalid" });
    }
    expect(begun(used.logins.get(login.id)).state).toBe("waiting");
    expect(begun(await used.logins.paste(login.id, await goOn(login.url, fake.port))).state).toBe("done");
  });

  it("that is declined fails in words", async () => {
    const used = createRig(opened, {});
    const login = begun(await used.logins.start(wish("claude")));
    const query = new URL(login.url).searchParams;
    const back = new URL(query.get("redirect_uri") ?? "");
    back.search = new URLSearchParams({ error: "access_denied", state: query.get("state") ?? "" }).toString();
    await fetch(back.href.replace("//localhost", "//127.0.0.1"));
    const end = await ended(used, login.id);
    expect(end).toMatchObject({ state: "failed" });
    expect(end.error).toContain("declined");
  });

  it("whose answer names another issuer is not redeemed", async () => {
    const fake = opened.add(await startFakeGoogleAuth({ clientSecret }));
    const hosts = { "oauth2.googleapis.com": fake.port, "cloudcode-pa.googleapis.com": fake.port };
    const used = createRig(opened, { hosts, config: withSecret("gemini-cli") });
    const login = begun(await used.logins.start(wish("gemini-cli")));
    const back = (await goOn(login.url, fake.port)).replace("accounts.google.com", "accounts.evil.example");
    await fetch(back);
    expect(await ended(used, login.id)).toMatchObject({ state: "failed" });
    expect(used.asked).toEqual([]);
  });

  it("expires when nobody comes", async () => {
    const used = createRig(opened, {});
    const login = begun(await used.logins.start(wish("claude")));
    used.time.advance(600_000);
    expect(await ended(used, login.id)).toMatchObject({ state: "expired" });
    const { searchParams } = new URL(login.url);
    await expect(fetch((searchParams.get("redirect_uri") ?? "").replace("localhost", "127.0.0.1"))).rejects.toThrow(
      "fetch failed",
    );
  });
});
