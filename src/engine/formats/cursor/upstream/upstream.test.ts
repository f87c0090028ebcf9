/** Cursor's agent service as a back end: runs that are written, answers that are read, questions that are answered. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEnvelopeReader, endEnvelope, envelope } from "../../../codecs/connect.ts";
import { checkStream } from "../../../hub/__fixtures__/check-stream.ts";
import type { HubRequest } from "../../../hub/request.ts";
import type { ReplyContext } from "../../../hub/restore.ts";
import type { StreamEvent } from "../../../hub/stream.ts";
import type { WriteOptions } from "../../format.ts";
import { provider } from "../provider.ts";
import { decodeMessage, encodeMessage, type Message } from "../wire/schema.ts";
import { readEnd } from "../end-frame.ts";
import { blobIdOf } from "./ids.ts";
import { fromJsonValue, toJsonValue } from "../json-value.ts";

interface Vectors {
  readonly streams: readonly {
    readonly name: string;
    readonly hex: string;
    readonly frame_offsets: readonly number[];
  }[];
  readonly malformed: readonly { readonly name: string; readonly hex: string }[];
  readonly end_frames: Readonly<Record<string, string | object>>;
}
// Made by the page of facts; its shape is above.
const vectors = JSON.parse(
  readFileSync(new URL("../../../../../test/vectors/cursor-vectors.json", import.meta.url), "utf8"),
) as Vectors;

function streamOf(name: string): Buffer {
  const found = vectors.streams.find((stream) => stream.name === name);
  if (found === undefined) throw new Error(`no vector ${name}`);
  return Buffer.from(found.hex, "hex");
}

interface Read {
  readonly events: readonly StreamEvent[];
  readonly answers: readonly Message[];
}

function read(pieces: readonly Uint8Array[], context: ReplyContext = {}): Read {
  const reader = provider.streamReader(context);
  const events: StreamEvent[] = [];
  const said: Uint8Array[] = [];
  for (const piece of pieces) {
    events.push(...reader.push(piece));
    said.push(...(reader.talk?.answers() ?? []));
  }
  events.push(...reader.end());
  return { events, answers: messagesIn(said) };
}

function messagesIn(said: readonly Uint8Array[]): Message[] {
  const envelopes = createEnvelopeReader(null);
  return said.flatMap((bytes) =>
    envelopes.push(bytes).map(({ payload }) => decodeMessage("AgentClientMessage", payload)),
  );
}

function server(...messages: readonly Message[]): Uint8Array {
  return Buffer.concat(messages.map((message) => envelope(encodeMessage("AgentServerMessage", message))));
}

function textOf(events: readonly StreamEvent[], type: "text-delta" | "thinking-delta" | "tool-delta"): string {
  return events.flatMap((event) => (event.type === type ? [event.text] : [])).join("");
}

const request: HubRequest = {
  model: "auto",
  messages: [
    { role: "system", parts: [{ type: "text", text: "You are a test." }] },
    { role: "user", parts: [{ type: "text", text: "Say hi" }] },
  ],
  tools: [],
  stream: true,
  wantsStreamUsage: true,
  stop: [],
  extras: {},
};
const options: WriteOptions = { model: "auto", maxTokensDefault: 1, origin: "cursor", callId: "flow-1" };

function written(given: Partial<HubRequest> = {}, model = "auto") {
  const result = provider.writeRequest({ ...request, ...given }, { ...options, model });
  if (!result.ok) throw new Error(result.error.message);
  const [first] = messagesIn([result.value.body]);
  const run = (first?.["runRequest"] ?? {}) as Record<string, Message>; // a run request by the test below
  return { ...result.value, run };
}

/** Cuts at every place, one byte each, and around the frames. */
function chunkings(bytes: Buffer, offsets: readonly number[]): readonly (readonly Uint8Array[])[] {
  const cutAt = (places: readonly number[]): Uint8Array[] => {
    const all = [0, ...places.filter((place) => place > 0 && place < bytes.length), bytes.length];
    return all.slice(1).map((end, index) => bytes.subarray(all[index], end));
  };
  return [
    cutAt([]),
    cutAt(Array.from({ length: bytes.length }, (_, index) => index)),
    cutAt(Array.from({ length: Math.ceil(bytes.length / 7) }, (_, index) => index * 7)),
    cutAt(offsets.map((offset) => offset - 1)),
    cutAt(offsets.map((offset) => offset + 3)),
  ];
}

