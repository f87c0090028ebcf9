import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeEvent, encodeException, encodeFrame } from "../../codecs/aws-event-stream.ts";
import { accumulate } from "../../hub/accumulate.ts";
import { checkStream } from "../../hub/__fixtures__/check-stream.ts";
import type { ReplyContext } from "../../hub/restore.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import { observe } from "./observe.ts";
import { createStreamReader } from "./stream-in.ts";

interface Vectors {
  readonly streams: readonly {
    readonly name: string;
    readonly hex: string;
    readonly chunkings: Readonly<Record<string, readonly number[] | string>>;
    readonly expect: {
      readonly text?: string;
      readonly reasoning?: string;
      readonly tool_calls?: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
      readonly finish_reason?: string;
      readonly error?:
        | string
        | { readonly exception_type?: string; readonly message?: string; readonly reason?: string };
    };
  }[];
  readonly malformed: readonly { readonly name: string; readonly kind: string; readonly hex: string }[];
}

const path = join(import.meta.dirname, "../../../../test/vectors/eventstream-vectors.json");
// The file is ours and its shape is checked by the tests that read it.
const vectors = JSON.parse(readFileSync(path, "utf8")) as Vectors;

const event = (name: string, payload: unknown): Uint8Array => encodeEvent(name, Buffer.from(JSON.stringify(payload)));
const text = (content: string): Uint8Array => event("assistantResponseEvent", { content });
const tool = (payload: object): Uint8Array => event("toolUseEvent", { toolUseId: "tooluse_1", ...payload });
const done = (stopReason = "END_TURN", more: object = {}): Uint8Array =>
  event("metadataEvent", { stopReason, ...more });

function chunked(bytes: Buffer, sizes: readonly number[] | number): readonly Buffer[] {
  if (typeof sizes !== "number") {
    let at = 0;
    return sizes.map((size) => bytes.subarray(at, (at += size)));
  }
  return Array.from({ length: Math.ceil(bytes.length / sizes) }, (_, at) =>
    bytes.subarray(at * sizes, (at + 1) * sizes),
  );
}

function read(chunks: readonly Uint8Array[], context?: ReplyContext): readonly StreamEvent[] {
  const reader = createStreamReader(context);
  return [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()];
}

const readAll = (frames: readonly Uint8Array[], context?: ReplyContext): readonly StreamEvent[] =>
  read([Buffer.concat(frames)], context);

const errorIn = (events: readonly StreamEvent[]) =>
  events.flatMap((one) => (one.type === "error" ? [one.error] : []))[0];

const argumentsIn = (events: readonly StreamEvent[]): string =>
  events.flatMap((one) => (one.type === "tool-delta" ? [one.text] : [])).join("");

const said = (events: readonly StreamEvent[], type: "text-delta" | "thinking-delta"): string =>
  events.flatMap((one) => (one.type === type ? [one.text] : [])).join("");

const finishWords: Readonly<Record<string, string>> = { stop: "stop", tool_calls: "tool-calls" };

describe("the published streams", () => {
  for (const { name, hex, chunkings, expect: wanted } of vectors.streams) {
    const bytes = Buffer.from(hex, "hex");
    const whole = read([bytes]);
    it.each(Object.entries(chunkings))(`${name}, %s`, (_, sizes) => {
      const events = read(chunked(bytes, typeof sizes === "string" ? Number.parseInt(sizes, 10) : sizes));
      expect(events).toEqual(whole);
      expect(checkStream(events)).toEqual([]);
      if (wanted.text !== undefined) expect(said(events, "text-delta")).toBe(wanted.text);
      if (wanted.reasoning !== undefined) expect(said(events, "thinking-delta")).toBe(wanted.reasoning);
      const reply = accumulate(events);
      if (wanted.error === undefined) {
        expect(reply).toMatchObject({
          ok: true,
          value: { finish: { reason: finishWords[wanted.finish_reason ?? ""] } },
        });
        const calls = reply.ok ? reply.value.parts.filter((part) => part.type === "tool-call") : [];
        expect(calls.map(({ id, name: tool, arguments: input }) => ({ id, name: tool, arguments: input }))).toEqual(
          wanted.tool_calls ?? [],
        );
      } else {
        expect(reply.ok).toBe(false);
        const error = errorIn(events);
        if (typeof wanted.error === "string") expect(error?.kind).toBe("truncated");
        else expect(error?.raw).toBe(wanted.error.reason);
      }
    });
  }

  it.each(vectors.malformed)("$name is told as a fault of the bytes", ({ hex, kind }) => {
    const bytes = Buffer.from(hex, "hex");
    for (const chunks of [[bytes], chunked(bytes, 1), chunked(bytes, 5)]) {
      const events = read(chunks);
      expect(checkStream(events)).toEqual([]);
      const error = errorIn(events);
      expect(["protocol", "truncated"]).toContain(error?.kind);
      if (kind === "not_eventstream") expect(error).toMatchObject({ kind: "protocol" });
    }
  });
});

