/** Stored logins through a real core: renewed when they are over, once for all who wait, and calls made with the result. */
import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fetch as undiciFetch } from "undici";
import { greeting, question } from "../support/fake-backends-clients.ts";
import { sweep } from "../support/fake-backends-canary.ts";
import {
  codexAccount,
  loginProviders,
  type LoginWorlds,
  readRecord,
  recordPath,
} from "../support/fake-backends-logins.ts";
import { type LoginStage, startLoginStage } from "../support/fake-backends-stage.ts";
import { field } from "../support/provider-turn.ts";
import { undiciThrough } from "../support/proxy-clients.ts";

let stage: LoginStage;
let worlds: LoginWorlds;
beforeAll(async () => {
  stage = await startLoginStage({
    config: {
      settings: { request_logs: true },
      routes: [{ match: { host: "api.openai.com", model: "gpt-*" }, to: "claude/claude-sonnet-4-5" }],
    },
  });
  worlds = stage.worlds;
}, 90_000);
afterAll(() => stage.close());

const minute = 60_000;
const hour = 60 * minute;

describe("a stored login whose access token is over", () => {
  it.each(loginProviders)("S12 %s: the first call renews it, once, and is answered", async (provider) => {
    const world = worlds[provider];
    const old = await stage.only(provider, "over", -hour);
    world.expire();
    expect(await stage.account(`${provider}/over`)).toMatchObject({ credential: { state: "will-refresh" } });
    const before = world.renewals();

    const told = await stage.ask(world.client, stage.modelOf(provider));
    expect(told.text).toContain(greeting);
    expect(told.status).toBe(200);

    expect(world.renewals() - before).toBe(1);
    const record = readRecord(stage.core.home, provider, "over");
    expect(record).toMatchObject({ mode: 0o600, access_token: world.token(), generation: 2, needs_login: null });
    expect(record.access_token).not.toBe(provider === "iflow" ? "" : old.access);
    expect(Date.parse(record.expires_at ?? "")).toBeGreaterThan(Date.now() + 20 * minute);
    const call = stage.lastTo(world.apiHost);
    expect(call.headers["authorization"]).toBe(`Bearer ${world.token()}`);
    expect(await stage.account(`${provider}/over`)).toMatchObject({
      state: "active",
      credential: { state: "ok", fix: null },
    });
  });

  it("claude: is shown as a bearer token, with the beta that takes it", () => {
    const { headers, path } = stage.lastTo("api.anthropic.com");
    expect(path).toBe("/v1/messages");
    expect(headers["anthropic-beta"]?.split(",")).toContain("oauth-2025-04-20");
    expect(headers["x-api-key"]).toBeUndefined();
  });

  it("P21 codex: goes to its backend with the account it is for", () => {
    const { headers, path, text } = stage.lastTo("chatgpt.com");
    expect(path).toBe("/backend-api/codex/responses");
    expect(headers["chatgpt-account-id"]).toBe(codexAccount);
    expect(JSON.parse(text)).toMatchObject({ model: "gpt-5-codex", store: false, stream: true });
  });

  it.each([
    ["P22", "gemini-cli", "cloudcode-pa.googleapis.com"],
    ["P20", "antigravity", "daily-cloudcode-pa.googleapis.com"],
  ] as const)("%s %s: goes out in its envelope, with the project of the login", (_row, _provider, host) => {
    const call = worlds.backends.to(host).findLast(({ path }) => path.includes("enerateContent"));
    expect(call?.status).toBe(200);
    expect(field(JSON.parse(call?.text ?? "{}"), "project")).toBe("fake-project-42");
  });

  it("P20 antigravity: an address that is busy is left for the next one, with the same token", async () => {
    const hosts = ["daily-cloudcode-pa.googleapis.com", "daily-cloudcode-pa.sandbox.googleapis.com"] as const;
    worlds.backends.busy(hosts[0], 503);
    const told = await stage.ask("claude", stage.modelOf("antigravity"));
    worlds.backends.busy(hosts[0], null);
    expect(told.text).toContain(greeting);
    expect(stage.lastTo(hosts[1]).headers["authorization"]).toBe(`Bearer ${worlds.antigravity.token()}`);
    expect(await stage.account("antigravity/over")).toMatchObject({ state: "active", cooldowns: [] });
  });

  it("P16 copilot: GitHub's token buys Copilot's, which goes to the host it is for", () => {
    const exchange = stage.lastTo("api.github.com");
    expect(exchange.headers["authorization"]).toBe(`token ${worlds.github.issued.at(-1)?.accessToken}`);
    expect(worlds.backends.to("api.githubcopilot.com")).toEqual([]);
    const { headers, path } = stage.lastTo("api.individual.githubcopilot.com");
    expect(path).toBe("/chat/completions");
    expect(headers).toMatchObject({ "x-initiator": "user", "editor-version": "Switchyard/1" });
    expect(readRecord(stage.core.home, "copilot", "over").text).toContain(worlds.github.issued.at(-1)?.accessToken);
  });

  it("P25 iflow: each call is signed with the key that the login leads to", () => {
    const { headers, path } = stage.lastTo("apis.iflow.cn");
    expect(path).toBe("/v1/chat/completions");
    const words = [headers["user-agent"] ?? "", headers["session-id"], headers["x-iflow-timestamp"]].join(":");
    expect(headers["session-id"]).toMatch(/^session-/);
    const signature = createHmac("sha256", worlds.iflow.token()).update(words).digest("hex");
    expect(headers["x-iflow-signature"]).toBe(signature);
    const basic = worlds.backends.to("iflow.cn", "/oauth/token").at(-1)?.headers["authorization"];
    expect(basic).toMatch(/^Basic /);
  });

  it("P24 qwen: a token is used at the host that came with it", async () => {
    await stage.only("qwen", "bound", 5 * hour, { facts: { endpoint: "https://portal-eu.qwen.ai/v1" } });
    const before = worlds.qwen.renewals();
    expect((await stage.ask("openai-chat", stage.modelOf("qwen"))).status).toBe(200);
    expect(stage.lastTo("portal-eu.qwen.ai").path).toBe("/v1/chat/completions");
    expect(worlds.qwen.renewals()).toBe(before);
  });

  it("qwen: no token goes to a host that is not the service's own", async () => {
    await stage.only("qwen", "lured", 5 * hour, { facts: { endpoint: "https://api.github.com/v1" } });
    const before = worlds.backends.to("api.github.com").length;
    await stage.ask("openai-chat", stage.modelOf("qwen"));
    expect(worlds.backends.to("api.github.com").length).toBe(before);
  });

  it("through the proxy, for an unmodified client of another service", async () => {
    await stage.only("claude", "proxied", -hour);
    worlds.claude.expire();
    const dispatcher = undiciThrough(stage.core);
    const { path, body } = question("openai-chat", "gpt-4.1");
    const reply = await undiciFetch(`https://api.openai.com${path}`, {
      method: "POST",
      dispatcher,
      headers: { "content-type": "application/json", authorization: "Bearer sk-the-clients-own-key-000000000" },
      body: JSON.stringify(body),
    });
    expect(await reply.text()).toContain(greeting);
    await dispatcher.close();
    const { headers } = stage.lastTo("api.anthropic.com");
    expect(headers["authorization"]).toBe(`Bearer ${worlds.claude.token()}`);
    const flow = await stage.core.flow(
      "the proxied call",
      (one) => one.host === "api.openai.com" && one.state === "done",
    );
    expect(flow).toMatchObject({ provider: "claude", account: "proxied", status: 200 });
  });
});

