import { describe, expect, it } from "vitest";
import { emptyBody } from "../../base/http.ts";
import type { Path } from "../../engine/config/problem.ts";
import { parseConfig } from "../../engine/config/load.ts";
import { settingVerbs } from "./settings.ts";

function bench(settings: object) {
  const loaded = parseConfig("", { path: "config.yaml", env: {} });
  if (!loaded.ok) throw new Error("the empty configuration is valid");
  const edits: (readonly [Path, unknown])[] = [];
  const verbs = settingVerbs({
    config: () => loaded.config,
    written: () => ({ settings }),
    editConfig: (path, value) => {
      edits.push([path, value]);
      return Promise.resolve();
    },
    send: () => Promise.resolve({ status: 200, headers: [], body: emptyBody }),
    clock: { now: () => 0, monotonic: () => 0 },
  });
  return { verbs, edits };
}

describe("the proxies as they are shown", () => {
  it.each([
    ["http://user:password@host:1", "http://•••@host:1"],
    ["http://user:pass@word@host:1", "http://•••@host:1"],
    ["http://user:pass/word@host:1", "http://•••@host:1"],
    ["http://token@host:1", "http://•••@host:1"],
    ["socks5://:password@[::1]:1", "socks5://•••@[::1]:1"],
    ["http://${USER}:${PASSWORD}@host:1", "http://${USER}:${PASSWORD}@host:1"],
    ["http://${USER}:password@host:1", "http://•••@host:1"],
    ["http://host:1", "http://host:1"],
    ["${PROXY}", "${PROXY}"],
    ["direct", "direct"],
  ])("%s", async (written, shown) => {
    const network = { global: written, providers: { a: written }, combos: { b: written }, keys: { "c/d": written } };
    const { verbs } = bench({ network_proxy: network });
    expect(await verbs.setting("network_proxy")).toEqual({
      global: shown,
      providers: { a: shown },
      combos: { b: shown },
      keys: { "c/d": shown },
    });
  });

  it("are not written back with the mask in them", async () => {
    const { verbs, edits } = bench({});
    await expect(verbs.changeSetting("network_proxy", { global: "http://•••@host:1" })).rejects.toThrow("not shown");
    await verbs.changeSetting("system_prompt", { mode: "append", text: "Three dots: •••" });
    expect(edits).toEqual([[["settings", "system_prompt"], { mode: "append", text: "Three dots: •••" }]]);
  });
});

describe("a section", () => {
  it("is as it stands in the file, and where the file says nothing, as it is in force", async () => {
    const { verbs } = bench({ ip_filter: { list: ["10.0.0.1"] }, system_prompt: { mode: "none", text: "x://a:b@c" } });
    expect(await verbs.setting("ip_filter")).toEqual({ mode: "off", list: ["10.0.0.1"] });
    expect(await verbs.setting("system_prompt")).toEqual({ mode: "none", text: "x://a:b@c" });
    expect(await verbs.setting("thinking_budget")).toEqual({ mode: "passthrough" });
    expect(await verbs.setting("network_proxy")).toEqual({ global: null, providers: {}, combos: {}, keys: {} });
  });

  it("is a map or nothing", async () => {
    const { verbs, edits } = bench({});
    await expect(verbs.changeSetting("ip_filter", "off")).rejects.toThrow("settings.ip_filter is a map");
    await verbs.changeSetting("ip_filter", undefined);
    expect(edits).toEqual([[["settings", "ip_filter"], undefined]]);
  });
});

describe("the proxy of one place", () => {
  const path = (...steps: readonly string[]): Path => ["settings", "network_proxy", ...steps];

  it("is changed alone", async () => {
    const { verbs, edits } = bench({ network_proxy: { global: "http://user:password@host:1" } });
    await verbs.changeProxy({ level: "providers", id: "a.b/c" }, "direct");
    await verbs.changeProxy({ level: "global" }, "http://host:2");
    expect(edits).toEqual([
      [path("providers", "a.b/c"), "direct"],
      [path("global"), "http://host:2"],
    ]);
    await expect(verbs.changeProxy({ level: "global" }, "http://•••@host:1")).rejects.toThrow("not shown");
  });

  it.each<[object, Parameters<ReturnType<typeof bench>["verbs"]["changeProxy"]>[0], Path]>([
    [{ global: "x", keys: { "a/b": "x", "c/d": "x" } }, { level: "keys", id: "a/b" }, path("keys", "a/b")],
    [{ global: "x", keys: { "a/b": "x" } }, { level: "keys", id: "a/b" }, path("keys")],
    [{ keys: { "a/b": "x" } }, { level: "keys", id: "a/b" }, path()],
    [{ global: "x", keys: { "a/b": "x" } }, { level: "global" }, path("global")],
    [{ global: "x" }, { level: "global" }, path()],
  ])("of %j is taken out without an empty map behind it: %j", async (network_proxy, place, gone) => {
    const { verbs, edits } = bench({ network_proxy });
    await verbs.changeProxy(place, null);
    expect(edits).toEqual([[gone, undefined]]);
  });

  it.each([{}, { network_proxy: { global: null } }, { network_proxy: { providers: { b: "x" } } }])(
    "that is not in %j cannot be taken out",
    async (settings) => {
      const { verbs, edits } = bench(settings);
      await expect(verbs.changeProxy({ level: "global" }, null)).rejects.toThrow("no proxy for everything");
      await expect(verbs.changeProxy({ level: "providers", id: "a" }, null)).rejects.toThrow("for a under providers");
      await expect(verbs.changeProxy({ level: "providers", id: "__proto__" }, null)).rejects.toThrow("no proxy");
      expect(edits).toEqual([]);
    },
  );
});
