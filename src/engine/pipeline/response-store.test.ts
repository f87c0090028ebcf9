import { describe, expect, it } from "vitest";
import { createResponseStore, type ResponseStore, type ResponseStoreLimits } from "./response-store.ts";

const day = 24 * 60 * 60 * 1000;

function storeWith(limits: Partial<ResponseStoreLimits> = {}): ResponseStore & { pass(ms: number): void } {
  let now = 0;
  const clock = { now: () => now, monotonic: () => now };
  const store = createResponseStore(clock, { maxEntries: 100, maxBytes: 1024 * 1024, ttlMs: day, ...limits });
  return { ...store, pass: (ms) => void (now += ms) };
}

/** A turn: what was asked, what was answered under which id. */
function turn(previous: string | null, asked: string, answered: string, itemId: string | null = null) {
  return { previous, input: [asked], output: [{ id: itemId, text: answered }] };
}

describe("a conversation", () => {
  it("is all that was said up to a reply, oldest first, however many replies go on from the same one", () => {
    const store = storeWith();
    store.remember("a", turn(null, "1", "2"));
    store.remember("b", turn("a", "3", "4"));
    store.remember("c", turn("a", "5", "6"));
    expect(store.conversation("b")).toEqual(["1", "2", "3", "4"]);
    expect(store.conversation("c")).toEqual(["1", "2", "5", "6"]);
    expect(store.conversation("a")).toEqual(["1", "2"]);
  });

  it("is not known when any part of it is not", () => {
    const store = storeWith({ maxEntries: 2 });
    store.remember("a", turn(null, "1", "2"));
    store.remember("b", turn("a", "3", "4"));
    expect(store.conversation("x")).toBeNull();
    store.remember("c", turn("b", "5", "6"));
    expect(store.conversation("c")).toBeNull();
    expect(store.conversation("b")).toBeNull();
  });

  it("that leads in a circle leads nowhere", () => {
    const store = storeWith();
    store.remember("a", turn("b", "1", "2"));
    store.remember("b", turn("a", "3", "4"));
    store.remember("self", turn("self", "5", "6"));
    expect(store.conversation("a")).toBeNull();
    expect(store.conversation("self")).toBeNull();
  });

  it("grows by what is new in each turn", () => {
    const store = storeWith();
    store.remember("0", turn(null, "q".repeat(100), "a".repeat(100)));
    const first = store.size().bytes;
    for (let nth = 1; nth < 20; nth += 1) {
      store.remember(String(nth), turn(String(nth - 1), `q${nth}`.padEnd(100), `a${nth}`.padEnd(100)));
    }
    expect(store.size().bytes).toBe(20 * first);
  });
});

describe("an item", () => {
  it("is found by its id, which is a word like any other", () => {
    const store = storeWith();
    for (const id of ["msg_1", "__proto__", "constructor", ""]) {
      store.remember(`reply of ${id}`, turn(null, "1", `the item ${id}`, id));
      expect(store.item(id)).toBe(`the item ${id}`);
    }
    expect(store.item("toString")).toBeNull();
    store.remember("__proto__", turn("__proto__ too", "1", "2"));
    store.remember("__proto__ too", turn(null, "3", "4"));
    expect(store.conversation("__proto__")).toEqual(["3", "4", "1", "2"]);
  });

  it("stays what it was when another reply has one of that id", () => {
    const store = storeWith();
    store.remember("a", turn(null, "1", "first", "msg_1"));
    store.remember("b", turn(null, "1", "second", "msg_1"));
    expect(store.item("msg_1")).toBe("first");
    expect(store.conversation("b")).toEqual(["1", "second"]);
  });

  it("is replaced with its reply", () => {
    const store = storeWith();
    store.remember("a", turn(null, "1", "first", "msg_1"));
    const { bytes } = store.size();
    store.remember("a", turn(null, "1", "again", "msg_1"));
    expect(store.item("msg_1")).toBe("again");
    expect(store.size()).toEqual({ replies: 1, bytes });
  });
});

describe("what is remembered", () => {
  it("is held once, however often clients say it again", () => {
    const store = storeWith();
    const history = Array.from({ length: 50 }, (_, index) => `item ${index}`.padEnd(1000));
    store.remember("a", { previous: null, input: history, output: [{ id: "msg_1", text: "said" }] });
    const { bytes } = store.size();
    store.remember("b", { previous: null, input: [...history, "said", "more"], output: [{ id: "msg_2", text: "so" }] });
    expect(store.size().bytes - bytes).toBeLessThan(8_000);
    expect(store.conversation("b")).toEqual([...history, "said", "more", "so"]);
  });

  it("goes when nobody has asked for it for a day", () => {
    const store = storeWith();
    store.remember("a", turn(null, "1", "2", "msg_1"));
    store.remember("b", turn(null, "3", "4", "msg_2"));
    store.pass(day);
    expect(store.item("msg_1")).toBe("2");
    store.pass(1);
    expect(store.item("msg_2")).toBeNull();
    store.pass(day - 1);
    expect(store.conversation("a")).toEqual(["1", "2"]);
    store.pass(day + 1);
    expect(store.conversation("a")).toBeNull();
    expect(store.size()).toEqual({ replies: 0, bytes: 0 });
  });

  it("that nobody asks for goes first when room is needed", () => {
    const store = storeWith({ maxEntries: 3 });
    store.remember("a", turn(null, "1", "2", "msg_a"));
    store.remember("b", turn("a", "3", "4"));
    store.remember("c", turn(null, "5", "6"));
    expect(store.conversation("b")).not.toBeNull();
    store.remember("d", turn(null, "7", "8"));
    expect(store.conversation("c")).toBeNull();
    expect(store.item("msg_a")).toBe("2");
    store.remember("e", turn(null, "9", "0"));
    store.remember("f", turn(null, "11", "12"));
    expect(store.item("msg_a")).toBe("2");
    expect(store.conversation("b")).toBeNull();
  });

  it("is nothing of a reply that is larger than all the room, and nothing makes way for it", () => {
    const store = storeWith({ maxBytes: 10_000 });
    store.remember("small", turn(null, "1", "2", "msg_1"));
    store.remember("large", turn("small", "x".repeat(10_000), "y", "msg_2"));
    expect(store.conversation("large")).toBeNull();
    expect(store.item("msg_2")).toBeNull();
    expect(store.item("msg_1")).toBe("2");
  });

  it("never costs more than the bounds, and nothing at all once it is forgotten", () => {
    const limits = { maxEntries: 20, maxBytes: 60_000, ttlMs: 1_000 };
    const store = storeWith(limits);
    // A small generator of numbers that only look random: the same run every time.
    let seed = 7;
    const draw = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let step = 0; step < 3_000; step += 1) {
      store.remember(`r${draw(60)}`, {
        previous: draw(3) === 0 ? null : `r${draw(60)}`,
        input: Array.from({ length: draw(6) }, () => `said ${draw(40)}`.repeat(1 + draw(400))),
        output: Array.from({ length: draw(4) }, () => ({ id: `m${draw(80)}`, text: `answered ${draw(40)}` })),
      });
      store.conversation(`r${draw(60)}`);
      store.item(`m${draw(80)}`);
      store.pass(draw(60));
      expect(store.size().replies).toBeLessThanOrEqual(limits.maxEntries);
      expect(store.size().bytes).toBeLessThanOrEqual(limits.maxBytes);
    }
    store.pass(limits.ttlMs + 1);
    store.remember("last", turn(null, "1", "2"));
    const alone = storeWith();
    alone.remember("last", turn(null, "1", "2"));
    expect(store.size()).toEqual(alone.size());
  });
});