describe("an agent's answer", () => {
  for (const { name, hex, frame_offsets } of vectors.streams.filter((stream) => stream.name.startsWith("agent-"))) {
    it(`gives the same events however ${name} is cut, and they are well formed`, () => {
      const bytes = Buffer.from(hex, "hex");
      const [whole, ...others] = chunkings(bytes, frame_offsets).map((pieces) => read(pieces));
      expect(checkStream(whole?.events ?? [])).toEqual([]);
      for (const other of others) expect(other).toEqual(whole);
    });
  }

  it("is text, thinking and usage, and what it asks for is answered", () => {
    const blob = Buffer.from('{"role":"system","content":"You are a test."}');
    const { replyContext } = written();
    const { events, answers } = read([streamOf("agent-text")], replyContext);
    expect(textOf(events, "text-delta")).toBe("Hello 漢🙈");
    expect(textOf(events, "thinking-delta")).toBe("hm");
    expect(events.at(-1)).toEqual({
      type: "reply-end",
      finish: { reason: "stop", raw: "turn_ended" },
      usage: { input: 100, output: 7, cacheRead: 40, cacheWrite: 0, reasoning: 2, estimated: false },
    });
    expect(answers).toEqual([
      {
        execClientMessage: {
          id: 1,
          execId: "e1",
          requestContextResult: { success: { requestContext: { env: {} } } },
        },
      },
      { execClientControlMessage: { streamClose: { id: 1 } } },
      { kvClientMessage: { getBlobResult: { blobData: blob } } },
      { kvClientMessage: { id: 7, setBlobResult: {} } },
    ]);
  });

  it("is one call, however often it is shown, and ends once the backend waits for its result", () => {
    const reader = provider.streamReader({});
    const bytes = streamOf("agent-tool");
    const offsets = vectors.streams.find(({ name }) => name === "agent-tool")?.frame_offsets ?? [];
    const events: StreamEvent[] = [];
    // Up to and with the executable call: the rest comes only after its result.
    const call = read([bytes]).events.filter(({ type }) => type === "tool-start");
    expect(call).toEqual([{ type: "tool-start", block: expect.any(Number), id: "c1", name: "read", kind: "function" }]);
    for (const end of offsets) {
      events.splice(0, events.length, ...provider.streamReader({}).push(bytes.subarray(0, end)));
      if (events.some(({ type }) => type === "tool-start")) {
        events.splice(0, events.length, ...reader.push(bytes.subarray(0, end)));
        break;
      }
    }
    expect(reader.talk?.isWaiting()).toBe(true);
    reader.talk?.settle();
    events.push(...reader.push(new Uint8Array()));
    expect(checkStream(events)).toEqual([]);
    expect(JSON.parse(textOf(events, "tool-delta"))).toEqual({ path: "a.txt", n: 2, deep: { l: [true, null] } });
    expect(events.at(-1)).toMatchObject({
      type: "reply-end",
      finish: { reason: "tool-calls" },
      usage: { estimated: true },
    });
    expect(messagesIn(reader.talk?.answers() ?? [])).toEqual([
      { conversationAction: { cancelAction: { reason: expect.any(String) } } },
    ]);
    expect([reader.talk?.isWaiting(), reader.talk?.beat(), reader.push(Buffer.from("x")), reader.end()]).toEqual([
      false,
      null,
      [],
      [],
    ]);
  });

  it("holds several calls that the model makes at once, until a heartbeat says that it waits", () => {
    const call = (id: string): Message => ({
      execServerMessage: {
        id: 2,
        mcpArgs: { name: "switchyard-a.b", toolCallId: id, providerIdentifier: "switchyard", args: {} },
      },
    });
    const { events } = read([
      server(call("one"), call("two"), { interactionUpdate: { heartbeat: {} } }, call("never")),
    ]);
    const starts = events.filter(({ type }) => type === "tool-start");
    expect(starts).toMatchObject([
      { id: "one", name: "a.b" },
      { id: "two", name: "a.b" },
    ]);
    expect(checkStream(events)).toEqual([]);
    expect(textOf(events, "tool-delta")).toBe("{}{}");
  });

  it("is cut where its last envelope is missing, and where an envelope is", () => {
    const bytes = streamOf("agent-text");
    const last = vectors.streams.find(({ name }) => name === "agent-text")?.frame_offsets.at(-1) ?? 0;
    for (const end of [last, last - 3, 3]) {
      const { events } = read([bytes.subarray(0, end)]);
      expect(events.at(-1)).toMatchObject({ type: "error", error: { kind: "truncated" } });
    }
  });

  it("is an error where its last envelope says so, after what was said before", () => {
    const { events } = read([streamOf("agent-error-canceled")]);
    expect(textOf(events, "text-delta")).toBe("Hel");
    expect(events.at(-1)).toMatchObject({ type: "error", error: { kind: "upstream", raw: "canceled" } });
    const unmarked = envelope(Buffer.from('{"error":{"code":"resource_exhausted","message":"no"}}'));
    expect(read([unmarked]).events).toMatchObject([{ type: "error", error: { kind: "rate-limit" } }]);
    expect(read([endEnvelope()]).events).toMatchObject([{ type: "error", error: { kind: "malformed-reply" } }]);
  });

  it("refuses what it cannot run, in the words of what was asked", () => {
    const asked: readonly Message[] = [
      { id: 3, readArgs: { path: "/w/a" } },
      { id: 4, shellArgs: { command: "rm x", workingDirectory: "/w" } },
      { id: 5, shellStreamArgs: { command: "ls" } },
      { id: 6, writeArgs: { path: "/w/b" } },
      { id: 7, deleteArgs: { path: "/w/c" } },
      { id: 8, grepArgs: { pattern: "x" } },
      { id: 9, lsArgs: { path: "/w" } },
      { id: 10, diagnosticsArgs: { path: "/w/d" } },
      { id: 11, fetchArgs: { url: "http://x" } },
      { id: 12, backgroundShellSpawnArgs: { command: "ls" } },
      { id: 13 },
    ];
    const { answers } = read([server(...asked.map((execServerMessage) => ({ execServerMessage })))]);
    const kinds = answers.map((answer) => {
      const inner = (answer["execClientMessage"] ?? answer["execClientControlMessage"]) as Record<string, unknown>; // one of both
      const kind = Object.keys(inner).find((key) => key !== "id") ?? "";
      return `${kind} ${Object.keys(inner[kind] ?? {})[0] ?? ""}`;
    });
    expect(kinds.filter((kind) => kind !== "streamClose id")).toEqual([
      "readResult rejected",
      "shellResult rejected",
      "shellStream rejected",
      "writeResult rejected",
      "deleteResult rejected",
      "grepResult error",
      "lsResult rejected",
      "diagnosticsResult rejected",
      "fetchResult error",
      "throw id",
      "throw id",
    ]);
    expect(kinds.filter((kind) => kind === "streamClose id").length).toBe(9);
  });

  it("refuses questions to the user, and ends where it has no word for that", () => {
    const { answers } = read([server({ interactionQuery: { id: 9, webSearchRequestQuery: {} } })]);
    expect(answers).toMatchObject([{ interactionResponse: { id: 9, webSearchRequestResponse: { rejected: {} } } }]);
    const { events } = read([server({ interactionQuery: { id: 9, createPlanRequestQuery: {} } })]);
    expect(events).toMatchObject([{ type: "error", error: { kind: "unsupported" } }]);
  });

  it("gives back the blobs it was given, and says which it has not", () => {
    const blobData = Buffer.from("kept");
    const blobId = blobIdOf(blobData);
    const { answers } = read([
      server(
        { kvServerMessage: { id: 1, setBlobArgs: { blobId, blobData } } },
        { kvServerMessage: { id: 2, getBlobArgs: { blobId } } },
        { kvServerMessage: { id: 3, getBlobArgs: { blobId: Buffer.from("else") } } },
      ),
    ]);
    expect(answers).toMatchObject([
      { kvClientMessage: { id: 1, setBlobResult: {} } },
      { kvClientMessage: { id: 2, getBlobResult: { blobData } } },
      { kvClientMessage: { id: 3, getBlobResult: { error: {} } } },
    ]);
  });

  it("never throws for bytes that are no answer", () => {
    for (const { hex } of vectors.malformed) expect(checkStream(read([Buffer.from(hex, "hex")]).events)).toEqual([]);
    const whole = streamOf("agent-tool");
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(whole.length - 1), bit: fc.nat(7) }), { maxLength: 4 }),
        fc.array(fc.nat(whole.length), { maxLength: 5 }),
        (flips, cuts) => {
          const bytes = Buffer.from(whole);
          for (const { at, bit } of flips) bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
          const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
          const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
          expect(checkStream(read(pieces).events)).toEqual([]);
        },
      ),
      { numRuns: 300, seed: 20_261_122 },
    );
  });
});

