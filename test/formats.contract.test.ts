/** What every wire format must keep, looped over the table: a format that lands gets these tests by landing. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EngineError } from "../src/engine/errors/engine-error.ts";
import { errorKinds } from "../src/engine/formats/__fixtures__/error-kinds.ts";
import {
  frozen,
  readStream,
  replyOf,
  targets,
  writerOptions,
  writeOptions,
  writeStream,
} from "../src/engine/formats/__fixtures__/harness.ts";
import {
  meaning,
  plainStream,
  richStream,
  sampleReply,
  sampleRequest,
  sampleUsage,
} from "../src/engine/formats/__fixtures__/samples.ts";
import { textFormatIds, type TextFormatId } from "../src/engine/formats/format.ts";
import { formats } from "../src/engine/formats/table.ts";
import { checkStream } from "../src/engine/hub/__fixtures__/check-stream.ts";
import type { UserPart } from "../src/engine/hub/message.ts";
import type { HubReply } from "../src/engine/hub/reply.ts";
import { replay } from "../src/engine/hub/replay.ts";
import type { HubRequest } from "../src/engine/hub/request.ts";
import type { StreamEvent } from "../src/engine/hub/stream.ts";
import type { Usage } from "../src/engine/hub/usage.ts";

/** What a dialect says in its own words, and what it cannot say. Every exemption has its reason. */
interface Dialect {
  /** The bytes that say, in a stream, that the sample reply is over. */
  readonly end: string;
  /** Its word for the end of a reply with calls. */
  readonly finish: string;
  /** False: its usage has no field for what was written to the cache. */
  readonly cacheWrite: boolean;
  /** False: a request cannot ask for stop sequences; the reply is cut here instead. */
  readonly stops: boolean;
  /** False: calls one at a time cannot be asked for. */
  readonly oneByOne: boolean;
  /** False: documents have no name; it stands before them in words. */
  readonly titles: boolean;
  /** False: images must be sent whole; one that is given by its address is refused. */
  readonly imageAddresses: boolean;
  /** Streams have a second form, in one JSON list, for clients that do not ask for events. */
  readonly listTarget?: string;
}

const google = {
  end: '"finishReason":"STOP"',
  finish: "STOP",
  // Google's `usageMetadata` counts what was read from a cache only.
  cacheWrite: false,
  stops: true,
  // `functionCallingConfig` has modes and names, nothing about how many calls.
  oneByOne: false,
  // `inlineData.displayName` is Vertex AI's, and not of every part.
  titles: false,
  imageAddresses: true,
} as const;

const dialects = {
  "openai-chat": {
    end: '"finish_reason":"tool_calls"',
    finish: "tool_calls",
    cacheWrite: true,
    stops: true,
    oneByOne: true,
    titles: true,
    imageAddresses: true,
  },
  "openai-responses": {
    end: '"type":"response.completed"',
    finish: "completed",
    cacheWrite: true,
    // The dialect has no such field at all.
    stops: false,
    oneByOne: true,
    titles: true,
    imageAddresses: true,
  },
  claude: {
    end: '"stop_reason":"tool_use"',
    finish: "tool_use",
    cacheWrite: true,
    stops: true,
    oneByOne: true,
    titles: true,
    imageAddresses: true,
  },
  gemini: { ...google, listTarget: "/v1beta/models/asked-model:streamGenerateContent" },
  "gemini-cli": { ...google, listTarget: "/v1internal:streamGenerateContent" },
  antigravity: {
    ...google,
    // Its backend fetches nothing; an address would be a file of Google's own.
    imageAddresses: false,
    listTarget: "/v1internal:streamGenerateContent",
  },
} as const satisfies Record<TextFormatId, Dialect>;

/** The sample's figures as far as the dialect can carry them. */
function usageIn(id: TextFormatId): Usage {
  return dialects[id].cacheWrite ? sampleUsage : { ...sampleUsage, cacheWrite: 0 };
}

function callNames(reply: HubReply): readonly string[] {
  return reply.parts.flatMap((part) => (part.type === "tool-call" ? [part.name] : []));
}

function isAddress(part: UserPart): boolean {
  return part.type === "image" && part.source.kind === "url";
}