describe("a record as other gateways keep it", () => {
  const bare = async (record: object): Promise<void> => {
    // In place of one of ours, and of all others of this service.
    await stage.only("copilot", "seed", hour);
    const path = recordPath(stage.core.home, "copilot", "seed");
    writeFileSync(path, JSON.stringify({ type: "oauth_device_flow", ...record }), { mode: 0o600 });
    await stage.control.reloadAccounts();
  };
  const quota = { limit: 300, used: 10, remaining: 290 };

  it("U13 copilot: GitHub's token stands in it, and is used and kept", async () => {
    const { accessToken, refreshToken } = worlds.github.issue();
    const expires = new Date(Date.now() + 8 * hour).toISOString();
    await bare({ access_token: accessToken, refresh_token: refreshToken, expires_at: expires, quota });
    expect((await stage.ask("claude", stage.modelOf("copilot"))).status).toBe(200);
    const record = readRecord(stage.core.home, "copilot", "seed");
    expect(record).toMatchObject({ access_token: worlds.copilot.token(), refresh_token: refreshToken, quota });
    expect(record.text).toContain(accessToken);
  });

  it("U13 copilot: where GitHub's token is over, its refresh token buys another", async () => {
    const { refreshToken } = worlds.github.issue();
    worlds.github.expire();
    await bare({
      access_token: "ghu_over-since-yesterday",
      refresh_token: refreshToken,
      expires_at: null,
      quota: null,
    });
    const before = worlds.github.redemptions.length;
    expect((await stage.ask("claude", stage.modelOf("copilot"))).status).toBe(200);
    expect(worlds.github.redemptions.slice(before)).toEqual([{ refreshToken, result: "ok" }]);
    expect(readRecord(stage.core.home, "copilot", "seed")).toMatchObject({
      access_token: worlds.copilot.token(),
      refresh_token: worlds.github.issued.at(-1)?.refreshToken,
      // The new one, for the next exchange and for what else GitHub itself is asked.
      extra: { githubToken: worlds.github.issued.at(-1)?.accessToken },
    });
  });
});

