import { describe, expect, it } from "vitest";
import { errorCodes } from "./codes.ts";
import type { FieldBlock } from "./hpack-decoder.ts";
import { WireStream, type StreamHost, type StreamListener } from "./stream.ts";

const head = (...raw: string[]): FieldBlock => ({ raw, never: null, tooLarge: false });

/** A connection that writes down what its streams do; `room`: of its window. */
function fakeHost(room = Number.POSITIVE_INFINITY): StreamHost & {
  room: number;
  readonly said: string[];
  readonly waiting: Set<WireStream>;
  readonly sent: (() => void)[];
  credited: number;
} {
  return {
    room,
    said: [],
    waiting: new Set(),
    sent: [],
    credited: 0,
    maxFrameBytes: 16_384,
    roomFor(stream) {
      return Math.min(stream.sendWindow, this.room);
    },
    sendData(_, bytes, isLast) {
      this.room -= bytes.length;
      this.said.push(`${Buffer.from(bytes).toString("latin1")}${isLast ? "." : ""}`);
    },
    sendFields(_, raw, __, isLast) {
      this.said.push(`[${raw.join()}]${isLast ? "." : ""}`);
    },
    sendReset(_, code) {
      this.said.push(`reset ${code}`);
    },
    consumed(_, bytes) {
      this.credited += bytes;
    },
    waits(stream) {
      this.waiting.add(stream);
    },
    closed() {
      this.said.push("closed");
    },
    whenSent(listener) {
      this.sent.push(listener);
    },
  };
}

function hearing(told: string[] = []): StreamListener & { readonly told: string[] } {
  return {
    told,
    onInformational: ({ raw }) => told.push(`1xx ${raw.join()}`),
    onHead: ({ raw }, isLast) => told.push(`head ${raw.join()}${isLast ? "." : ""}`),
    onData: (bytes) => told.push(bytes.toString("latin1")),
    onTrailers: ({ raw }) => told.push(`trailers ${raw.join()}`),
    onEnd: () => told.push("end"),
    onReset: (code) => told.push(`reset ${code}`),
    onRoom: () => told.push("room"),
  };
}

function opened(host: StreamHost, { isOwn = true, window = 65_535 } = {}): WireStream {
  const stream = new WireStream(host, window, isOwn);
  stream.id = 1;
  return stream;
}

