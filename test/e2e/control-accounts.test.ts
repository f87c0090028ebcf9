/** Accounts that scripts add and switch, cooldowns that outlive a kill, and secrets that are told to nobody. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { resolvePaths } from "../../src/base/paths.ts";
import { connectControl } from "../../src/control/client.ts";
import { controlRoutes } from "../../src/control/server.ts";
import { type Answer, openApi } from "../support/api.ts";
import { canary, caller, type ControlBench, messageOf, startControlBench } from "../support/control-bench.ts";
import { liveFiles } from "../support/live-files.ts";
import { field, sayHello } from "../support/provider-turn.ts";
import { waitFor } from "../support/wait.ts";

let bench: ControlBench;
beforeAll(async () => {
  bench = await startControlBench();
});
afterAll(() => bench.stage.close());

const config = (): Record<string, unknown> => parse(readFileSync(bench.configFile, "utf8")) as Record<string, unknown>; // a map, as written

const addAccount = (body: object): Promise<Answer> => bench.api.socket("/api/accounts", { body });
const account = async (id: string): Promise<object | undefined> => {
  const { accounts } = (await bench.api.get("/api/accounts")) as { accounts: object[] }; // its contract
  return accounts.find((one) => field(one, "id") === id);
};

describe("accounts", () => {
  it("a key is kept in the private store and served by at once, off, on and gone again", async () => {
    const text = readFileSync(bench.configFile, "utf8");
    const added = await addAccount({ provider: "local", name: "kept", apiKey: canary.stored, priority: 1 });
    expect(added.json).toMatchObject({ id: "local/kept", source: "key", from: "store", state: "active", priority: 1 });
    expect(readFileSync(bench.configFile, "utf8")).toBe(text);
    await bench.call("local/m");
    expect(bench.chat.seen.at(-1)?.headers).toContain(`Bearer ${canary.stored}`);
    const enabled = (value: boolean): Promise<Answer> =>
      bench.api.socket("/api/accounts/local/kept/enabled", { method: "PUT", body: { enabled: value } });
    expect((await enabled(false)).json).toMatchObject({ enabled: false, state: "disabled" });
    await bench.call("local/m");
    expect(bench.chat.seen.at(-1)?.headers).toContain(`Bearer ${canary.main}`);
    expect((await enabled(true)).json).toMatchObject({ enabled: true, state: "active" });
    expect((await addAccount({ provider: "local", name: "kept", apiKey: canary.stored })).status).toBe(409);
    expect((await bench.api.socket("/api/accounts/local/kept", { method: "DELETE" })).json).toEqual({ ok: true });
    expect(await account("local/kept")).toBeUndefined();
    await bench.call("local/m");
    expect(bench.chat.seen.at(-1)?.headers).toContain(`Bearer ${canary.main}`);
  });

  it("one of the file is switched there, and not removed", async () => {
    const off = await bench.api.socket("/api/accounts/pair/two/enabled", { method: "PUT", body: { enabled: false } });
    expect(off.json).toMatchObject({ id: "pair/two", enabled: false, from: "config" });
    expect(config()["accounts"]).toContainEqual(expect.objectContaining({ name: "two", enabled: false }));
    await bench.api.socket("/api/accounts/pair/two/enabled", { method: "PUT", body: { enabled: true } });
    const removed = await bench.api.socket("/api/accounts/pair/two", { method: "DELETE" });
    expect([removed.status, messageOf(removed)]).toEqual([400, expect.stringContaining("config.yaml")]);
    const implied = await bench.api.socket("/api/accounts/cool/default/enabled", {
      method: "PUT",
      body: { enabled: false },
    });
    expect([implied.status, messageOf(implied)]).toEqual([400, expect.stringContaining("wants no account")]);
  });

  it.each<[object, number]>([
    [{ provider: "local", name: "x" }, 400],
    [{ provider: "local", name: "x", apiKey: "with a space" }, 400],
    [{ provider: "local", name: "x", apiKey: "" }, 400],
    [{ provider: "local", name: "../x", apiKey: canary.stored }, 400],
    [{ provider: "local", name: "x/y", apiKey: canary.stored }, 400],
    [{ provider: "nobody", name: "x", apiKey: canary.stored }, 404],
    [{ provider: "local", name: "x", apiKey: canary.stored, priority: -1 }, 400],
    [{ provider: "local", name: "x", apiKey: canary.stored, weight: 0.5 }, 400],
    [{ provider: "local", name: "x", apiKey: canary.stored, weight: "1" }, 400],
  ])("%j is refused", async (body, code) => {
    const answer = await addAccount(body);
    expect(answer.status).toBe(code);
    expect(answer.text).not.toContain(canary.stored);
    expect(await account("local/x")).toBeUndefined();
  });

  it("a cooldown is seen with what is left of it, and ended by hand", async () => {
    expect((await bench.call("cool/limited")).status).toBe(429);
    expect((await bench.call("cool/barred")).status).toBe(401);
    expect(await account("cool/default")).toMatchObject({ state: "cooling", lastError: "auth: who are you" });
    const seen = (await account("cool/default")) as { cooldowns: { remainingMs: number; until: string }[] }; // the published account
    expect(seen.cooldowns[0]?.remainingMs).toBeGreaterThan(30_000);
    expect(seen.cooldowns[0]?.remainingMs).toBeLessThanOrEqual(90_000);
    expect((await bench.call("cool/limited")).status).toBe(429);
    const before = bench.flaky.seen.length;
    const clear = (body: object): Promise<Answer> =>
      bench.api.socket("/api/accounts/cool/default/clear-cooldown", { body });
    expect((await clear({ model: "limited" })).json).toEqual({ cleared: 1 });
    expect(await account("cool/default")).toMatchObject({ state: "cooling", cooldowns: [{ model: null }] });
    expect((await clear({})).json).toEqual({ cleared: 1 });
    expect(await account("cool/default")).toMatchObject({ state: "active", cooldowns: [] });
    await bench.call("cool/limited");
    expect(bench.flaky.seen.length).toBe(before + 1);
    expect((await bench.api.socket("/api/accounts/nobody/none/clear-cooldown", { body: {} })).status).toBe(404);
  });
});

describe("logins", () => {
  it("of Kiro are found at the seed's address too, and want their terms read", async () => {
    for (const [path, body] of [
      ["/v0/oauth/kiro", {}],
      ["/v0/oauth/kiro", { provider: "claude", name: "x" }],
      ["/api/logins", { provider: "kiro", name: "x" }],
    ] as const) {
      const answer = await bench.api.socket(path, { body });
      expect([answer.status, messageOf(answer)]).toEqual([400, expect.stringContaining("Kiro")]);
    }
    expect((await bench.api.socket("/v0/oauth/kiro/none")).status).toBe(404);
    expect((await bench.api.keyed("/v0/oauth/kiro/none")).status).toBe(404);
  });
});

describe("secrets", () => {
  /** What the routes' `:names` stand for here; a route with another one has to be added. */
  const named: Readonly<Record<string, string>> = { provider: "local", name: "main", model: "local/m" };
  /** These go on until somebody hangs up. */
  const streams = ["/api/events", "/api/lease"];

  async function pathsOf(pattern: string): Promise<readonly string[]> {
    if (pattern.startsWith("/api/flows/:id")) {
      const { flows } = (await bench.api.get("/api/flows")) as { flows: { id: string }[] }; // its contract
      return flows.map(({ id }) => pattern.replace(":id", id));
    }
    if (pattern.endsWith("/:id")) return [pattern.replace(":id", "none")];
    if (pattern === "/v1/capabilities") return [`${pattern}?model=local/m&feature=vision`];
    return [
      pattern.replaceAll(/[:*](\w+)/g, (_whole, name: string) => {
        const value = named[name];
        if (value === undefined) throw new Error(`${pattern}: say here what :${name} stands for`);
        return value;
      }),
    ];
  }

  it("are in no answer of any route, no event, no log and no stderr", async () => {
    const login = {
      type: "oauth_pkce",
      access_token: canary.accessToken,
      refresh_token: canary.refreshToken,
      expires_at: "2999-01-01T00:00:00.000Z",
    };
    const write = (name: string, text: string): void =>
      writeFileSync(join(bench.core.home, "accounts", name), text, { mode: 0o600 });
    write("claude@login.json", JSON.stringify(login));
    write("codex@damaged.json", JSON.stringify(login).slice(0, -5));
    await bench.api.socket("/api/accounts/reload", { body: {} });
    await bench.api.socket("/api/settings/proxy", {
      method: "PUT",
      body: { global: "direct", providers: { remote: bench.proxy.url } },
    });
    await addAccount({ provider: "fresh", name: "kept", apiKey: canary.stored });
    await bench.call("local/m");
    await bench.call("fresh/m");
    expect((await bench.call("claude/m")).status).toBe(200);
    expect(bench.anthropic.seen.at(-1)?.headers).toContain(`Bearer ${canary.accessToken}`);
    const told: string[] = [];
    const control = connectControl(resolvePaths({ SWITCHYARD_HOME: bench.core.home }));
    const stop = control.events((event) => void told.push(JSON.stringify(event)));
    await waitFor("the stream to begin", () => told.length > 0);
    let asked = 0;
    for (const route of Object.keys(controlRoutes)) {
      const [method, pattern = ""] = route.split(" ");
      if (method !== "GET" || streams.includes(pattern)) continue;
      for (const path of await pathsOf(pattern)) {
        const answer = await bench.api.socket(path);
        expect([path, answer.status]).toEqual([path, path.endsWith("/none") ? 404 : 200]);
        told.push(answer.text);
        asked += 1;
      }
    }
    // Refusals repeat what was asked.
    for (const secret of [bench.api.clientKey, canary.main, canary.stored]) {
      told.push(
        (await bench.api.socket(`/v1/providers/${secret}`)).text,
        (await bench.api.keyed(`/v1/models/${secret}`)).text,
      );
    }
    await bench.call("local/m");
    await waitFor("the last call in the stream", () => told.some((text) => text.includes('"type":"flow"')));
    stop();
    expect(asked).toBeGreaterThan(30);
    const files = ["logs", "usage"].map((name) => filesIn(join(bench.core.home, name))).join("");
    const all =
      told.join("\n") +
      bench.core.stderr() +
      files +
      readFileSync(join(bench.core.home, "state.json"), "utf8")
        .replace(bench.api.clientKey, "")
        .replace(bench.api.proxyToken, "")
        .replace(bench.api.adminToken, "");
    const everything = [
      ...Object.values(canary),
      encodeURIComponent(canary.password),
      bench.api.clientKey,
      bench.api.proxyToken,
      bench.api.adminToken,
    ];
    for (const secret of everything) expect(all.includes(secret) ? secret : "").toBe("");
  });
});

