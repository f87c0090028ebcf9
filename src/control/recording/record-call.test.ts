import { createGzip, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { FlowStart } from "../../base/flow.ts";
import type { HeaderPairs } from "../../base/http.ts";
import { systemRandom } from "../../base/random.ts";
import { createRedactor } from "../../base/redact.ts";
import { createFlowLog } from "../flow-log.ts";
import { bytesOf, type RecordedCall } from "./format.ts";
import { recordCall } from "./record-call.ts";

const live = "live-secret-canary-0123456789";
const start: FlowStart = {
  client: "claude-code",
  host: "api.anthropic.com",
  method: "POST",
  path: `/v1/messages?beta=true&key=${live}`,
  protocol: "h2",
  action: "passthrough",
};

/** A flow that is told step by step, each at its time. */
function bench(more: Partial<FlowStart> = {}, limits = {}) {
  const time = { ms: 5_000 };
  const clock = { now: () => time.ms + 1_700_000_000_000, monotonic: () => time.ms };
  const log = createFlowLog({ clock, random: systemRandom, limits });
  const redactor = createRedactor();
  redactor.register(live);
  const tap = log.open({ ...start, ...more });
  const at = (ms: number): typeof tap => {
    time.ms = 5_000 + ms;
    return tap;
  };
  const record = (): ReturnType<typeof recordCall> => {
    const flow = log.find(tap.id);
    if (flow === undefined) throw new Error("the flow is not in the log");
    return recordCall(flow, redactor);
  };
  const call = async (): Promise<RecordedCall> => {
    const recorded = await record();
    if (!recorded.ok) throw new Error(recorded.why);
    return recorded.call;
  };
  return { tap, at, record, call };
}

const json: HeaderPairs = [["Content-Type", "application/json"]];
const events: HeaderPairs = [["content-type", "text/event-stream"]];

describe("a flow in a recording", () => {
  it("has its request, its answer in pieces with their times, and what is known of it", async () => {
    const { tap, at, call } = bench();
    tap.head("client-request", {
      line: "POST /v1/messages",
      headers: [...json, ["x-api-key", live], ["content-length", "11"], ["connection", "keep-alive"]],
    });
    at(3).chunk("client-request", Buffer.from('{"model":'));
    at(5.25).chunk("client-request", Buffer.from('"m"}'));
    tap.tell({ type: "described", formats: { client: "claude" }, model: { asked: "m" } });
    at(120).tell({ type: "reply-started", status: 200 });
    tap.head("client-reply", { line: "200", headers: [...events, ["transfer-encoding", "chunked"]] });
    at(121).chunk("client-reply", Buffer.from("data: 1\n\n"));
    at(340).chunk("client-reply", Buffer.from("data: 2\n\n"));
    at(400).tell({ type: "ended", state: "done" });
    const made = await call();
    expect(made).toMatchObject({
      flow: { id: tap.id, client: "claude-code", formats: { client: "claude" }, model: { asked: "m" }, state: "done" },
      request: {
        method: "POST",
        host: "api.anthropic.com",
        path: "/v1/messages?beta=true&key=•••6789",
        headers: [...json, ["x-api-key", "•••6789"]],
        body: { text: '{"model":"m"}' },
        complete: true,
        endedAtMs: 5.3,
      },
      reply: {
        status: 200,
        headers: events,
        startedAtMs: 120,
        chunks: [
          { atMs: 121, text: "data: 1\n\n" },
          { atMs: 340, text: "data: 2\n\n" },
        ],
        endedAtMs: 400,
        end: "done",
      },
    });
    expect(JSON.stringify(made)).not.toContain("canary");
  });

  it("is unpacked, and its pieces keep their times", async () => {
    const { tap, at, call } = bench();
    tap.head("client-request", { line: "POST /", headers: [...json, ["content-encoding", "gzip"]] });
    tap.chunk("client-request", gzipSync('{"model":"m"}'));
    tap.tell({ type: "reply-started", status: 200 });
    tap.head("client-reply", { line: "200", headers: [...events, ["content-encoding", "gzip"]] });
    const gzip = createGzip();
    gzip.on("data", (bytes: Buffer) => tap.chunk("client-reply", bytes));
    for (const ms of [100, 200, 300]) {
      at(ms);
      gzip.write(`data: ${ms}\n\n`);
      await new Promise<void>((resolve) => gzip.flush(() => resolve()));
      await new Promise((resolve) => setImmediate(resolve));
    }
    at(400).tell({ type: "ended", state: "truncated" });
    const { request, reply } = await call();
    expect(request).toMatchObject({ body: { text: '{"model":"m"}' }, headers: json });
    expect(reply).toMatchObject({ headers: events, end: "cut" });
    expect(reply?.chunks).toEqual([
      { atMs: 100, text: "data: 100\n\n" },
      { atMs: 200, text: "data: 200\n\n" },
      { atMs: 300, text: "data: 300\n\n" },
    ]);
  });

  it("keeps the places where it was cut, in a character and in a secret", async () => {
    const text = Buffer.from(`data: ü ${live} ü\n\n`);
    for (let cut = 1; cut < text.byteLength; cut += 1) {
      const { tap, call } = bench();
      tap.head("client-request", { line: "POST /", headers: [] });
      tap.head("client-reply", { line: "200", headers: events });
      tap.tell({ type: "reply-started", status: 200 });
      tap.chunk("client-reply", text.subarray(0, cut));
      tap.chunk("client-reply", text.subarray(cut));
      tap.tell({ type: "ended", state: "done" });
      const chunks = (await call()).reply?.chunks ?? [];
      expect(chunks.map((chunk) => bytesOf(chunk).byteLength)).toEqual([cut, text.byteLength - cut]);
      expect(Buffer.concat(chunks.map(bytesOf)).toString()).toBe(`data: ü ${"*".repeat(live.length)} ü\n\n`);
    }
  });

  it("says what was not kept of it", async () => {
    const { tap, call } = bench({}, { requestBodyBytes: 8, replyBodyBytes: 8 });
    tap.head("client-request", { line: "POST /", headers: json });
    tap.chunk("client-request", Buffer.from('{"model":"m"}'));
    tap.head("client-reply", { line: "200", headers: json });
    tap.tell({ type: "reply-started", status: 200 });
    tap.chunk("client-reply", Buffer.from('{"answer":"long"}'));
    tap.tell({ type: "ended", state: "done" });
    expect(await call()).toMatchObject({
      request: { body: { text: '{"model"' }, complete: false },
      reply: { chunks: [{ text: '{"answer' }], end: "cut" },
    });
  });

  it.each([
    ["done", undefined, "done"],
    ["truncated", "the upstream broke off", "cut"],
    ["failed", "the client went away", "cut"],
    ["failed", "the replay was given up", "cut"],
    // Our own word that nobody could be reached is whole.
    ["failed", "connect ECONNREFUSED", "done"],
  ] as const)("%s (%s) ends %s", async (state, error, end) => {
    const { tap, call } = bench();
    tap.head("client-request", { line: "POST /", headers: [] });
    tap.head("client-reply", { line: "502", headers: json });
    tap.tell({ type: "reply-started", status: 502 });
    tap.chunk("client-reply", Buffer.from("{}"));
    tap.tell({ type: "ended", state, ...(error === undefined ? {} : { error }) });
    expect((await call()).reply?.end).toBe(end);
  });

  it("may have had no answer at all", async () => {
    const { tap, call } = bench();
    tap.head("client-request", { line: "POST /", headers: [] });
    tap.tell({ type: "ended", state: "failed" });
    expect((await call()).reply).toBeNull();
  });

  it("is none where there is no exchange of a request and a reply", async () => {
    const why = async ({ tap, record }: ReturnType<typeof bench>, ends = true): Promise<string> => {
      if (ends) tap.tell({ type: "ended", state: "done" });
      const recorded = await record();
      return recorded.ok ? "recorded" : recorded.why;
    };
    expect(await why(bench({ action: "tunnel" }))).toContain("it is a tunnel");
    expect(await why(bench({ protocol: "websocket" }))).toContain("it is a WebSocket");
    expect(await why(bench(), false)).toContain("it has not ended yet");
    expect(await why(bench())).toContain("its request was never seen");
    const old = bench({}, { bytes: 3_000 });
    old.tap.head("client-request", { line: "POST /", headers: [] });
    old.tap.chunk("client-request", Buffer.alloc(2_500));
    expect(await why(old)).toContain("no longer kept");
  });
});
