/** Logins by code against the fake services, from the first question to what is handed over for keeping. */
import { afterEach, describe, expect, it } from "vitest";
import { createOpened } from "../../../../test/support/opened.ts";
import { waitFor } from "../../../../test/support/wait.ts";
import {
  startFakeGithub,
  startFakeKimiAuth,
  startFakeKiroAuth,
  startFakeQwenAuth,
} from "../../../../test/support/fake-auth/index.ts";
import { startFakeCursor } from "../../../../test/support/fake-cursor.ts";
import { begun, createRig, untilEnded, wish } from "./__fixtures__/login-rig.ts";

const opened = createOpened();
afterEach(() => opened.closeAll());

describe("a login by code", () => {
  it("at GitHub is confirmed elsewhere and ends with Copilot's token", async () => {
    const fake = opened.add(await startFakeGithub());
    const used = createRig(opened, { hosts: { "github.com": fake.port, "api.github.com": fake.port } });
    const login = begun(await used.logins.start(wish("github")));
    expect(login).toMatchObject({
      kind: "device",
      url: "https://github.com/login/device",
      pastes: false,
      provider: "github",
    });
    expect(login.userCode).toMatch(/^[A-Z]{4}-[A-Z]{4}$/);
    expect(login.expiresAt).toBe("2026-11-21T12:14:59.000Z");
    fake.slowDown(1);
    await waitFor("the first look", () => {
      if (used.time.waits[0] === 5_000) used.time.advance(5_000);
      return fake.seen.length > 1;
    });
    await waitFor("a slower pace", () => used.time.waits.includes(10_000));
    fake.decide("approved");
    expect(await untilEnded(used, login.id)).toMatchObject({ state: "done" });
    const [kept] = used.saved;
    expect(kept).toMatchObject({ provider: "github", service: "copilot", type: "oauth_device_flow" });
    expect(kept?.tokens.accessToken.reveal()).toBe(fake.copilotTokens[0]);
    expect(kept?.extra["githubToken"]?.reveal()).toBe(fake.issued[0]?.accessToken);
    expect(kept?.tokens.facts.endpoint).toBe("https://api.individual.githubcopilot.com");
  });

  it("at GitHub fails when the account has no Copilot seat", async () => {
    const fake = opened.add(await startFakeGithub());
    fake.refuseCopilot(404);
    fake.decide("approved");
    const used = createRig(opened, { hosts: { "github.com": fake.port, "api.github.com": fake.port } });
    const login = begun(await used.logins.start(wish("copilot")));
    const end = await untilEnded(used, login.id);
    expect(end).toMatchObject({ state: "failed" });
    expect(end.error).toContain("no Copilot seat");
  });

  it("at Qwen proves its key and waits when told HTTP 429", async () => {
    const fake = opened.add(await startFakeQwenAuth());
    const used = createRig(opened, { hosts: { "chat.qwen.ai": fake.port } });
    const login = begun(await used.logins.start(wish("qwen")));
    expect(login.urlComplete).toContain(login.userCode);
    fake.slowDown(2);
    fake.decide("approved");
    expect(await untilEnded(used, login.id)).toMatchObject({ state: "done" });
    expect(used.saved[0]?.tokens.facts.endpoint).toBe("https://portal.qwen.ai/v1");
  });

  it("at Kimi goes on through a service in trouble", async () => {
    const fake = opened.add(await startFakeKimiAuth());
    const used = createRig(opened, { hosts: { "auth.kimi.com": fake.port } });
    const login = begun(await used.logins.start(wish("kimi")));
    fake.trouble("/api/oauth/token", { type: "reset" }, { type: "status", status: 502, body: "<html>" });
    fake.decide("approved");
    // Its pauses grow meanwhile, to twenty seconds.
    const end = await waitFor("the login's end", () => {
      const now = begun(used.logins.get(login.id));
      const next = used.time.waits[0];
      if (next !== undefined && next <= 20_000) used.time.advance(next);
      return now.state === "waiting" ? null : now;
    });
    expect(end).toMatchObject({ state: "done" });
  });

  it.each([
    ["denied", "failed", "declined"],
    ["expired", "expired", "in time"],
  ] as const)("that is %s is %s", async (decision, state, words) => {
    const fake = opened.add(await startFakeKimiAuth());
    const used = createRig(opened, { hosts: { "auth.kimi.com": fake.port } });
    const login = begun(await used.logins.start(wish("kimi")));
    fake.decide(decision);
    const end = await untilEnded(used, login.id);
    expect(end.state).toBe(state);
    expect(end.error).toContain(words);
  });

  it("at AWS (Builder ID) registers this installation and keeps what it was given", async () => {
    const fake = opened.add(await startFakeKiroAuth());
    const used = createRig(opened, { hosts: { "oidc.us-east-1.amazonaws.com": fake.port } });
    fake.decide("approved");
    const login = begun(await used.logins.start(wish("kiro")));
    expect(await untilEnded(used, login.id)).toMatchObject({ state: "done" });
    const [kept] = used.saved;
    expect(kept?.extra["clientId"]?.reveal()).toBe(fake.registered[0]);
    expect(kept?.extra["clientSecret"]?.reveal()).toMatch(/^fake-registration-/);
    expect(kept?.tokens.facts).toEqual({ region: "us-east-1", authMethod: "IdC", identity: "BuilderId" });
  });

  it("at an Identity Center goes to its start page and region", async () => {
    const fake = opened.add(await startFakeKiroAuth());
    const used = createRig(opened, { hosts: { "oidc.eu-west-1.amazonaws.com": fake.port } });
    fake.decide("approved");
    const more = { method: "identity-center", startUrl: "https://example.awsapps.com/start", region: "eu-west-1" };
    const login = begun(await used.logins.start(wish("kiro", more)));
    expect(await untilEnded(used, login.id)).toMatchObject({ state: "done" });
    expect(used.saved[0]?.tokens.facts).toEqual({ region: "eu-west-1", authMethod: "IdC", identity: "Enterprise" });
    expect(fake.seen.find(({ path }) => path === "/device_authorization")?.text).toContain(more.startUrl);
  });

  it("at an Identity Center finds the profile that calls are charged to, in the second region too", async () => {
    const fake = opened.add(await startFakeKiroAuth());
    const hosts = { "oidc.eu-west-1.amazonaws.com": fake.port, "management.eu-central-1.kiro.dev": fake.port };
    const used = createRig(opened, { hosts });
    fake.decide("approved");
    const more = { method: "identity-center", startUrl: "https://example.awsapps.com/start", region: "eu-west-1" };
    const login = begun(await used.logins.start(wish("kiro", more)));
    expect(await untilEnded(used, login.id)).toMatchObject({ state: "done" });
    expect(used.saved[0]?.tokens.facts).toMatchObject({ region: "eu-west-1", profileArn: fake.profileArn });
  });
});

