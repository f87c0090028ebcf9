import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { systemClock } from "../base/clock.ts";
import type { FlowSide } from "../base/flow.ts";
import type { HeaderPairs } from "../base/http.ts";
import { systemRandom } from "../base/random.ts";
import { createRedactor } from "../base/redact.ts";
import { flowDetailJson, flowJson, maxViewBytes, timelineOf } from "./flow-json.ts";
import { createFlowLog } from "./flow-log.ts";

const secret = "live-secret-0123456789";

function captureOne(side: FlowSide, headers: HeaderPairs, body: Buffer | string) {
  const log = createFlowLog({ clock: systemClock, random: systemRandom });
  const redactor = createRedactor();
  redactor.register(secret);
  const tap = log.open({
    client: "curl",
    host: "h",
    method: "POST",
    path: "/",
    protocol: "h2",
    action: "passthrough",
  });
  tap.head(side, { line: "POST / HTTP/2", headers });
  tap.chunk(side, Buffer.from(body));
  return { log, tap, redactor, detail: async () => flowDetailJson(flowOf(), redactor) };

  function flowOf() {
    const flow = log.find(tap.id);
    if (flow === undefined) throw new Error("the flow is not in the log");
    return flow;
  }
}

describe("a flow as published", () => {
  it("has its instants in ISO 8601 and no secret in any text", () => {
    const { log, tap, redactor } = captureOne("client-request", [], "");
    tap.tell({ type: "attempt-started", provider: "p", account: null, model: null });
    tap.tell({ type: "attempt-ended", status: 401, error: `key ${secret} refused` });
    tap.tell({ type: "why", step: { stage: "error", text: `with ${secret}` } });
    tap.tell({ type: "losses", losses: [`lost ${secret}`] });
    tap.tell({ type: "ended", state: "failed", error: `upstream said ${secret}` });
    const [record] = log.list();
    if (record === undefined) throw new Error("no record");
    const json = flowJson(record, redactor);
    expect(JSON.stringify(json)).not.toContain(secret);
    expect(json.startedAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(json.endedAt).toMatch(/Z$/);
    expect(json.attempts[0]?.startedAt).toMatch(/Z$/);
  });

  it("has every field that a record has", () => {
    const { log, tap, redactor } = captureOne("client-request", [], "");
    const usage = { input: 1, output: 2, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false };
    tap.tell({ type: "attempt-started", provider: "p", account: "a", model: "m" });
    tap.tell({ type: "described", combo: "c", session: "s", provider: "p", account: "a", model: { asked: "m" } });
    tap.tell({ type: "why", step: { stage: "rule", text: "because" } });
    tap.tell({ type: "losses", losses: ["lost"] });
    tap.tell({ type: "ended", state: "failed", error: "broken" });
    tap.tell({ type: "usage", usage });
    tap.tell({ type: "cost", usd: 3 });
    const [record] = log.list();
    if (record === undefined) throw new Error("no record");
    const { startedAt, endedAt, attempts, ...same } = { ...record, run: "r" };
    const json = flowJson({ ...record, run: "r" }, redactor);
    expect(Object.keys(json).toSorted()).toEqual(["startedAt", "endedAt", "attempts", ...Object.keys(same)].toSorted());
    expect(json).toMatchObject(same);
    expect(Object.keys(same)).toEqual(
      expect.arrayContaining(["combo", "session", "run", "costUsd", "error", "usage", "why", "losses"]),
    );
    expect([Date.parse(json.startedAt), Date.parse(json.endedAt ?? "")]).toEqual([startedAt, endedAt]);
    expect(json.attempts).toHaveLength(attempts.length);
  });

  it("shows a compressed body as text, with its secrets masked and nothing changed in the log", async () => {
    const body = gzipSync(JSON.stringify({ key: secret, other: "sk-ant-api03-abcdefghijkl", text: "hello" }));
    const headers = [
      ["Content-Type", "application/json"],
      ["Content-Encoding", "gzip"],
    ] as const;
    const { detail, log, tap } = captureOne("upstream-request", headers, body);
    const side = (await detail()).sides["upstream-request"];
    expect(side?.body).toEqual({
      bytes: body.byteLength,
      captured: body.byteLength,
      truncated: false,
      contentType: "application/json",
      encoding: "gzip",
      text: JSON.stringify({ key: "•••6789", other: "•••ijkl", text: "hello" }),
    });
    expect(log.find(tap.id)?.side("upstream-request")?.chunks[0]).toEqual(body);
  });

  it("takes what AWS calls its JSON for text", async () => {
    const headers = [["content-type", "application/x-amz-json-1.0"]] as const;
    const { detail } = captureOne("client-request", headers, Buffer.from('{"conversationState":{}}'));
    expect((await detail()).sides["client-request"]?.body).toMatchObject({ text: '{"conversationState":{}}' });
  });

  it("gives binary bodies in base64, secrets starred out", async () => {
    const body = Buffer.concat([Buffer.from([0, 200, 255]), Buffer.from(secret)]);
    const { detail } = captureOne("client-reply", [["content-type", "application/grpc"]], body);
    const shown = (await detail()).sides["client-reply"]?.body;
    expect(shown?.text).toBeUndefined();
    const bytes = Buffer.from(shown?.base64 ?? "", "base64");
    expect(bytes.byteLength).toBe(body.byteLength);
    expect(bytes.includes(secret)).toBe(false);
  });

  it("says why a body cannot be decoded, and gives the bytes", async () => {
    const headers = [
      ["content-type", "application/json"],
      ["content-encoding", "gzip"],
    ] as const;
    const { detail } = captureOne("client-reply", headers, Buffer.from([1, 2, 3, 255]));
    const shown = (await detail()).sides["client-reply"]?.body;
    expect(shown?.decodeError).toContain("header");
    expect(shown?.truncated).toBe(true);
  });

  it("shows no more than the bound of a large body, and masks secrets on every cut", async () => {
    const line = `${"x".repeat(1_000)} ${secret}\n`;
    const { detail } = captureOne("client-reply", [["content-type", "text/plain"]], line.repeat(3_000));
    const shown = (await detail()).sides["client-reply"]?.body;
    expect(shown?.truncated).toBe(true);
    expect(shown?.text?.length).toBeLessThanOrEqual(maxViewBytes);
    expect(shown?.text).not.toContain(secret);
    expect(shown?.text).toContain("•••6789");
  });

  it("says when the pieces of a body passed, in the detail alone", async () => {
    const { detail, log } = captureOne("client-reply", [], "12345");
    const side = (await detail()).sides["client-reply"];
    expect(side?.timeline).toEqual([[expect.any(Number), 5]]);
    expect(JSON.stringify(log.list())).not.toContain("timeline");
  });

  it("tells neighbouring pieces as one where there are very many", () => {
    const chunks = Array.from({ length: 10_000 }, () => Buffer.alloc(3));
    const timeline = timelineOf({ chunks, times: chunks.map((_, index) => index + 0.123) });
    expect(timeline.length).toBeLessThanOrEqual(4_096);
    expect(timeline.reduce((sum, [, bytes]) => sum + bytes, 0)).toBe(30_000);
    expect(timeline.slice(0, 2)).toEqual([
      [0.1, 9],
      [3.1, 9],
    ]);
  });
});
