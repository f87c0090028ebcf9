/** Requests of ours, to upstreams that say their frames by hand. */
import { describe, expect, it } from "vitest";
import {
  block,
  data,
  endHeaders,
  endStream,
  frame,
  goaway,
  kinds,
  ping,
  rst,
  settings,
  windowUpdate,
  type Field,
} from "../../../../test/support/h2-frames.ts";
import { listenerOf, wirePeer, type WirePeer, type WirePeerOptions } from "../../../../test/support/wire-peer.ts";
import { errorCodes } from "./codes.ts";
import type { WireStream } from "./stream.ts";

const asked = (method = "GET"): readonly string[] => [":method", method, ":scheme", "https", ":path", "/"];
const reply = (stream: number, status: number, isLast: boolean, more: readonly Field[] = []): Buffer =>
  frame(kinds.headers, endHeaders | (isLast ? endStream : 0), stream, block([[":status", String(status)], ...more]));
const maxStreams = (count: number): Buffer => settings([[3, count]]);

/** A client that sent one request; what its stream is told goes to `peer.told`. */
function asking(
  options: WirePeerOptions & { readonly method?: string; readonly isLast?: boolean } = {},
): WirePeer & { readonly stream: WireStream } {
  const { method = "GET", isLast = true, ...rest } = options;
  const peer = wirePeer("client", rest);
  const stream = peer.session.request(asked(method), null, isLast);
  stream.listen(listenerOf(peer.told, "1"));
  return { ...peer, stream };
}

describe("the table of heads", () => {
  it("is emptied when the peer lowers and raises it in one frame, and the peer is told both", async () => {
    const peer = asking();
    peer.say(
      settings([
        [1, 0],
        [1, 4_096],
      ]),
    );
    peer.session.request(asked(), null, true);
    const heads = (await peer.heard()).filter(({ kind }) => kind === kinds.headers);
    // RFC 7541 §6.3: 001, then the size; 4,096 is 31 and 4,065 behind it.
    expect(heads[1]?.payload.subarray(0, 4).toString("hex")).toBe("203fe11f");
  });
});