describe("a login at Cursor", () => {
  it("waits for a page that is confirmed, without a code", async () => {
    const fake = opened.add(await startFakeCursor({ tokens: [] }));
    const used = createRig(opened, { hosts: { "api2.cursor.sh": Number(new URL(fake.apiUrl).port) } });
    const login = begun(await used.logins.start(wish("cursor")));
    expect(login).toMatchObject({ kind: "device", userCode: null, pastes: false, state: "waiting" });
    expect(login.url).toMatch(
      /^https:\/\/cursor\.com\/loginDeepControl\?challenge=[\w-]{43}&uuid=[0-9a-f-]{36}&mode=login$/,
    );
    await waitFor("the first look", () => {
      if (used.time.waits[0] === 2_000) used.time.advance(2_000);
      return fake.polls() > 0;
    });
    fake.confirm(login.url);
    expect(await untilEnded(used, login.id)).toMatchObject({ state: "done" });
    const [kept] = used.saved;
    expect(kept).toMatchObject({ provider: "cursor", service: "cursor", type: "oauth_device_flow" });
    expect(kept?.tokens.accessToken.reveal()).toBe("cursor-login-0123456789");
    expect(kept?.tokens.refreshToken?.reveal()).toBe("cursor-refresh-0123456789");
  });

  it("wants the terms accepted first", async () => {
    const used = createRig(opened, {});
    const refused = await used.logins.start(wish("cursor", { acceptTerms: false }));
    expect(refused).toMatchObject({ ok: false, message: expect.stringContaining("terms") });
    expect(used.asked).toEqual([]);
  });
});