describe.each(textFormatIds)("%s", (id) => {
  const format = formats[id];
  const dialect: Dialect = dialects[id];
  const ownTargets = [targets[id].stream, ...(dialect.listTarget === undefined ? [] : [dialect.listTarget])];
  const options = (): ReturnType<typeof writerOptions> => writerOptions({}, targets[id].stream);
  const written = (reply: HubReply, target?: string): Uint8Array =>
    writeStream(id, frozen(replay(reply)), {}, target ?? targets[id].stream);

  it("is in the table under its own name", () => {
    expect(format.id).toBe(id);
  });

  it.each(ownTargets)("keeps a reply's meaning through its own stream (%s)", (target) => {
    const reply = sampleReply(id);
    const back = readStream(id, written(reply, target));
    expect(checkStream(back)).toEqual([]);
    expect(meaning(replyOf(back))).toEqual(meaning(reply));
    expect(replyOf(back).usage).toEqual(usageIn(id));
    expect(replyOf(back).model).toBe("asked-model");
  });

  it("keeps a reply's meaning as a whole body, the same as the stream's", () => {
    const reply = sampleReply(id);
    const body: unknown = JSON.parse(
      Buffer.from(format.client.writeReply(reply, writerOptions({}, targets[id].whole))).toString(),
    );
    const back = format.provider.readReply(frozen(body));
    if (!back.ok) throw new Error(back.error.message);
    expect(meaning(back.value)).toEqual(meaning(reply));
    expect(back.value.usage).toEqual(usageIn(id));
    expect(meaning(replyOf(readStream(id, written(reply))))).toEqual(meaning(back.value));
  });

  it.each(ownTargets)("reads the same events wherever the bytes are cut (%s)", (target) => {
    const bytes = written(sampleReply(id), target);
    const wanted = readStream(id, bytes);
    for (let cut = 0; cut <= bytes.length; cut += 1) expect(readStream(id, bytes, [cut])).toEqual(wanted);
    expect(
      readStream(
        id,
        bytes,
        Array.from(bytes, (_byte, index) => index),
      ),
    ).toEqual(wanted);
  });

  it.each(ownTargets)("calls a stream truncated wherever it is cut before its end (%s)", (target) => {
    const bytes = written(sampleReply(id), target);
    const said = Buffer.from(bytes).toString("latin1").indexOf(dialect.end);
    expect(said).toBeGreaterThan(0);
    for (let cut = 0; cut <= said; cut += 7) {
      const events = readStream(id, bytes.subarray(0, cut));
      expect(events.at(-1)).toMatchObject({ type: "error", error: { kind: "truncated" } });
      expect(checkStream(events).filter((fault) => !fault.includes("reply-end"))).toEqual([]);
    }
  });

  it.each(textFormatIds)("keeps any stream's meaning from %s, cut at random", (upstream) => {
    fc.assert(
      fc.property(plainStream, fc.array(fc.nat(4000), { maxLength: 12 }), (events, places) => {
        const wanted = replyOf(events);
        const middle = readStream(
          upstream,
          writeStream(upstream, frozen(events)),
          places.toSorted((a, b) => a - b),
        );
        expect(checkStream(middle)).toEqual([]);
        const last = readStream(id, writeStream(id, middle));
        expect(checkStream(last)).toEqual([]);
        expect(meaning(replyOf(last))).toEqual(meaning(wanted));
      }),
      { numRuns: 40 },
    );
  });

  it.each(textFormatIds)("keeps text, calls and the grammar of whatever a reply from %s holds besides", (upstream) => {
    fc.assert(
      fc.property(richStream, (events) => {
        const middle = readStream(upstream, writeStream(upstream, frozen(events)));
        const last = readStream(id, writeStream(id, frozen(middle)));
        for (const read of [middle, last]) expect(checkStream(read)).toEqual([]);
        const [got, wanted] = [replyOf(last), replyOf(events)];
        expect(callNames(got)).toEqual(callNames(wanted));
        const said = got.parts.map((part) => ("text" in part ? (part.text ?? "") : "")).join("");
        for (const part of wanted.parts) {
          if (part.type === "text" || part.type === "refusal") expect(said).toContain(part.text);
        }
      }),
      { numRuns: 12 },
    );
  });

  it("writes a whole reply that says what its stream says", () => {
    fc.assert(
      fc.property(plainStream, (events) => {
        const reply = frozen(replyOf(events));
        const bytes = format.client.writeReply(reply, writerOptions({}, targets[id].whole));
        const back = format.provider.readReply(frozen(JSON.parse(Buffer.from(bytes).toString())));
        if (!back.ok) throw new Error(back.error.message);
        expect(meaning(back.value)).toEqual(meaning(reply));
      }),
      { numRuns: 40 },
    );
  });

  /** The sample as far as the dialect takes it. */
  const request: HubRequest = dialect.imageAddresses
    ? sampleRequest
    : {
        ...sampleRequest,
        messages: sampleRequest.messages.map((message) =>
          message.role === "user" ? { ...message, parts: message.parts.filter((part) => !isAddress(part)) } : message,
        ),
      };

  /** The parts of one message as they come back: a title that the dialect has no field for stands before, in words. */
  const wantedParts = (index: number): readonly unknown[] =>
    (request.messages[index]?.parts ?? []).flatMap((part): readonly unknown[] => {
      if (dialect.titles || part.type !== "document") return [part];
      const { title, ...rest } = part;
      return [{ type: "text", text: expect.stringContaining(title ?? "") as string }, rest];
    });

  it("keeps a request's meaning through its own wire form", () => {
    const written = format.provider.writeRequest(request, writeOptions);
    if (!written.ok) throw new Error(written.error.message);
    // What the wire cannot say is done to the reply.
    if (!dialect.stops) expect(written.value.replyContext.cutAt).toEqual(["END"]);
    const body: unknown = JSON.parse(Buffer.from(written.value.body).toString());
    const read = format.client.readRequest(frozen(body), written.value.path);
    if (!read.ok) throw new Error(read.error.message);
    const back = read.value.request;
    expect(back.model).toBe("upstream-model");
    expect(back.tools).toMatchObject([{ kind: "function", name: "read", parameters: { required: ["title"] } }]);
    expect(back).toMatchObject({
      toolChoice: { type: "tool", name: "read" },
      ...(dialect.oneByOne ? { parallelToolCalls: false } : {}),
      stream: true,
      maxTokens: 20,
      temperature: 0.5,
      stop: dialect.stops ? ["END"] : [],
    });
    expect(back.messages.map((message) => message.role)).toEqual(request.messages.map((message) => message.role));
    expect(back.messages[1]?.parts).toMatchObject(wantedParts(1));
    expect(back.messages[2]?.parts).toMatchObject(wantedParts(2));
    expect(JSON.stringify(back.messages[4])).toContain("not there");
  });

  it("names what it leaves out of a request", () => {
    const written = format.provider.writeRequest(request, writeOptions);
    const losses = written.ok ? written.value.losses : [];
    if (!dialect.oneByOne) expect(losses).toContainEqual(expect.stringContaining("parallel_tool_calls"));
    if (!dialect.stops) expect(losses).toContainEqual(expect.stringMatching(/^stop-sequences:/));
    const refused = format.provider.writeRequest(sampleRequest, writeOptions);
    expect(refused.ok || refused.error.kind).toBe(dialect.imageAddresses || "unsupported");
  });

  it("writes the same request in the same bytes", () => {
    const bytes = (): string => {
      const written = format.provider.writeRequest(request, writeOptions);
      return written.ok ? Buffer.from(written.value.body).toString() : "";
    };
    expect(bytes()).toBe(bytes());
    expect(bytes().length).toBeGreaterThan(100);
  });

  it.each(errorKinds)("tells a client of the error %s in a way its own reader understands", (kind) => {
    const error: EngineError = { kind, message: "what happened", retryAfterMs: 2500 };
    const answer = format.client.writeError(error);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.headers).toContainEqual(["retry-after", "3"]);
    const read = format.provider.readError(answer.status, answer.headers, answer.body);
    expect(read.message).toContain("what happened");
    expect(read.retryAfterMs).toBe(3000);
    const inStream = readStream(id, writeStream(id, [{ type: "error", error }]));
    expect(inStream).toMatchObject([{ type: "error" }]);
  });

  it.each([
    "bad-request",
    "context-overflow",
    "auth",
    "permission",
    "model-not-found",
    "rate-limit",
    "too-large",
  ] as const)("is understood by its own reader as %s", (kind) => {
    // A full context is known by its words in dialects that have no code for it.
    const message = kind === "context-overflow" ? "prompt is too long: 10 tokens > 5 maximum" : "what happened";
    const answer = format.client.writeError({ kind, message });
    expect(format.provider.readError(answer.status, answer.headers, answer.body).kind).toBe(kind);
  });

  it("survives anything as a request, a reply, a stream, an error or a body to edit", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const target of ["/", targets[id].stream]) format.client.readRequest(frozen(value), target);
        format.client.shape(value, targets[id].stream);
        format.provider.readReply(value);
        const bytes = Buffer.from(JSON.stringify(value));
        format.provider.readError(500, [], bytes);
        expect(checkStream(readStream(id, Buffer.from(`data: ${bytes.toString()}\n\n`)))).toBeInstanceOf(Array);
        expect(checkStream(readStream(id, bytes))).toBeInstanceOf(Array);
        expect(format.observe(bytes, "application/json")).toHaveProperty("usage");
        expect(() => format.withoutOwnMarks(bytes)).not.toThrow();
        const body = frozen({
          messages: value,
          contents: value,
          input: value,
          system: value,
          request: { contents: value },
        });
        format.edits.systemPrompt(body, { prepend: "before", append: "after" });
        format.edits.thinking(body, null);
        format.edits.thinking(body, { mode: "level", level: "high" });
        format.edits.withoutBlobs(body);
      }),
      { numRuns: 200 },
    );
  });

  it.each(["stream", "whole"] as const)("observes model, usage and finish of a %s", (form) => {
    const reply = sampleReply(id);
    const isStream = form === "stream";
    const bytes = isStream ? written(reply) : format.client.writeReply(reply, writerOptions({}, targets[id].whole));
    const seen = format.observe(bytes, isStream ? "text/event-stream; charset=utf-8" : "application/json");
    expect(seen).toEqual({ model: "asked-model", usage: usageIn(id), finish: dialect.finish });
  });

  it("observes nothing in bytes that are not its own, and does not throw", () => {
    const nothing = { model: null, usage: null, finish: null };
    expect(format.observe(Buffer.from("<html>"), "text/html")).toEqual(nothing);
    expect(format.observe(Buffer.from("data: {broken\n\n"), "text/event-stream")).toEqual(nothing);
    expect(format.observe(new Uint8Array(), "")).toEqual(nothing);
  });

  it.each(ownTargets)("keeps a stream alive without saying anything (%s)", (target) => {
    const writer = format.client.streamWriter(writerOptions({}, target));
    const events = replay(sampleReply(id));
    const bytes = Buffer.concat(events.flatMap((event) => [...writer.push(event), writer.keepAlive()]));
    expect(meaning(replyOf(readStream(id, bytes)))).toEqual(meaning(sampleReply(id)));
  });

  it("says nothing after an error", () => {
    const writer = format.client.streamWriter(options());
    writer.push({ type: "reply-start", id: "r", model: "m" });
    const cut: StreamEvent = { type: "error", error: { kind: "truncated", message: "cut" } };
    expect(Buffer.concat(writer.push(cut)).toString()).toContain("cut");
    for (const event of replay(sampleReply(id)).slice(1)) expect(writer.push(event)).toEqual([]);
  });

  it("says nothing after the end", () => {
    const writer = format.client.streamWriter(options());
    for (const event of replay(sampleReply(id))) writer.push(event);
    expect(writer.push({ type: "error", error: { kind: "internal", message: "late" } })).toEqual([]);
  });

  it("lists models by name", () => {
    const answer = format.client.writeModels([{ id: "one/two" }, { id: "three", displayName: "Three", createdAt: 5 }]);
    expect(answer.status).toBe(200);
    const text = Buffer.from(answer.body).toString();
    expect(JSON.parse(text)).toBeTypeOf("object");
    for (const name of ["one/two", "three"]) expect(text).toContain(name);
  });

  it("tells what its clients' calls want, and where they go", () => {
    for (const [target, stream] of [
      [targets[id].stream, true],
      [targets[id].whole, false],
    ] as const) {
      expect(format.client.shape({ model: "asked-model", stream }, target)).toEqual({
        operation: "reply",
        model: "asked-model",
        stream,
      });
      expect(format.callTarget(target, "other-model")).toMatch(/^\/v1/);
    }
  });
});