describe("what comes", () => {
  it("is told at once, its end behind it, and its window is given back", () => {
    const host = fakeHost();
    const stream = opened(host);
    const listener = hearing();
    stream.listen(listener);
    stream.head(head(":status", "100"), true, false);
    stream.head(head(":status", "200"), false, false);
    stream.data(Buffer.from("one"), false);
    stream.data(Buffer.from("two"), true);
    expect(listener.told).toEqual(["1xx :status,100", "head :status,200", "one", "two", "end"]);
    expect(host.credited).toBe(6);
  });

  it("is held while nobody listens, with trailers and end, and told once", () => {
    const host = fakeHost();
    const stream = opened(host, { isOwn: false });
    stream.data(Buffer.from("one"), false);
    stream.trailers(head("a", "b"));
    expect(host.credited).toBe(0);
    const listener = hearing();
    stream.listen(listener);
    stream.resume();
    expect(listener.told).toEqual(["one", "trailers a,b", "end"]);
    const next = hearing();
    stream.listen(next);
    expect(next.told).toEqual([]);
  });

  it("goes in its order to a listener that pauses and goes on within a piece", () => {
    const stream = opened(fakeHost());
    const listener = hearing();
    stream.listen({
      ...listener,
      onData(bytes) {
        listener.onData(bytes);
        stream.pause();
        if (bytes.toString() === "2") stream.resume();
      },
    });
    for (const text of ["1", "2", "3"]) stream.data(Buffer.from(text), false);
    expect(listener.told).toEqual(["1"]);
    // Small pieces that were held come as one.
    stream.resume();
    expect(listener.told).toEqual(["1", "23"]);
    stream.data(Buffer.from("2"), true);
    stream.resume();
    expect(listener.told).toEqual(["1", "23", "2", "end"]);
  });

  it("is not told any more, not even its end, to a listener that gives it up within a piece", () => {
    const host = fakeHost();
    const stream = opened(host);
    const listener = hearing();
    stream.listen({
      ...listener,
      onData(bytes) {
        listener.onData(bytes);
        stream.reset(errorCodes.cancel);
      },
    });
    stream.pause();
    stream.data(Buffer.alloc(2_000, "x"), false);
    stream.data(Buffer.alloc(3_000, "y"), true);
    stream.resume();
    stream.resume();
    expect(listener.told).toEqual(["x".repeat(2_000)]);
    expect(host.credited).toBe(5_000);
    expect(host.said).toEqual(["reset 8", "closed"]);
  });

  it.each(["reset", "pause"] as const)("tells no end to a listener that does %s at its trailers", (what) => {
    const stream = opened(fakeHost());
    const listener = hearing();
    stream.listen({
      ...listener,
      onTrailers(trailers) {
        listener.onTrailers(trailers);
        stream[what](errorCodes.cancel);
      },
    });
    stream.trailers(head("a", "b"));
    expect(listener.told).toEqual(["trailers a,b"]);
    stream.resume();
    expect(listener.told.slice(1)).toEqual(what === "pause" ? ["end"] : []);
  });

  it("gives its window back when it is given up after both ends, with bytes that nobody took", () => {
    const host = fakeHost();
    const stream = opened(host);
    const listener = hearing();
    stream.listen(listener);
    stream.end();
    stream.pause();
    stream.data(Buffer.from("held"), true);
    expect(stream.isClosed).toBe(true);
    expect(host.credited).toBe(0);
    stream.reset(errorCodes.cancel);
    expect(host.credited).toBe(4);
    stream.resume();
    expect(listener.told).toEqual([]);
    expect(host.said).toEqual([".", "closed"]);
  });

  it("counts when it was whole before its peer refused the rest of the request", () => {
    const host = fakeHost();
    const stream = opened(host);
    const listener = hearing();
    stream.listen(listener);
    stream.pause();
    stream.data(Buffer.from("whole"), true);
    stream.broken(errorCodes.noError);
    expect(listener.told).toEqual([]);
    stream.resume();
    expect(listener.told).toEqual(["whole", "end", "reset 0"]);
  });

  it("does not count when it was not whole", () => {
    const host = fakeHost();
    const stream = opened(host);
    const listener = hearing();
    stream.listen(listener);
    stream.pause();
    stream.data(Buffer.from("part"), false);
    stream.broken(errorCodes.noError);
    stream.resume();
    expect(listener.told).toEqual(["reset 0"]);
    expect(host.credited).toBe(4);
  });

  it("tells a reset to whoever listens next, once", () => {
    const stream = opened(fakeHost(), { isOwn: false });
    stream.listen(hearing());
    stream.hold();
    stream.broken(errorCodes.cancel);
    stream.broken(errorCodes.internalError);
    const next = hearing();
    stream.listen(next);
    expect(next.told).toEqual(["reset 8"]);
    const last = hearing();
    stream.listen(last);
    expect(last.told).toEqual([]);
  });

  it("tells its listener when somebody else gives it up", () => {
    const host = fakeHost();
    const stream = opened(host, { isOwn: false });
    const listener = hearing();
    stream.listen(listener);
    stream.giveUp(errorCodes.cancel);
    stream.giveUp(errorCodes.cancel);
    expect(listener.told).toEqual(["reset 8"]);
    expect(host.said).toEqual(["reset 8", "closed"]);
  });

  it("keeps little more than its bytes, however small the pieces of however large reads they are", () => {
    const stream = opened(fakeHost());
    const got: Buffer[] = [];
    stream.pause();
    stream.listen({ ...hearing(), onData: (bytes) => got.push(bytes) });
    stream.pause();
    for (let count = 0; count < 3_000; count += 1) {
      const read = Buffer.allocUnsafeSlow(64 * 1024);
      read[7] = count & 0xff;
      stream.data(read.subarray(7, 8), false);
    }
    stream.data(Buffer.allocUnsafeSlow(64 * 1024).subarray(0, 2_000), false);
    stream.resume();
    const kept = new Set(got.map((bytes) => bytes.buffer));
    expect([...kept].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThan(4 * 5_000);
    const first = Buffer.concat(got).subarray(0, 3_000);
    expect(first.every((byte, at) => byte === (at & 0xff))).toBe(true);
  });
});

describe("what goes", () => {
  it("waits for a window, says when there is room, and ends with its last byte", () => {
    const host = fakeHost(40_000);
    const stream = opened(host, { window: 3 });
    const listener = hearing();
    stream.listen(listener);
    expect(stream.write(Buffer.from("abcde"))).toBe(true);
    expect(host.said).toEqual(["abc"]);
    expect(stream.waiting).toBe(2);
    expect(stream.write(Buffer.alloc(40_000))).toBe(false);
    stream.sendWindow += 39_000;
    stream.send();
    expect(listener.told).toEqual([]);
    stream.sendWindow += 5_000;
    host.room += 5_000;
    stream.send();
    expect(listener.told).toEqual(["room"]);
    expect(stream.waiting).toBe(0);
    expect(host.said.join("")).toHaveLength(40_005);
    stream.end();
    expect(host.said.at(-1)).toBe(".");
  });

  it("puts the end on the last piece that waited, or behind it on trailers", () => {
    for (const trailers of [[], ["a", "b"]]) {
      const host = fakeHost(0);
      const stream = opened(host);
      stream.write(Buffer.from("late"));
      stream.end(trailers);
      expect(host.said).toEqual([]);
      host.room = 100;
      stream.send();
      expect(host.said).toEqual(trailers.length === 0 ? ["late."] : ["late", "[a,b]."]);
    }
  });

  it("never sends into a window that was lowered below nothing", () => {
    const host = fakeHost();
    const stream = opened(host, { window: -10 });
    stream.write(Buffer.from("abc"));
    stream.sendWindow += 10;
    stream.send();
    expect(host.said).toEqual([]);
    stream.sendWindow += 2;
    stream.send();
    expect(host.said).toEqual(["ab"]);
  });

  it("waits until it is opened", () => {
    const host = fakeHost();
    const stream = new WireStream(host, 100, true);
    stream.write(Buffer.from("a"));
    stream.end();
    expect(host.said).toEqual([]);
    stream.id = 3;
    stream.send();
    expect(host.said).toEqual(["a."]);
  });

  it("is nothing after the end, and nothing after a reset", () => {
    const host = fakeHost();
    const ended = opened(host);
    ended.end();
    ended.end();
    ended.write(Buffer.from("x"));
    ended.fields(["a", "b"], null, true);
    expect(host.said).toEqual(["."]);
    const reset = opened(host, { isOwn: false });
    reset.reset(errorCodes.cancel);
    reset.reset(errorCodes.cancel);
    reset.write(Buffer.from("x"));
    reset.informational(["a", "b"], null);
    reset.end();
    expect(host.said).toEqual([".", "reset 8", "closed"]);
  });

  it("is not cut off by our own word that the rest of the request is not wanted", () => {
    const host = fakeHost(2);
    const stream = opened(host, { isOwn: false });
    stream.listen(hearing());
    stream.fields([":status", "200"], null, false);
    stream.write(Buffer.from("answer"));
    stream.end();
    stream.refuse(errorCodes.noError);
    expect(host.said).toEqual(["[:status,200]", "an"]);
    host.room = 100;
    stream.send();
    expect(host.said).toEqual(["[:status,200]", "an", "swer.", "reset 0", "closed"]);
  });

  it("refuses at once what comes behind our end, and nothing when the request is whole", () => {
    const host = fakeHost();
    const stream = opened(host, { isOwn: false });
    stream.fields([":status", "200"], null, true);
    stream.refuse(errorCodes.noError);
    expect(host.said).toEqual(["[:status,200].", "reset 0", "closed"]);
    const whole = opened(host, { isOwn: false });
    whole.remoteEnded = true;
    whole.refuse(errorCodes.noError);
    expect(whole.resetCode).toBeNull();
  });
});

describe("who waits for it to be sent", () => {
  it("waits for its end, not only for what has been framed so far", () => {
    const host = fakeHost(0);
    const stream = opened(host);
    let sent = 0;
    stream.write(Buffer.from("x"));
    stream.end();
    stream.whenSent(() => (sent += 1));
    expect(host.sent).toHaveLength(0);
    host.room = 1;
    stream.send();
    expect(host.sent).toHaveLength(1);
    expect(sent).toBe(0);
    for (const listener of host.sent) listener();
    expect(sent).toBe(1);
  });

  it.each([
    ["we give it up", (stream: WireStream) => stream.reset(errorCodes.cancel)],
    ["its peer does", (stream: WireStream) => stream.broken(errorCodes.cancel)],
    ["somebody else does", (stream: WireStream) => stream.giveUp(errorCodes.cancel)],
  ])("waits no longer when %s", (_, cut) => {
    const host = fakeHost(0);
    const stream = opened(host);
    let sent = 0;
    stream.write(Buffer.from("x"));
    stream.whenSent(() => (sent += 1));
    cut(stream);
    cut(stream);
    expect(sent).toBe(1);
    stream.whenSent(() => (sent += 1));
    expect(sent).toBe(2);
  });
});
