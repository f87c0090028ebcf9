import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type Clock, systemClock } from "../base/clock.ts";
import { readFilter } from "../base/filter/index.ts";
import type { FlowSide, FlowStart, FlowTap } from "../base/flow.ts";
import { systemRandom } from "../base/random.ts";
import { createRedactor } from "../base/redact.ts";
import { encodeEvent } from "../engine/codecs/aws-event-stream.ts";
import { envelope } from "../engine/codecs/connect.ts";
import { encodeMessage } from "../engine/formats/cursor/wire/schema.ts";
import { createFlowLog } from "./flow-log.ts";
import { searchFlows, type SearchQuestion } from "./flow-search.ts";

const start: FlowStart = {
  client: "codex",
  host: "api.openai.com",
  method: "POST",
  path: "/v1/responses",
  protocol: "h2",
  action: "passthrough",
};
const secret = "live-secret-0123456789";

function bench(clock: Clock = systemClock) {
  const flowLog = createFlowLog({ clock: systemClock, random: systemRandom });
  const redactor = createRedactor();
  redactor.register(secret);
  const deps = { flowLog, redactor, clock };
  const add = (more: Partial<FlowStart> = {}, bodies: Partial<Record<FlowSide, string | Buffer>> = {}): FlowTap => {
    const tap = flowLog.open({ ...start, ...more });
    for (const [side, body] of Object.entries(bodies) as [FlowSide, string | Buffer][]) {
      const headers = Buffer.isBuffer(body) ? [["content-encoding", "gzip"] as const] : [];
      tap.head(side, { line: "POST /", headers: [["content-type", "application/json"], ...headers] });
      tap.chunk(side, Buffer.from(body));
    }
    return tap;
  };
  const find = async (text: string, more: Partial<SearchQuestion> = {}) => {
    const read = readFilter(text);
    if (!read.ok) throw new Error(read.problem.message);
    const found = await searchFlows(deps, { filter: read.filter, limit: Number.POSITIVE_INFINITY, ...more });
    return found === null ? null : { ids: found.flows.map(({ id }) => id), older: found.older };
  };
  return { flowLog, add, find };
}

