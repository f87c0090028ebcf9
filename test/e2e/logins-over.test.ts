/** Stored logins that cannot be renewed: for good, or for now; and what their owners and their clients hear of it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { greeting } from "../support/fake-backends-clients.ts";
import { sweep } from "../support/fake-backends-canary.ts";
import { type LoginWorlds, readRecord, writeRecord } from "../support/fake-backends-logins.ts";
import { type LoginStage, startLoginStage } from "../support/fake-backends-stage.ts";
import { waitFor } from "../support/wait.ts";

let stage: LoginStage;
let worlds: LoginWorlds;
beforeAll(async () => {
  stage = await startLoginStage({
    config: { combos: { both: ["claude/claude-sonnet-4-5", "qwen/qwen3-coder-plus"] } },
  });
  worlds = stage.worlds;
}, 90_000);
afterAll(() => stage.close());

const minute = 60_000;
const hour = 60 * minute;

describe("a login that is over", () => {
  it("asks its owner, lets the next account serve, and is healed by a new login without a restart", async () => {
    const world = worlds.claude;
    await stage.only("claude", "first", -hour, {});
    const first = readRecord(stage.core.home, "claude", "first");
    world.auth.revoke();
    await stage.beside("claude", "second", 8 * hour, { priority: 200 });
    const told = await stage.ask("openai-chat", stage.modelOf("claude"));
    expect(told.status).toBe(200);
    expect(stage.lastTo("api.anthropic.com").headers["authorization"]).toBe(`Bearer ${world.token()}`);
    const fix = "switchyard accounts login claude --name first";
    expect(await stage.account("claude/first")).toMatchObject({
      state: "needs-login",
      credential: { state: "needs-login", fix },
    });
    await waitFor("a notice with the command to run", () => stage.said().events.includes(fix));
    const record = readRecord(stage.core.home, "claude", "first");
    expect(record.needs_login).toContain("invalid_grant");
    expect(record.refresh_token).toBe(first.refresh_token);
    // Asked again, it is not asked: the service has said no for good.
    const before = world.renewals();
    expect((await stage.ask("openai-chat", stage.modelOf("claude"))).status).toBe(200);
    expect(world.renewals()).toBe(before);

    const fresh = await stage.beside("claude", "first", 8 * hour, { priority: 1 });
    // A conversation stays where it is, so it takes a new one.
    expect((await stage.ask("openai-chat", stage.modelOf("claude"), { says: "And hello to you." })).status).toBe(200);
    expect(stage.lastTo("api.anthropic.com").headers["authorization"]).toBe(`Bearer ${fresh.access}`);
    expect(await stage.account("claude/first")).toMatchObject({
      state: "active",
      credential: { state: "ok", fix: null },
    });
  });

  it("with nobody else to ask, is told in words that name the command", async () => {
    await stage.only("qwen", "alone", -hour);
    worlds.qwen.auth.revoke();
    const told = await stage.ask("claude", stage.modelOf("qwen"));
    expect(told.status).toBeGreaterThanOrEqual(400);
    expect(told.text).toContain("switchyard accounts login qwen --name alone");
  });

  it("lets the next member of a combo serve", async () => {
    await stage.only("claude", "spent", -hour);
    worlds.claude.auth.revoke();
    await stage.only("qwen", "spare", 5 * hour);
    const told = await stage.ask("openai-responses", "combo/both");
    expect(told.status).toBe(200);
    expect(told.text).toContain(greeting);
    expect(stage.lastTo("portal.qwen.ai").headers["authorization"]).toBe(`Bearer ${worlds.qwen.token()}`);
  });
});

describe("trouble at the login service", () => {
  it("U12: keeps no login from its good name, and each serves when the trouble is over", async () => {
    // How often: what may not have been heard is said again, twice, before anybody is told.
    const troubles = [
      ["claude", "/v1/oauth/token", { type: "reset" }, 3],
      ["codex", "/oauth/token", { type: "status", status: 503, headers: { "retry-after": "1" } }, 1],
      ["qwen", "/api/v1/oauth2/token", { type: "status", status: 502, body: "<html>Bad gateway</html>" }, 3],
      ["gemini-cli", "/token", { type: "status", status: 429, headers: { "retry-after": "1" } }, 1],
      ["iflow", "/oauth/token", { type: "cut" }, 1],
    ] as const;
    const troubled = troubles.map(async ([provider, path, trouble, tries]) => {
      const world = worlds[provider];
      const tokens = await stage.only(provider, "patient", -hour);
      world.auth.trouble(path, ...Array.from({ length: tries }, () => trouble));
      const told = await stage.ask(world.client, stage.modelOf(provider));
      expect(told.status).toBeGreaterThanOrEqual(500);
      expect(told.text).toContain("could not be renewed just now");
      const record = readRecord(stage.core.home, provider, "patient");
      expect(record).toMatchObject({ needs_login: null, refresh_token: tokens.refresh, generation: 1 });
      const shown = await stage.account(`${provider}/patient`);
      expect(shown).toMatchObject({ state: "active", cooldowns: [], credential: { state: "will-refresh", fix: null } });
      const isAnswered = async () => (await stage.ask(world.client, stage.modelOf(provider))).status === 200;
      await waitFor(`${provider} to be renewed after its trouble`, isAnswered, 25_000);
      expect(readRecord(stage.core.home, provider, "patient")).toMatchObject({ needs_login: null, generation: 2 });
    });
    await Promise.all(troubled);
  }, 60_000);

  it("a login that is not due is renewed when its owner wants it, a key has nothing to renew", async () => {
    await stage.only("claude", "asked-for", 7 * hour);
    const before = worlds.claude.renewals();
    await stage.control.refreshAccount("claude/asked-for");
    expect(worlds.claude.renewals() - before).toBe(1);
    expect(readRecord(stage.core.home, "claude", "asked-for").access_token).toBe(worlds.claude.token());
    await stage.control.addAccount({ provider: "openrouter", name: "key", apiKey: "sk-or-canary-0123456789" });
    await expect(stage.control.refreshAccount("openrouter/key")).rejects.toThrow("there is nothing to renew");
  });

  it("a token that is only due soon serves on", async () => {
    const tokens = await stage.only("claude", "due", minute);
    worlds.claude.auth.trouble("/v1/oauth/token", { type: "status", status: 429, headers: { "retry-after": "600" } });
    expect((await stage.ask("openai-chat", stage.modelOf("claude"))).status).toBe(200);
    expect(stage.lastTo("api.anthropic.com").headers["authorization"]).toBe(`Bearer ${tokens.access}`);
  });
});

describe("kiro, whose service nobody plays here", () => {
  it("S12: its login is renewed", async () => {
    const { accessToken, refreshToken } = worlds.kiro.issue();
    writeRecord(stage.core.home, {
      provider: "kiro",
      name: "social",
      access: accessToken,
      refresh: refreshToken,
      extra: {},
      facts: { authMethod: "social", profileArn: worlds.kiro.profileArn, region: "us-east-1" },
      expiresInMs: -hour,
    });
    await stage.control.reloadAccounts();
    worlds.kiro.expire();
    const before = worlds.kiro.redemptions.length;
    await stage.control.refreshAccount("kiro/social");
    expect(worlds.kiro.redemptions.length - before).toBe(1);
    // Asked for at once again, it is as fresh as can be.
    await stage.control.refreshAccount("kiro/social");
    expect(worlds.kiro.redemptions.length - before).toBe(1);
    expect(readRecord(stage.core.home, "kiro", "social")).toMatchObject({
      generation: 2,
      access_token: worlds.kiro.issued.at(-1)?.accessToken,
    });
  });

  it("is asked with the login that was renewed, and says that it cannot be reached", async () => {
    const told = await stage.ask("openai-chat", "kiro/claude-sonnet-4.5");
    expect(told.status).toBeGreaterThanOrEqual(500);
    const calls = worlds.backends.to("q.us-east-1.amazonaws.com");
    expect(calls.map(({ path }) => path)).toEqual(["/generateAssistantResponse"]);
    expect(calls[0]?.headers["authorization"]).toBe(`Bearer ${worlds.kiro.issued.at(-1)?.accessToken}`);
  });
});

describe("after all of it", () => {
  it("acceptance 8: no secret of any of these logins is anywhere but in its own file", async () => {
    const { core, control } = stage;
    const secrets = [...worlds.secrets()];
    const said = stage.said();
    const found = await sweep({ core, control, secrets, said });
    expect(found.leaks).toEqual([]);
    expect(found.open).toEqual([]);
    expect(found.places.length).toBeGreaterThan(30);
    const { clientKey, proxyToken } = await control.secrets();
    expect(said["error replies"]).not.toBe("");
    for (const text of Object.values(said)) {
      expect(text).not.toContain(clientKey);
      expect(text).not.toContain(proxyToken);
    }
  }, 60_000);
});
