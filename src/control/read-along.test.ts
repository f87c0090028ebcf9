import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { systemClock } from "../base/clock.ts";
import type { FlowAction } from "../base/flow.ts";
import { systemRandom } from "../base/random.ts";
import { createFlowLog } from "./flow-log.ts";
import { startReadAlong } from "./read-along.ts";

function setUp() {
  const flowLog = createFlowLog({ clock: systemClock, random: systemRandom });
  const observed: { request: string; reply: string; contentType: string; path: string }[] = [];
  const errors: unknown[] = [];
  const readAlong = startReadAlong({
    flowLog,
    wants: (head) => head.host === "api.anthropic.com",
    observe(head, request, reply) {
      const text = Buffer.from(reply.body).toString();
      if (text === "throw") throw new Error("unreadable");
      observed.push({
        request: Buffer.from(request).toString(),
        reply: text,
        contentType: reply.contentType,
        path: head.target,
      });
      return { facts: [{ type: "described", model: { asked: "m" } }] };
    },
    onError: (error) => errors.push(error),
  });
  return { flowLog, observed, errors, readAlong };
}

function callThrough(
  flowLog: ReturnType<typeof createFlowLog>,
  host: string,
  reply: string,
  action: FlowAction = "passthrough",
): string {
  const tap = flowLog.open({ client: "curl", host, method: "POST", path: "/v1/m", protocol: "h2", action });
  tap.chunk("client-request", Buffer.from("question"));
  const headers = [
    ["content-type", "application/json"],
    ["content-encoding", "gzip"],
  ] as const;
  tap.head("client-reply", { line: "200", headers });
  tap.chunk("client-reply", gzipSync(reply));
  tap.tell({ type: "reply-started", status: 200 });
  tap.tell({ type: "ended", state: "done" });
  return tap.id;
}

describe("reading along", () => {
  it("has a passed-through model call understood after it is over", async () => {
    const { flowLog, observed, readAlong } = setUp();
    const id = callThrough(flowLog, "api.anthropic.com", "answer");
    expect(observed).toEqual([]);
    await readAlong.settled();
    expect(observed).toEqual([
      { request: "question", reply: "answer", contentType: "application/json", path: "/v1/m" },
    ]);
    expect(flowLog.find(id)?.record().model.asked).toBe("m");
  });

  it("does not look at other hosts, nor at calls the engine has answered itself", async () => {
    const { flowLog, observed, readAlong } = setUp();
    callThrough(flowLog, "telemetry.example", "answer");
    callThrough(flowLog, "api.anthropic.com", "answer", "reroute");
    await readAlong.settled();
    expect(observed).toEqual([]);
  });

  it("goes on after a call that cannot be understood", async () => {
    const { flowLog, observed, errors, readAlong } = setUp();
    callThrough(flowLog, "api.anthropic.com", "throw");
    callThrough(flowLog, "api.anthropic.com", "fine");
    await readAlong.settled();
    expect(errors).toHaveLength(1);
    expect(observed.map((one) => one.reply)).toEqual(["fine"]);
  });

  it("rests after a reading even when nothing waits, so that calls made one by one are not all read", async () => {
    const flowLog = createFlowLog({ clock: systemClock, random: systemRandom });
    let read = 0;
    const readAlong = startReadAlong({
      flowLog,
      wants: () => true,
      observe() {
        read += 1;
        // Long enough for the rest to be the longest there is.
        const endAt = performance.now() + 10;
        while (performance.now() < endAt);
        return { facts: [] };
      },
    });
    callThrough(flowLog, "api.anthropic.com", "one");
    await readAlong.settled();
    expect(read).toBe(1);
    callThrough(flowLog, "api.anthropic.com", "two");
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(read).toBe(1);
    await readAlong.settled();
    expect(read).toBe(2);
  });

  it("leaves the oldest unread when calls end faster than it reads", async () => {
    const { flowLog, observed, readAlong } = setUp();
    for (let index = 0; index < 50; index += 1) callThrough(flowLog, "api.anthropic.com", String(index));
    await readAlong.settled();
    expect(observed.length).toBe(32);
    expect(observed.at(-1)?.reply).toBe("49");
  });
});

describe("requests that make one call", () => {
  const said = [{ type: "described", model: { asked: "told-elsewhere" }, session: "s" }] as const;

  function setUpLinked() {
    const flowLog = createFlowLog({ clock: systemClock, random: systemRandom });
    const readAlong = startReadAlong({
      flowLog,
      wants: () => true,
      observe: (head) => ({
        facts: [{ type: "described", model: { asked: null } }],
        call: { id: "the-call", facts: head.target === "/append" ? said : [] },
      }),
    });
    const begin = (path: string) => {
      const tap = flowLog.open({
        client: "cursor",
        host: "h",
        method: "POST",
        path,
        protocol: "http/1.1",
        action: "passthrough",
      });
      tap.head("client-request", { line: `POST ${path}`, headers: [] });
      tap.chunk("client-request", Buffer.from("..the-call"));
      tap.head("client-reply", { line: "200", headers: [] });
      tap.tell({ type: "reply-started", status: 200 });
      return tap;
    };
    const end = async (tap: ReturnType<typeof begin>): Promise<void> => {
      tap.tell({ type: "ended", state: "done" });
      await readAlong.settled();
    };
    const asked = (id: string): string | null | undefined => flowLog.find(id)?.record().model.asked;
    return { begin, end, asked };
  }

  it("are told what the others said, whichever ends first", async () => {
    for (const order of [
      ["/append", "/stream"],
      ["/stream", "/append"],
    ]) {
      const { begin, end, asked } = setUpLinked();
      const taps = order.map(begin);
      for (const tap of taps) await end(tap);
      for (const { id } of taps) expect(asked(id)).toBe("told-elsewhere");
    }
  });

  it("are told while they are still open", async () => {
    const { begin, end, asked } = setUpLinked();
    const stream = begin("/stream");
    await end(begin("/append"));
    expect(asked(stream.id)).toBe("told-elsewhere");
  });
});
