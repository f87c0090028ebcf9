/** What is taken out of the log for a replay, what is refused, and how one ends. The engine is a fake. */
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { FlowFact, FlowStart } from "../base/flow.ts";
import { systemClock } from "../base/clock.ts";
import { bodyOf, type HeaderPairs, type HttpReply } from "../base/http.ts";
import { systemRandom } from "../base/random.ts";
import { createRedactor } from "../base/redact.ts";
import { createFlowLog, type FlowLogLimits } from "../control/flow-log.ts";
import type { ReplayOrder, ReplayPlan } from "../engine/pipeline/replay.ts";
import { createReplays } from "./replay.ts";

const start: FlowStart = {
  client: "claude-code",
  host: "api.anthropic.com",
  method: "POST",
  path: "/v1/messages?beta=true&key=client-key-0123456789",
  protocol: "h2",
  action: "passthrough",
};
const whole: HttpReply = { status: 200, headers: [["content-type", "text/plain"]], body: bodyOf("ok") };

interface Given {
  readonly limits?: Partial<FlowLogLimits>;
  readonly reply?: (signal: AbortSignal) => Promise<HttpReply>;
}

function bench({ limits = {}, reply = () => Promise.resolve(whole) }: Given = {}) {
  const flowLog = createFlowLog({ clock: systemClock, random: systemRandom, limits });
  const orders: ReplayOrder[] = [];
  const planReplay = (order: ReplayOrder): Promise<ReplayPlan> => {
    orders.push(order);
    const { head, body } = order;
    return Promise.resolve({ ok: true, head, body, run: (_tap, signal) => reply(signal) });
  };
  const replays = createReplays({ flowLog, engine: { planReplay }, redactor: createRedactor() });
  const flow = (
    more: Partial<FlowStart> = {},
    headers: HeaderPairs = [],
    body: Buffer | string = '{"model":"m"}',
    end: FlowFact | null = { type: "ended", state: "done" },
  ): string => {
    const tap = flowLog.open({ ...start, ...more });
    tap.head("client-request", { line: "POST /", headers });
    tap.chunk("client-request", Buffer.from(body));
    if (end !== null) tap.tell(end);
    return tap.id;
  };
  const ended = async (...words: Parameters<typeof replays.begin>) => {
    const made = await replays.begin(...words);
    await made.ended;
    return flowLog.find(made.id)?.record();
  };
  return { flowLog, replays, orders, flow, ended };
}

