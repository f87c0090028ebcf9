/** Runs of Cursor's agent that are not played here go on to where they were going, as they came; and the shim's faults. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ClientHttp2Stream } from "node:http2";
import type { TLSSocket } from "node:tls";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createEnvelopeReader, endFlag, envelope } from "../../src/engine/codecs/connect.ts";
import { encodeMessage, type Message } from "../../src/engine/formats/cursor/wire/schema.ts";
import type { CoreProcess, FlowJson } from "../support/core-process.ts";
import { asksFor, createIde, playAlong } from "../support/cursor-client.ts";
import { h1Transport, h2Transport, openBidi, openShim } from "../support/cursor-wire.ts";
import { startFakeOpenAiChat, type FakeProvider } from "../support/fake-providers.ts";
import { createStage } from "../support/fixture.ts";
import { echo, startH2Origin, type H2Origin } from "../support/h2-origin.ts";
import { field, sayHello } from "../support/provider-turn.ts";
import { h2Through, readUntil, tlsThrough } from "../support/proxy-clients.ts";
import { startRawOrigin, type RawOrigin } from "../support/raw-origin.ts";
import { waitFor, within } from "../support/wait.ts";

const stage = createStage();
const h2Host = "agentn.api5.cursor.sh";
const h1Host = "api2.cursor.sh";
let h2: H2Origin;
let h1: RawOrigin;
let provider: FakeProvider;
let core: CoreProcess;

beforeAll(async () => {
  const identity = stage.ca.issue([h1Host, h2Host]);
  h2 = stage.opened.add(await startH2Origin(identity));
  h1 = stage.opened.add(await startRawOrigin({ tls: { ...identity, alpn: ["http/1.1"] } }));
  provider = stage.opened.add(await startFakeOpenAiChat());
  core = await stage.startCore({
    dial: { [h2Host]: h2.port, [h1Host]: h1.port },
    config: {
      providers: {
        local: { type: "openai-compatible", endpoint: `${provider.url}/v1` },
        dead: { type: "openai-compatible", endpoint: "http://127.0.0.1:9/v1" },
      },
      routes: [
        { match: { host: "*.cursor.sh", model: "wanted-*" }, to: "local/the-model" },
        { match: { host: "*.cursor.sh", model: "falls-*" }, to: "dead/the-model", fallback: "passthrough" },
      ],
    },
  });
});
afterAll(() => stage.close());
beforeEach(() => provider.answerWith(sayHello));

const other: Message = { requestedModel: { modelId: "other" } };
const wanted: Message = { requestedModel: { modelId: "wanted-1" } };

function runBytes(request: Message): Buffer {
  return Buffer.from(encodeMessage("AgentClientMessage", { runRequest: request }));
}

/** Nothing is left to be asked of the client: the model comes first. */
function knowsAll(words: string, more: Message): Message {
  return asksFor(words, { ...more, excludeWorkspaceContext: true });
}

function whys(flow: FlowJson): string {
  const steps = field(flow, "why");
  return Array.isArray(steps) ? steps.map((step) => String(field(step, "text"))).join("\n") : "";
}

