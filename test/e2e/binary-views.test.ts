/** Cursor's and Kiro's calls passed through a real core: byte for byte to both sides, and read along into flows. */
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { own } from "../../src/base/json.ts";
import { endEnvelope, envelope } from "../../src/engine/codecs/connect.ts";
import { decodeMessage, encodeMessage } from "../../src/engine/formats/cursor/wire/schema.ts";
import type { CoreProcess } from "../support/core-process.ts";
import { createStage } from "../support/fixture.ts";
import { type H2Origin, startH2Origin } from "../support/h2-origin.ts";
import { h2Through, readToEnd, tlsThrough } from "../support/proxy-clients.ts";
import { startRawOrigin, type RawOrigin } from "../support/raw-origin.ts";
import { waitFor } from "../support/wait.ts";
import cursorVectors from "../vectors/cursor-vectors.json" with { type: "json" };
import eventVectors from "../vectors/eventstream-vectors.json" with { type: "json" };

const cursor = "api2.cursor.sh";
const kiro = "q.us-east-1.amazonaws.com";
/** Of those that answer HTTP/1.1 with 464. */
const agent = "agent.api5.cursor.sh";
const stage = createStage();
let origin: RawOrigin;
let h2Origin: H2Origin;
let core: CoreProcess;

const bytesOf = (list: readonly { readonly name: string; readonly hex: string | null }[], name: string): Buffer => {
  const hex = list.find((one) => one.name === name)?.hex;
  if (hex === undefined || hex === null) throw new Error(name);
  return Buffer.from(hex, "hex");
};

beforeAll(async () => {
  const identity = stage.ca.issue([cursor, kiro, agent]);
  h2Origin = stage.opened.add(await startH2Origin(identity));
  origin = stage.opened.add(await startRawOrigin({ tls: { ...identity, alpn: ["http/1.1"] } }));
  core = await stage.startCore({
    dial: { [cursor]: origin.port, [kiro]: origin.port, [agent]: h2Origin.port },
    config: {
      providers: { local: { type: "openai-compatible", endpoint: "http://127.0.0.1:9/v1", auth_type: "none" } },
      routes: [
        { match: { host: cursor, model: "routed-model" }, to: "local/model", enabled: true },
        { match: { host: kiro, model: "routed-for-kiro" }, to: "local/model", enabled: true },
      ],
      settings: { extend_model_lists: true },
    },
  });
});
afterAll(() => stage.close());

interface Call {
  readonly host: string;
  readonly path: string;
  readonly type: string;
  readonly body: Buffer;
  readonly replyType: string;
  readonly reply: Buffer;
  readonly replyHeaders?: string;
}