describe("a reply in Kiro's stream", () => {
  it("names itself by its utterance and the model by the first frame that does", () => {
    const events = readAll([
      event("initial-response", { conversationId: "c-1" }),
      event("messageMetadataEvent", { conversationId: "c-1", utteranceId: "u-1" }),
      event("assistantResponseEvent", { content: "Hi", modelId: "claude-sonnet-4.6" }),
      done(),
    ]);
    expect(events[0]).toEqual({ type: "reply-start", id: "u-1", model: "claude-sonnet-4.6" });
  });

  it("keeps thinking apart and its signature with it", () => {
    const events = readAll(
      [
        event("reasoningContentEvent", { text: "Hm" }),
        event("reasoningContentEvent", { text: "m." }),
        event("reasoningContentEvent", { signature: "c2ln" }),
        event("reasoningContentEvent", { redactedContent: "cmVk" }),
        text("Yes."),
        done(),
      ],
      { origin: "kiro", model: "claude-sonnet-4.6" },
    );
    const reply = accumulate(events);
    const from = { format: "kiro", origin: "kiro", model: "claude-sonnet-4.6" };
    expect(reply.ok && reply.value.parts).toEqual([
      { type: "thinking", text: "Hmm.", signature: "c2ln", from },
      { type: "redacted-thinking", data: "cmVk", from },
      { type: "text", text: "Yes." },
    ]);
  });

  it("gives each piece of thinking its own signature", () => {
    const events = readAll([
      event("reasoningContentEvent", { text: "A", signature: "1" }),
      event("reasoningContentEvent", { text: "B" }),
      event("reasoningContentEvent", { signature: "2" }),
      done(),
    ]);
    expect(checkStream(events)).toEqual([]);
    const ends = events.flatMap((one) => (one.type === "thinking-end" ? [one.signature] : []));
    expect(ends).toEqual(["1", "2"]);
  });

  it.each([
    ["growing snapshots", [{ input: { a: 1 } }, { input: { a: 1, b: "x" } }], { a: 1, b: "x" }],
    ["parts to be joined", [{ input: { a: 1 } }, { input: { b: 2 } }, { input: { a: 3 } }], { a: 3, b: 2 }],
    ["pieces of text", [{ input: '{"a"' }, { input: ": [1]}" }], { a: [1] }],
    ["the whole input once more", [{ input: '{"a"' }, { input: ": 1}" }, { input: '{"a": 1}', stop: true }], { a: 1 }],
    ["one frame", [{ input: '{"a":1}', stop: true }], { a: 1 }],
    ["nothing at all", [], {}],
  ] as const)("reads a tool's input that comes as %s", (_, pieces, wanted) => {
    const events = readAll([tool({ name: "look" }), ...pieces.map(tool), tool({ stop: true }), done("TOOL_USE")]);
    expect(checkStream(events)).toEqual([]);
    expect(JSON.parse(argumentsIn(events))).toEqual(wanted);
    expect(events.filter(({ type }) => type === "tool-start")).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: "reply-end", finish: { reason: "tool-calls", raw: "TOOL_USE" } });
  });

  it("streams a tool's input as it comes, before it is whole", () => {
    const reader = createStreamReader();
    reader.push(tool({ name: "look" }));
    expect(reader.push(tool({ input: '{"path": "a' }))).toContainEqual({
      type: "tool-delta",
      block: 0,
      text: '{"path": "a',
    });
  });

  it("puts calls that come interleaved one after the other", () => {
    const other = (payload: object): Uint8Array => event("toolUseEvent", { toolUseId: "tooluse_2", ...payload });
    const events = readAll([
      tool({ name: "look" }),
      other({ name: "find" }),
      tool({ input: "{}" }),
      other({ input: '{"q":1}' }),
      other({ stop: true }),
      tool({ stop: true }),
      done("TOOL_USE"),
    ]);
    expect(checkStream(events)).toEqual([]);
    const reply = accumulate(events);
    expect(reply.ok && reply.value.parts).toMatchObject([
      { id: "tooluse_1", name: "look", arguments: "{}" },
      { id: "tooluse_2", name: "find", arguments: '{"q":1}' },
    ]);
  });

  it("never hands on a call that was cut, whatever else was said", () => {
    const events = readAll([tool({ name: "look", input: '{"a":1}' }), done("TOOL_USE")]);
    expect(errorIn(events)).toMatchObject({ kind: "truncated", message: expect.stringContaining("look") });
  });

  it("calls a finished call that is no JSON the model's fault", () => {
    const events = readAll([tool({ name: "look", input: '{"a":' }), tool({ stop: true }), done("TOOL_USE")]);
    expect(errorIn(events)?.kind).toBe("malformed-reply");
  });

  it.each([
    ["a text without anything behind it", [text("Hi")], "truncated"],
    ["nothing", [], "truncated"],
    ["credits alone", [event("meteringEvent", { unit: "credit", usage: 1 })], "malformed-reply"],
  ])("does not take %s for an answer", (_, frames, kind) => {
    expect(errorIn(readAll(frames))?.kind).toBe(kind);
  });

  it.each([
    ["END_TURN", "stop"],
    ["MAX_TOKENS", "length"],
    ["CONTENT_FILTERED", "content-filter"],
    ["SOMETHING_NEW", "unknown"],
  ])("ends with %s as %s", (word, reason) => {
    expect(readAll([text("x"), done(word)]).at(-1)).toMatchObject({ finish: { reason, raw: word } });
  });

  it("takes an empty answer that was filtered for what it is", () => {
    expect(readAll([done("CONTENT_FILTERED")]).at(-1)).toMatchObject({ finish: { reason: "content-filter" } });
  });

  it.each([
    ["exception", encodeException("ThrottlingException", Buffer.from('{"message":"slow down"}')), "rate-limit"],
    [
      "error",
      encodeFrame(
        {
          ":message-type": { type: "string", value: "error" },
          ":error-code": { type: "string", value: "InternalError" },
          ":error-message": { type: "string", value: "oh" },
        },
        new Uint8Array(),
      ),
      "upstream",
    ],
    ["event named throttlingError", event("throttlingError", { message: "slow down" }), "rate-limit"],
    ["event named validationError", event("validationError", { message: "Input is too long." }), "context-overflow"],
    ["event named serviceUnavailableError", event("serviceUnavailableError", { message: "x" }), "capacity"],
    ["event named error", event("error", { message: "x" }), "upstream"],
  ])("ends with the error of an %s, behind what was said", (_, frame, kind) => {
    const events = readAll([text("Hi"), frame, text("never"), done()]);
    expect(events.slice(0, 3).map(({ type }) => type)).toEqual(["reply-start", "text-start", "text-delta"]);
    expect(events.slice(3)).toMatchObject([{ type: "error", error: { kind } }]);
  });

  it("names what it does not carry, and goes on", () => {
    const frames = [
      event("followupPromptEvent", { followupPrompt: { content: "And?" } }),
      event("constructor", {}),
      encodeEvent("someFutureEvent", Buffer.from("not json")),
      event("invalidStateEvent", { reason: "INVALID_TASK_ASSIST_PLAN", message: "no" }),
    ];
    const events = readAll([...frames, text("Hi"), done()]);
    expect(events.filter(({ type }) => type === "dropped")).toHaveLength(4);
    expect(events).toContainEqual({ type: "dropped", what: "an event named constructor" });
    expect(accumulate(events).ok).toBe(true);
  });

  it("does not read on where an event it needs is no JSON", () => {
    expect(errorIn(readAll([encodeEvent("assistantResponseEvent", Buffer.from("oops")), done()]))?.kind).toBe(
      "protocol",
    );
  });

  it.each(["<!doctype html><html><body>Gateway</body></html>", "<p>", '{"a":1}'])(
    "tells %s from a cut stream",
    (page) => {
      expect(errorIn(read([Buffer.from(page)]))?.kind).toBe("protocol");
    },
  );
});