describe("a search in the log", () => {
  it("gives the newest that fit, oldest first, and says where to go on", async () => {
    const { add, find } = bench();
    const ids = Array.from({ length: 6 }, (_, index) => add({ host: index % 2 === 0 ? "a" : "b" }).id);
    expect(await find("")).toEqual({ ids, older: null });
    expect(await find("host:=a")).toEqual({ ids: [ids[0], ids[2], ids[4]], older: null });
    const page = await find("host:=a", { limit: 2 });
    expect(page).toEqual({ ids: [ids[2], ids[4]], older: ids[2] });
    expect(await find("host:=a", { limit: 2, before: page?.older ?? "" })).toEqual({ ids: [ids[0]], older: null });
    expect(await find("", { before: ids[0] ?? "" })).toEqual({ ids: [], older: null });
    expect(await find("", { before: "zzz99999x" })).toBe(null);
  });

  it("looks into bodies of either side, whatever they were packed in", async () => {
    const { add, find } = bench();
    const asked = add({}, { "client-request": '{"tools":["Tool_Use"]}' });
    const answered = add({}, { "client-reply": gzipSync("x".repeat(20_000) + "tool_use" + "y".repeat(20_000)) });
    const upstream = add({}, { "upstream-request": "nothing", "upstream-reply": "a tool_use b" });
    expect((await find("body:tool_use"))?.ids).toEqual([asked.id, answered.id, upstream.id]);
    expect((await find("rq:tool_use"))?.ids).toEqual([asked.id]);
    expect((await find("rs:tool_use"))?.ids).toEqual([answered.id, upstream.id]);
    expect((await find("-body:tool_use"))?.ids).toEqual([]);
    expect((await find('rs:~"x{3}tool.use"'))?.ids).toEqual([answered.id]);
    expect((await find("rs:~^nothing | rq:nothing"))?.ids).toEqual([upstream.id]);
    expect((await find("type:json -rq:tools"))?.ids).toEqual([answered.id, upstream.id]);
    expect((await find("type:~event-stream"))?.ids).toEqual([]);
  });

  it("looks into binary bodies as the screen decodes them, and not into their bytes", async () => {
    const { flowLog, find } = bench();
    const binary = (path: string, type: string, side: FlowSide, ...pieces: readonly Uint8Array[]): string => {
      const tap = flowLog.open({ ...start, path });
      tap.head(side, { line: "200", headers: [["content-type", type]] });
      for (const piece of pieces) tap.chunk(side, Buffer.from(piece));
      return tap.id;
    };
    const hidden = Buffer.from(encodeMessage("AgentClientMessage", { runRequest: { conversationId: secret } }));
    const append = encodeMessage("BidiAppendRequest", { requestId: { requestId: "r" }, data: hidden.toString("hex") });
    const word = (text: string): Uint8Array =>
      envelope(encodeMessage("AgentServerMessage", { interactionUpdate: { textDelta: { text } } }));
    const kiro = binary(
      "/generateAssistantResponse",
      "application/vnd.amazon.eventstream",
      "client-reply",
      encodeEvent("assistantResponseEvent", Buffer.from('{"content":"a needle"}')),
    );
    const cursor = binary(
      "/agent.v1.AgentService/RunSSE",
      "text/event-stream",
      "client-reply",
      word("one"),
      word("two"),
    );
    const shim = binary("/aiserver.v1.BidiService/BidiAppend", "application/proto", "client-request", append);
    const unknown = binary("/x.v1.Y/Z", "application/proto", "client-request", Buffer.from("0a05776f726473", "hex"));
    expect((await find("body:needle"))?.ids).toEqual([kiro]);
    // Words of the view that are in no byte of the body.
    expect((await find('body:"event: assistantResponseEvent"'))?.ids).toEqual([kiro]);
    expect((await find("body:interactionUpdate.textDelta"))?.ids).toEqual([cursor]);
    expect((await find("rs:two"))?.ids).toEqual([cursor]);
    expect((await find("body:runRequest"))?.ids).toEqual([shim]);
    expect((await find("body:words"))?.ids).toEqual([unknown]);
    // Nor does it tell there what is masked.
    for (const guess of ["body:live-secret", `body:${secret}`]) expect((await find(guess))?.ids).toEqual([]);
  });

  it("finds a text that lies on the edge of two slices", async () => {
    const { add, find } = bench();
    for (let shift = 0; shift < 9; shift += 1) {
      const body = `${"x".repeat(8 * 1024 - 4 - shift)}needle${"x".repeat(20_000)}`;
      const { id } = add({}, { "client-request": body });
      expect((await find("body:needle", { limit: 1 }))?.ids).toEqual([id]);
      expect((await find("body:~ne+dle", { limit: 1 }))?.ids).toEqual([id]);
    }
  });

  it("cannot be used to guess what is masked", async () => {
    const { add, find } = bench();
    const flow = add({}, { "client-request": `{"key":"${secret}","other":"sk-ant-api03-abcdefghijkl"}` });
    for (const guess of ["live-secret", "body:live", "body:live-s", "body:~live.s", "body:sk-ant", `body:${secret}`]) {
      expect((await find(guess))?.ids).toEqual([]);
    }
    expect((await find('body:"•••6789"'))?.ids).toEqual([flow.id]);
    expect((await find("body:other"))?.ids).toEqual([flow.id]);
  });

  it("does not decode a body where the summary decides", async () => {
    const { flowLog, add, find } = bench();
    add({}, { "client-request": "a body" });
    const newest = flowLog.newest.bind(flowLog);
    let asked = 0;
    Object.assign(flowLog, {
      newest: (before?: string) =>
        newest(before)?.map((flow) => ({
          ...flow,
          side: (side: FlowSide) => {
            asked += 1;
            return flow.side(side);
          },
        })) ?? null,
    });
    await find("host:nowhere body:x");
    await find("host:openai | body:x");
    expect(asked).toBe(0);
    await find("host:openai body:x");
    expect(asked).toBeGreaterThan(0);
  });

  it("stops when it has taken too long, and can be gone on with", async () => {
    let now = 0;
    const slow: Clock = { now: () => 0, monotonic: () => (now += 1) };
    const { add, find } = bench(slow);
    const ids = Array.from({ length: 4 }, () => add({}, { "client-request": "x" }).id);
    const seen: string[] = [];
    let before: string | null = null;
    let rounds = 0;
    do {
      const page: { ids: string[]; older: string | null } | null = await find("body:x", {
        budgetMs: 0,
        ...(before === null ? {} : { before }),
      });
      seen.unshift(...(page?.ids ?? []));
      before = page?.older ?? null;
      rounds += 1;
    } while (before !== null);
    expect(seen).toEqual(ids);
    expect(rounds).toBe(4);
  });

  it("lets others have their turn while it reads megabytes", async () => {
    const { add, find } = bench();
    const body = "some text of a prompt, again and again; ".repeat(25_000);
    for (let index = 0; index < 6; index += 1) add({}, { "client-request": body });
    let longest = 0;
    let last = performance.now();
    let done = false;
    const watch = (): void => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
      if (!done) setImmediate(watch);
    };
    setImmediate(watch);
    expect((await find('body:~"(again )+not"'))?.ids).toEqual([]);
    done = true;
    // 6 MB take some 100 ms in all; no turn takes more than a decoding and a few slices.
    expect(longest).toBeLessThan(1_000);
  });

  it("ends when nobody waits for it any more", async () => {
    const { add, find } = bench();
    for (let index = 0; index < 5; index += 1) add({}, { "client-request": "x" });
    let looked = 0;
    const found = await find("body:x", { isGone: () => (looked += 1) > 2 });
    expect(found?.ids.length).toBe(2);
  });
});

describe("flows removed by hand", () => {
  it("leave the log with their weight, but for those that live", () => {
    const { flowLog, add } = bench();
    const told: string[][] = [];
    flowLog.onRemoved((ids) => told.push([...ids]));
    const ended = add({ action: "tunnel" }, { "client-request": "x" });
    ended.tell({ type: "ended", state: "done" });
    const live = add();
    expect(flowLog.remove([ended.id, live.id, "nobody"])).toEqual({
      removed: [ended.id],
      live: [live.id],
      missing: ["nobody"],
    });
    expect(flowLog.counts()).toEqual({ flows: 1, live: 1, tunnels: 0, dropped: 0 });
    expect(flowLog.find(ended.id)).toBeUndefined();
    expect(told).toEqual([[ended.id]]);
    // Its tap may still speak.
    ended.tell({
      type: "usage",
      usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false },
    });
    ended.chunk("client-reply", Buffer.from("late"));
    expect(flowLog.counts().flows).toBe(1);
  });
});
