import { afterEach, describe, expect, it } from "vitest";
import { type EngineVerbs, VerbRefusal } from "../base/controls-engine.ts";
import { startControlBench } from "./__fixtures__/control-bench.ts";

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

/** What a verb is asked and answers; the answers only have to come back as they are. */
type Case<Name extends keyof EngineVerbs> = {
  readonly asked: Parameters<EngineVerbs[Name]>;
  readonly answer: unknown;
};

const account = { id: "claude/a b/c", state: "active" };
const login = { id: "Lx/1", state: "waiting" };
const provider = { id: "my/llm" };

/** Names with what a path could trip over: slashes, spaces, question marks. */
const cases = {
  accounts: { asked: [], answer: [account] },
  addAccount: {
    asked: [{ provider: "claude", name: "n", apiKey: "sk-0123456789", priority: 3, weight: 2 }],
    answer: account,
  },
  removeAccount: { asked: ["claude/a b/c"], answer: undefined },
  setAccountEnabled: { asked: ["claude/a?b", false], answer: account },
  clearCooldown: { asked: ["claude/main", "claude-sonnet-4-5"], answer: 2 },
  refreshAccount: { asked: ["claude/main"], answer: account },
  quota: { asked: ["claude/main"], answer: [{ account: "claude/main" }] },
  startLogin: {
    asked: [{ provider: "kiro", name: "n", acceptTerms: true, method: "m", startUrl: "https://s", region: "r" }],
    answer: login,
  },
  login: { asked: ["Lx/1"], answer: login },
  finishLogin: { asked: ["Lx/1", "code#state"], answer: login },
  cancelLogin: { asked: ["Lx/1"], answer: undefined },
  importLogin: {
    asked: [{ provider: "claude", name: "n", client: "claude-code", path: "/x", acceptTerms: true }],
    answer: account,
  },
  reloadAccounts: { asked: [], answer: undefined },
  providers: { asked: [], answer: [provider] },
  provider: { asked: ["my/llm"], answer: provider },
  setProviderEnabled: { asked: ["my/llm", true], answer: provider },
  checkProvider: { asked: ["my/llm"], answer: { provider: "my/llm", status: "healthy" } },
  providerStatus: { asked: ["my/llm"], answer: { provider: "my/llm", status: "healthy" } },
  capabilities: { asked: ["my/llm"], answer: { streaming: true } },
  supports: { asked: ["or/a b?", "vision"], answer: false },
  providerMetrics: { asked: [], answer: [{ provider: "my/llm" }] },
  models: { asked: [{ provider: "my/llm", refresh: true }], answer: [{ id: "my/llm/x", provider: "my/llm" }] },
  customModels: { asked: ["a&b"], answer: { "a&b": ["x"] } },
  addCustomModel: { asked: ["p", { name: "m/1", max_tokens: 5, alias: "a" }], answer: undefined },
  removeCustomModel: { asked: ["p", "m/1?x"], answer: undefined },
  combos: { asked: [], answer: [{ name: "deep" }] },
  aliases: { asked: [], answer: { aliases: { a: "b/c" }, collisions: [] } },
  addRoute: { asked: [{ match: { model: "a*" }, to: "p/m", fallback: "error", at: 2 }], answer: { number: 2 } },
  removeRoute: { asked: [3], answer: undefined },
  moveRoute: { asked: [3, 1], answer: undefined },
  setRouteEnabled: { asked: [3, false], answer: undefined },
  setCombo: { asked: ["deep/1", ["p/m", "q/n"]], answer: undefined },
  removeCombo: { asked: ["deep/1"], answer: undefined },
  setAlias: { asked: ["s?", "p/m"], answer: undefined },
  removeAlias: { asked: ["s?"], answer: undefined },
  sessions: { asked: [], answer: [{ id: "s" }] },
  rateLimits: { asked: [], answer: [{ account: "claude/main" }] },
  usage: { asked: [{ group: "model", since: "2026-11-01", until: null }], answer: { group: "model", rows: [] } },
  setting: { asked: ["ip_filter"], answer: { mode: "off" } },
  changeSetting: { asked: ["thinking_budget", { mode: "auto" }], answer: { mode: "auto" } },
  changeProxy: { asked: [{ level: "providers", id: "a b" }, "direct"], answer: { global: null } },
  testProxy: { asked: ["socks5://127.0.0.1:1"], answer: { ok: false } },
} satisfies { readonly [Name in keyof EngineVerbs]: Case<Name> };

/** A core that answers every verb with its case, and the questions it heard. */
async function listeningCore() {
  const heard: (readonly [string, ...unknown[]])[] = [];
  const verbs = Object.fromEntries(
    Object.entries(cases).map(([name, { answer }]) => [
      name,
      (...asked: readonly unknown[]) => {
        heard.push([name, ...asked]);
        return Promise.resolve(answer);
      },
    ]),
  );
  // Every name is there; what each answers is only as much of its shape as the case has.
  const bench = await startControlBench(undefined, verbs);
  endings.push(bench.close);
  return { client: bench.client, heard };
}

describe("the engine's verbs over the socket", () => {
  it.each(Object.entries(cases))(
    "%s says what it was asked and answers what it heard",
    async (name, { asked, answer }) => {
      const { client, heard } = await listeningCore();
      const verb: unknown = Reflect.get(client, name);
      if (typeof verb !== "function") throw new Error(`the client has no ${name}`);
      expect(await Reflect.apply(verb, client, asked)).toEqual(answer);
      expect(heard.filter(([each]) => each === name)).toEqual([[name, ...asked]]);
    },
  );

  it("asks for all where nothing is named", async () => {
    const { client, heard } = await listeningCore();
    await client.clearCooldown(null, null);
    await client.quota(null);
    await client.customModels(null);
    await client.testProxy(null);
    expect(heard).toEqual([
      ["clearCooldown", null, null],
      ["quota", null],
      ["customModels", null],
      ["testProxy", null],
    ]);
    expect(await client.models({ provider: null, refresh: false })).toEqual(cases.models.answer);
    expect(heard.at(-1)).toEqual(["models", { provider: null, refresh: false }]);
  });

  it("takes a setting back", async () => {
    const { client, heard } = await listeningCore();
    await client.changeSetting("network_proxy", undefined);
    expect(heard).toEqual([["changeSetting", "network_proxy", undefined]]);
  });

  it.each(["not-found", "invalid", "conflict", "unavailable", "upstream"] as const)(
    "brings a refusal's code along: %s",
    async (code) => {
      const refused = (): Promise<never> => Promise.reject(new VerbRefusal(code, "because"));
      const bench = await startControlBench(undefined, { refreshAccount: refused });
      endings.push(bench.close);
      await expect(bench.client.refreshAccount("a/b")).rejects.toMatchObject({
        kind: "failed",
        code,
        message: "because",
      });
    },
  );
});