describe("over HTTP/2", () => {
  async function openRun(): Promise<ClientHttp2Stream> {
    const session = await h2Through(core, h2Host);
    stage.opened.later(() => session.destroy());
    const stream = session.request({
      ":method": "POST",
      ":path": "/agent.v1.AgentService/Run",
      "content-type": "application/connect+proto",
    });
    stream.on("error", () => {});
    return stream;
  }

  /** Reads so many bytes that came back. */
  function back(stream: ClientHttp2Stream, count: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    return within(
      `${count} bytes`,
      new Promise((resolve) => {
        const take = (chunk: Buffer): void => {
          chunks.push(chunk);
          const all = Buffer.concat(chunks);
          if (all.byteLength < count) return;
          stream.off("data", take);
          resolve(all);
        };
        stream.on("data", take);
      }),
    );
  }

  it.each([
    ["for a model that no rule wants", runBytes(asksFor("Hello", other))],
    ["of a subagent", runBytes(asksFor("Hello", { ...wanted, subagentTypeName: "explore" }))],
    ["that asks for a summary", runBytes({ ...asksFor("", wanted), action: { summarizeAction: {} } })],
    [
      "with the user's own key",
      runBytes(asksFor("Hello", { requestedModel: { modelId: "wanted-1", apiKeyCredentials: { apiKey: "k" } } })),
    ],
    [
      "whose target is down and whose rule falls back",
      runBytes(knowsAll("Hello", { requestedModel: { modelId: "falls-1" } })),
    ],
    ["that cannot be read", Buffer.from("0f01", "hex")],
  ])("a run %s stays a live conversation with its own backend, byte for byte", async (_what, message) => {
    h2.play(echo);
    const stream = await openRun();
    const first = Buffer.from(envelope(message));
    stream.write(first.subarray(0, 3));
    stream.write(first.subarray(3));
    expect((await back(stream, first.byteLength)).equals(first)).toBe(true);
    const second = Buffer.from(envelope(Buffer.from("anything at all")));
    stream.write(second);
    expect((await back(stream, second.byteLength)).equals(second)).toBe(true);
    stream.end();
    const flow = await core.flow("the run", (one) => one.state === "done" && one.host === h2Host);
    expect(flow.action).toBe("passthrough");
  });

  it("says why a run of a routed model was not played", async () => {
    h2.play(echo);
    const stream = await openRun();
    const message = envelope(runBytes(asksFor("Hello", { ...wanted, subagentTypeName: "marked-subagent" })));
    stream.end(message);
    await back(stream, message.byteLength);
    const flow = await core.flow("the reason", (one) => whys(one).includes("this run is a subagent's"));
    expect(flow.action).toBe("passthrough");
  });

  it("bytes that are no envelopes end a run that is being played with the protocol's error", async () => {
    provider.answerWith(() => ({ type: "silence" }));
    const before = provider.seen.length;
    const stream = await openRun();
    stream.write(envelope(runBytes(knowsAll("Hello", wanted))));
    await waitFor("the question", () => provider.seen.length > before);
    stream.write(Buffer.from("ffffffffffff", "hex"));
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    await within("the end", new Promise((resolve) => stream.once("end", resolve)));
    const [last] = createEnvelopeReader(null).push(Buffer.concat(chunks)).toReversed();
    expect(last?.flags).toBe(endFlag);
    expect(Buffer.from(last?.payload ?? []).toString()).toContain('"code":"invalid_argument"');
    await waitFor("the provider to be left", () => provider.seen.at(-1)?.abandoned === true);
    stream.destroy();
  });

  it("a second run on the stream of the first ends both with the protocol's error", async () => {
    provider.answerWith(() => ({ type: "silence" }));
    const { transport, close } = await h2Transport(core, h2Host);
    stage.opened.later(() => close());
    const wire = openBidi(transport);
    const running = createIde().run(wire, asksFor("Hello", wanted), {
      // A second run on the same stream is nothing the protocol knows.
      onMessage: (message) =>
        void (
          JSON.stringify(message).includes("requestContextArgs") && wire.send({ runRequest: asksFor("Again", wanted) })
        ),
    });
    const outcome = await running;
    expect(outcome.error?.code).toBe(Code.InvalidArgument);
    expect(outcome.faults).toEqual([]);
  });
});

