/** Sessions against peers that say their frames by hand; with real ones: session-interop.test.ts. */
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import {
  block,
  data,
  endHeaders,
  endStream,
  frame,
  kinds,
  number32,
  ping,
  post as postTo,
  preface,
  request,
  rst,
  settings,
  settingsAck,
  windowUpdate,
  type Field,
} from "../../../../test/support/h2-frames.ts";
import { padded, settled, wirePeer, type WirePeer } from "../../../../test/support/wire-peer.ts";
import { errorCodes } from "./codes.ts";
import { WireSession } from "./session.ts";

const host = "a.test";
const bytes = (size: number): Buffer => Buffer.alloc(size, "x");
const post = (stream: number, more?: readonly Field[]): Buffer => postTo(stream, host, more);
const trailers = (stream: number, fields: readonly Field[] = [["a", "b"]], isLast = true): Buffer =>
  frame(kinds.headers, endHeaders | (isLast ? endStream : 0), stream, block(fields));
const payloadOf = (of: Buffer): Buffer => of.subarray(9);
const goodbyeOf = async (peer: WirePeer): Promise<string | undefined> =>
  (await peer.heardInShort()).find((text) => text.startsWith("GOAWAY"));

async function mustAnswerPing(peer: WirePeer): Promise<void> {
  const before = (await peer.heardInShort()).filter((text) => text === "PING ack").length;
  peer.say(ping());
  expect((await peer.heardInShort()).filter((text) => text === "PING ack")).toHaveLength(before + 1);
}

describe("a greeting", () => {
  it("says settings and the window of the connection, and answers the peer's settings", async () => {
    expect(await wirePeer("server").heardInShort()).toEqual(["SETTINGS", "WINDOW 0 934465", "SETTINGS ack"]);
    expect(await wirePeer("client").heardInShort()).toEqual(["SETTINGS", "WINDOW 0 934465", "SETTINGS ack"]);
  });

  it("and all that follows means the same byte by byte", async () => {
    const said = Buffer.concat([
      preface,
      settings([[1, 0]]),
      post(1),
      data(1, 3),
      padded(1, bytes(2), 9),
      ping(),
      trailers(1),
      frame(kinds.headers, 0, 3, payloadOf(request(3, host)).subarray(0, 4)),
      frame(kinds.continuation, endHeaders, 3, payloadOf(request(3, host)).subarray(4)),
      data(3, 0, true),
    ]);
    const whole = wirePeer("server", { isUngreeted: true });
    whole.say(said);
    const pieces = wirePeer("server", { isUngreeted: true });
    for (const byte of said) pieces.say(Buffer.from([byte]));
    expect(whole.told).toEqual(["1 POST /", "1 data 3", "1 data 2", "1 trailers a=b", "1 end", "3 GET /", "3 end"]);
    expect(pieces.told).toEqual(["1 POST /", "1 data 1", "1 data 1", "1 data 1", ...whole.told.slice(2)]);
    expect(await pieces.heardInShort()).toEqual(await whole.heardInShort());
  });

  it.each([
    ["another protocol", Buffer.from("GET / HTTP/1.1\r\n")],
    ["something else first", Buffer.concat([preface, ping()])],
    ["an answer first", Buffer.concat([preface, settingsAck])],
  ])("is refused: %s", async (_, said) => {
    const peer = wirePeer("server", { isUngreeted: true });
    peer.say(said);
    expect(await goodbyeOf(peer)).toBe("GOAWAY 0 1");
  });

  it("is over at once on a socket that died before", async () => {
    const dead = new PassThrough();
    dead.destroy();
    const told: string[] = [];
    const session = new WireSession({
      role: "client",
      socket: dead,
      maxStreams: 0,
      maxHeadBytes: 1_000,
      maxHeadFields: 10,
      windowBytes: 65_535,
      enableConnectProtocol: false,
      mayGoOn: () => true,
      listener: { onClose: () => told.push("close") },
    });
    await settled();
    expect(told).toEqual(["close"]);
    expect(session.isClosed).toBe(true);
  });
});