describe("a reply", () => {
  const length = (value: number): readonly Field[] => [["content-length", String(value)]];
  const wholes: readonly (readonly [
    what: string,
    method: string,
    frames: readonly Buffer[],
    told: readonly string[],
  ])[] = [
    ["with a body", "GET", [reply(1, 200, false, length(3)), data(1, 3, true)], ["head 200", "data 3", "end"]],
    ["with its end apart", "GET", [reply(1, 200, false), data(1, 3), data(1, 0, true)], ["head 200", "data 3", "end"]],
    ["without a body", "GET", [reply(1, 200, true)], ["head 200.", "end"]],
    ["with no bytes", "GET", [reply(1, 200, false, length(0)), data(1, 0, true)], ["head 200", "end"]],
    [
      "behind others",
      "GET",
      [reply(1, 100, false), reply(1, 103, false), reply(1, 200, true)],
      ["1xx 100", "1xx 103", "head 200.", "end"],
    ],
    ["to HEAD that names a length", "HEAD", [reply(1, 200, true, length(9))], ["head 200.", "end"]],
    ["of 304 that names a length", "GET", [reply(1, 304, true, length(9))], ["head 304.", "end"]],
    ["of 204", "GET", [reply(1, 204, false), data(1, 0, true)], ["head 204", "end"]],
    [
      "with trailers",
      "GET",
      [reply(1, 200, false), data(1, 1), frame(kinds.headers, endHeaders | endStream, 1, block([["a", "b"]]))],
      ["head 200", "data 1", "trailers a=b", "end"],
    ],
    [
      "in pieces of a frame",
      "GET",
      [reply(1, 200, false), data(1, 5, true).subarray(0, 11), data(1, 5, true).subarray(11)],
      ["head 200", "data 2", "data 3", "end"],
    ],
  ];

  it.each(wholes)("is told as it comes: %s", async (_, method, frames, told) => {
    const peer = asking({ method });
    for (const one of frames) peer.say(one);
    expect(peer.told).toEqual([...told.slice(0, -1).map((text) => `1 ${text}`), "1 end", "1 closed"]);
    expect(peer.stream.resetCode).toBeNull();
  });

  const faults: readonly (readonly [what: string, code: keyof typeof errorCodes, frames: readonly Buffer[]])[] = [
    ["DATA before its head", "protocolError", [data(1, 1)]],
    ["no status", "protocolError", [frame(kinds.headers, endHeaders, 1, block([["a", "b"]]))]],
    ["a status of two", "protocolError", [frame(kinds.headers, endHeaders, 1, block([[":status", "20"]]))]],
    ["switching protocols", "protocolError", [reply(1, 101, false)]],
    ["1xx as its end", "protocolError", [reply(1, 100, true)]],
    ["1xx behind its head", "protocolError", [reply(1, 200, false), reply(1, 103, false)]],
    ["less than its length", "protocolError", [reply(1, 200, false, length(5)), data(1, 4, true)]],
    ["nothing of its length", "protocolError", [reply(1, 200, true, length(5))]],
    ["bytes of 204, which has none", "protocolError", [reply(1, 204, false), data(1, 1, true)]],
    ["bytes of 304, which has none", "protocolError", [reply(1, 304, false, length(1)), data(1, 1, true)]],
    ["more than its length", "protocolError", [reply(1, 200, false, length(5)), data(1, 6, true)]],
    [
      "trailers before its length",
      "protocolError",
      [
        reply(1, 200, false, length(5)),
        data(1, 4),
        frame(kinds.headers, endHeaders | endStream, 1, block([["a", "b"]])),
      ],
    ],
    ["a field of HTTP/1", "protocolError", [reply(1, 200, true, [["connection", "close"]])]],
    [
      "a head larger than is taken",
      "enhanceYourCalm",
      [
        reply(
          1,
          200,
          true,
          Array.from({ length: 101 }, () => ["a", "b"] as const),
        ),
      ],
    ],
  ];

  it.each(faults)("is given up, and never told as whole: %s", async (_, code, frames) => {
    const peer = asking();
    peer.say(...frames);
    expect(peer.told.at(-1)).toBe(`1 reset ${errorCodes[code]}`);
    expect(peer.told).not.toContain("1 end");
    peer.say(ping());
    expect((await peer.heardInShort()).slice(-2)).toEqual([`RST 1 ${errorCodes[code]}`, "PING ack"]);
  });

  const cuts: readonly (readonly [what: string, code: number, cut: (peer: WirePeer) => void])[] = [
    ["a reset", errorCodes.noError, (peer) => peer.say(rst(1, 0))],
    ["GOAWAY before it", errorCodes.refusedStream, (peer) => peer.say(goaway(0, 0))],
    ["a fault of the connection", errorCodes.protocolError, (peer) => peer.say(data(0, 1))],
    ["our own end", errorCodes.cancel, (peer) => peer.session.destroy(errorCodes.noError)],
    [
      "the socket's end in the middle of its last frame",
      errorCodes.cancel,
      (peer) => {
        peer.say(data(1, 100, true).subarray(0, 50));
        peer.socket.push(null);
      },
    ],
    ["the socket's end", errorCodes.cancel, (peer) => peer.socket.push(null)],
    ["the socket's death", errorCodes.cancel, (peer) => peer.socket.destroy(new Error("reset"))],
  ];

  it.each(cuts)("is never told as whole when it is cut off by %s", async (_, code, cut) => {
    for (const isPaused of [false, true]) {
      const peer = asking();
      peer.say(reply(1, 200, false), data(1, 9));
      if (isPaused) peer.stream.pause();
      peer.say(data(1, 9));
      cut(peer);
      await peer.heard();
      peer.stream.resume();
      expect(peer.told).toContain(`1 reset ${code}`);
      expect(peer.told).not.toContain("1 end");
    }
  });

  it.each(cuts.filter(([what]) => !what.includes("middle")))(
    "that is whole and not taken yet outlives %s",
    async (_what, _code, cut) => {
      const peer = asking({ isLast: false });
      peer.stream.pause();
      peer.say(reply(1, 200, false), data(1, 9, true));
      cut(peer);
      await peer.heard();
      peer.stream.resume();
      expect(peer.told.filter((text) => text.startsWith("1 ") && text !== "1 closed").slice(0, 3)).toEqual([
        "1 head 200",
        "1 data 9",
        "1 end",
      ]);
      // Then whoever sends the rest of the request learns that nobody wants it.
      expect(peer.told.filter((text) => text.startsWith("1 reset"))).toHaveLength(1);
    },
  );
});

