/**
 * Naughty strings where heads and frames are made of names: no line end and no NUL is ever written into one, and what
 * cannot be written is told in words, or left out, and never takes the call with it.
 */
import { once } from "node:events";
import { createServer as createPlainServer } from "node:http";
import { connect as connectH2, type IncomingHttpHeaders } from "node:http2";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { createSecureContext } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { bodyOf, type HeaderPairs, type HttpReply, type HttpRequest } from "../../src/base/http.ts";
import { safeLine, safeText } from "../../src/base/safe-text.ts";
import { UpstreamError } from "../../src/base/upstream-error.ts";
import { createSseReader, sseData, sseEvent } from "../../src/engine/codecs/sse.ts";
import { isWritableField, isWritableRequestLine, parseRequestHead } from "../../src/intercept/h1/head.ts";
import { answerStream, type Answer2 } from "../../src/intercept/h2/answer.ts";
import { WireSession } from "../../src/intercept/h2/wire/session.ts";
import { createDestinationGuard } from "../../src/intercept/upstream/destination.ts";
import { createDial } from "../../src/intercept/upstream/dial.ts";
import { createLanes } from "../../src/intercept/upstream/lanes.ts";
import { createSend } from "../../src/intercept/upstream/send.ts";
import { writeReply } from "../../src/intercept/write-reply.ts";
import { naughtyStrings, shown } from "../vectors/naughty-strings.ts";
import { sseDatas } from "./what-it-says.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).toReversed()) close();
});

const texts = naughtyStrings.map(({ text }) => text);
const tap = { id: "f", head: () => {}, chunk: () => {}, tell: () => {} };

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port; // a TCP listener has an AddressInfo
}

describe("a request of ours", () => {
  it("has one line for each field, whatever stands in it, or is refused in words", async () => {
    const heads: Buffer[] = [];
    const port = await listening(
      createServer((socket) => {
        closers.push(() => socket.destroy());
        let held = Buffer.alloc(0);
        socket.on("error", () => {});
        socket.on("data", (bytes: Buffer) => {
          held = Buffer.concat([held, bytes]);
          for (let end = held.indexOf("\r\n\r\n"); end >= 0; end = held.indexOf("\r\n\r\n")) {
            heads.push(held.subarray(0, end + 4));
            held = held.subarray(end + 4);
            socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
          }
        });
      }),
    );
    let host = "127.0.0.1";
    const dial = createDial({
      guard: createDestinationGuard({ privateDestinations: () => "allow", ownPorts: () => [] }),
      hop: "000000000000",
      secureContext: () => createSecureContext(),
      connectTo: () => ({ [`${host}:${port}`]: `127.0.0.1:${port}` }),
      connectTimeoutMs: () => 5_000,
      clock: systemClock,
      outbound: () => null,
    });
    const lanes = createLanes(dial);
    closers.push(() => lanes.close());
    const send = createSend({ lanes, timeouts: () => ({ firstByteMs: 5_000, idleMs: 5_000 }) });
    const usual: HttpRequest = {
      method: "GET",
      scheme: "http",
      host,
      port,
      target: "/v1/x",
      headers: [],
      body: bodyOf(""),
      signal: new AbortController().signal,
    };
    const places: Readonly<Record<string, (text: string) => Partial<HttpRequest>>> = {
      value: (text) => ({ headers: [["x-name", text]] }),
      name: (text) => ({ headers: [[text, "x"]] }),
      target: (text) => ({ target: `/v1/${text}` }),
      method: (text) => ({ method: text }),
      host: (text) => ({ host: text }),
    };
    const faults: string[] = [];
    let sent = 0;
    for (const one of naughtyStrings) {
      for (const [place, changed] of Object.entries(places)) {
        const request = { ...usual, ...changed(one.text) };
        // A method of another kind would have a body of its own framing, and a name that frames is another test.
        if (place === "method" && isWritableRequestLine(one.text, "/")) continue;
        ({ host } = request);
        heads.length = 0;
        try {
          const reply = await send(request, { purpose: "configured" });
          for await (const _ of reply.body);
          sent += 1;
          const parsed = parseRequestHead(heads[0] ?? Buffer.alloc(0));
          const fields = 1 + request.headers.length;
          if (heads.length !== 1) faults.push(`${place} ${shown(one)}: ${heads.length} heads`);
          else if (!parsed.ok) faults.push(`${place} ${shown(one)}: ${parsed.why}`);
          else if (parsed.head.headers.length !== fields) faults.push(`${place} ${shown(one)}: another field`);
        } catch (error) {
          if (!(error instanceof UpstreamError)) faults.push(`${place} ${shown(one)}: ${String(error)}`);
          if (heads.length > 0) faults.push(`${place} ${shown(one)}: refused after it was sent`);
        }
      }
    }
    expect(faults).toEqual([]);
    expect(sent).toBeGreaterThan(600);
  });
});