describe("over HTTP/1.1", () => {
  let requests = 0;
  const newId = (): string => `10000000-0000-4000-8000-${String((requests += 1)).padStart(12, "0")}`;
  const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  function post(path: string, type: string, body: Uint8Array): Buffer {
    const head = `POST ${path} HTTP/1.1\r\nhOST: ${h1Host}\r\nContent-Type: ${type}\r\nContent-Length: ${body.byteLength}\r\nX-Odd:  1\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), body]);
  }
  const listens = (requestId: string): Buffer =>
    post(
      "/agent.v1.AgentService/RunSSE",
      "application/connect+proto",
      envelope(encodeMessage("BidiRequestId", { requestId })),
    );
  const appends = (requestId: string, appendSeqno: number, message: Uint8Array): Buffer =>
    post(
      "/aiserver.v1.BidiService/BidiAppend",
      "application/proto",
      encodeMessage("BidiAppendRequest", {
        data: Buffer.from(message).toString("hex"),
        requestId: { requestId },
        appendSeqno,
      }),
    );

  /** The origin answers everything; what it got, by path. */
  function recording(): Map<string, Buffer> {
    const got = new Map<string, Buffer>();
    void h1.play(async (connection) => {
      const head = await connection.readHead();
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      const body = length === 0 ? Buffer.alloc(0) : await connection.readUntil(length);
      got.set(head.split(" ")[1] ?? "", Buffer.concat([Buffer.from(head, "latin1"), body]));
      await connection.write(ok);
    });
    return got;
  }

  async function sends(bytes: Buffer): Promise<TLSSocket> {
    const socket = await tlsThrough(core, h1Host, { alpn: ["http/1.1"] });
    stage.opened.later(() => void socket.destroy());
    socket.write(bytes);
    return socket;
  }

  it.each(["the reply first", "the message first"])(
    "both halves of a run that no rule wants are handed on, %s",
    async (which) => {
      const got = recording();
      const id = newId();
      const listen = listens(id);
      const append = appends(id, 0, runBytes(asksFor("Hello", other)));
      const order = which === "the reply first" ? [listen, append] : [append, listen];
      const [first = listen, second = append] = order;
      const one = await sends(first);
      // Enough for the first to be there before the second; either order must do.
      await sleep(100);
      const two = await sends(second);
      await Promise.all([readUntil(one, "\r\n\r\nok"), readUntil(two, "\r\n\r\nok")]);
      expect(got.get("/agent.v1.AgentService/RunSSE")?.equals(listen)).toBe(true);
      expect(got.get("/aiserver.v1.BidiService/BidiAppend")?.equals(append)).toBe(true);
    },
  );

  it.each([
    ["a reply whose messages never come", listens(`20000000-0000-4000-8000-000000000001`)],
    [
      "a message whose reply never comes",
      appends("20000000-0000-4000-8000-000000000002", 0, runBytes(asksFor("Hello", wanted))),
    ],
    [
      "a message that cannot be read",
      post("/aiserver.v1.BidiService/BidiAppend", "application/proto", Buffer.from("0f01", "hex")),
    ],
    [
      "the poll form",
      post(
        "/agent.v1.AgentService/RunPoll",
        "application/connect+proto",
        envelope(encodeMessage("BidiPollRequest", {})),
      ),
    ],
  ])("%s goes on alone", async (_what, bytes) => {
    const got = recording();
    const socket = await sends(bytes);
    await readUntil(socket, "\r\n\r\nok");
    expect([...got.values()].some((one) => one.equals(bytes))).toBe(true);
  });

  it("messages that come before the reply is asked for, out of order, and twice", async () => {
    const { transport, close } = h1Transport(core, h1Host);
    stage.opened.later(() => close());
    const wire = openShim(transport, { requestId: newId(), binary: true });
    const ide = createIde();
    const system = ide.keep(Buffer.from(JSON.stringify({ role: "system", content: "Be brief." })));
    const request = asksFor("Hello", { ...wanted, conversationState: { rootPromptMessagesJson: [system] } });
    // 1 and 2 say nothing; they must not overtake 0.
    const early = [wire.append(2, { clientHeartbeat: {} }), wire.append(1, { clientHeartbeat: {} })];
    const first = wire.append(0, { runRequest: request });
    wire.listen();
    await Promise.all([...early, first, wire.append(0, { runRequest: request })]);
    let next = 3;
    const outcome = await playAlong({ ...wire, send: (message) => wire.append(next++, message) }, ide.blobs);
    expect(outcome.error).toBeNull();
    expect(outcome.faults).toEqual([]);
    expect(outcome.text).toBe("Hello from the fake provider.");
  });

  it("answers Cursor's own client in the content type its servers use", async () => {
    const id = newId();
    const reply = await sends(
      Buffer.from(listens(id).toString("latin1").replace("X-Odd:  1", "x-cursor-streaming: true"), "latin1"),
    );
    const append = await sends(appends(id, 0, runBytes(asksFor("Hello", wanted))));
    expect(await readUntil(append, "\r\n\r\n")).toContain("200 OK");
    const head = await readUntil(reply, "\r\n\r\n");
    expect(head).toContain("200 OK");
    expect(head.toLowerCase()).toContain("content-type: text/event-stream");
  });
});
