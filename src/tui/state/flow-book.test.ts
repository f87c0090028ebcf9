import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFlowBook, type FlowBook } from "./flow-book.ts";
import { readListFilter } from "./filter.ts";
import { isError, isLive, type FlowView } from "./flow-view.ts";
import { readFlow } from "./read.ts";

function put(book: FlowBook, id: string, fields: Readonly<Record<string, unknown>> = {}): FlowView | null {
  return book.upsert(id, (number) => readFlow({ id, state: "done", action: "passthrough", ...fields }, number));
}

describe("the flow book", () => {
  it("numbers flows in the order they came and keeps a number through updates", () => {
    const book = createFlowBook(10);
    put(book, "a");
    put(book, "b");
    expect(put(book, "a", { status: 200 })?.number).toBe(1);
    expect(book.shown).toEqual(["a", "b"]);
  });

  it("counts tunnels apart from calls", () => {
    const book = createFlowBook(10);
    book.filter((flow) => flow.action !== "tunnel");
    put(book, "a");
    put(book, "t", { action: "tunnel" });
    expect(book.totals).toMatchObject({ flows: 1, tunnels: 1 });
    expect(book.shown).toEqual(["a"]);
  });

  it("forgets flows that were deleted, also from a list that is held still", () => {
    const book = createFlowBook(10);
    for (const id of ["a", "b", "c"]) put(book, id, { usage: { input: 5 } });
    book.freeze(true);
    book.remove(["b", "nobody"]);
    expect(book.shown).toEqual(["a", "c"]);
    book.freeze(false);
    expect(book.shown).toEqual(["a", "c"]);
    expect(book.totals).toMatchObject({ flows: 2, input: 10 });
    expect(put(book, "d")?.number).toBe(4);
  });

  it("moves a flow in and out of the list when an update changes whether it matches", () => {
    const book = createFlowBook(10);
    book.filter(isError);
    put(book, "a", { state: "streaming" });
    put(book, "b", { state: "failed" });
    expect(book.shown).toEqual(["b"]);
    put(book, "a", { state: "failed" });
    expect(book.shown).toEqual(["a", "b"]);
  });

  it("holds a paused list still and counts what waits", () => {
    const book = createFlowBook(10);
    put(book, "a");
    book.freeze(true);
    put(book, "b");
    put(book, "c");
    expect(book.shown).toEqual(["a"]);
    expect(book.waiting).toBe(2);
    book.filter(() => true);
    expect(book.shown).toEqual(["a"]);
    book.freeze(false);
    expect(book.shown).toEqual(["a", "b", "c"]);
  });

  it("counts calls per span for the sparkline", () => {
    const book = createFlowBook(10);
    for (const at of [1_000, 6_000, 6_500, 11_000]) put(book, `f${at}`, { startedAt: at });
    put(book, "tunnel", { startedAt: 11_000, action: "tunnel" });
    expect(book.rate(12_000, 3, 5_000)).toEqual([1, 2, 1]);
  });

  it("agrees with counting from scratch after any updates, and never holds more than its bound", () => {
    const update = fc.record({
      id: fc.constantFrom("a", "b", "c", "d", "e", "f"),
      state: fc.constantFrom("open", "streaming", "done", "failed"),
      action: fc.constantFrom("passthrough", "tunnel"),
      input: fc.integer({ min: 0, max: 50 }),
    });
    fc.assert(
      fc.property(fc.array(update, { maxLength: 60 }), fc.boolean(), (updates, errorsOnly) => {
        const book = createFlowBook(4);
        const accept = (flow: FlowView): boolean => flow.action !== "tunnel" && (!errorsOnly || isError(flow));
        book.filter(accept);
        const known = new Set<string>();
        for (const { id, state, action, input } of updates) {
          put(book, id, { state, action, usage: { input } });
          known.add(id);
        }
        const all = [...known].flatMap((id) => book.get(id) ?? []);
        expect(all.length).toBeLessThanOrEqual(4);
        const calls = all.filter((flow) => flow.action !== "tunnel");
        expect(book.totals.flows).toBe(calls.length);
        expect(book.totals.live).toBe(calls.filter(isLive).length);
        expect(book.totals.input).toBe(calls.reduce((sum, flow) => sum + (flow.usage?.input ?? 0), 0));
        expect([...book.shown].sort()).toEqual(
          all
            .filter(accept)
            .map((flow) => flow.id)
            .sort(),
        );
      }),
    );
  });
});

describe("the text filter", () => {
  const flow = readFlow({ id: "x", client: "codex", host: "api.openai.com", path: "/v1/responses", status: 429 }, 7);

  it.each([
    ["", true],
    ["CODEX openai", true],
    ["codex anthropic", false],
    ["codex -429", false],
    ["-anthropic", true],
    ["#7", true],
  ])("%j matches: %s", (text, expected) => {
    const read = readListFilter(text);
    expect(flow !== null && read.ok && read.accept(flow, 0)).toBe(expected);
  });
});
