import { describe, expect, it } from "vitest";
import type { EngineError } from "../errors/engine-error.ts";
import {
  askFor,
  fail,
  leaseOf,
  namesTaken,
  noNeeds,
  poolWorld,
  stateOf,
  texts,
  tooFast,
  who,
} from "./__fixtures__/pool-world.ts";
import type { Pick } from "./pool.ts";

describe("a pick", () => {
  it("goes by priority, then by the file's order, and says so", () => {
    const { pool } = poolWorld({ accounts: [{ name: "b" }, { name: "a" }, { name: "first", priority: 1 }] });
    const pick = pool.pick(askFor());
    expect(who(pick)).toBe("first");
    expect(pick.why).toEqual([
      { stage: "select", text: "fill-first: first, b, a", account: "openai/first", strategy: "fill-first", ready: 3 },
    ]);
  });

  it("leaves out who was tried for this call, and says when that was everybody", () => {
    const { pool } = poolWorld();
    expect(who(pool.pick(askFor({ tried: new Set(["openai/a"]) })))).toBe("b");
    const pick = pool.pick(askFor({ tried: new Set(["openai/a", "openai/b", "openai/c"]) }));
    expect(pick).toMatchObject({ kind: "none", error: { kind: "no-account" } });
  });

  it("lends stored accounts too, unless the file has one of the same name", () => {
    const stored = [{ name: "a", priority: 1 }, { name: "kept" }];
    const { pool } = poolWorld({ accounts: [{ name: "a" }], stored });
    expect(pool.list().map(({ id, account }) => [id, account.from])).toEqual([
      ["openai/a", "config"],
      ["openai/kept", "store"],
    ]);
  });

  it("has one implied account where a provider wants no key, and cools it like any other", () => {
    const world = poolWorld({ providers: { local: { authType: "none" } }, accounts: [] });
    const ask = askFor({ provider: "local", authorized: false });
    const { account } = leaseOf(world.pool.pick(ask));
    expect(account).toMatchObject({ name: "default", source: { kind: "none" } });
    leaseOf(world.pool.pick(ask)).failed({ kind: "upstream", message: "503", scope: "account" });
    expect(world.pool.pick(ask)).toMatchObject({ kind: "wait", readyInMs: 1_000 });
  });

  it("lends no stored key to a caller without the proxy token", () => {
    const { pool } = poolWorld();
    const pick = pool.pick(askFor({ authorized: false }));
    expect(pick).toMatchObject({ kind: "none", error: { kind: "proxy-auth", status: 407 } });
    const mixed = poolWorld({
      providers: { openai: { authType: "none" } },
      accounts: [{ name: "key" }, { name: "open", source: { kind: "none" } }],
    });
    expect(who(mixed.pool.pick(askFor({ authorized: false })))).toBe("open");
  });

  it.each([
    ["an unknown provider", { providers: {} }],
    ["a name of the prototype", { providers: {} }],
    ["a disabled provider", { providers: { openai: { enabled: false } } }],
    ["disabled accounts only", { accounts: [{ name: "a", enabled: false }] }],
    ["accounts without any credential", { accounts: [{ name: "a", source: { kind: "none" as const } }] }],
  ])("finds nobody for %s", (what, settings) => {
    const { pool } = poolWorld(settings);
    const provider = what.includes("prototype") ? "toString" : "openai";
    expect(pool.pick(askFor({ provider }))).toMatchObject({ kind: "none", error: { kind: "no-account" } });
    expect(pool.isUsable(provider)).toBe(false);
  });

  it("asks accounts only for the models they serve", () => {
    const { pool } = poolWorld({
      providers: { openai: { excludedModels: ["o1*"] } },
      accounts: [
        { name: "some", models: [{ name: "gpt-5-codex", alias: "codex" }] },
        { name: "most", excludedModels: ["*-mini", "*audio*", "exact"] },
      ],
    });
    const serving = (model: string): string => who(pool.pick(askFor({ model })));
    expect(["gpt-5-codex", "codex", "gpt-5", "exactly"].map(serving)).toEqual(["some", "some", "most", "most"]);
    expect(["o1-pro", "GPT-5-MINI", "gpt-audio-2", "exact"].map(serving)).toEqual(["none", "none", "none", "none"]);
    expect(pool.pick(askFor({ model: "o1" }))).toMatchObject({ kind: "none", error: { kind: "model-not-found" } });
  });

  it("sees only accounts of the prefix that was asked for, and with force no prefixed ones otherwise", () => {
    const accounts = [{ name: "t", prefix: "team" }, { name: "plain" }];
    const free = poolWorld({ accounts });
    expect([null, "team", "x"].map((prefix) => who(free.pool.pick(askFor({ prefix }))))).toEqual(["t", "t", "none"]);
    const forced = poolWorld({ accounts, forceModelPrefix: true });
    expect([null, "team"].map((prefix) => who(forced.pool.pick(askFor({ prefix }))))).toEqual(["plain", "t"]);
  });

  it("says which abilities are missing, where they are known to be", () => {
    const { pool } = poolWorld({
      providers: {
        openai: {
          features: { functions: false, vision: false },
          models: [
            { name: "able", supportsFunctions: true },
            { name: "slow", supportsStreaming: false },
          ],
        },
      },
    });
    const error = (model: string, needs: Partial<typeof noNeeds>): string => {
      const pick = pool.pick(askFor({ model, needs }));
      return pick.kind === "none" ? `${pick.error.kind}: ${pick.error.message}` : pick.kind;
    };
    expect(error("gpt-5", { functions: true })).toBe(
      "unsupported: no accounts support required capabilities: functions",
    );
    expect(error("slow", { functions: true, streaming: true, vision: true })).toBe(
      "unsupported: no accounts support required capabilities: streaming, functions, vision",
    );
    expect(error("able", { functions: true, streaming: true })).toBe("lease");
  });

  it("asks nobody for more tokens than its limit for one call allows", () => {
    const { pool } = poolWorld({
      providers: { openai: { limits: { maxTokensPerRequest: 8_192 } } },
      accounts: [{ name: "small" }, { name: "large", limits: { maxTokensPerRequest: 100_000 } }],
    });
    const asked = (inputTokens: number): Pick => pool.pick(askFor({ needs: { inputTokens, outputTokens: 1_000 } }));
    expect([7_192, 7_193].map((tokens) => who(asked(tokens)))).toEqual(["small", "large"]);
    expect(asked(100_000)).toMatchObject({ kind: "none", error: { kind: "too-large" } });
  });

  it("only looks when it is asked to look", () => {
    const { pool } = poolWorld({
      providers: { openai: { limits: { requestsPerMinute: 1 } } },
      selection: { strategy: "round-robin" },
    });
    for (let look = 0; look < 5; look += 1) expect(who(pool.look(askFor({ session: "s" })))).toBe("a");
    expect(pool.list().map(({ calls, inFlight }) => [calls, inFlight])).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
    expect(pool.sessions()).toEqual([]);
  });

  it.each([
    ["round-robin", "abcabc"],
    ["weighted", "abcabc"],
    ["score", "abcabc"],
    ["fill-first", "aaaaaa"],
    ["capability", "aaaaaa"],
  ] as const)("%s shares six calls as %s", (strategy, expected) => {
    expect(namesTaken(poolWorld({ selection: { strategy } }).pool, 6).join("")).toBe(expected);
    const own = poolWorld({ providers: { openai: { strategy } } });
    expect(namesTaken(own.pool, 6).join("")).toBe(expected);
  });

  it("shows the terms of a score", () => {
    const { pool } = poolWorld({ selection: { strategy: "score" } });
    const step = pool.pick(askFor()).why.at(-1);
    expect(step).toMatchObject({ stage: "select", priority: 40, health: 30, rotation: 10, cooldown: 20, total: 100 });
    expect(step?.text).toContain("score: a 100 (priority 40, health 30, rotation 10, cooldown 20), b 95 (");
  });
});

