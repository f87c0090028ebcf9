import { describe, expect, it } from "vitest";
import {
  askFor,
  fail,
  leaseOf,
  namesTaken,
  poolWorld,
  stateOf,
  texts,
  tooFast,
  who,
} from "./__fixtures__/pool-world.ts";

describe("limits of accounts", () => {
  const providers = { openai: { limits: { requestsPerMinute: 2, tokensPerMinute: 40_000 } } };

  it("go on with the next account, and wait when all are at theirs", () => {
    const world = poolWorld({ providers, accounts: [{ name: "a" }, { name: "b" }] });
    expect(namesTaken(world.pool, 4).join("")).toBe("aabb");
    expect(stateOf(world, "a")).toBe("limited");
    const pick = world.pool.pick(askFor());
    expect(pick).toMatchObject({ kind: "wait", readyInMs: 30_000, error: { kind: "cooling" } });
    expect(texts(pick)[0]).toContain("skipped a: at its own limit for 30 s more");
    world.clock.advance(30_000);
    expect(who(world.pool.pick(askFor()))).toBe("a");
  });

  it("refuse at once where waiting is not wished", () => {
    const world = poolWorld({ providers, accounts: [{ name: "a" }], selection: { whenLimited: "refuse" } });
    namesTaken(world.pool, 2);
    const pick = world.pool.pick(askFor());
    expect(pick).toMatchObject({ kind: "none", error: { kind: "cooling", retryAfterMs: 30_000 } });
    expect(pick.kind === "none" ? pick.error.message : "").toContain("by its local limit");
  });

  it("charge what was estimated, and put it right when the provider has counted", () => {
    const world = poolWorld({ providers, accounts: [{ name: "a", limits: { tokensPerMinute: 40_000 } }] });
    const ask = askFor({ needs: { inputTokens: 30_000 } });
    const lease = leaseOf(world.pool.pick(ask));
    expect(world.pool.pick(ask)).toMatchObject({ kind: "wait", readyInMs: 30_000 });
    lease.succeeded();
    lease.used({ input: 8_000, output: 2_000, cacheRead: 0, cacheWrite: 0 });
    expect(world.pool.list()[0]?.rate).toEqual({ requests: 1, tokens: 10_000 });
    const again = leaseOf(world.pool.pick(ask));
    expect(world.pool.pick(ask)).toMatchObject({ kind: "wait" });
    again.released();
    expect(who(world.pool.pick(ask))).toBe("a");
  });
});

describe("figures of accounts", () => {
  it("count calls, failures, health and the last minute", () => {
    const world = poolWorld({ accounts: [{ name: "a" }] });
    leaseOf(world.pool.pick(askFor({ model: "x" }))).succeeded();
    fail(world, tooFast, { model: "y" });
    const open = leaseOf(world.pool.pick(askFor()));
    const at = world.clock.now();
    expect(world.pool.list()).toMatchObject([
      { calls: 3, failures: 1, health: 0.5, inFlight: 1, lastUsedAt: at, rate: { requests: 3 }, state: "cooling" },
    ]);
    open.released();
    world.clock.advance(61_000);
    expect(world.pool.list()).toMatchObject([{ inFlight: 0, lastUsedAt: at, rate: { requests: 0, tokens: 0 } }]);
  });

  it("show who is not used as disabled", () => {
    const world = poolWorld({
      accounts: [
        { name: "a", enabled: false },
        { name: "b", provider: "gone" },
      ],
    });
    expect(world.pool.list().map(({ state }) => state)).toEqual(["disabled", "disabled"]);
  });

  it("are told to listeners until these have enough", () => {
    const world = poolWorld();
    const heard: string[] = [];
    const stop = world.pool.subscribe(({ type }) => heard.push(type));
    fail(world, tooFast);
    stop();
    fail(world, tooFast);
    expect([heard, world.changes.length]).toEqual([["cooled"], 2]);
  });

  it("end a wait for news by its signal too", async () => {
    const { pool } = poolWorld();
    await expect(pool.changed(AbortSignal.abort())).resolves.toBeUndefined();
    const stop = new AbortController();
    const waiting = pool.changed(stop.signal);
    stop.abort();
    await expect(waiting).resolves.toBeUndefined();
  });
});