describe("a run", () => {
  it("has what the service wants to see, placeholders included, and the system prompt as a blob", () => {
    const { run, path, headers, replyContext, losses, staysOpen } = written();
    expect([path, staysOpen]).toEqual(["/agent.v1.AgentService/Run", true]);
    expect(headers).toContainEqual(["content-type", "application/connect+proto"]);
    expect(run).toMatchObject({
      action: { userMessageAction: { userMessage: { text: "Say hi", selectedContext: {}, mode: "AGENT_MODE_AGENT" } } },
      modelDetails: { modelId: "default" },
      requestedModel: { modelId: "default" },
      mcpTools: {},
    });
    const blob = Buffer.from('{"role":"system","content":"You are a test."}');
    expect(run["conversationState"]?.["rootPromptMessagesJson"]).toEqual([blobIdOf(blob)]);
    expect([...(replyContext.askedBack?.values() ?? [])]).toContainEqual(blob);
    expect(losses).toEqual([]);
    expect(written().body).toEqual(written().body);
  });

  it("declares tools, names that do not fit included, and undoes them in the answer", () => {
    const { run, replyContext } = written({
      tools: [{ kind: "function", name: "read a.b", description: "reads", parameters: { type: "object" } }],
    });
    const tools = run["mcpTools"]?.["mcpTools"] as readonly Message[]; // as the schema has it
    expect(tools).toMatchObject([
      { description: "reads", inputSchema: { structValue: { fields: { type: { stringValue: "object" } } } } },
    ]);
    const toolName = String(tools[0]?.["name"]);
    const exec = { execServerMessage: { id: 1, mcpArgs: { name: `x-${toolName}`, toolName, toolCallId: "c" } } };
    const { events } = read([server(exec), endEnvelope()], replyContext);
    expect(events.find(({ type }) => type === "tool-start")).toMatchObject({ name: "read a.b" });
  });

  it("carries earlier turns, calls and results as text, and says so", () => {
    const image = Buffer.from("picture");
    const { run, losses } = written({
      messages: [
        { role: "user", parts: [{ type: "text", text: "What is in a?" }] },
        {
          role: "assistant",
          parts: [
            { type: "thinking", text: "hm" },
            { type: "tool-call", id: "c1", name: "read", arguments: '{"path":"a"}', kind: "function" },
          ],
        },
        {
          role: "tool",
          callId: "c1",
          isError: false,
          parts: [
            { type: "text", text: "forty-two" },
            { type: "image", source: { kind: "base64", mediaType: "image/png", data: image.toString("base64") } },
          ],
        },
      ],
    });
    const message = (run["action"] as { userMessageAction: { userMessage: Message } }).userMessageAction.userMessage; // as the schema has it
    expect(message["text"]).toBe(
      '<conversation>\n<user>\nWhat is in a?\n</user>\n<assistant>\n<tool_call id="c1" name="read">\n{"path":"a"}\n</tool_call>\n</assistant>\n' +
        '<tool_result id="c1" name="read">\nforty-two\n[image 1]\n</tool_result>\n</conversation>\n\n' +
        "Go on with the conversation above from where it stops. What it holds has happened already.",
    );
    expect(message["selectedContext"]).toMatchObject({ selectedImages: [{ data: image, mimeType: "image/png" }] });
    expect(losses.map((text) => text.split(":")[0])).toEqual(["message", "thinking"]);
  });

  it("names what it cannot say", () => {
    const { losses, run } = written(
      { maxTokens: 5, temperature: 0, thinking: { mode: "level", level: "max" }, toolChoice: { type: "required" } },
      "claude-opus-4-8",
    );
    expect(losses).toEqual([
      "parameter: maxTokens (Cursor has none)",
      "parameter: temperature (Cursor has none)",
      "tool-choice: Cursor's models choose themselves whether to call a tool",
    ]);
    expect(run["requestedModel"]).toMatchObject({ parameters: [{ id: "effort", value: "high" }] });
  });
});

