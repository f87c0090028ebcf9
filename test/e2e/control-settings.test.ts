/** Settings and models that scripts change: in the file, with its comments, and in force from the next call on. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Answer } from "../support/api.ts";
import { codeOf, type ControlBench, messageOf, startControlBench } from "../support/control-bench.ts";
import { field } from "../support/provider-turn.ts";

let bench: ControlBench;
beforeAll(async () => {
  bench = await startControlBench();
});
afterAll(() => bench.stage.close());

describe("settings", () => {
  const put = (name: string, body: unknown): Promise<Answer> =>
    bench.api.socket(`/api/settings/${name}`, { method: "PUT", body });

  it("a proxy of one provider, of all, and none again", async () => {
    expect(await bench.api.get("/api/settings/proxy")).toEqual({ global: null, providers: {}, combos: {}, keys: {} });
    // No machine has this name: only the proxy knows it.
    expect((await bench.call("remote/m")).status).toBe(502);
    const shown = await put("proxy", { providers: { remote: bench.proxy.url } });
    const masked = `http://•••@127.0.0.1:${bench.proxy.port}`;
    expect(shown.json).toEqual({ global: null, providers: { remote: masked }, combos: {}, keys: {} });
    expect((await bench.call("remote/m")).status).toBe(200);
    expect((await put("proxy", { global: bench.proxy.url })).status).toBe(200);
    expect((await bench.call("remote/m")).status).toBe(200);
    expect((await put("proxy", { global: bench.proxy.url, providers: { remote: "direct" } })).status).toBe(200);
    expect((await bench.call("remote/m")).status).toBe(502);
    expect(bench.proxy.joined).toContain("remote.test:443");
    const back = await put("proxy", await bench.api.get("/api/settings/proxy"));
    expect([back.status, messageOf(back)]).toEqual([400, expect.stringContaining("not shown")]);
    const gone = await bench.api.socket("/api/settings/proxy", { method: "DELETE" });
    expect(gone.json).toEqual({ global: null, providers: {}, combos: {}, keys: {} });
    expect(readFileSync(bench.configFile, "utf8")).not.toContain(String(bench.proxy.port));
  });

  it("proxies of combos and of keys", async () => {
    const levels = {
      combos: { wide: bench.proxy.url },
      keys: { "local/main": "direct", "pair/one": "socks5://u:p@[::1]" },
    };
    const shown = await put("network-proxy", levels);
    expect(shown.json).toMatchObject({
      combos: { wide: `http://•••@127.0.0.1:${bench.proxy.port}` },
      keys: { "local/main": "direct", "pair/one": "socks5://•••@[::1]" },
    });
    await bench.api.socket("/api/settings/proxy", { method: "DELETE" });
  });

  it("a proxy of one place, put and taken out beside others whose passwords nobody sees", async () => {
    const before = readFileSync(bench.configFile, "utf8");
    const one = (level: string, id: string | null, proxy: string | null): Promise<Answer> => {
      const path = `/api/settings/proxy?level=${level}${id === null ? "" : `&id=${encodeURIComponent(id)}`}`;
      return bench.api.socket(path, proxy === null ? { method: "DELETE" } : { method: "PUT", body: { proxy } });
    };
    const masked = `http://•••@127.0.0.1:${bench.proxy.port}`;
    expect((await one("providers", "remote", bench.proxy.url)).json).toMatchObject({ providers: { remote: masked } });
    await one("global", null, "direct");
    await one("combos", "wide", "direct");
    const all = await one("keys", "local/main", "direct");
    const shown = { providers: { remote: masked }, combos: { wide: "direct" }, keys: { "local/main": "direct" } };
    expect(all.json).toEqual({ global: "direct", ...shown });
    expect(await bench.api.get("/api/settings/proxy")).toEqual(all.json);
    expect((await bench.call("remote/m")).status).toBe(200);
    expect((await one("keys", "local/main", null)).json).toEqual({ global: "direct", ...shown, keys: {} });
    const again = await one("keys", "local/main", null);
    expect([again.status, codeOf(again), messageOf(again)]).toEqual([
      404,
      "not-found",
      "config.yaml has no proxy for local/main under keys",
    ]);
    expect((await one("global", null, null)).json).toMatchObject({ global: null });
    await one("combos", "wide", null);
    expect((await bench.call("remote/m")).status).toBe(200);
    expect((await one("providers", "remote", null)).json).toEqual({
      global: null,
      providers: {},
      combos: {},
      keys: {},
    });
    expect((await bench.call("remote/m")).status).toBe(502);
    // Nothing stays behind, not even an empty map.
    expect(readFileSync(bench.configFile, "utf8")).toBe(before);
    const slip = await one("providers", "locla", "direct");
    expect([slip.status, messageOf(slip)]).toEqual([400, expect.stringContaining('did you mean "local"')]);
    const hidden = await one("providers", "remote", masked);
    expect([hidden.status, messageOf(hidden)]).toEqual([400, expect.stringContaining("not shown")]);
    expect(readFileSync(bench.configFile, "utf8")).toBe(before);
  });

  it("all of them at once, by their names in the file", async () => {
    await put("thinking-budget", { mode: "adaptive", tokens: 2048 });
    await put("ip-filter", { mode: "allow", list: ["127.0.0.1"] });
    const { settings } = (await bench.api.get("/api/settings")) as { settings: Record<string, unknown> }; // its contract
    expect(settings).toEqual({
      network_proxy: { global: null, providers: {}, combos: {}, keys: {} },
      ip_filter: { mode: "allow", list: ["127.0.0.1"] },
      thinking_budget: { mode: "adaptive", tokens: 2048 },
      system_prompt: { mode: "none" },
    });
    // A name of the file is a name in the path.
    for (const [name, value] of Object.entries(settings)) {
      expect(await bench.api.get(`/api/settings/${name}`)).toEqual(value);
      await bench.api.socket(`/api/settings/${name}`, { method: "DELETE" });
    }
    expect(field(await bench.api.get("/api/settings"), "settings")).toMatchObject({ ip_filter: { mode: "off" } });
  });

  it("a proxy is tried out: it works, it is dead, it is none", async () => {
    const test = (body: object): Promise<Answer> => bench.api.socket("/api/settings/proxy/test", { body });
    const good = await test({ proxy: bench.proxy.url });
    expect(good.json).toMatchObject({
      ok: true,
      proxy: `http://127.0.0.1:${bench.proxy.port}`,
      publicIp: "203.0.113.7",
      error: null,
    });
    expect(Number(field(good.json, "latencyMs"))).toBeGreaterThan(0);
    const refused = await test({ proxy: `http://me:wrong@127.0.0.1:${bench.proxy.port}` });
    expect(refused.json).toMatchObject({ ok: false, publicIp: null, error: expect.stringContaining("password") });
    const dead = await test({ proxy: "http://127.0.0.1:9" });
    expect(dead.json).toMatchObject({ ok: false, proxy: "http://127.0.0.1:9", error: expect.any(String) });
    expect((await test({ proxy: "no proxy" })).status).toBe(400);
    await put("proxy", { global: bench.proxy.url });
    expect((await test({})).json).toMatchObject({ ok: true, proxy: `http://127.0.0.1:${bench.proxy.port}` });
    await bench.api.socket("/api/settings/proxy", { method: "DELETE" });
  });

  it("a system prompt, from the next call on", async () => {
    const words = "Speak like https://a:b@c.example would.";
    expect((await put("system-prompt", { mode: "prepend", text: words })).json).toEqual({
      mode: "prepend",
      text: words,
    });
    await bench.call("local/m");
    expect(field(bench.chat.seen.at(-1)?.body, "messages")).toContainEqual({ role: "system", content: words });
    const gone = await bench.api.socket("/api/settings/system-prompt", { method: "DELETE" });
    expect(gone.json).toEqual({ mode: "none" });
    await bench.call("local/m");
    expect(JSON.stringify(bench.chat.seen.at(-1)?.body)).not.toContain("Speak like");
  });

  it("a thinking budget, from the next call on", async () => {
    expect((await put("thinking-budget", { mode: "auto" })).json).toEqual({ mode: "auto" });
    await bench.call("local/m", { reasoning_effort: "high" });
    expect(bench.chat.seen.at(-1)?.text).not.toContain("reasoning_effort");
    await bench.api.socket("/api/settings/thinking-budget", { method: "DELETE" });
    await bench.call("local/m", { reasoning_effort: "high" });
    expect(bench.chat.seen.at(-1)?.text).toContain('"reasoning_effort":"high"');
  });

  it.each<[string, unknown, string]>([
    ["proxy", { global: "ftp://somewhere" }, "settings.network_proxy.global"],
    ["proxy", { providers: { locla: "direct" } }, "settings.network_proxy.providers.locla"],
    ["proxy", { globl: "direct" }, "global"],
    ["ip-filter", { mode: "allow", list: ["10.0.0.300"] }, "settings.ip_filter.list"],
    ["ip-filter", { list: ["10.0.0.1"] }, "mode"],
    ["thinking-budget", { mode: "custom" }, "tokens"],
    ["thinking-budget", { mode: "fast" }, '"mode" has to be one of passthrough, auto, custom or adaptive'],
    ["system-prompt", { mode: "append" }, "text"],
    ["system-prompt", [], "object"],
  ])("%s = %j is refused with its place, and nothing changes", async (name, body, place) => {
    const before = readFileSync(bench.configFile, "utf8");
    const answer = await put(name, body);
    expect(answer.status).toBe(400);
    expect(messageOf(answer)).toContain(place);
    expect(readFileSync(bench.configFile, "utf8")).toBe(before);
  });

  it("others are not for scripts", async () => {
    for (const name of ["request-logs", "__proto__", "proxy%2Ftest"]) {
      expect((await bench.api.socket(`/api/settings/${name}`)).status).toBe(404);
    }
  });
});

describe("models added by hand", () => {
  const add = (body: object): Promise<Answer> => bench.api.socket("/api/provider-models", { body });

  it("are served under their names until they are taken out", async () => {
    const before = readFileSync(bench.configFile, "utf8");
    expect((await bench.call("wide-one")).status).toBe(404);
    expect((await add({ provider: "local", model: "o", max_tokens: 9000, alias: "wide-one" })).json).toEqual({
      ok: true,
    });
    expect(await bench.api.get("/api/provider-models?provider=local")).toEqual({ models: { local: ["m", "n", "o"] } });
    expect((await bench.call("wide-one")).status).toBe(200);
    expect(field(bench.chat.seen.at(-1)?.body, "model")).toBe("o");
    const { byProvider } = (await bench.api.get("/api/models/catalog")) as { byProvider: Record<string, object[]> }; // its contract
    expect(byProvider["local"]).toContainEqual(
      expect.objectContaining({ id: "local/wide-one", model: "o", max_tokens: 9000, kind: "chat" }),
    );
    const again = await add({ provider: "local", model: "o" });
    expect([again.status, codeOf(again)]).toEqual([409, "conflict"]);
    const gone = await bench.api.socket("/api/provider-models?provider=local&model=o", { method: "DELETE" });
    expect(gone.json).toEqual({ ok: true });
    expect((await bench.api.socket("/api/provider-models?provider=local&model=o", { method: "DELETE" })).status).toBe(
      404,
    );
    expect(readFileSync(bench.configFile, "utf8")).toBe(before);
  });

  it("stand in the catalog by provider and by type, and can be asked for by either", async () => {
    const added = { local: ["text-embedding-of-mine", "dall-e-of-mine"], openai: ["gpt-of-mine"] };
    for (const [provider, models] of Object.entries(added)) for (const model of models) await add({ provider, model });
    type Catalog = { models: { id: string; kind: string }[]; byType: Record<string, string[]>; byProvider: object };
    const read = async (query: string): Promise<Catalog> =>
      (await bench.api.get(`/api/models/catalog${query}`)) as Catalog; // its contract
    const all = await read("");
    expect(all.byType["embedding"]).toEqual(expect.arrayContaining(["local/text-embedding-of-mine"]));
    expect(all.byType["combo"]).toEqual(["combo/lone", "combo/wide", "combo/gone"]);
    expect(all.byType["alias"]).toEqual(["quick", "m"]);
    expect(all.byType["image"]).toContain("local/dall-e-of-mine");
    expect(all.byType["chat"]).toContain("local/m");
    for (const type of ["chat", "embedding", "image", "combo", "alias"]) {
      const { models, byType } = await read(`?type=${type}`);
      expect(models.map(({ id }) => id)).toEqual(all.byType[type]);
      expect(byType[type]).toEqual(all.byType[type]);
    }
    const local = await read("?provider=local&type=embedding");
    expect([local.models.map(({ id }) => id), Object.keys(local.byProvider)]).toEqual([
      ["local/text-embedding-of-mine"],
      ["local"],
    ]);
    // `local` has a list in the file, and what is added goes there.
    expect((await read("?type=custom")).models.map(({ id }) => id)).toEqual(["openai/gpt-of-mine"]);
    for (const [provider, models] of Object.entries(added)) {
      for (const model of models) {
        await bench.api.socket(`/api/provider-models?provider=${provider}&model=${model}`, { method: "DELETE" });
      }
    }
  });

  it("come besides what a provider has anyway", async () => {
    const list = async (): Promise<string> => JSON.stringify(await bench.api.get("/v1/providers/openai/models"));
    const before = await list();
    expect(before).toContain("gpt-4-turbo");
    expect((await add({ provider: "openai", model: "gpt-of-mine", max_tokens: 1234 })).status).toBe(200);
    expect(await list()).toContain("gpt-of-mine");
    expect(await list()).toContain("gpt-4-turbo");
    expect(
      (
        await bench.api.socket("/api/provider-models", {
          method: "DELETE",
          body: { provider: "openai", model: "gpt-of-mine" },
        })
      ).status,
    ).toBe(200);
    expect(await list()).toBe(before);
  });

  it.each<[object, number]>([
    [{ model: "x" }, 400],
    [{ provider: "local" }, 400],
    [{ provider: "nobody", model: "x" }, 404],
    [{ provider: "local", model: "../x" }, 400],
    [{ provider: "local", model: "x", max_tokens: "many" }, 400],
    [{ provider: "local", model: "x", max_tokens: 0 }, 400],
  ])("%j is refused", async (body, code) => {
    const before = readFileSync(bench.configFile, "utf8");
    expect((await add(body)).status).toBe(code);
    expect(readFileSync(bench.configFile, "utf8")).toBe(before);
  });
});
