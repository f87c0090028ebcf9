import { describe, expect, it } from "vitest";
import type { Clock } from "../../base/clock.ts";
import { createDedupe, dedupeKey, type Dedupe, type DedupeKeyParts, type WholeReply } from "./dedupe.ts";

function createTestClock(): Clock & { advance(ms: number): void } {
  let now = 1000;
  return { now: () => now, monotonic: () => now, advance: (ms) => void (now += ms) };
}

const replyOf = (text: string, status = 200): WholeReply => ({ status, headers: [], body: Buffer.from(text) });

/** An upstream that answers when it is told to. */
function createUpstream() {
  const calls: {
    readonly signal: AbortSignal;
    readonly answer: (reply: WholeReply) => void;
    readonly fail: (error: Error) => void;
  }[] = [];
  const make = (signal: AbortSignal): Promise<WholeReply> =>
    new Promise((answer, fail) => void calls.push({ signal, answer, fail }));
  return { calls, make };
}

/** Long enough for everything that waits on a settled promise. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

function setUp(options: { readonly maxEntries?: number; readonly maxBytes?: number } = {}) {
  const clock = createTestClock();
  const upstream = createUpstream();
  const dedupe = createDedupe({ clock, ...options });
  const run = (key = "k", signal?: AbortSignal): ReturnType<Dedupe["run"]> =>
    dedupe.run(key, 1000, upstream.make, signal);
  return { clock, upstream, dedupe, run };
}

describe("equal calls at the same time", () => {
  it("share one upstream call", async () => {
    const { upstream, run } = setUp();
    const all = [run(), run(), run()];
    await settle();
    expect(upstream.calls).toHaveLength(1);
    upstream.calls[0]?.answer(replyOf("a"));
    const replies = await Promise.all(all);
    expect(replies.map(({ shared }) => shared)).toEqual([false, true, true]);
    expect(new Set(replies.map(({ reply }) => reply)).size).toBe(1);
    expect(upstream.calls[0]?.signal.aborted).toBe(false);
  });

  it("are not shared with others", async () => {
    const { upstream, run } = setUp();
    void run("a");
    void run("b");
    await settle();
    expect(upstream.calls).toHaveLength(2);
  });

  it("go on when the one who asked first leaves", async () => {
    const { upstream, run } = setUp();
    const first = new AbortController();
    const left = run("k", first.signal);
    const stays = run();
    first.abort(new Error("gone"));
    await expect(left).rejects.toThrow("gone");
    expect(upstream.calls[0]?.signal.aborted).toBe(false);
    upstream.calls[0]?.answer(replyOf("a"));
    expect(await stays).toEqual({ reply: replyOf("a"), shared: true });
    expect(upstream.calls).toHaveLength(1);
  });

  it("go on when one who joined leaves", async () => {
    const { upstream, run } = setUp();
    const second = new AbortController();
    const stays = run();
    const left = run("k", second.signal);
    await settle();
    second.abort(new Error("gone"));
    await expect(left).rejects.toThrow("gone");
    upstream.calls[0]?.answer(replyOf("a"));
    expect((await stays).shared).toBe(false);
  });

  it("end when all have left, and whoever comes then asks anew", async () => {
    const { upstream, run } = setUp();
    const both = [new AbortController(), new AbortController()];
    const left = both.map(({ signal }) => run("k", signal));
    await settle();
    for (const each of both) each.abort(new Error("gone"));
    expect((await Promise.allSettled(left)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(upstream.calls[0]?.signal.aborted).toBe(true);
    const next = run();
    await settle();
    expect(upstream.calls).toHaveLength(2);
    upstream.calls[0]?.fail(new Error("aborted"));
    upstream.calls[1]?.answer(replyOf("b"));
    expect(await next).toEqual({ reply: replyOf("b"), shared: false });
  });

  it("do not start for a caller that has left already", async () => {
    const { upstream, run } = setUp();
    await expect(run("k", AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
    expect(upstream.calls).toHaveLength(0);
  });
});

describe("a failure", () => {
  it.each([
    ["an exception", (call: ReturnType<typeof createUpstream>["calls"][number]) => call.fail(new Error("no upstream"))],
    [
      "an error status",
      (call: ReturnType<typeof createUpstream>["calls"][number]) => call.answer(replyOf("busy", 529)),
    ],
    ["a redirect", (call: ReturnType<typeof createUpstream>["calls"][number]) => call.answer(replyOf("there", 302))],
  ])("is its own caller's only, and the others share another try: %s", async (_, fail) => {
    const { upstream, run } = setUp();
    const all = [run(), run(), run()].map((each) => each.catch((error: unknown) => error));
    await settle();
    for (const call of upstream.calls.slice(0, 1)) fail(call);
    await settle();
    expect(upstream.calls).toHaveLength(2);
    upstream.calls[1]?.answer(replyOf("b"));
    const [first, second, third] = await Promise.all(all);
    expect(first).not.toMatchObject({ reply: replyOf("b") });
    expect(second).toEqual({ reply: replyOf("b"), shared: false });
    expect(third).toEqual({ reply: replyOf("b"), shared: true });
  });

  it("that stays makes nobody wait for more than two others", async () => {
    const { upstream, run } = setUp();
    const all = [run(), run(), run(), run(), run()];
    await settle();
    upstream.calls[0]?.answer(replyOf("busy", 529));
    await settle();
    upstream.calls[1]?.answer(replyOf("busy", 529));
    await settle();
    expect(upstream.calls).toHaveLength(5);
    for (const call of upstream.calls) call.answer(replyOf("busy", 529));
    expect((await Promise.all(all)).map(({ shared }) => shared)).toEqual([false, false, false, false, false]);
  });

  it("before anything was sent reaches its caller and leaves nothing behind", async () => {
    const { dedupe, upstream, run } = setUp();
    const thrown = dedupe.run("k", 1000, () => {
      throw new Error("at once");
    });
    await expect(thrown).rejects.toThrow("at once");
    const next = run();
    await settle();
    upstream.calls[0]?.answer(replyOf("a"));
    expect((await next).shared).toBe(false);
  });
});

describe("a good reply", () => {
  const answered = async (rig: ReturnType<typeof setUp>, key: string, text: string): Promise<boolean> => {
    const before = rig.upstream.calls.length;
    const running = rig.run(key);
    await settle();
    rig.upstream.calls[before]?.answer(replyOf(text));
    return (await running).shared;
  };

  it("is repeated within the window, counted from its end", async () => {
    const rig = setUp();
    expect(await answered(rig, "k", "a")).toBe(false);
    rig.clock.advance(1000);
    expect(await rig.run()).toEqual({ reply: replyOf("a"), shared: true });
    rig.clock.advance(1);
    expect(await answered(rig, "k", "b")).toBe(false);
    expect(rig.upstream.calls).toHaveLength(2);
  });

  it("makes room for later ones, by number and by bytes", async () => {
    const byNumber = setUp({ maxEntries: 2 });
    for (const key of ["a", "b", "c"]) await answered(byNumber, key, key);
    expect((await byNumber.run("b")).shared).toBe(true);
    expect((await byNumber.run("c")).shared).toBe(true);
    expect(await answered(byNumber, "a", "a")).toBe(false);
    const byBytes = setUp({ maxBytes: 10 });
    for (const key of ["a", "b"]) await answered(byBytes, key, "123456");
    expect((await byBytes.run("b")).shared).toBe(true);
    expect(await answered(byBytes, "a", "x")).toBe(false);
    expect(await answered(byBytes, "huge", "12345678901")).toBe(false);
    expect(await answered(byBytes, "huge", "12345678901")).toBe(false);
  });

  it("that is replaced counts once", async () => {
    const rig = setUp({ maxBytes: 10 });
    for (let times = 0; times < 5; times += 1) {
      await answered(rig, "a", "12345");
      rig.clock.advance(1001);
    }
    await answered(rig, "a", "12345");
    await answered(rig, "b", "12345");
    expect((await rig.run("a")).shared).toBe(true);
    expect((await rig.run("b")).shared).toBe(true);
  });
});

describe("a key", () => {
  const parts: DedupeKeyParts = {
    format: "claude",
    target: "/v1/messages",
    model: "claude-x",
    authorized: true,
    who: ["rule 1"],
    body: Buffer.from("{}"),
  };
  const changes: readonly Partial<DedupeKeyParts>[] = [
    { format: "openai-chat" },
    { variant: "copilot" },
    { target: "/v1/messages?beta=true" },
    { model: null },
    { model: "claude-y" },
    { authorized: false },
    { who: [] },
    { who: ["rule 1", ""] },
    { who: ["rule", " 1"] },
    { body: Buffer.from("{ }") },
    { body: Buffer.alloc(0) },
  ];

  it("is the same for the same call", () => {
    expect(dedupeKey({ ...parts, body: new Uint8Array([0x7b, 0x7d]) })).toBe(dedupeKey(parts));
  });

  it("is another for another dialect, caller or request, so that no answer is replayed in the wrong one", () => {
    const keys = [parts, ...changes.map((change) => ({ ...parts, ...change }))].map(dedupeKey);
    expect(new Set(keys).size).toBe(changes.length + 1);
  });
});
