/** HTTP/2 through the proxy: both directions at once, trailers, resets, and the protocol the origin really speaks. */
import { connect as connectH2, type ClientHttp2Session, type ClientHttp2Stream } from "node:http2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CoreProcess } from "../support/core-process.ts";
import { createStage, host, secondHost } from "../support/fixture.ts";
import { echo, startH2Origin, type H2Origin } from "../support/h2-origin.ts";
import { h2Through, tlsThrough } from "../support/proxy-clients.ts";
import { startRawOrigin } from "../support/raw-origin.ts";
import { waitFor, within } from "../support/wait.ts";

const stage = createStage();
let origin: H2Origin;
let core: CoreProcess;

beforeAll(async () => {
  origin = stage.opened.add(await startH2Origin(stage.identity));
  const h1 = stage.opened.add(await startRawOrigin({ tls: { ...stage.identity, alpn: ["http/1.1"] } }));
  core = await stage.startCore({ dial: { [host]: origin.port, [secondHost]: h1.port } });
});
afterAll(() => stage.close());

async function session(): Promise<ClientHttp2Session> {
  const opened = await h2Through(core, host);
  stage.opened.later(() => opened.destroy());
  return opened;
}

/** Starts a POST whose body stays open. */
function openStream(over: ClientHttp2Session, path: string): ClientHttp2Stream {
  const stream = over.request({ ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" });
  stream.setEncoding("utf8");
  stream.on("error", () => {});
  return stream;
}

function once<Value>(stream: ClientHttp2Stream, name: string): Promise<Value> {
  return within(name, new Promise((resolve) => stream.once(name, (value: Value) => resolve(value))));
}

/** How a stream ended: its reset code, and whether it looked complete to a reader. */
function ending(stream: ClientHttp2Stream): Promise<{ code: number; ended: boolean }> {
  let ended = false;
  stream.on("end", () => (ended = true));
  stream.resume();
  return within(
    "the stream to close",
    new Promise((resolve) => stream.once("close", () => resolve({ code: stream.rstCode, ended }))),
  );
}

describe("HTTP/2", () => {
  it("carries both directions at once, message by message, and the trailers", async () => {
    origin.play(echo);
    const stream = openStream(await session(), "/agent.v1/Run");
    for (const message of ["one", "two", "three"]) {
      // Each answer comes while our own side is still open.
      const answer = once<string>(stream, "data");
      stream.write(message);
      expect(await answer).toBe(message);
    }
    const trailers = once<Record<string, string>>(stream, "trailers");
    const end = ending(stream);
    stream.end();
    expect(await trailers).toMatchObject({ "grpc-status": "0", "grpc-message": "fine" });
    expect(await end).toEqual({ code: 0, ended: true });
  });

  it("passes request trailers on", async () => {
    const got = new Promise((resolve) => {
      origin.play((stream) => {
        stream.on("trailers", resolve);
        stream.resume().on("end", () => stream.respond({ ":status": 200 }, { endStream: true }));
      });
    });
    const over = await session();
    const waiting = over.request({ ":method": "POST", ":path": "/" }, { waitForTrailers: true, endStream: false });
    waiting.on("wantTrailers", () => waiting.sendTrailers({ "x-sum": "42" }));
    waiting.end("body");
    waiting.resume();
    expect(await within("the trailers", got)).toMatchObject({ "x-sum": "42" });
  });

  it("passes trailers of a body with a length on where they were announced or asked for", async () => {
    const got = new Promise((resolve) => {
      origin.play((stream) => {
        stream.on("trailers", resolve);
        stream.resume().on("end", () => {
          stream.respond({ ":status": 200, "content-length": "5" }, { waitForTrailers: true });
          stream.on("wantTrailers", () => stream.sendTrailers({ "x-reply-sum": "7" }));
          stream.end("reply");
        });
      });
    });
    const over = await session();
    const waiting = over.request(
      { ":method": "POST", ":path": "/", "content-length": "4", trailer: "x-sum", te: "trailers" },
      { waitForTrailers: true, endStream: false },
    );
    waiting.on("wantTrailers", () => waiting.sendTrailers({ "x-sum": "42" }));
    const back = once<Record<string, string>>(waiting, "trailers");
    waiting.end("body");
    waiting.resume();
    expect(await within("the trailers", got)).toMatchObject({ "x-sum": "42" });
    expect(await back).toMatchObject({ "x-reply-sum": "7" });
  });

  it("keeps header values, order and duplicates, and asks the origin for what it was asked", async () => {
    origin.play((stream, headers) => {
      stream.respond({ ":status": 201, "set-cookie": ["a=1", "b=2"], "x-path": String(headers[":path"]) });
      stream.end();
    });
    const over = await session();
    const stream = over.request({
      ":authority": host,
      ":path": "/v1/Odd%2f?b=2&a=1",
      "x-zebra": "1",
      "user-agent": "Test/1",
      "x-alpha": "2",
    });
    const reply = await once<Record<string, unknown>>(stream, "response");
    expect(reply).toMatchObject({ ":status": 201, "set-cookie": ["a=1", "b=2"], "x-path": "/v1/Odd%2f?b=2&a=1" });
    const seen = origin.seen.at(-1)?.headers ?? {};
    expect(seen[":authority"]).toBe(host);
    expect(Object.keys(seen).filter((name) => !name.startsWith(":"))).toEqual(["x-zebra", "user-agent", "x-alpha"]);
    stream.close();
  });

  it("runs 64 streams in parallel on one connection", async () => {
    origin.play(echo);
    const over = await session();
    const answers = Array.from({ length: 64 }, async (_, index) => {
      const stream = openStream(over, `/${index}`);
      let text = "";
      stream.on("data", (chunk: string) => (text += chunk));
      stream.end(`message ${index}`);
      await once(stream, "close");
      return text;
    });
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 64 }, (_, index) => `message ${index}`));
  });

  it("speaks HTTP/2 with a client that knows it beforehand and offers no ALPN", async () => {
    origin.play(echo);
    const over = await h2Through(core, host, {});
    const stream = openStream(over, "/prior");
    stream.end("without being asked");
    expect(await once<string>(stream, "data")).toBe("without being asked");
    over.destroy();
  });

  it("offers the client only what the origin speaks", async () => {
    const both = { alpn: ["h2", "http/1.1"] };
    const toH2 = await tlsThrough(core, host, both);
    const toH1 = await tlsThrough(core, secondHost, both);
    expect([toH2.alpnProtocol, toH1.alpnProtocol]).toEqual(["h2", "http/1.1"]);
    toH2.destroy();
    toH1.destroy();
  });

  it("relays extended CONNECT (RFC 8441)", async () => {
    origin.play((stream) => {
      stream.respond({ ":status": 200, "sec-websocket-protocol": "chat" });
      stream.pipe(stream);
    });
    const socket = await tlsThrough(core, host, { alpn: ["h2"] });
    const over = connectH2(`https://${host}`, { createConnection: () => socket });
    stage.opened.later(() => over.destroy());
    over.on("error", () => {});
    await waitFor("the extended CONNECT setting", () => over.remoteSettings?.enableConnectProtocol === true);
    const stream = over.request(
      { ":method": "CONNECT", ":protocol": "websocket", ":path": "/chat", "sec-websocket-version": "13" },
      { endStream: false },
    );
    stream.on("error", () => {});
    expect(await once(stream, "response")).toMatchObject({ ":status": 200, "sec-websocket-protocol": "chat" });
    stream.write("framed bytes");
    expect(String(await once(stream, "data"))).toBe("framed bytes");
    expect(origin.seen.at(-1)?.headers).toMatchObject({
      ":method": "CONNECT",
      ":protocol": "websocket",
      ":path": "/chat",
    });
    stream.close();
  });
});
