/** What a peer may make us hold, do and say: windows are given back on every road, and no more is said than was asked. */
import { describe, expect, it } from "vitest";
import {
  ack,
  block,
  data,
  endHeaders,
  frame,
  goaway,
  kinds,
  number32,
  ping,
  post as postTo,
  request,
  rst,
  settings,
  settingsAck,
  windowUpdate,
  type Field,
} from "../../../../test/support/h2-frames.ts";
import { listenerOf, padded, wirePeer, type WirePeer } from "../../../../test/support/wire-peer.ts";
import { errorCodes } from "./codes.ts";
import type { WireStream } from "./stream.ts";

const host = "a.test";
const full = 16_384;
const post = (stream: number, more?: readonly Field[]): Buffer => postTo(stream, host, more);

/** What the peer may still send on the whole connection. */
async function windowOf(peer: WirePeer, sent: number): Promise<number> {
  const said = (await peer.heard()).filter(({ kind, stream }) => kind === kinds.windowUpdate && stream === 0);
  return 65_535 + said.reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 0) - sent;
}

describe("the connection's window comes back", () => {
  const windowBytes = 200_000;
  const cutOff = (stream: WireStream): void => stream.reset(errorCodes.cancel);
  const answered = (stream: WireStream): void => {
    stream.fields([":status", "200"], null, true);
  };
  /** Streams after each other, each with two full frames. */
  type Road = readonly [
    what: string,
    onStream: (stream: WireStream) => void,
    frames: (stream: number) => readonly Buffer[],
    behind: (stream: WireStream) => void,
  ];
  const road = (what: Road[0], onStream: Road[1], frames: Road[2], behind: Road[3] = () => {}): Road => [
    what,
    onStream,
    frames,
    behind,
  ];
  const roads: readonly Road[] = [
    road(
      "of what was taken",
      (stream) => stream.listen(listenerOf([], "")),
      (id) => [post(id), data(id, full), data(id, full, true)],
    ),
    road(
      "of padding",
      (stream) => stream.listen(listenerOf([], "")),
      (id) => [post(id), ...Array.from({ length: 128 }, () => padded(id, Buffer.alloc(0), 255)), rst(id, 8)],
    ),
    road(
      "of what nobody took before it was reset by its peer",
      () => {},
      (id) => [post(id), data(id, full), data(id, full), rst(id, 8)],
    ),
    road(
      "of what nobody took before we reset it",
      () => {},
      (id) => [post(id), data(id, full), data(id, full)],
      cutOff,
    ),
    road("of what came after we reset it", cutOff, (id) => [post(id), data(id, full), data(id, full, true)]),
    road(
      "of what nobody took of an exchange that is whole",
      answered,
      (id) => [post(id), data(id, full), data(id, full, true)],
      cutOff,
    ),
    road(
      "of what was held and is not wanted",
      answered,
      (id) => [post(id), data(id, full), data(id, full, true)],
      (stream) => stream.listen(listenerOf([], "")),
    ),
    road(
      "of more than a length",
      () => {},
      (id) => [post(id, [["content-length", "9"]]), data(id, full), data(id, full)],
    ),
    road(
      "of less than a length",
      () => {},
      (id) => [post(id, [["content-length", "40000"]]), data(id, full), data(id, full, true)],
    ),
    road(
      "of what is behind the end",
      () => {},
      (id) => [post(id), data(id, 0, true), data(id, full)],
    ),
    road(
      "of what is cut off by a fault",
      () => {},
      (id) => [post(id), data(id, full), windowUpdate(id, 0), data(id, full)],
    ),
  ];

  it.each(roads)("%s", async (_, onStream, frames, behind) => {
    const peer = wirePeer("server", { windowBytes, onStream });
    let sent = 0;
    for (let id = 1; id < 101; id += 2) {
      for (const one of frames(id)) {
        if (one[3] === kinds.data) sent += one.length - 9;
        peer.say(one);
      }
      const stream = peer.streams.at(-1);
      if (stream !== undefined) behind(stream);
    }
    expect(peer.session.isClosed).toBe(false);
    expect(sent).toBeGreaterThan(4 * windowBytes);
    expect(await windowOf(peer, sent)).toBeGreaterThanOrEqual(windowBytes / 2);
  });

  it("of streams above what we take", async () => {
    const peer = wirePeer("server", { windowBytes, maxStreams: 1, onStream: () => {} });
    peer.say(request(1, host, { end: false }));
    for (let id = 3; id < 103; id += 2) peer.say(post(id), data(id, full), data(id, full, true));
    expect((await peer.heardInShort()).filter((text) => text.startsWith("RST"))).toHaveLength(50);
    expect(await windowOf(peer, 50 * 2 * full)).toBeGreaterThanOrEqual(windowBytes / 2);
  });

  it("of streams after our goodbye, whose peer may not have heard it", async () => {
    const peer = wirePeer("server", { windowBytes, onStream: () => {} });
    peer.say(post(1));
    peer.session.goaway(errorCodes.noError);
    for (let id = 3; id < 103; id += 2) peer.say(post(id), data(id, full), data(id, full, true));
    expect(await windowOf(peer, 50 * 2 * full)).toBeGreaterThanOrEqual(windowBytes / 2);
    peer.session.destroy(errorCodes.internalError);
    // The peer would take a higher number for a fault of ours.
    expect((await peer.heardInShort()).filter((text) => text.startsWith("GOAWAY"))).toEqual([
      "GOAWAY 1 0",
      "GOAWAY 1 2",
    ]);
  });

  it("and a stream's own, of padding too", async () => {
    const peer = wirePeer("server", { windowBytes });
    peer.say(post(1));
    for (let count = 0; count < 600; count += 1) peer.say(padded(1, Buffer.alloc(0), 255));
    expect(peer.told).not.toContain("1 closed");
    const given = (await peer.heard()).filter(({ kind, stream }) => kind === kinds.windowUpdate && stream === 1);
    const window = 65_535 + given.reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 0) - 600 * 256;
    expect(window).toBeGreaterThanOrEqual(32_000);
  });

  it("not while the stream pauses", async () => {
    const peer = wirePeer("server", { windowBytes });
    peer.say(post(1));
    peer.streams[0]?.pause();
    for (let count = 0; count < 3; count += 1) peer.say(data(1, full));
    expect((await peer.heardInShort()).filter((text) => text.startsWith("WINDOW 1"))).toEqual([]);
    peer.streams[0]?.resume();
    expect((await peer.heardInShort()).filter((text) => text.startsWith("WINDOW 1"))).toEqual([`WINDOW 1 ${2 * full}`]);
  });
});

