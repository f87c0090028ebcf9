import { describe, expect, it } from "vitest";
import { createFlowBook, type FlowBook } from "./flow-book.ts";
import { byTime, nextSort, sortFlows, type FlowOrder } from "./flow-order.ts";
import { readFlow } from "./read.ts";

function put(book: FlowBook, id: string, fields: Readonly<Record<string, unknown>>): void {
  book.upsert(id, (number) => readFlow({ id, state: "done", startedAt: 1_000, endedAt: 2_000, ...fields }, number));
}

function filled(now: () => number = () => 0): FlowBook {
  const book = createFlowBook(100, now);
  put(book, "small", { usage: { input: 1, output: 1 }, costUsd: 0.5, status: 200, timings: { totalMs: 10 } });
  put(book, "none", { status: null });
  put(book, "big", { usage: { input: 90, output: 9 }, costUsd: 0.1, status: 529, timings: { totalMs: 5 } });
  return book;
}

describe("the orders of the traffic list", () => {
  it("has each order and its reverse, and comes back to newest first", () => {
    let sort = byTime;
    const seen: string[] = [];
    for (let at = 0; at < 10; at += 1) {
      seen.push(`${sort.by}${sort.reversed ? " reversed" : ""}`);
      sort = nextSort(sort);
    }
    expect(new Set(seen).size).toBe(10);
    expect(sort).toEqual(byTime);
  });

  it.each([
    ["tokens", ["none", "small", "big"]],
    ["cost", ["none", "big", "small"]],
    ["status", ["none", "small", "big"]],
    ["duration", ["big", "small", "none"]],
    ["time", ["small", "none", "big"]],
  ] satisfies readonly [FlowOrder, string[]][])("by %s: the top comes last, the unknown first", (by, expected) => {
    const book = filled();
    const all = [...book.all()].map(({ id }) => id);
    expect(sortFlows(all, (id) => book.get(id), { by, reversed: false }, 0)).toEqual(expected);
  });

  it("leaves what has no figure at the bottom the other way round, too", () => {
    const book = filled();
    book.sort({ by: "tokens", reversed: true });
    expect(book.shown).toEqual(["none", "big", "small"]);
  });

  it("is made anew a few times a second, not with every update, and at once when something is taken out", () => {
    let now = 0;
    const book = filled(() => now);
    book.sort({ by: "tokens", reversed: false });
    const first = book.shown;
    put(book, "huge", { usage: { input: 500, output: 0 } });
    expect(book.shown).toBe(first);
    now = 300;
    expect(book.shown).toEqual(["none", "small", "big", "huge"]);
    book.remove(["big"]);
    expect(book.shown).toEqual(["none", "small", "huge"]);
    book.filter(({ id }) => id !== "none");
    expect(book.shown).toEqual(["small", "huge"]);
    book.sort(byTime);
    expect(book.shown).toEqual(["small", "huge"]);
  });

  it("sorts a list that is held still, too", () => {
    const book = filled();
    book.freeze(true);
    put(book, "late", { usage: { input: 500, output: 0 } });
    book.sort({ by: "tokens", reversed: false });
    expect(book.shown).toEqual(["none", "small", "big"]);
    expect(book.waiting).toBe(1);
  });
});