describe("one renewal for all who wait", () => {
  it.each(["claude", "codex", "qwen", "copilot"] as const)(
    "U8 %s: twenty calls at once on an expired token redeem once, and all are answered",
    async (provider) => {
      const world = worlds[provider];
      await stage.only(provider, "crowd", -hour);
      world.expire();
      const before = world.renewals();
      const told = await Promise.all(
        Array.from({ length: 20 }, () => stage.ask(world.client, stage.modelOf(provider))),
      );
      expect(told.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
      expect(world.renewals() - before).toBe(1);
      expect(readRecord(stage.core.home, provider, "crowd").generation).toBe(2);
    },
  );

  it.each(["claude", "codex", "gemini-cli", "antigravity", "copilot", "qwen"] as const)(
    "H05 %s: a 401 in the middle of a token's life is renewed once and asked again",
    async (provider) => {
      const world = worlds[provider];
      await stage.only(provider, "midlife", -hour);
      await stage.ask(world.client, stage.modelOf(provider));
      // A record as of an hour ago: what was renewed this very minute is not renewed once more.
      const { access_token: access, text } = readRecord(stage.core.home, provider, "midlife");
      const record: unknown = JSON.parse(text);
      const refresh = String(field(record, "refresh_token"));
      const extra = field(record, "extra") as Readonly<Record<string, string>>; // as `writeRecord` wrote it
      const facts = field(record, "facts") as Readonly<Record<string, string>>;
      await stage.only(provider, "refused", 5 * hour, { access, refresh, extra, facts });
      world.refuse(access);
      const before = world.renewals();
      const told = await stage.ask(world.client, stage.modelOf(provider));
      expect(told.text).toContain(greeting);
      expect(told.status).toBe(200);
      expect(world.renewals() - before).toBe(1);
      expect(readRecord(stage.core.home, provider, "refused").access_token).toBe(world.token());
    },
  );
});

describe("after all of it", () => {
  it("acceptance 8: no secret of any of these logins is anywhere but in its own file", async () => {
    const { core, control } = stage;
    const secrets = [...worlds.secrets(), "sk-the-clients-own-key-000000000"];
    const said = stage.said();
    const found = await sweep({ core, control, secrets, said });
    expect(found.leaks).toEqual([]);
    expect(found.open).toEqual([]);
    expect(found.places.length).toBeGreaterThan(100);
    expect(found.places.some((place) => place.startsWith("logs/requests/"))).toBe(true);
    expect(found.places.some((place) => place.startsWith("usage/"))).toBe(true);
    // It can find something: what it has to miss is only missing where it was looked for.
    const planted = await sweep({ core, control, secrets, said: { planted: `Bearer ${worlds.claude.token()}` } });
    expect(planted.leaks).toHaveLength(1);
  }, 60_000);
});
