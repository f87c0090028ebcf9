import { describe, expect, it } from "vitest";
import { createTurns } from "./turns.ts";

function stage() {
  let time = 0;
  const pauses: { readonly ms: number; over(): void }[] = [];
  const done: string[] = [];
  const turns = createTurns({
    now: () => time,
    after: (ms) => new Promise((over) => pauses.push({ ms, over })),
  });
  const work = (name: string, ms: number): Promise<string> =>
    turns.take(() => {
      time += ms;
      done.push(name);
      return name;
    });
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { turns, pauses, done, work, settle };
}

describe("turns", () => {
  it("does the first piece at once, and the next after a pause as long as that took", async () => {
    const { pauses, done, work, settle } = stage();
    const first = work("first", 3);
    const second = work("second", 5);
    const third = work("third", 1);
    expect(await first).toBe("first");
    await settle();
    expect([done, pauses.map(({ ms }) => ms)]).toEqual([["first"], [3]]);
    pauses[0]?.over();
    expect(await second).toBe("second");
    await settle();
    expect([done, pauses.map(({ ms }) => ms)]).toEqual([
      ["first", "second"],
      [3, 5],
    ]);
    pauses[1]?.over();
    expect(await third).toBe("third");
  });

  it("goes on after a piece that failed, and tells its asker", async () => {
    const { turns, pauses, work } = stage();
    const failed = turns.take(() => {
      throw new Error("too many");
    });
    const next = work("next", 1);
    await expect(failed).rejects.toThrow("too many");
    pauses[0]?.over();
    expect(await next).toBe("next");
  });
});