const naughtyFields: HeaderPairs = [
  ...texts.map((text, index) => [`x-value-${index}`, text] as const),
  ...texts.map((text) => [text, "name"] as const),
].filter(([name, value]) => name.length + value.length < 300 && !isFraming(name));
const writable = naughtyFields.filter(([name, value]) => isWritableField(name, value));

/** Names that mean something to HTTP itself. */
function isFraming(name: string): boolean {
  return /^(?:connection|te|upgrade|trailer|date|length|content|type|host)$/i.test(name);
}

function replyWith(headers: HeaderPairs): HttpReply {
  return { status: 200, headers, body: bodyOf("whole"), trailers: () => headers.slice(0, 20) };
}

describe("a reply of ours", () => {
  it("keeps its body and every field that can be written, over HTTP/1", async () => {
    expect(writable.length).toBeGreaterThan(400);
    expect(naughtyFields.length - writable.length).toBeGreaterThan(400);
    const server = createPlainServer((_request, outgoing) => void writeReply(outgoing, replyWith(naughtyFields), tap));
    const socket = connect(await listening(server), "127.0.0.1");
    closers.push(() => socket.destroy());
    socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const chunks: Buffer[] = [];
    for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
    const whole = Buffer.concat(chunks).toString("latin1");
    const head = whole.slice(0, whole.indexOf("\r\n\r\n"));
    const lines = head.split("\r\n").slice(1);
    const ours = lines.filter((line) => !/^(?:date|connection|transfer-encoding|keep-alive):/i.test(line));
    expect(ours).toEqual(writable.map(([name, value]) => `${name}: ${value}`));
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(/[\0\r\n]/.test(lines.join(""))).toBe(false);
    expect(whole).toContain("5\r\nwhole\r\n0\r\n");
  });

  it("keeps its body and every field that can be written, over HTTP/2", async () => {
    const batches: HeaderPairs[] = [];
    for (let at = 0; at < naughtyFields.length; at += 50) batches.push(naughtyFields.slice(at, at + 50));
    const inFlight = { enter: () => {}, leave: () => {}, count: 0, draining: false };
    const server = createServer((socket) => {
      new WireSession({
        role: "server",
        socket,
        maxStreams: 10,
        maxHeadBytes: 65_536,
        maxHeadFields: 100,
        windowBytes: 65_535,
        enableConnectProtocol: false,
        mayGoOn: () => true,
        listener: {
          onStream(stream, _, sketch) {
            const batch = batches[Number(sketch?.path?.slice(1))] ?? [];
            answerStream({
              stream,
              exchange: {},
              tap,
              deps: { inFlight, handler: { handle: () => Promise.resolve(replyWith(batch)) } },
              relay: () => {},
            } as unknown as Answer2); // what an answer reads of it
          },
          onClose() {},
        },
      });
    });
    const client = connectH2(`http://127.0.0.1:${await listening(server)}`);
    closers.push(() => client.destroy());
    for (const [index, batch] of batches.entries()) {
      const stream = client.request({ ":path": `/${index}` });
      const [headers] = (await once(stream, "response")) as [IncomingHttpHeaders]; // as Node documents the event
      let body = "";
      for await (const chunk of stream) body += String(chunk);
      expect(body).toBe("whole");
      // Values that begin or end in white space are left out by who reads them (RFC 9113 §8.2.1).
      const wanted = batch
        .filter(([name, value]) => isWritableField(name, value) && value === value.trim())
        .map(([name]) => name.toLowerCase());
      const got = Object.keys(headers).filter((name) => name !== ":status" && name !== "date");
      expect(new Set(got)).toEqual(new Set(wanted));
    }
  });
});

describe("a stream of ours", () => {
  it("has one event for one text, whatever stands in it", () => {
    const frames = texts.flatMap((text) => [
      sseData(JSON.stringify({ text })),
      sseEvent("content", JSON.stringify({ text })),
    ]);
    const wanted = texts.flatMap((text) => [text, text]);
    const textOf = (data: string): unknown => (JSON.parse(data) as { readonly text: unknown }).text; // written above
    const bytes = Buffer.concat(frames);
    const reader = createSseReader();
    expect([...reader.push(bytes), ...reader.end()].map(({ data }) => textOf(data))).toEqual(wanted);
    expect(sseDatas(bytes.toString()).map(textOf)).toEqual(wanted);
  });
});

describe("what a terminal is shown", () => {
  it("holds no control, no mark of direction and no half character of any of them", () => {
    const bad = /(?!\n)\p{Cc}|[\u200b-\u200f\u061c\u2028-\u202e\u2060-\u2069\ufeff]|\p{Surrogate}/u;
    expect(naughtyStrings.filter(({ text }) => bad.test(safeText(text))).map(shown)).toEqual([]);
    expect(naughtyStrings.filter(({ text }) => /[\r\n]/.test(safeLine(text))).map(shown)).toEqual([]);
  });
});