describe("what ends the connection", () => {
  const tooLong = Buffer.alloc(9);
  tooLong.writeUIntBE(16_385, 0, 3);
  const faults: readonly (readonly [what: string, code: keyof typeof errorCodes, frames: readonly Buffer[]])[] = [
    ["a frame longer than we allow", "frameSizeError", [tooLong]],
    ["DATA of stream 0", "protocolError", [data(0, 1)]],
    ["DATA of a stream that nobody opened", "protocolError", [data(1, 1)]],
    ["DATA of a stream that is over", "streamClosed", [post(1), rst(1, 8), data(1, 1)]],
    ["HEADERS of stream 0", "protocolError", [frame(kinds.headers, endHeaders, 0, block([["a", "b"]]))]],
    ["HEADERS of a stream of ours", "protocolError", [request(2, host)]],
    ["HEADERS of a stream that is over", "streamClosed", [post(1), rst(1, 8), trailers(1)]],
    ["a number that was passed over", "streamClosed", [request(5, host), request(3, host)]],
    ["a PING of 7 bytes", "frameSizeError", [frame(kinds.ping, 0, 0, bytes(7))]],
    ["a PING of a stream", "protocolError", [frame(kinds.ping, 0, 1, bytes(8))]],
    ["SETTINGS of a stream", "protocolError", [frame(kinds.settings, 0, 1)]],
    ["SETTINGS of an odd size", "frameSizeError", [frame(kinds.settings, 0, 0, bytes(5))]],
    ["an ack that says something", "frameSizeError", [frame(kinds.settings, 1, 0, bytes(6))]],
    ["a window too wide", "flowControlError", [settings([[4, 0x8000_0000]])]],
    [
      "a window that SETTINGS make too wide",
      "flowControlError",
      [post(1), windowUpdate(1, 0x7fff_ffff - 65_535), settings([[4, 65_536]])],
    ],
    ["a window that grows by nothing", "protocolError", [windowUpdate(0, 0)]],
    ["a window that grows too far", "flowControlError", [windowUpdate(0, 0x7fff_ffff)]],
    ["a window of no stream", "protocolError", [windowUpdate(1, 1)]],
    ["a window of three bytes", "frameSizeError", [frame(kinds.windowUpdate, 0, 0, bytes(3))]],
    ["a reset of no stream", "protocolError", [rst(1, 8)]],
    ["a reset of five bytes", "frameSizeError", [post(1), frame(kinds.rst, 0, 1, bytes(5))]],
    ["GOAWAY of seven bytes", "frameSizeError", [frame(kinds.goaway, 0, 0, bytes(7))]],
    ["CONTINUATION of nothing", "protocolError", [frame(kinds.continuation, endHeaders, 1)]],
    [
      "CONTINUATION of another stream",
      "protocolError",
      [frame(kinds.headers, 0, 1), frame(kinds.continuation, endHeaders, 3)],
    ],
    ["a frame within a head", "protocolError", [frame(kinds.headers, 0, 1), ping()]],
    ["DATA within a head", "protocolError", [post(1), frame(kinds.headers, 0, 3), data(1, 1)]],
    [
      "a head without end",
      "enhanceYourCalm",
      [frame(kinds.headers, 0, 1), ...Array.from({ length: 70 }, () => frame(kinds.continuation, 0, 1))],
    ],
    ["padding beyond its frame", "protocolError", [post(1), frame(kinds.data, 8, 1, Buffer.from([2, 0]))]],
    ["padding of an empty frame", "protocolError", [post(1), frame(kinds.data, 8, 1)]],
    ["padding beyond its head", "protocolError", [frame(kinds.headers, endHeaders | 8, 1, Buffer.from([5, 0]))]],
    ["a priority that is cut off", "frameSizeError", [frame(kinds.headers, endHeaders | 0x20, 1, bytes(4))]],
    ["a push", "protocolError", [frame(kinds.pushPromise, endHeaders, 1, number32(2))]],
    ["a head that is no HPACK", "compressionError", [frame(kinds.headers, endHeaders, 1, Buffer.from([0xff, 0xff]))]],
  ];

  it.each(faults)("%s: %s", async (_, code, frames) => {
    const peer = wirePeer("server");
    peer.say(...frames, ping());
    const heard = await peer.heardInShort();
    expect(heard.at(-1)?.split(" ").at(-1)).toBe(String(errorCodes[code]));
    expect(heard).not.toContain("PING ack");
    for (const stream of peer.streams) expect(stream.resetCode).not.toBeNull();
    expect(peer.session.isClosed).toBe(true);
  });

  it("more bytes than the connection's window", async () => {
    const peer = wirePeer("server", { windowBytes: 65_535, onStream: () => {} });
    peer.say(post(1), post(3), ...Array.from({ length: 3 }, () => data(1, 16_384)), data(3, 16_384));
    expect(await goodbyeOf(peer)).toBe("GOAWAY 3 3");
  });
});