describe("frames of no use", () => {
  const priority = frame(2, 0, 9, Buffer.concat([number32(0), Buffer.from([1])]));
  const table: readonly (readonly [what: string, flood: Buffer, before: readonly Buffer[]])[] = [
    ["PING", ping(), []],
    ["acks of PING", frame(kinds.ping, ack, 0, Buffer.alloc(8)), []],
    ["SETTINGS", settings(), []],
    ["acks of SETTINGS", settingsAck, []],
    ["PRIORITY", priority, []],
    ["unknown frames", frame(0xbe, 0, 0, Buffer.alloc(3)), []],
    ["GOAWAY", goaway(0, 0), [post(1)]],
    ["empty DATA", data(1, 0), [post(1)]],
    ["DATA of padding alone", padded(1, Buffer.alloc(0), 3), [post(1)]],
    ["resets of what is over", rst(1, 8), [post(1), rst(1, 8)]],
    ["empty DATA of what we reset", data(1, 0), [post(1), windowUpdate(1, 0)]],
    [
      "HEADERS of what we reset",
      frame(kinds.headers, endHeaders, 1, block([["a", "b"]])),
      [post(1), windowUpdate(1, 0)],
    ],
  ];

  it.each(table)("are counted, and too many end the connection: %s", async (_, flood, before) => {
    let left = Number.POSITIVE_INFINITY;
    const peer = wirePeer("server", { mayGoOn: () => (left -= 1) >= 0 });
    peer.say(...before);
    left = 20;
    for (let count = 0; count < 20; count += 1) peer.say(flood);
    expect((await peer.heardInShort()).filter((text) => text.startsWith("GOAWAY"))).toEqual([]);
    peer.say(flood);
    expect(
      (await peer.heardInShort()).filter((text) => text.startsWith("GOAWAY")).map((text) => text.split(" ")[2]),
    ).toEqual(["11"]);
  });

  it("requests above what we take are counted too", async () => {
    let left = 1_000;
    const peer = wirePeer("server", { maxStreams: 1, mayGoOn: () => (left -= 1) >= 0 });
    peer.say(request(1, host, { end: false }));
    left = 5;
    for (let id = 3; id <= 15; id += 2) peer.say(request(id, host));
    expect((await peer.heardInShort()).filter((text) => text.startsWith("RST"))).toHaveLength(5);
    expect((await peer.heardInShort()).at(-1)).toMatch(/^GOAWAY \d+ 11$/);
  });
});

