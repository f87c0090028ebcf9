import { describe, expect, it } from "vitest";
import { aCall } from "./__fixtures__/calls.ts";
import { createDeck, type DeckOptions } from "./deck.ts";
import type { RecordedCall } from "./format.ts";
import { bodyDifference } from "./same-body.ts";

const ask = (body: unknown, target = "/v1/messages", method = "POST") => ({
  method,
  target,
  body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
});
const turn = (...texts: string[]) => ({
  model: "claude-x",
  messages: texts.map((content) => ({ role: "user", content })),
});

/** Numbers of the calls that answer, or why none does. */
function picks(calls: readonly RecordedCall[], options: DeckOptions, ...asked: ReturnType<typeof ask>[]) {
  const deck = createDeck(calls, options);
  return asked.map((one) => {
    const picked = deck.pick(one);
    return picked.kind === "call" ? picked.number : picked.why;
  });
}

const strict = { match: "strict", loop: false } as const;
const loose = { match: "loose", loop: false } as const;
const calls = [aCall({ body: turn("a") }), aCall({ body: turn("a", "b") }), aCall({ body: turn("a") })];

describe("strict matching", () => {
  it("finds a request by what it says, in whatever order, and equal ones one after the other", () => {
    const answers = picks(calls, strict, ask(turn("a", "b")), ask(turn("a")), ask(turn("a")), ask(turn("a")));
    expect(answers).toEqual([
      2,
      1,
      3,
      "the calls that fit (1, 3) POST /v1/messages (claude-x), were played already; with --loop they begin again",
    ]);
  });

  it("begins again with --loop", () => {
    const asked = [ask(turn("a")), ask(turn("a")), ask(turn("a")), ask(turn("a"))];
    expect(picks(calls, { ...strict, loop: true }, ...asked)).toEqual([1, 3, 1, 3]);
  });

  it("says which call is nearest, and where it differs", () => {
    const other = { ...turn("a", "c"), stream: true };
    const [why] = picks(calls, strict, ask(turn("a", "c")));
    expect(why).toBe(
      "no recorded call fits POST /v1/messages (claude-x): the nearest is call 2 of 3, POST /v1/messages (claude-x), " +
        "which differs in messages.1.content; with --match loose the next call of this path answers, whatever it asks",
    );
    expect(picks(calls, strict, ask(other))[0]).toContain("which differs in messages.1.content");
    expect(picks(calls, strict, ask(turn("a"), "/v1/responses"))[0]).toMatch(
      /^no recorded call fits POST \/v1\/responses \(claude-x\): the nearest is call \d of 3, POST \/v1\/messages \(claude-x\)$/,
    );
    expect(picks(calls, strict, ask(turn("a"), "/v1/messages", "PUT"))[0]).toContain("no recorded call fits PUT");
    expect(picks([], strict, ask(turn("a")))[0]).toContain("there is none in the recording");
  });

  it("looks at the query, but not at credentials in it", () => {
    const path = "/v1beta/models/g:streamGenerateContent";
    expect(picks([aCall({ path: "/v1/messages?key=•••abcd", body: turn("a") })], strict, ask(turn("a")))).toEqual([1]);
    const google = [aCall({ path: `${path}?key=•••abcd&alt=sse`, body: turn("a") }), aCall({ path, body: turn("a") })];
    const answers = picks(google, strict, ask(turn("a"), `${path}?alt=sse&key=AIza-mine`), ask(turn("a"), path));
    expect(answers).toEqual([1, 2]);
  });

  it("does not take a part of a body for all of it", () => {
    const call = aCall({ body: turn("a") });
    const cut = { ...call, request: { ...call.request, complete: false } };
    expect(picks([cut], strict, ask(turn("a")))[0]).toContain("differs in its body, of which not all was kept");
    expect(picks([cut], loose, ask(turn("zzz")))).toEqual([1]);
  });
});

describe("loose matching", () => {
  it("plays the calls of a path in their order, whatever is asked", () => {
    const mixed = [...calls, aCall({ method: "GET", path: "/v1/models", body: "" })];
    const asked = [ask(turn("x")), ask("", "/v1/models", "GET"), ask("nonsense"), ask(turn("a")), ask(turn("a"))];
    expect(picks(mixed, loose, ...asked).slice(0, 4)).toEqual([1, 4, 2, 3]);
    expect(picks(mixed, loose, ...asked)[4]).toContain("were played already");
  });
});

describe("a deck", () => {
  it("knows when every call was played", () => {
    const deck = createDeck(calls.slice(0, 2), strict);
    deck.pick(ask(turn("a")));
    expect(deck.isPlayed()).toBe(false);
    deck.pick(ask(turn("a", "b")));
    expect(deck.isPlayed()).toBe(true);
  });
});

describe("two bodies", () => {
  const differ = (left: unknown, right: unknown): string | null => {
    const bytes = (value: unknown): Buffer => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
    return bodyDifference(bytes(left), bytes(right));
  };

  it.each([
    [
      { a: 1, b: [2] },
      { b: [2], a: 1 },
    ],
    [
      { model: "m", metadata: { user_id: "1" }, user: "x", request: { session_id: "1", contents: [] } },
      { model: "m", request: { session_id: "2", contents: [] } },
    ],
    [{ a: `key ${"*".repeat(20)}.` }, { a: `key ${"abcdefghij".repeat(2)}.` }],
    ["plain", "plain"],
    ["", ""],
  ])("are the same: %j and %j", (left, right) => {
    expect(differ(left, right)).toBeNull();
  });

  it.each([
    [{ a: 1 }, { a: 2 }, "a"],
    [{ a: 1 }, { a: 1, b: 2 }, "b"],
    [{ a: [1, { b: "x" }] }, { a: [1, { b: "y" }] }, "a.1.b"],
    [{ a: [1] }, { a: [1, 2] }, "a.1"],
    [{ a: "***" }, { a: "abc" }, "a"],
    [{ a: `${"*".repeat(20)}x` }, { a: "y".repeat(21) }, "a"],
    [{ messages: [{ metadata: 1 }] }, { messages: [{ metadata: 2 }] }, "messages.0.metadata"],
    ["plain", { a: 1 }, "the body"],
    [[1], { 0: 1 }, "the body"],
  ])("are not: %j and %j", (left, right, place) => {
    expect(differ(left, right)).toBe(place);
  });
});