describe("cooldowns of accounts", () => {
  it("take an account out, say until when, and give it back by one probe", () => {
    const world = poolWorld();
    expect(fail(world, tooFast)).toBe("a");
    expect(stateOf(world, "a")).toBe("cooling");
    const next = world.pool.pick(askFor());
    expect(who(next)).toBe("b");
    expect(texts(next)[0]).toBe("cooldown: skipped a: cooling 1 s more (rate-limit: slow down)");
    world.clock.advance(1_000);
    const probe = world.pool.pick(askFor());
    expect([who(probe), who(world.pool.pick(askFor())), stateOf(world, "a")]).toEqual(["a", "b", "probing"]);
    leaseOf(probe).succeeded();
    expect([who(world.pool.pick(askFor())), stateOf(world, "a")]).toEqual(["a", "active"]);
    expect(world.changes.map(({ type }) => type)).toEqual(["cooled", "healed"]);
  });

  it("U6: of one model do not bar the account's other models, unless the limit is the account's", () => {
    const world = poolWorld({ accounts: [{ name: "a" }] });
    fail(world, tooFast, { model: "opus" });
    expect(["opus", "sonnet"].map((model) => who(world.pool.pick(askFor({ model }))))).toEqual(
      ["wait", "lease"].map((kind) => (kind === "lease" ? "a" : kind)),
    );
    fail(world, { ...tooFast, scope: "account", retryAfterMs: 60_000 }, { model: "haiku" });
    expect(["opus", "sonnet"].map((model) => who(world.pool.pick(askFor({ model }))))).toEqual(["wait", "wait"]);
    expect(world.pool.snapshot().map(({ model }) => model)).toEqual(["opus", null]);
  });

  it("U14: failures of eight parallel calls that began before it raise its level once", () => {
    const world = poolWorld({ accounts: [{ name: "a" }] });
    const leases = Array.from({ length: 8 }, () => leaseOf(world.pool.pick(askFor())));
    for (const lease of leases) {
      world.clock.advance(50);
      lease.failed(tooFast);
    }
    expect(world.pool.snapshot()).toMatchObject([{ level: 0 }]);
    expect(world.changes).toHaveLength(1);
    world.clock.advance(1_000);
    expect(leaseOf(world.pool.pick(askFor())).failed(tooFast)).toMatchObject({ cooldownMs: 2_000, scope: "model" });
  });

  it("are not ended by an answer to a call that was let in before", () => {
    const world = poolWorld({ accounts: [{ name: "a" }] });
    const early = leaseOf(world.pool.pick(askFor()));
    fail(world, { ...tooFast, retryAfterMs: 30_000 });
    early.succeeded();
    expect(world.pool.pick(askFor())).toMatchObject({ kind: "wait", readyInMs: 30_000 });
  });

  it("make others wait for a probe and wake them when it has ended, however it ends", async () => {
    for (const end of ["succeeded", "released", "failed"] as const) {
      const world = poolWorld({ accounts: [{ name: "a" }] });
      fail(world, tooFast);
      world.clock.advance(1_000);
      const probe = leaseOf(world.pool.pick(askFor()));
      const other = world.pool.pick(askFor());
      expect(other).toMatchObject({ kind: "wait", readyInMs: 1_000, error: { kind: "cooling", retryAfterMs: 1_000 } });
      const woken = world.pool.changed(new AbortController().signal);
      if (end === "failed") probe.failed({ kind: "network", message: "no route" });
      else probe[end]();
      await woken;
      expect(who(world.pool.pick(askFor()))).toBe("a");
    }
  });

  it("heal the account-wide one by the success of its probe, and of models only that model's", () => {
    const world = poolWorld({ accounts: [{ name: "a" }] });
    fail(world, tooFast, { model: "opus" });
    fail(world, { kind: "auth", message: "401" }, { model: "sonnet" });
    world.clock.advance(1_000);
    leaseOf(world.pool.pick(askFor({ model: "sonnet" }))).succeeded();
    expect(world.pool.snapshot().map(({ model }) => model)).toEqual(["opus"]);
  });

  it("cost a stream that breaks after its answer began, and nothing for what is not the account's fault", () => {
    const world = poolWorld({ accounts: [{ name: "a" }] });
    const lease = leaseOf(world.pool.pick(askFor()));
    lease.succeeded();
    expect(lease.failed({ kind: "capacity", message: "overloaded" })).toMatchObject({
      cooldownMs: 1_000,
      scope: "model",
      text: "openai/a for gpt-5 cools 1 s (capacity: overloaded)",
    });
    expect(lease.failed(tooFast)).toBeNull();
    const other = leaseOf(world.pool.pick(askFor({ model: "else" })));
    expect(other.failed({ kind: "timeout", message: "silent" })).toBeNull();
    expect(world.pool.list()).toMatchObject([{ calls: 2, failures: 2, inFlight: 0, lastError: "timeout: silent" }]);
  });

  it("stop an account until its owner acts, and say so", () => {
    const world = poolWorld({ accounts: [{ name: "a" }] });
    fail(world, { kind: "account-warned", message: "our terms forbid it" });
    expect([stateOf(world, "a"), world.pool.isUsable("openai")]).toEqual(["stopped", false]);
    const pick = world.pool.pick(askFor());
    expect(pick).toMatchObject({ kind: "wait", readyInMs: Infinity, error: { kind: "account-warned" } });
    expect(pick.kind === "wait" ? pick.error.retryAfterMs : 0).toBeUndefined();
    expect(world.changes).toEqual([{ type: "stopped", account: "openai/a", reason: "our terms forbid it" }]);
    world.clock.advance(1e9);
    expect(who(world.pool.pick(askFor()))).toBe("wait");
    expect([world.pool.clear("openai/a"), who(world.pool.pick(askFor()))]).toEqual([1, "a"]);
  });

  it("end when the key is another one, at a login, and when there is quota again", () => {
    const stop: EngineError = { kind: "account-disabled", message: "pay first" };
    const world = poolWorld({ accounts: [{ name: "a" }] });
    fail(world, stop);
    world.change({ accounts: [{ name: "a" }] });
    expect(who(world.pool.pick(askFor()))).toBe("wait");
    world.pool.credentialChanged("openai/a", null);
    expect(who(world.pool.pick(askFor()))).toBe("a");
    fail(world, { kind: "quota", message: "spent", retryAfterMs: 9e6 });
    world.pool.freshQuota("openai/a", "other");
    expect(who(world.pool.pick(askFor()))).toBe("wait");
    world.pool.freshQuota("openai/a", "gpt-5");
    expect(who(world.pool.pick(askFor()))).toBe("a");
    fail(world, stop);
    world.pool.freshQuota("openai/a", null);
    expect(who(world.pool.pick(askFor()))).toBe("wait");
    world.change({ accounts: [{ name: "a", source: { kind: "login" } }] });
    expect(who(world.pool.pick(askFor()))).toBe("a");
  });

  it("of one model stay when only the account itself has quota again", () => {
    const world = poolWorld();
    fail(world, { kind: "quota", message: "spent", retryAfterMs: 9e6 });
    fail(world, { kind: "quota", message: "spent", retryAfterMs: 9e6, scope: "account" });
    world.pool.freshQuota("openai/a", null);
    const [account] = world.pool.list();
    expect(account?.cooldowns.map(({ model }) => model)).toEqual(["gpt-5"]);
  });

  it("are cleared by hand: all, of an account, of one model", () => {
    const world = poolWorld();
    for (const model of ["m1", "m2"]) fail(world, { ...tooFast, retryAfterMs: 60_000 }, { model });
    fail(world, { ...tooFast, scope: "account" });
    expect(world.pool.clear("openai/a", "m1")).toBe(1);
    expect(world.pool.clear("openai/a", null)).toBe(1);
    expect(world.pool.clear("openai/b")).toBe(0);
    expect(world.pool.clear(null)).toBe(1);
  });

  it("are kept for a bounded number of models, the ones that end last", () => {
    const world = poolWorld({ accounts: [{ name: "a" }] });
    for (let index = 0; index < 300; index += 1) {
      fail(world, { kind: "model-not-found", message: "no such model" }, { model: `m${index}` });
      world.clock.advance(1);
    }
    const models = world.pool.snapshot().map(({ model }) => model);
    expect([models.length, models[0], models.at(-1)]).toEqual([256, "m44", "m299"]);
  });

  it("keep an account that needs a login out, with the reason, until it has one", () => {
    const world = poolWorld({ accounts: [{ name: "a" }, { name: "b" }] });
    world.pool.credentialChanged("openai/a", "its login has ended");
    const pick = world.pool.pick(askFor());
    expect([who(pick), stateOf(world, "a")]).toEqual(["b", "needs-login"]);
    expect(texts(pick)[0]).toBe("cooldown: skipped a: needs a login (its login has ended)");
    world.pool.credentialChanged("openai/b", "its login has ended");
    expect(world.pool.pick(askFor())).toMatchObject({ kind: "wait", readyInMs: Infinity, error: { kind: "auth" } });
    world.pool.credentialChanged("openai/a", null);
    expect(who(world.pool.pick(askFor()))).toBe("a");
  });

  it("tell who waits the soonest time and why", () => {
    const world = poolWorld({ accounts: [{ name: "a" }, { name: "b" }] });
    fail(world, { kind: "quota", message: "week is over", retryAfterMs: 7_200_000 });
    fail(world, { ...tooFast, retryAfterMs: 12_000 });
    const pick = world.pool.pick(askFor());
    expect(pick).toMatchObject({ kind: "wait", readyInMs: 12_000, error: { kind: "cooling", retryAfterMs: 12_000 } });
    expect(pick.kind === "wait" ? pick.error.message : "").toBe(
      "no account of openai can serve gpt-5 now; b can in 12 s: a: cooling 30 min more (quota: week is over); " +
        "b: cooling 12 s more (rate-limit: slow down)",
    );
  });
});