describe("a replay", () => {
  it("sends what its client sent, without what was masked and what belonged to its connection", async () => {
    const { orders, flow, ended } = bench();
    const id = flow(
      {},
      [
        ["host", "api.anthropic.com"],
        ["content-type", "application/json"],
        ["content-encoding", "gzip"],
        ["x-api-key", "sk-ant-client-own-key-0123456789"],
        ["anthropic-beta", "a,b"],
        ["connection", "keep-alive"],
      ],
      gzipSync('{"model":"m"}'),
    );
    const record = await ended(id, { headers: [["anthropic-beta", "c"]] });
    expect(orders[0]?.head).toMatchObject({
      client: "claude-code",
      host: "api.anthropic.com",
      target: "/v1/messages?beta=true",
      authorized: true,
      headers: [
        ["content-type", "application/json"],
        ["anthropic-beta", "c"],
      ],
    });
    expect(orders[0]?.head).not.toHaveProperty("gateway");
    expect(Buffer.from(orders[0]?.body ?? []).toString()).toBe('{"model":"m"}');
    expect(record).toMatchObject({ state: "done", status: 200, path: "/v1/messages?beta=true", protocol: "http/1.1" });
    expect(record?.why[0]).toEqual({ stage: "replay", text: `replay of ${id}: with other headers`, of: id });
  });

  it("of a call to the port itself is one again, replayed as often as you like", async () => {
    const { orders, flow, replays } = bench();
    const path = "/v1/providers/local/chat/completions";
    let id = flow({ host: "127.0.0.1", path, action: "reroute", gateway: true });
    for (const _ of [1, 2]) {
      const made = await replays.begin(id, {});
      await made.ended;
      id = made.id;
      expect(orders.at(-1)?.head).toMatchObject({ target: "/v1/chat/completions", gateway: { provider: "local" } });
    }
  });

  it.each([
    ["a tunnel", { action: "tunnel" } as const, "tunnel"],
    ["a WebSocket", { protocol: "websocket" } as const, "websocket"],
  ])("is not made of %s", async (_what, more, code) => {
    const { replays, flow, orders } = bench();
    await expect(replays.begin(flow(more), {})).rejects.toMatchObject({ name: "ReplayRefused", code });
    expect(orders).toEqual([]);
  });

  it("is not made of what is unknown, live, or never seen", async () => {
    const { replays, flow, flowLog } = bench();
    await expect(replays.begin("nope", {})).rejects.toMatchObject({ code: "no-such-flow" });
    await expect(replays.begin(flow({}, [], "{}", null), {})).rejects.toMatchObject({ code: "live" });
    const tap = flowLog.open(start);
    tap.tell({ type: "ended", state: "failed" });
    await expect(replays.begin(tap.id, {})).rejects.toMatchObject({ code: "call" });
  });

  it.each<[string, Partial<FlowLogLimits>, HeaderPairs, string, string]>([
    [
      "longer than what is kept",
      { requestBodyBytes: 4 },
      [],
      '{"model":"m"}',
      "only 4 of its body's 13 bytes were kept",
    ],
    ["no longer kept", { bytes: 2_000 }, [], "x".repeat(5_000), "is no longer kept"],
    ["shorter than was announced", {}, [["content-length", "99"]], "{}", "its client sent 2 of 99 bytes"],
    ["not to be unpacked", {}, [["content-encoding", "gzip"]], "{}", "its body cannot be unpacked"],
  ])("has no body to send that is %s, unless one is given", async (_what, limits, headers, body, why) => {
    const { replays, flow, ended, orders } = bench({ limits });
    const id = flow({}, headers, body);
    await expect(replays.begin(id, {})).rejects.toMatchObject({ code: "body", message: expect.stringContaining(why) });
    expect(await ended(id, { body: '{"a":1}' })).toMatchObject({ state: "done" });
    expect(Buffer.from(orders.at(-1)?.body ?? []).toString()).toBe('{"a":1}');
  });

  it("that is cut says so, and one that fails before its answer, too", async () => {
    const cut = bench({
      reply: () =>
        Promise.resolve({
          ...whole,
          body: (async function* () {
            yield Buffer.from("half");
            throw new Error("the upstream broke off");
          })(),
        }),
    });
    expect(await cut.ended(cut.flow(), {})).toMatchObject({ state: "truncated", error: "the upstream broke off" });
    const failed = bench({ reply: () => Promise.reject(new Error("a fault")) });
    expect(await failed.ended(failed.flow(), {})).toMatchObject({ state: "failed", error: "a fault", status: null });
  });

  it("ends with whoever asked for it, at once, before or in its answer", async () => {
    const signals: AbortSignal[] = [];
    const silent = bench({
      reply: (signal) =>
        new Promise((_resolve, reject) => {
          signals.push(signal);
          signal.addEventListener("abort", () => reject(new Error("aborted")));
        }),
    });
    const asked = new AbortController();
    const made = await silent.replays.begin(silent.flow(), {}, asked.signal);
    asked.abort();
    expect(silent.flowLog.find(made.id)?.record()).toMatchObject({ state: "failed", error: "the replay was given up" });
    expect(signals[0]?.aborted).toBe(true);
    await made.ended;
    const gone = new AbortController();
    gone.abort();
    expect(await silent.ended(silent.flow(), {}, gone.signal)).toMatchObject({ state: "failed" });
  });

  it("is waited for when the core stops, for a while, and none begins any more", async () => {
    const { replays, flow, flowLog } = bench({
      reply: (signal) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("aborted")))),
    });
    const made = await replays.begin(flow(), {});
    await replays.close(1);
    expect(flowLog.find(made.id)?.record()).toMatchObject({ state: "failed", error: "the core is stopping" });
    await expect(replays.begin(flow(), {})).rejects.toMatchObject({ code: "stopping" });
  });
});
