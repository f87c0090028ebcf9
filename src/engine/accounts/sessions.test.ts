import { describe, expect, it } from "vitest";
import { askFor, leaseOf, poolWorld, type World } from "./__fixtures__/pool-world.ts";
import type { Ask, Pick } from "./pool.ts";

const roundRobin = { selection: { strategy: "round-robin" as const } };

/** One answered call of the conversation; returns who answered. */
function call(world: World, session: string | null, cached = 0, more: Partial<Ask> = {}): string {
  const lease = leaseOf(world.pool.pick(askFor({ session, ...more })));
  lease.succeeded();
  lease.used({ input: cached + 100, output: 10, cacheRead: cached, cacheWrite: 0 });
  return lease.account.name;
}
const sessionText = (pick: Pick): string | undefined => pick.why.find(({ stage }) => stage === "session")?.text;

describe("a conversation", () => {
  it("stays with its account while others go round", () => {
    const world = poolWorld(roundRobin);
    expect(["s", "t", "s", "u", "s", "t"].map((session) => call(world, session)).join("")).toBe("abacab");
    const pick = world.pool.pick(askFor({ session: "s" }));
    expect(sessionText(pick)).toBe("the conversation stays with a: it had its last call");
    expect(pick.why.at(-1)?.text).toBe("by its conversation; round-robin would say: a, b, c");
  });

  it("goes anywhere where that is wished", () => {
    const world = poolWorld({ selection: { strategy: "round-robin", sticky: false } });
    expect(["s", "s", "s"].map((session) => call(world, session)).join("")).toBe("abc");
  });

  it("moves when its account cannot serve, and says what that costs", () => {
    const world = poolWorld();
    call(world, "s", 141_900);
    leaseOf(world.pool.pick(askFor({ session: "s" }))).failed({
      kind: "rate-limit",
      message: "slow down",
      retryAfterMs: 60_000,
    });
    const pick = world.pool.pick(askFor({ session: "s", tried: new Set(["openai/a"]) }));
    expect(sessionText(pick)).toBe(
      "the conversation leaves a (it failed for this call): switching re-bills about 142k cached tokens",
    );
    expect(sessionText(world.pool.look(askFor({ session: "s" })))).toBe(
      "the conversation leaves a (cooling 60 s more (rate-limit: slow down)): switching re-bills about 142k cached tokens",
    );
    leaseOf(pick).succeeded();
    leaseOf(pick).used({ input: 142_000, output: 5, cacheRead: 0, cacheWrite: 142_000 });
    world.clock.advance(60_000);
    // Its cache is there now: it does not go back.
    expect(leaseOf(world.pool.pick(askFor({ session: "s" }))).account.name).toBe("b");
  });

  it("has nothing cached where it has just moved to", () => {
    const world = poolWorld();
    call(world, "s", 141_900);
    leaseOf(world.pool.pick(askFor({ session: "s", tried: new Set(["openai/a"]) }))).succeeded();
    expect(world.pool.sessions()).toMatchObject([{ account: "openai/b", cachedTokens: 0 }]);
  });

  it("does not move for an attempt that failed", () => {
    const world = poolWorld();
    call(world, "s", 1_000);
    leaseOf(world.pool.pick(askFor({ session: "s", tried: new Set(["openai/a"]) }))).failed({
      kind: "network",
      message: "",
    });
    expect(world.pool.sessions()).toMatchObject([{ account: "openai/a", cachedTokens: 1_000 }]);
  });

  it("is bound for five minutes, and for an hour where tokens of it are cached", () => {
    const world = poolWorld(roundRobin);
    expect([call(world, "cold"), call(world, "warm", 5_000)]).toEqual(["a", "b"]);
    world.clock.advance(299_000);
    expect(sessionText(world.pool.look(askFor({ session: "cold" })))).toContain("stays with a");
    world.clock.advance(1_000);
    expect(sessionText(world.pool.look(askFor({ session: "cold" })))).toBeUndefined();
    world.clock.advance(3_299_000);
    expect(sessionText(world.pool.look(askFor({ session: "warm" })))).toBe(
      "the conversation stays with b: it holds about 5k cached tokens",
    );
    world.clock.advance(1_000);
    expect(world.pool.sessions()).toEqual([]);
    expect(sessionText(world.pool.look(askFor({ session: "warm" })))).toBeUndefined();
  });

  it("has its other models beside it, without a cost that is not theirs", () => {
    const world = poolWorld(roundRobin);
    call(world, "s", 90_000, { model: "opus" });
    call(world, "t");
    const pick = world.pool.pick(askFor({ session: "s", model: "haiku" }));
    expect(leaseOf(pick).account.name).toBe("a");
    const moved = world.pool.look(askFor({ session: "s", model: "haiku", tried: new Set(["openai/a"]) }));
    // Nothing is kept there for this model: leaving it costs nothing and is worth no word.
    expect(sessionText(moved)).toBeUndefined();
  });

  it("sends calls that begin together the same way", () => {
    const world = poolWorld(roundRobin);
    const leases = Array.from({ length: 3 }, () => leaseOf(world.pool.pick(askFor({ session: "s" }))));
    expect(leases.map(({ account }) => account.name)).toEqual(["a", "a", "a"]);
  });

  it("is listed with its sums, and with the cache of its last call", () => {
    const world = poolWorld();
    const startedAt = world.clock.now();
    call(world, "s", 1_000, { client: "codex" });
    world.clock.advance(9_000);
    call(world, "s", 3_000, { client: "codex" });
    expect(world.pool.sessions()).toEqual([
      {
        id: "s",
        client: "codex",
        account: "openai/a",
        model: "gpt-5",
        calls: 2,
        startedAt,
        lastAt: startedAt + 9_000,
        cachedTokens: 3_000,
        tokens: { input: 4_200, output: 20, cacheRead: 4_000, cacheWrite: 0 },
      },
    ]);
  });

  it("counts tokens once that are told twice", () => {
    const world = poolWorld();
    const lease = leaseOf(world.pool.pick(askFor({ session: "s" })));
    lease.succeeded();
    lease.used({ input: 10, output: 1, cacheRead: 4, cacheWrite: 2 });
    lease.used({ input: 10, output: 7, cacheRead: 4, cacheWrite: 2 });
    expect(world.pool.sessions()).toMatchObject([
      { cachedTokens: 6, tokens: { input: 10, output: 7, cacheRead: 4, cacheWrite: 2 } },
    ]);
  });

  it("is forgotten, the quietest first, when there are too many", () => {
    const world = poolWorld();
    for (let index = 0; index < 4_100; index += 1) call(world, `s${index}`);
    const ids = world.pool.sessions().map(({ id }) => id);
    expect(ids.length).toBeLessThanOrEqual(4_096);
    expect([ids.includes("s0"), ids.includes("s1000"), ids.at(-1)]).toEqual([false, true, "s4099"]);
  });
});
