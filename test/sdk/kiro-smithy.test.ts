/** Readers that are not ours, on the bytes of our Kiro writer: the AWS SDK v3's own event stream parts, and strict Python. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writerOptions } from "../../src/engine/formats/__fixtures__/harness.ts";
import { sampleReply, sampleUsage } from "../../src/engine/formats/__fixtures__/samples.ts";
import type { WriterOptions } from "../../src/engine/formats/format.ts";
import { kiro } from "../../src/engine/formats/kiro/index.ts";
import { replay } from "../../src/engine/hub/replay.ts";
import type { StreamEvent } from "../../src/engine/hub/stream.ts";
import { askKiro, collectTurn, kiroRequest, type KiroForm, type KiroTurn } from "../support/kiro-client.ts";
import { canRun } from "../support/needs.ts";
import { startLoopback, type Loopback } from "./loopback.ts";

let upstream: Loopback;
beforeAll(async () => {
  upstream = await startLoopback();
});
afterAll(() => upstream.close());

const forms: readonly KiroForm[] = ["target", "path"];

function optionsFor(form: KiroForm): WriterOptions {
  const read = kiro.client.readRequest(kiroRequest({ content: "hi" }), "/");
  if (!read.ok) throw new Error(read.error.message);
  const options = { ...writerOptions(read.value.request), model: "claude-sonnet-4.5" };
  return form === "target" ? { ...options, variant: "aws-json" } : options;
}

function written(events: readonly StreamEvent[], form: KiroForm): Uint8Array {
  const writer = kiro.client.streamWriter(optionsFor(form));
  // A keep-alive after every event: it must not matter where it comes.
  const frames = events.flatMap((event) => [
    ...writer.push(event),
    ...(event.type === "reply-end" || event.type === "error" ? [] : [writer.keepAlive()]),
  ]);
  return Buffer.concat(frames);
}

async function collect(events: readonly StreamEvent[], form: KiroForm, pieceBytes = 37): Promise<KiroTurn> {
  upstream.play({ headers: kiro.client.streamHeaders("/"), body: written(events, form), pieceBytes });
  const answer = await askKiro({ origin: upstream.url, form, body: kiroRequest({ content: "hi" }) });
  expect(answer.status).toBe(200);
  expect(answer.headers["content-type"]).toBe("application/vnd.amazon.eventstream");
  return collectTurn(answer.events());
}

const cutText: readonly StreamEvent[] = [
  { type: "reply-start", id: "r", model: "served" },
  { type: "text-start", block: 0 },
  { type: "text-delta", block: 0, text: "half \ud83d" },
  { type: "text-delta", block: 0, text: "\ude48 whole, lone \ud83d" },
  { type: "text-delta", block: 0, text: " here, and at the end \ud83d" },
  { type: "text-end", block: 0 },
  { type: "tool-start", block: 1, id: "functions.read:0", name: "read", kind: "function" },
  { type: "tool-delta", block: 1, text: '{"emoji":"\ud83d' },
  { type: "tool-delta", block: 1, text: '\ude48"}' },
  { type: "tool-end", block: 1 },
  { type: "tool-start", block: 2, id: "b", name: "nothing", kind: "function" },
  { type: "tool-end", block: 2 },
  { type: "reply-end", finish: { reason: "tool-calls", raw: null }, usage: sampleUsage },
];

const failing: readonly StreamEvent[] = [
  ...cutText.slice(0, 3),
  { type: "error", error: { kind: "rate-limit", message: "slow down" } },
];

describe.each(forms)("the AWS SDK's event stream parts, call by %s", (form) => {
  it.each([1, 7, 37, 100_000])("accumulate thinking, text and calls, %i bytes at a time", async (pieceBytes) => {
    const turn = await collect(replay(sampleReply("openai-chat")), form, pieceBytes);
    expect(turn).toMatchObject({
      conversationId: "00000000-0000-4000-8000-000000000001",
      reasoning: "let me see\n",
      text: 'שלום \u2028 "quoted" 👩‍👩‍👧\n\n leading',
      modelId: "claude-sonnet-4.5",
      calls: [
        { toolUseId: "call_1", name: "read", input: { path: "/a b" } },
        { toolUseId: "call_2", name: "list", input: {} },
      ],
      stopReason: "TOOL_USE",
      tokenUsage: {
        uncachedInputTokens: 40,
        outputTokens: 30,
        totalTokens: 150,
        cacheReadInputTokens: 60,
        cacheWriteInputTokens: 20,
      },
      credits: 0,
    });
    expect(turn.contextUsagePercentage).toBeCloseTo(0.08, 5);
    expect(turn.types[0]).toBe(form === "target" ? "initial-response" : "messageMetadataEvent");
    expect(turn.types.includes("initial-response")).toBe(form === "target");
    expect(turn.types.slice(-3)).toEqual(["metadataEvent", "contextUsageEvent", "meteringEvent"]);
  });

  it("get characters whole that came in halves, and calls without arguments as an empty object", async () => {
    const turn = await collect(cutText, form);
    expect(turn.text).toBe("half 🙈 whole, lone \ufffd here, and at the end \ufffd");
    expect(turn.calls).toMatchObject([
      { name: "read", input: { emoji: "🙈" } },
      { toolUseId: "b", name: "nothing", input: {} },
    ]);
    expect(turn.calls[0]?.toolUseId).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it("throw an error inside the stream by its name, after the text that came before", async () => {
    upstream.play({ headers: kiro.client.streamHeaders("/"), body: written(failing, form), pieceBytes: 11 });
    const answer = await askKiro({ origin: upstream.url, form, body: kiroRequest({ content: "hi" }) });
    const seen: string[] = [];
    const reading = async (): Promise<void> => {
      for await (const { type } of answer.events()) seen.push(type);
    };
    await expect(reading()).rejects.toMatchObject({
      name: "ThrottlingException",
      message: expect.stringContaining("slow down") as string,
    });
    expect(seen).toContain("assistantResponseEvent");
  });
});

describe.skipIf(!canRun("python3"))("a strict reader in Python", () => {
  const script = fileURLToPath(new URL("../support/read_event_stream.py", import.meta.url));
  interface Read {
    readonly headers: Readonly<Record<string, string>>;
    readonly payload: Readonly<Record<string, unknown>>;
  }
  const read = (bytes: Uint8Array): readonly Read[] => {
    const { status, stdout, stderr } = spawnSync("python3", [script], { input: bytes, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    // What the script prints is the shape above.
    return JSON.parse(stdout) as Read[];
  };

  it.each(forms)("takes every frame, call by %s", (form) => {
    const all = [cutText, failing, replay(sampleReply("claude"))];
    const frames = read(Buffer.concat(all.map((events) => written(events, form))));
    for (const { headers } of frames) {
      const kind = headers[":message-type"] ?? "";
      const name = kind === "exception" ? ":exception-type" : ":event-type";
      expect(Object.keys(headers).sort()).toEqual([":content-type", name, ":message-type"].sort());
    }
    const kinds = new Set(frames.map(({ headers }) => headers[":exception-type"] ?? headers[":event-type"]));
    for (const one of ["assistantResponseEvent", "toolUseEvent", "ThrottlingException", "metadataEvent"]) {
      expect(kinds).toContain(one);
    }
  });

  it("takes a whole reply as the same frames", () => {
    const reply = sampleReply("gemini");
    const whole = kiro.client.writeReply(reply, optionsFor("target"));
    const names = (bytes: Uint8Array): unknown => read(bytes).map(({ headers }) => headers[":event-type"]);
    expect(names(whole)).toEqual(names(Buffer.concat(writtenOnce(replay(reply), "target"))));
  });

  it("refuses what it should", () => {
    const whole = Buffer.from(written(cutText, "path"));
    const flipped = Buffer.from(whole);
    flipped.writeUInt8(flipped.readUInt8(50) ^ 4, 50);
    expect(() => read(flipped)).toThrow(/checksum/);
    expect(() => read(whole.subarray(0, -3))).toThrow(/inside a frame/);
    expect(() => read(Buffer.from("<html><body>502 Bad Gateway</body></html>"))).toThrow(/checksum/);
  });
});

function writtenOnce(events: readonly StreamEvent[], form: KiroForm): readonly Uint8Array[] {
  const writer = kiro.client.streamWriter(optionsFor(form));
  return events.flatMap((event) => writer.push(event));
}