describe("JSON as messages", () => {
  it("comes back as it was", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (json) => {
        const bytes = encodeMessage("JsonValue", toJsonValue(json));
        // -0 has no JSON of its own.
        expect(JSON.stringify(fromJsonValue(decodeMessage("JsonValue", bytes)))).toBe(JSON.stringify(json));
      }),
      { numRuns: 200, seed: 20_261_122 },
    );
  });
});

describe("an error", () => {
  const of = (code: string, name?: string): unknown =>
    readEnd(
      Buffer.from(
        JSON.stringify({
          error: {
            code,
            message: "Error",
            details: name === undefined ? [] : [{ type: "aiserver.v1.ErrorDetails", debug: { error: name } }],
          },
        }),
      ),
    );

  it("means what Cursor's own number says, else what Connect's code says", () => {
    expect(of("resource_exhausted", "ERROR_PRO_USER_USAGE_LIMIT")).toMatchObject({ kind: "quota" });
    expect(of("unauthenticated", "ERROR_NOT_LOGGED_IN")).toMatchObject({ kind: "auth", status: 401 });
    expect(of("invalid_argument", "ERROR_CONVERSATION_TOO_LONG")).toMatchObject({ kind: "context-overflow" });
    expect(of("not_found", "ERROR_BAD_MODEL_NAME")).toMatchObject({ kind: "model-not-found" });
    expect(of("unauthenticated")).toMatchObject({ kind: "auth", raw: "unauthenticated" });
    expect(of("unavailable")).toMatchObject({ kind: "upstream", status: 503 });
    expect(of("made_up", "ERROR_MADE_UP")).toMatchObject({ kind: "upstream" });
  });

  it("tells what to set where the service wants another version", () => {
    expect(of("failed_precondition", "ERROR_OUTDATED_CLIENT")).toMatchObject({
      kind: "unsupported",
      message: expect.stringContaining("client_version"),
    });
  });

  it("is read from the packed details where the readable ones are missing", () => {
    const value = Buffer.from(
      encodeMessage("ErrorDetails", { error: "ERROR_RATE_LIMITED", details: { title: "Slow down" } }),
    )
      .toString("base64")
      .replace(/=+$/, "");
    const payload = { error: { code: "internal", details: [{ type: "aiserver.v1.ErrorDetails", value }] } };
    expect(readEnd(Buffer.from(JSON.stringify(payload)))).toMatchObject({
      kind: "rate-limit",
      message: "Slow down (ERROR_RATE_LIMITED)",
    });
  });

  it("may be the whole answer", () => {
    const body = Buffer.from('{"code":"unauthenticated","message":"no"}');
    expect(provider.readError(401, [], body)).toMatchObject({ kind: "auth", status: 401 });
    expect(provider.readError(464, [], new Uint8Array()).message).toContain("HTTP/2");
  });
});
