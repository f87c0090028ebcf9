/** The HTTP/1.1 shim without sockets: what becomes of one half becomes of the other, and nobody waits for ever. */
import { describe, expect, it } from "vitest";
import type { Exchange } from "../../../base/exchange.ts";
import { passThrough } from "../../../base/exchange.ts";
import { bodyOf } from "../../../base/http.ts";
import type { FlowFact } from "../../../base/flow.ts";
import { envelope } from "../../codecs/connect.ts";
import type { EngineError } from "../../errors/engine-error.ts";
import { encodeMessage } from "../../formats/cursor/wire/schema.ts";
import type { Answer } from "../say.ts";
import type { Conversation, Verdict } from "./conversation.ts";
import { createShim } from "./shim.ts";

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

function bench() {
  let now = 0;
  let timers: Timer[] = [];
  const shim = createShim({
    clock: { now: () => now, monotonic: () => now },
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => void (timers = timers.filter((one) => one !== timer));
    },
  });
  const exchangeOf = (target: string, body: Uint8Array, type: string): Exchange & { readonly facts: FlowFact[] } => {
    const facts: FlowFact[] = [];
    return {
      method: "POST",
      scheme: "https",
      host: "api2.cursor.sh",
      port: 443,
      target,
      headers: [["content-type", type]],
      client: "cursor",
      protocol: "http/1.1",
      authorized: true,
      body: bodyOf(body),
      signal: new AbortController().signal,
      tap: { id: "flow", head: () => {}, chunk: () => {}, tell: (fact) => void facts.push(fact) },
      facts,
    };
  };
  return {
    listen: (id: string, conversation: Conversation): Promise<Answer> => {
      const body = envelope(encodeMessage("BidiRequestId", { requestId: id }));
      const exchange = exchangeOf("/agent.v1.AgentService/RunSSE", body, "application/connect+proto");
      return shim.listen(
        exchange,
        () => conversation,
        async (_, one) =>
          (await one.verdict).kind === "play" ? { status: 200, headers: [], body: one.body } : passThrough,
      );
    },
    append: (id: string, appendSeqno: number, data = Buffer.from([appendSeqno]).toString("hex")): Promise<Answer> => {
      const body = encodeMessage("BidiAppendRequest", { requestId: { requestId: id }, appendSeqno, data });
      return shim.append(exchangeOf("/aiserver.v1.BidiService/BidiAppend", body, "application/proto"));
    },
    pass: async (ms: number): Promise<void> => {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { run } of due) run();
      await settled();
    },
    timers: () => timers.length,
  };
}

/** Lets what is only promises come to rest. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function conversation(verdictOfFirst: Verdict) {
  const heard: number[] = [];
  const faults: EngineError[] = [];
  const released: string[] = [];
  let settle: (verdict: Verdict) => void = () => {};
  let finish: () => void = () => {};
  const one: Conversation = {
    verdict: new Promise((resolve) => (settle = resolve)),
    over: new Promise((resolve) => (finish = resolve)),
    body: bodyOf(new Uint8Array()),
    client(message) {
      heard.push(message[0] ?? -1);
      settle(verdictOfFirst);
    },
    clientEnd: () => {},
    fault(error) {
      faults.push(error);
      finish();
    },
    abandon: () => {},
    release(reason) {
      released.push(reason);
      settle({ kind: "hand-back" });
      finish();
    },
  };
  return { one, heard, faults, released, finish: () => finish() };
}

const status = (answer: Answer): number | "handed back" => (answer === passThrough ? "handed back" : answer.status);

describe("the HTTP/1.1 shim", () => {
  it("puts messages into their order and answers each once its conversation is played", async () => {
    const { listen, append } = bench();
    const { one, heard } = conversation({ kind: "play" });
    const early = [append("a", 2), append("a", 1)];
    await settled();
    const reply = listen("a", one);
    await settled();
    expect(heard).toEqual([]);
    const first = append("a", 0);
    expect((await Promise.all([reply, ...early, first])).map(status)).toEqual([200, 200, 200, 200]);
    expect(heard).toEqual([0, 1, 2]);
  });

  it("hears a message once, however often it is sent", async () => {
    const { listen, append } = bench();
    const { one, heard } = conversation({ kind: "play" });
    void listen("a", one);
    await settled();
    for (const seqno of [0, 0, 1, 0]) expect(status(await append("a", seqno))).toBe(200);
    expect(heard).toEqual([0, 1]);
  });

  it("hands both halves back when no rule wants them, and what comes after them", async () => {
    const { listen, append } = bench();
    const { one } = conversation({ kind: "hand-back" });
    const message = append("a", 0);
    const reply = listen("a", one);
    expect([status(await message), status(await reply)]).toEqual(["handed back", "handed back"]);
    expect(status(await append("a", 1))).toBe("handed back");
  });

  it("a message whose reply never comes is handed on after two seconds, and so is a reply that comes later", async () => {
    const { listen, append, pass } = bench();
    const message = append("a", 0);
    await settled();
    await pass(2_000);
    expect(status(await message)).toBe("handed back");
    expect(status(await listen("a", conversation({ kind: "play" }).one))).toBe("handed back");
  });

  it("a reply whose messages never come is handed on after two seconds", async () => {
    const { listen, pass } = bench();
    const { one, released } = conversation({ kind: "play" });
    const reply = listen("a", one);
    await settled();
    await pass(2_000);
    expect(status(await reply)).toBe("handed back");
    expect(released).toHaveLength(1);
  });

  it("a message that is missing in the middle ends the run after a while", async () => {
    const { listen, append, pass } = bench();
    const { one, heard, faults } = conversation({ kind: "play" });
    void listen("a", one);
    await append("a", 0);
    expect(status(await append("a", 2))).toBe(200);
    await pass(30_000);
    expect(heard).toEqual([0]);
    expect(faults.map(({ kind }) => kind)).toEqual(["timeout"]);
  });

  it("does not hold more messages that came too early than it can", async () => {
    const { listen, append } = bench();
    const { one, faults } = conversation({ kind: "play" });
    void listen("a", one);
    await append("a", 0);
    for (let seqno = 2; seqno < 300; seqno += 1) void append("a", seqno, "00");
    await settled();
    expect(faults.map(({ kind }) => kind)).toContain("too-large");
  });

  it("still takes what comes when the run is over, and leaves no timer behind", async () => {
    const { listen, append, timers } = bench();
    const { one, finish } = conversation({ kind: "play" });
    void listen("a", one);
    await append("a", 0);
    finish();
    await settled();
    expect(status(await append("a", 1))).toBe(200);
    expect(timers()).toBe(0);
  });

  it.each([
    ["hex that is none", "0g"],
    ["half a byte", "0"],
  ])("hands on a message with %s", async (_what, data) => {
    const { append } = bench();
    expect(status(await append("a", 0, data))).toBe("handed back");
  });
});