describe("thinking inside the text", () => {
  const context = { inlineThinking: true } as const;
  const answer = "\n<thinking>Is 1 < 2? </think Yes.</thinking>\n\nIt is. Write <thinking> in tags.";

  it("is told apart wherever the frames are split", () => {
    for (let at = 0; at <= answer.length; at += 1) {
      const events = readAll([text(answer.slice(0, at)), text(answer.slice(at)), done()], context);
      expect(checkStream(events)).toEqual([]);
      expect(said(events, "thinking-delta")).toBe("Is 1 < 2? </think Yes.");
      expect(said(events, "text-delta")).toBe("It is. Write <thinking> in tags.");
    }
  });

  it("is text where nobody asked for it", () => {
    expect(said(readAll([text(answer), done()]), "text-delta")).toBe(answer);
  });

  it("gives back what only looked like a tag", () => {
    expect(said(readAll([text("<think"), done()], context), "text-delta")).toBe("<think");
  });
});

describe("what a reply used", () => {
  const usageOf = (frames: readonly Uint8Array[], context: ReplyContext = { model: "claude-haiku-4.5" }) => {
    const last = readAll(frames, context).at(-1);
    return last?.type === "reply-end" ? last.usage : null;
  };
  const tokenUsage = {
    uncachedInputTokens: 10,
    cacheReadInputTokens: 5,
    cacheWriteInputTokens: 2,
    outputTokens: 7,
    totalTokens: 24,
  };

  it("is the service's own count where it gives one, also behind the stop reason", () => {
    const exact = { input: 17, output: 7, cacheRead: 5, cacheWrite: 2, reasoning: 0, estimated: false };
    expect(usageOf([text("Hi"), done("END_TURN", { tokenUsage })])).toEqual(exact);
    expect(
      usageOf([
        text("Hi"),
        done(),
        event("contextUsageEvent", { contextUsagePercentage: 50 }),
        done("END_TURN", { tokenUsage }),
      ]),
    ).toEqual(exact);
  });

  it("else the share of the model's window, with the answer taken off it", () => {
    const usage = usageOf([text("x".repeat(400)), event("contextUsageEvent", { contextUsagePercentage: 0.5 })]);
    expect(usage).toMatchObject({ input: 900, output: 100, estimated: true });
  });

  it("else a guess, and credits are never tokens", () => {
    const usage = usageOf([text("x".repeat(40)), event("meteringEvent", { unit: "credit", usage: 99 })], {
      estimateInput: () => 33,
    });
    expect(usage).toMatchObject({ input: 33, output: 10, estimated: true });
  });

  it("is seen in a reply that is passed on", () => {
    const frames = [event("assistantResponseEvent", { content: "Hi", modelId: "m" }), done("END_TURN", { tokenUsage })];
    expect(observe(Buffer.concat(frames), "application/vnd.amazon.eventstream")).toMatchObject({
      model: "m",
      usage: { input: 17 },
      finish: "END_TURN",
    });
    expect(observe(Buffer.from("nonsense, and more of it"), "text/html")).toEqual({
      model: null,
      usage: null,
      finish: null,
    });
  });
});

it("never throws and keeps the grammar, whatever is flipped, cut or split", () => {
  const bytes = Buffer.concat(vectors.streams.map(({ hex }) => Buffer.from(hex, "hex")));
  fc.assert(
    fc.property(
      fc.nat(bytes.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.nat(bytes.length),
      fc.integer({ min: 1, max: 400 }),
      (at, flip, end, size) => {
        const bad = Buffer.from(bytes);
        bad[at] = (bad[at] ?? 0) ^ flip;
        const cut = bad.subarray(0, end);
        const events = read(chunked(cut, size));
        expect(events).toEqual(read([cut]));
        expect(checkStream(events)).toEqual([]);
      },
    ),
    { seed: 7, numRuns: 150, verbose: 1 },
  );
});