describe("a core that is killed", () => {
  it("knows its cooldowns, accounts and settings again; what was healed before is not cooled", async () => {
    expect(await account("cool/default")).toMatchObject({ state: "cooling" });
    expect((await bench.call("faulty/broken")).status).toBe(500);
    expect(await account("faulty/default")).toMatchObject({ state: "cooling" });
    bench.flaky.answerWith(sayHello);
    // It waits for the end of the cooldown, and the answer ends that for good.
    expect((await bench.call("faulty/broken")).status).toBe(200);
    await bench.api.socket("/v1/providers/mistral/enabled", { method: "PUT", body: { enabled: false } });
    await waitFor("the state to be written", () => {
      const state = readFileSync(join(bench.core.home, "state.json"), "utf8");
      return state.includes('"cool/default"') && !state.includes('"faulty/default"');
    });
    bench.core.signal("SIGKILL");
    await bench.core.exited;
    const again = await bench.core.cli("start", "-d", "--port", "0");
    expect(again.code).toBe(0);
    bench.stage.opened.later(async () => void (await bench.core.cli("stop")));
    const api = await openApi(bench.core.home);
    expect(api.clientKey).toBe(bench.api.clientKey);
    // What the one before had learned, the next one knows.
    bench = { ...bench, api, call: caller(api) };
    expect(await account("cool/default")).toMatchObject({ state: "cooling", cooldowns: [{ kind: "rate-limit" }] });
    expect((await bench.call("cool/limited")).status).toBe(429);
    expect(await account("faulty/default")).toMatchObject({ state: "active", cooldowns: [] });
    expect(await account("fresh/kept")).toMatchObject({ from: "store" });
    expect(await bench.api.get("/v1/providers/mistral")).toMatchObject({ enabled: false });
    expect(field(field(await bench.api.get("/api/usage"), "total"), "calls")).toBeGreaterThan(5);
  });
});

function filesIn(folder: string): string {
  return liveFiles(folder)
    .map(({ bytes }) => bytes.toString("utf8"))
    .join("");
}