describe("what is said", () => {
  const sentOn = async (peer: WirePeer, stream: number): Promise<number> =>
    (await peer.heard())
      .filter((one) => one.kind === kinds.data && one.stream === stream)
      .reduce((sum, { payload }) => sum + payload.length, 0);
  const answering = (size: number) => (stream: WireStream) => {
    stream.fields([":status", "200"], null, false);
    stream.write(Buffer.alloc(size));
    stream.end();
  };

  it("is never more than the stream's window, opened byte by byte", async () => {
    const peer = wirePeer("server", { onStream: answering(5) });
    peer.say(settings([[4, 0]]), request(1, host));
    for (let count = 1; count <= 5; count += 1) {
      expect(await sentOn(peer, 1)).toBe(count - 1);
      peer.say(windowUpdate(1, 1));
    }
    expect((await peer.heardInShort()).at(-1)).toBe("DATA 1 1.");
    expect(peer.told.at(-1)).toBe("1 closed");
  });

  it("is never more than the connection's window, and each stream has its turn", async () => {
    const peer = wirePeer("server", { onStream: answering(40_000) });
    peer.say(settings([[4, 1_000_000]]), request(1, host), request(3, host), request(5, host));
    const all = async (): Promise<readonly number[]> => Promise.all([1, 3, 5].map(async (id) => sentOn(peer, id)));
    expect(await all()).toEqual([40_000, 25_535, 0]);
    peer.say(windowUpdate(0, 1));
    expect(await all()).toEqual([40_000, 25_536, 0]);
    peer.say(windowUpdate(0, 1));
    expect(await all()).toEqual([40_000, 25_536, 1]);
    peer.say(windowUpdate(0, 100_000));
    expect(await all()).toEqual([40_000, 40_000, 40_000]);
  });

  it("waits for a window that SETTINGS made less than nothing", async () => {
    const peer = wirePeer("server", { onStream: answering(200) });
    peer.say(settings([[4, 100]]), request(1, host), settings([[4, 0]]));
    expect(await sentOn(peer, 1)).toBe(100);
    peer.say(windowUpdate(1, 100));
    expect(await sentOn(peer, 1)).toBe(100);
    peer.say(windowUpdate(1, 1));
    expect(await sentOn(peer, 1)).toBe(101);
    peer.say(settings([[4, 1_000]]));
    expect(await sentOn(peer, 1)).toBe(200);
    expect(peer.told.at(-1)).toBe("1 closed");
  });

  it("stops with a socket that takes no more, and goes on with it", async () => {
    const peer = wirePeer("server", { onStream: answering(60_000) });
    peer.socket.isStuck = true;
    peer.say(windowUpdate(0, 1_000_000), ...[1, 3, 5, 7, 9].map((id) => request(id, host)));
    await peer.heard();
    const before = peer.socket.writableLength;
    expect(before).toBeLessThan(128 * 1024);
    peer.socket.letGo();
    for (const id of [1, 3, 5, 7, 9]) expect(await sentOn(peer, id)).toBe(60_000);
  });

  it("to a peer that reads nothing has a bound: it is not heard until it reads", async () => {
    const peer = wirePeer("server");
    peer.socket.isStuck = true;
    let asked = 0;
    for (; asked < 100_000 && !peer.socket.isPaused(); asked += 100) {
      peer.say(...Array.from({ length: 100 }, ping));
      await peer.heard().catch(() => {});
    }
    expect(asked).toBeLessThan(100_000);
    expect(peer.socket.writableLength).toBeLessThan(512 * 1024);
    peer.socket.letGo();
    await peer.heard();
    expect(peer.socket.isPaused()).toBe(false);
    expect((await peer.heardInShort()).filter((text) => text === "PING ack")).toHaveLength(asked);
  });
});
