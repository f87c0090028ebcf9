/** A day of 100,000 calls, 50 accounts and every kind of trouble, on a clock moved by hand: minutes of nothing cost nothing. */
import { describe, expect, it } from "vitest";
import type { AccountId } from "../config/schema.ts";
import { strategies } from "../config/schema.ts";
import { policy } from "../errors/policy.ts";
import { defaultCooldown } from "../providers/table.ts";
import { dayMs, drawOutages, isSurelyWell, refusalAt, seeded } from "./__fixtures__/day.ts";
import { askFor, leaseOf, poolWorld } from "./__fixtures__/pool-world.ts";
import type { Lease } from "./pool.ts";

const calls = 100_000;
const models = ["large", "small"];
const providers = strategies.map((strategy, index) => ({ id: `p${index}`, strategy }));
const names = Array.from({ length: 10 }, (_, index) => `a${index}`);
const ids = providers.flatMap(({ id }) => names.map((name): AccountId => `${id}/${name}`));
const maxWaitMs = 10_000;

interface Call {
  readonly model: string;
  readonly session: string | null;
  readonly targets: readonly string[];
  target: number;
  tried: Set<AccountId>;
  waitedMs: number;
  sawNetwork: boolean;
}

describe("a day", () => {
  it("loses no call that a healthy account could have served, cools nobody past its cap, and nobody for a broken network", () => {
    const chance = seeded(20_261_121);
    const outages = drawOutages(ids, models, chance);
    const networkDown = Array.from({ length: 6 }, () => chance() * dayMs).map((from) => ({ from, to: from + 40_000 }));
    const world = poolWorld({
      providers: Object.fromEntries(providers.map(({ id, strategy }) => [id, { strategy }])),
      accounts: providers.flatMap(({ id }, rank) =>
        names.map((name, index) => ({ provider: id, name, priority: rank === 0 ? index : 1, weight: 1 + (index % 3) })),
      ),
      random: { bytes: (count) => Buffer.from(Array.from({ length: count }, () => Math.floor(chance() * 256))) },
    });
    const { pool, clock, changes } = world;
    const begin = clock.now();
    const today = (): number => clock.now() - begin;

    /** What may not be lent yet, as the pool itself told it. */
    const cooling = new Map<string, number>();
    let heard = 0;
    const hear = (): void => {
      for (const change of changes.slice(heard)) {
        if (change.type === "cooled") {
          const { account, model, until, resetAt, kind } = change.record;
          const left = (until ?? Number.POSITIVE_INFINITY) - clock.now();
          const cap = resetAt === null ? defaultCooldown.maxMs : defaultCooldown.maxResetMs;
          if (left <= 0 || left > cap + 1 || policy[kind].cooldown === "none") {
            throw new Error(`${account} cools ${left} ms for ${kind}`);
          }
          cooling.set(`${account} ${model ?? ""}`, until ?? 0);
        } else if (change.type === "healed") cooling.delete(`${change.account} ${change.model ?? ""}`);
      }
      heard = changes.length;
    };

    const events = createQueue<() => void>();
    const lost: string[] = [];
    let served = 0;
    let networkLosses = 0;

    const giveUp = (call: Call): void => {
      if (call.sawNetwork) {
        networkLosses += 1;
        return;
      }
      const well = ids.filter(
        (id) =>
          call.targets.includes(id.slice(0, 2)) &&
          !call.tried.has(id) &&
          isSurelyWell(outages.get(id) ?? [], call.model, today() - call.waitedMs - 5_000, defaultCooldown) &&
          isSurelyWell(outages.get(id) ?? [], call.model, today(), defaultCooldown),
      );
      if (well.length > 0) lost.push(`${call.model} at ${today()}: ${well.join(", ")}`);
    };

    const step = (call: Call): void => {
      let readyInMs = Number.POSITIVE_INFINITY;
      for (; call.target < call.targets.length; call.target += 1) {
        const provider = call.targets[call.target] ?? "";
        const { model, session, tried } = call;
        const pick = pool.pick(askFor({ provider, model, session, tried, needs: { inputTokens: 100 } }));
        if (pick.kind === "lease") {
          const id: AccountId = `${provider}/${pick.lease.account.name}`;
          for (const scope of [model, ""]) {
            if ((cooling.get(`${id} ${scope}`) ?? 0) > clock.now() + 1)
              throw new Error(`${id} was lent while it cools`);
          }
          events.add(today() + 200 + chance() * 2_800, () => outcome(call, id, pick.lease));
          return;
        }
        if (pick.kind === "wait") readyInMs = Math.min(readyInMs, pick.readyInMs);
      }
      // As the pipeline does: nothing is waited for once somebody was asked.
      if (call.tried.size > 0 || readyInMs > maxWaitMs - call.waitedMs) {
        giveUp(call);
        return;
      }
      call.waitedMs += readyInMs;
      call.target = 0;
      events.add(today() + readyInMs, () => step(call));
    };

    const outcome = (call: Call, id: AccountId, lease: Lease): void => {
      const isDown = networkDown.some(({ from, to }) => from <= today() && today() < to);
      const error = isDown
        ? ({ kind: "network", message: "no route" } as const)
        : refusalAt(outages.get(id) ?? [], call.model, today());
      if (error === null) {
        lease.succeeded();
        lease.used({ input: 100, output: 50, cacheRead: 80, cacheWrite: 0 });
        served += 1;
        hear();
        return;
      }
      const note = lease.failed(error);
      if (isDown && note !== null) throw new Error("a broken network cooled an account");
      hear();
      call.sawNetwork ||= isDown;
      call.tried.add(id);
      if (policy[error.kind].next === "target") call.target += 1;
      step(call);
    };

    const reach = (at: number): void => clock.advance(Math.max(0, at - today()));
    const playUpTo = (at: number): void => {
      for (let next = events.take(at); next !== null; next = events.take(at)) {
        reach(next.at);
        next.value();
      }
    };
    const starts = Float64Array.from({ length: calls }, () => chance() * dayMs).sort();
    for (const [index, at] of starts.entries()) {
      playUpTo(at);
      reach(at);
      const first = Math.floor(chance() * providers.length);
      const targets = [first, (first + 1) % providers.length].map((each) => `p${each}`);
      const model = models[chance() < 0.7 ? 0 : 1] ?? "";
      const session = chance() < 0.5 ? `s${Math.floor(index / 200)}-${first}` : null;
      step({ model, session, targets, target: 0, tried: new Set<AccountId>(), waitedMs: 0, sawNetwork: false });
    }
    playUpTo(Number.POSITIVE_INFINITY);

    expect(lost).toEqual([]);
    expect(served + networkLosses).toBeGreaterThan(calls * 0.999);
    expect(networkLosses).toBeLessThan(2_000);
    // It was a day with trouble in it, and all of it is over now.
    expect(changes.filter(({ type }) => type === "cooled").length).toBeGreaterThan(1_000);
    expect(pool.list().every(({ inFlight }) => inFlight === 0)).toBe(true);
    clock.advance(defaultCooldown.maxResetMs);
    for (const id of ids) {
      const [provider = "", name = ""] = id.split("/");
      for (const model of models) {
        const tried = new Set(ids.filter((other) => other.startsWith(provider) && other !== id));
        const lease = leaseOf(pool.pick(askFor({ provider, model, tried })));
        expect(lease.account.name).toBe(name);
        lease.succeeded();
      }
    }
    // A few seconds; a busy machine may take longer.
  }, 120_000);
});

/** What happens next, the soonest first: a binary heap. */
function createQueue<T>() {
  const heap: { readonly at: number; readonly value: T }[] = [];
  const atOf = (index: number): number => heap[index]?.at ?? Number.POSITIVE_INFINITY;
  const swap = (left: number, right: number): void => {
    const [one, other] = [heap[left], heap[right]];
    if (one === undefined || other === undefined) return;
    heap[left] = other;
    heap[right] = one;
  };
  return {
    add(at: number, value: T) {
      let index = heap.push({ at, value }) - 1;
      while (index > 0 && atOf((index - 1) >> 1) > atOf(index)) {
        swap(index, (index - 1) >> 1);
        index = (index - 1) >> 1;
      }
    },
    /** Null: nothing before `upTo`. */
    take(upTo: number) {
      if (atOf(0) > upTo) return null;
      swap(0, heap.length - 1);
      const first = heap.pop() ?? null;
      for (let index = 0; ; ) {
        const left = index * 2 + 1;
        const least = atOf(left + 1) < atOf(left) ? left + 1 : left;
        if (atOf(least) >= atOf(index)) return first;
        swap(least, index);
        index = least;
      }
    },
  };
}
