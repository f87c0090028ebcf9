import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AccountId } from "../config/schema.ts";
import { strategies as strategyNames, type Strategy } from "../config/schema.ts";
import { type Candidate, strategies } from "./strategies.ts";

const candidate = (name: string, more: Partial<Candidate> = {}): Candidate => ({
  id: `p/${name}`,
  priority: 100,
  weight: 1,
  position: name.charCodeAt(0),
  health: 1,
  failures: 0,
  turn: 0,
  credit: 0,
  ...more,
});

/** Plays the pool: the first of the order goes, and its turn is noted. */
function play(strategy: Strategy, start: readonly Candidate[], rounds: number): readonly AccountId[] {
  let all = start;
  return Array.from({ length: rounds }, (_, round) => {
    const { order, credits } = strategies[strategy](all);
    const taken = order[0];
    if (taken === undefined) throw new Error("nobody was chosen");
    all = all.map((each) => ({
      ...each,
      credit: credits?.get(each.id) ?? each.credit,
      turn: each.id === taken.id ? round + 1 : each.turn,
    }));
    return taken.id;
  });
}

function counts(taken: readonly AccountId[]): ReadonlyMap<AccountId, number> {
  const found = new Map<AccountId, number>();
  for (const id of taken) found.set(id, (found.get(id) ?? 0) + 1);
  return found;
}

const crowd = fc
  .array(fc.record({ priority: fc.integer({ min: 1, max: 3 }), weight: fc.integer({ min: 1, max: 9 }) }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((all) => all.map((more, index) => candidate(String.fromCharCode(97 + index), more)));

describe("strategies", () => {
  it.each(strategyNames)("%s chooses nobody of nobody", (name) => {
    expect(strategies[name]([]).order).toEqual([]);
  });

  it.each(strategyNames)("%s offers everybody once, and leaves what it is given as it is", (name) => {
    fc.assert(
      fc.property(crowd, (all) => {
        const { order } = strategies[name](Object.freeze(all.map((each) => Object.freeze(each))));
        expect(order.map(({ id }) => id).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
      }),
    );
  });

  it.each(["fill-first", "capability"] as const)("%s goes by priority, then by the file's order", (name) => {
    const all = [candidate("b"), candidate("c", { priority: 1 }), candidate("a")];
    expect(play(name, all, 2)).toEqual(["p/c", "p/c"]);
    expect(strategies[name](all).order.map(({ id }) => id)).toEqual(["p/c", "p/a", "p/b"]);
  });

  it("round-robin gives everybody of the best priority the same share", () => {
    fc.assert(
      fc.property(crowd, fc.integer({ min: 1, max: 60 }), (all, rounds) => {
        const best = Math.min(...all.map(({ priority }) => priority));
        const taken = counts(play("round-robin", all, rounds));
        for (const { id, priority } of all) {
          const share = priority === best ? rounds / all.filter((each) => each.priority === best).length : 0;
          expect(Math.abs((taken.get(id) ?? 0) - share)).toBeLessThan(1);
        }
      }),
    );
  });

  it("round-robin stays fair when one comes back", () => {
    const early = candidate("a", { turn: 1 });
    const others = [candidate("b", { turn: 8 }), candidate("c", { turn: 9 })];
    expect(strategies["round-robin"]([...others, early]).order.map(({ id }) => id)).toEqual(["p/a", "p/b", "p/c"]);
  });

  it("weighted keeps everybody's share within one turn, at every moment", () => {
    fc.assert(
      fc.property(crowd, fc.integer({ min: 1, max: 100 }), (mixed, rounds) => {
        const all = mixed.map((each) => ({ ...each, priority: 1 }));
        const total = all.reduce((sum, { weight }) => sum + weight, 0);
        const taken = play("weighted", all, rounds);
        const so = new Map<AccountId, number>();
        const off: number[] = [];
        for (const [index, id] of taken.entries()) {
          so.set(id, (so.get(id) ?? 0) + 1);
          for (const { id: each, weight } of all) off.push((so.get(each) ?? 0) - ((index + 1) * weight) / total);
        }
        // Half a turn is the most for two accounts; 6,000 random crowds came to one turn and never past it.
        expect(Math.max(...off.map(Math.abs))).toBeLessThan(all.length <= 2 ? 0.501 : 1.1);
        const whole = counts(play("weighted", all, total * 2));
        for (const { id, weight } of all) expect(whole.get(id)).toBe(weight * 2);
      }),
    );
  });

  it("weighted spreads the turns instead of giving them in a row", () => {
    const all = [candidate("a", { weight: 5 }), candidate("b"), candidate("c")];
    expect(
      play("weighted", all, 7)
        .map((id) => id.slice(2))
        .join(""),
    ).toBe("aabacaa");
  });

  it("score weighs priority, health, turns and what is left of a cooldown, and says how much each", () => {
    const { order, scores } = strategies.score([
      candidate("a", { health: 0.2, turn: 2 }),
      candidate("b", { turn: 1 }),
      candidate("c", { failures: 3, turn: 3 }),
    ]);
    expect(order.map(({ id }) => id)).toEqual(["p/b", "p/c", "p/a"]);
    expect(scores?.[0]).toEqual({ priority: 40, health: 30, rotation: 10, cooldown: 20, total: 100 });
    expect(scores?.[1]).toEqual({ priority: 40, health: 30, rotation: 0, cooldown: 5, total: 75 });
  });

  it("score gives equals equal shares, and its terms always make up the total", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 40 }), (size, rounds) => {
        const all = Array.from({ length: size }, (_, index) => candidate(String.fromCharCode(97 + index)));
        for (const each of strategies.score(all).scores ?? []) {
          expect(each.total).toBeCloseTo(each.priority + each.health + each.rotation + each.cooldown);
          expect(each.total).toBeLessThanOrEqual(100);
        }
        for (const count of counts(play("score", all, rounds)).values()) {
          expect(Math.abs(count - rounds / size)).toBeLessThan(1);
        }
      }),
    );
  });
});