/** What the origin was sent, and what the client got. */
async function call(given: Call): Promise<{ readonly sent: string; readonly body: Buffer }> {
  const { host, path, type, body, replyType, reply, replyHeaders = "" } = given;
  const sent = origin.play(async (connection) => {
    const head = await connection.readHead();
    const got = await connection.readUntil(body.byteLength);
    await connection.write(
      Buffer.concat([
        Buffer.from(
          `HTTP/1.1 200 OK\r\nContent-Type: ${replyType}\r\n${replyHeaders}Content-Length: ${reply.byteLength}\r\nConnection: close\r\n\r\n`,
        ),
        reply,
      ]),
    );
    return `${head}${got.toString("latin1")}`;
  });
  const socket = await tlsThrough(core, host);
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJhIjoiY2FuYXJ5In0.c2lnbmF0dXJl\r\nx-cursor-checksum: pZGTi4-_${"c0ffee".repeat(10)}\r\nContent-Type: ${type}\r\nContent-Length: ${body.byteLength}\r\nConnection: close\r\n\r\n`,
  );
  socket.write(body);
  const { bytes } = await readToEnd(socket);
  const end = bytes.indexOf("\r\n\r\n");
  return { sent: await sent, body: bytes.subarray(end + 4) };
}

function flowOf(path: string, isReady: (flow: object) => boolean): Promise<object> {
  return waitFor(`the flow of ${path}`, async () => {
    const flow = (await core.flows()).findLast((one) => own(one, "path") === path);
    return flow !== undefined && isReady(flow) ? flow : undefined;
  });
}

const append = {
  host: cursor,
  path: "/aiserver.v1.BidiService/BidiAppend",
  type: "application/proto",
  body: bytesOf(cursorVectors.messages, "bidi-append-0-run"),
  replyType: "application/proto",
  reply: Buffer.alloc(0),
} as const;
const runSse = {
  host: cursor,
  path: "/agent.v1.AgentService/RunSSE",
  type: "application/connect+proto",
  body: bytesOf(cursorVectors.streams, "run-sse-client"),
  replyType: "text/event-stream",
  reply: bytesOf(cursorVectors.streams, "agent-text"),
} as const;

describe("a passed-through run over HTTP/1.1", () => {
  it("goes through byte for byte, and its flow has what stood in the other request", async () => {
    const [said, answered] = [await call(append), await call(runSse)];
    expect(said.sent.endsWith(append.body.toString("latin1"))).toBe(true);
    expect(answered.body.equals(runSse.reply)).toBe(true);
    const flow = await flowOf(runSse.path, (one) => own(one, "usage") !== null && own(one, "session") !== undefined);
    expect(flow).toMatchObject({
      action: "passthrough",
      formats: { client: "cursor", upstream: "cursor" },
      model: { asked: "default" },
      usage: { input: 100, output: 7, cacheRead: 40, reasoning: 2 },
    });
    const other = await flowOf(append.path, (one) => own(one, "session") !== undefined);
    expect(own(other, "session")).toBe(own(flow, "session"));
    expect(JSON.stringify([flow, other])).not.toContain("c0ffee");
  });
});

it("reads a passed-through Kiro answer as what it is", async () => {
  const reply = bytesOf(eventVectors.streams, "text-turn");
  const { body } = await call({
    host: kiro,
    path: "/generateAssistantResponse",
    type: "application/json",
    body: Buffer.from('{"conversationState":{"conversationId":"c"}}'),
    replyType: "application/vnd.amazon.eventstream",
    reply,
  });
  expect(body.equals(reply)).toBe(true);
  const flow = await flowOf("/generateAssistantResponse", (one) => own(one, "session") !== undefined);
  expect(flow).toMatchObject({ formats: { client: "kiro" } });
});

describe("a list of models", () => {
  const list = {
    host: cursor,
    path: "/aiserver.v1.AiService/AvailableModels",
    type: "application/proto",
    body: bytesOf(cursorVectors.messages, "available-models-request"),
    replyType: "application/proto",
  } as const;

  it("has the routed models, asked for with the client's own words", async () => {
    const reply = bytesOf(cursorVectors.messages, "available-models-response");
    const { sent, body } = await call({ ...list, reply });
    expect(sent).toContain("Bearer eyJhbGciOiJIUzI1NiJ9.eyJhIjoiY2FuYXJ5In0.c2lnbmF0dXJl");
    expect(sent.endsWith(list.body.toString("latin1"))).toBe(true);
    const read = decodeMessage("AvailableModelsResponse", body);
    expect(read["modelNames"]).toEqual(["default", "routed-model"]);
  });

  it("is packed as it came", async () => {
    const reply = gzipSync(bytesOf(cursorVectors.messages, "available-models-response"));
    const { body } = await call({ ...list, reply, replyHeaders: "Content-Encoding: gzip\r\n" });
    expect(body.subarray(0, 2).toString("hex")).toBe("1f8b");
  });

  it("is the only thing on its host that changes", async () => {
    const reply = Buffer.concat([envelope(encodeMessage("AgentUsableModelsResponse", { models: [] })), endEnvelope()]);
    const { body } = await call({ ...list, path: "/aiserver.v1.AiService/CheckQueuePosition", reply });
    expect(body.equals(reply)).toBe(true);
  });
});

it("adds the routed models to the list that Kiro asks for", async () => {
  const models = [{ modelId: "claude-sonnet-4.5", modelName: "Claude Sonnet 4.5" }];
  const { body } = await call({
    host: kiro,
    path: "/",
    type: "application/x-amz-json-1.0\r\nX-Amz-Target: AmazonCodeWhispererService.ListAvailableModels",
    body: Buffer.from('{"origin":"AI_EDITOR"}'),
    replyType: "application/x-amz-json-1.0",
    reply: Buffer.from(JSON.stringify({ defaultModel: models[0], models })),
  });
  const read: unknown = JSON.parse(body.toString());
  expect(read).toMatchObject({ models: [models[0], { modelId: "routed-for-kiro" }] });
});

describe("over HTTP/2", () => {
  it("asks a host that takes nothing else for its list, and adds to it", async () => {
    const reply = bytesOf(cursorVectors.messages, "usable-models-response");
    h2Origin.play((stream) => {
      stream.respond({ ":status": 200, "content-type": "application/proto", "content-length": reply.byteLength });
      stream.resume().end(reply);
    });
    const session = await h2Through(core, agent);
    try {
      const stream = session.request({
        ":method": "POST",
        ":path": "/agent.v1.AgentService/GetUsableModels",
        "content-type": "application/proto",
      });
      stream.end();
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array)); // a stream of bytes
      expect(Buffer.concat(chunks).toString("latin1")).toContain("routed-model");
      expect(h2Origin.seen.map(({ headers }) => headers[":path"])).toContain("/agent.v1.AgentService/GetUsableModels");
    } finally {
      session.destroy();
    }
  });
});