describe("requests above what the peer takes", () => {
  it("wait for their turn, in their order, with their bodies", async () => {
    const peer = wirePeer("client");
    peer.say(maxStreams(1));
    const streams = [0, 1, 2].map(() => peer.session.request(asked("POST"), null, false));
    for (const [index, stream] of streams.entries()) {
      stream.listen(listenerOf(peer.told, `n${index}`));
      stream.write(Buffer.alloc(index + 1));
      stream.end();
    }
    const said = async (): Promise<readonly string[]> =>
      (await peer.heardInShort()).filter((text) => /^(HEADERS|DATA)/.test(text));
    const expected = ["HEADERS 1", "DATA 1 1", "DATA 1 0."];
    expect(await said()).toEqual(expected);
    peer.say(reply(1, 200, true));
    expected.push("HEADERS 3", "DATA 3 2.");
    expect(await said()).toEqual(expected);
    streams[1]?.reset(errorCodes.cancel);
    expected.push("HEADERS 5", "DATA 5 3.");
    expect(await said()).toEqual(expected);
    expect(peer.session.openStreams).toBe(1);
  });

  it("are opened when it takes more, and not before it takes any", async () => {
    const peer = wirePeer("client");
    peer.say(maxStreams(0));
    peer.session.request(asked(), null, true);
    peer.session.request(asked(), null, true);
    const heads = async (): Promise<number> =>
      (await peer.heardInShort()).filter((text) => text.startsWith("HEADERS")).length;
    expect(await heads()).toBe(0);
    peer.say(maxStreams(2));
    expect(await heads()).toBe(2);
  });

  it("are refused when it leaves, and none is opened in place of those it refuses", async () => {
    const peer = wirePeer("client");
    peer.say(maxStreams(2));
    for (let count = 0; count < 5; count += 1) {
      peer.session.request(asked(), null, true).listen(listenerOf(peer.told, `n${count}`));
    }
    peer.say(goaway(1, 0));
    expect((await peer.heardInShort()).filter((text) => text.startsWith("HEADERS"))).toHaveLength(2);
    expect(peer.told.filter((text) => text.endsWith("reset 7"))).toEqual([1, 2, 3, 4].map((id) => `n${id} reset 7`));
    expect(() => peer.session.request(asked(), null, true)).toThrow("closing");
    peer.say(reply(1, 200, false), data(1, 2, true));
    expect(peer.told).toContain("n0 end");
    // The last one is done: the connection ends by itself.
    await peer.heard();
    expect(peer.socket.writableEnded).toBe(true);
  });

  it("can be given up before they were opened, and the peer hears nothing of them", async () => {
    const peer = wirePeer("client");
    peer.say(maxStreams(0));
    const stream = peer.session.request(asked("POST"), null, false);
    let sent = 0;
    stream.whenSent(() => (sent += 1));
    stream.write(Buffer.alloc(10));
    stream.reset(errorCodes.cancel);
    peer.say(maxStreams(9));
    expect((await peer.heardInShort()).filter((text) => /^(HEADERS|RST|DATA)/.test(text))).toEqual([]);
    expect(peer.session.openStreams).toBe(0);
    expect(sent).toBe(1);
  });

  it("have the window that holds when they are opened", async () => {
    const peer = wirePeer("client");
    peer.say(maxStreams(0));
    const stream = peer.session.request(asked("POST"), null, false);
    stream.write(Buffer.alloc(20));
    peer.say(settings([[4, 5]]), settings([[3, 1]]));
    expect((await peer.heardInShort()).at(-1)).toBe("DATA 1 5");
    peer.say(windowUpdate(1, 4));
    expect((await peer.heardInShort()).at(-1)).toBe("DATA 1 4");
  });
});

describe("the end of a connection of ours", () => {
  it("waits for what runs, and says goodbye once", async () => {
    const peer = asking();
    peer.session.close();
    peer.session.close();
    expect(peer.socket.writableEnded).toBe(false);
    peer.say(reply(1, 200, true));
    await peer.heard();
    expect(peer.socket.writableEnded).toBe(true);
    expect((await peer.heardInShort()).filter((text) => text.startsWith("GOAWAY"))).toEqual(["GOAWAY 0 0"]);
    peer.socket.push(null);
    await new Promise((resolve) => peer.socket.once("close", resolve));
    expect(peer.told.filter((text) => text === "close")).toHaveLength(1);
  });

  it("tells whoever waits for something to be sent, once", async () => {
    const peer = asking({ isLast: false });
    let sent = 0;
    peer.stream.end();
    peer.stream.whenSent(() => (sent += 1));
    peer.socket.destroy();
    await peer.heard();
    expect(sent).toBe(1);
    peer.stream.whenSent(() => (sent += 1));
    expect(sent).toBe(2);
  });
});