describe("what ends a stream alone", () => {
  const length = (value: string): Field => ["content-length", value];
  const head = (...fields: readonly Field[]): Buffer => frame(kinds.headers, endHeaders, 1, block(fields));
  const plain: readonly Field[] = [
    [":method", "GET"],
    [":scheme", "https"],
    [":path", "/"],
  ];
  const faults: readonly (readonly [what: string, code: keyof typeof errorCodes, frames: readonly Buffer[]])[] = [
    ["a window that grows by nothing", "protocolError", [post(1), windowUpdate(1, 0)]],
    ["a window that grows too far", "flowControlError", [post(1), windowUpdate(1, 0x7fff_ffff)]],
    ["less than its length", "protocolError", [post(1, [length("5")]), data(1, 4, true)]],
    ["less than its length before trailers", "protocolError", [post(1, [length("5")]), data(1, 4), trailers(1)]],
    ["more than its length", "protocolError", [post(1, [length("5")]), data(1, 6)]],
    ["a length and no body", "protocolError", [request(1, host, { more: [length("5")] })]],
    ["two lengths", "protocolError", [post(1, [length("5"), length("5")])]],
    ["a length that is no number", "protocolError", [post(1, [length("+5")])]],
    ["trailers that are not the end", "protocolError", [post(1), trailers(1, [["a", "b"]], false)]],
    ["trailers with a pseudo-field", "protocolError", [post(1), trailers(1, [[":path", "/"]])]],
    ["DATA behind the end", "streamClosed", [request(1, host), data(1, 1)]],
    ["HEADERS behind the end", "streamClosed", [request(1, host), trailers(1)]],
    [
      "trailers larger than a head may be",
      "enhanceYourCalm",
      [
        post(1),
        trailers(
          1,
          Array.from({ length: 101 }, () => ["a", "b"] as const),
        ),
      ],
    ],
    ["more than its window", "flowControlError", [post(1), ...Array.from({ length: 5 }, () => data(1, 16_000))]],
    [
      "a head that depends on itself",
      "protocolError",
      [frame(kinds.headers, endHeaders | 0x20, 1, Buffer.concat([number32(1), Buffer.from([0]), block(plain)]))],
    ],
    ["no method", "protocolError", [head(...plain.slice(1))]],
    ["upper case", "protocolError", [head(...plain, ["A", "b"])]],
    ["a field of HTTP/1", "protocolError", [head(...plain, ["transfer-encoding", "chunked"])]],
    ["a line end", "protocolError", [head(...plain, ["a", "b\r\nc: d"])]],
    [
      "CONNECT with a protocol that we did not promise",
      "protocolError",
      [head([":method", "CONNECT"], [":protocol", "websocket"], ...plain.slice(1), [":authority", host])],
    ],
  ];

  it.each(faults)("%s: %s", async (what, code, frames) => {
    const isHeld = what === "more than its window";
    const peer = wirePeer("server", isHeld ? { onStream: () => {} } : {});
    peer.say(...frames);
    const resets = (await peer.heardInShort()).filter((text) => text.startsWith("RST"));
    expect(resets).toEqual([`RST 1 ${errorCodes[code]}`]);
    if (peer.streams.length > 0) expect(peer.told.at(-1)).toBe(isHeld ? "1 closed" : `1 reset ${errorCodes[code]}`);
    // Whoever listened must not take it for whole.
    if (!what.includes("behind")) expect(peer.told).not.toContain("1 end");
    // What was under way is no fault.
    peer.say(data(1, 9), trailers(1), windowUpdate(1, 5), rst(1, 8), post(3), data(3, 2, true));
    expect(peer.streams.at(-1)?.id).toBe(3);
    await mustAnswerPing(peer);
  });
});
