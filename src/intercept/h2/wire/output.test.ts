import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { kinds } from "../../../../test/support/h2-frames.ts";
import { framesOf, settled } from "../../../../test/support/wire-peer.ts";
import { FrameWriter } from "./output.ts";

/** A socket that keeps what it is given; `isStuck`: and does not say that it has gone. */
function writing(): {
  readonly out: FrameWriter;
  readonly socket: Duplex;
  readonly writes: Buffer[];
  readonly told: string[];
  readonly stick: () => void;
  readonly letGo: () => void;
} {
  const writes: Buffer[] = [];
  const told: string[] = [];
  let isStuck = false;
  let going: (() => void) | null = null;
  const socket = new Duplex({
    read() {},
    write(bytes: Buffer, _, done) {
      writes.push(Buffer.from(bytes));
      if (isStuck) going = done;
      else done();
    },
  });
  const out = new FrameWriter(
    socket,
    () => told.push("room"),
    () => told.push("backlog"),
  );
  return {
    out,
    socket,
    writes,
    told,
    stick: () => void (isStuck = true),
    letGo() {
      isStuck = false;
      going?.();
    },
  };
}

const full = Buffer.alloc(16_384, "x");

describe("frames of one turn", () => {
  it("leave in one write, in their order", async () => {
    const { out, writes } = writing();
    out.bytes(Buffer.from("first"));
    out.frame(kinds.ping, 1, 0, Buffer.from("12345678"));
    out.numbers(kinds.rst, 0x7fff_ffff, 0xffff_ffff);
    out.numbers(kinds.goaway, 0, 5, 11);
    expect(writes).toEqual([]);
    await settled();
    expect(writes).toHaveLength(1);
    const [all = Buffer.alloc(0)] = writes;
    expect(all.subarray(0, 5).toString()).toBe("first");
    expect(framesOf(all.subarray(5))).toEqual([
      { kind: kinds.ping, flags: 1, stream: 0, payload: Buffer.from("12345678") },
      { kind: kinds.rst, flags: 0, stream: 0x7fff_ffff, payload: Buffer.from("ffffffff", "hex") },
      { kind: kinds.goaway, flags: 0, stream: 0, payload: Buffer.from("000000050000000b", "hex") },
    ]);
  });

  it("leave earlier when there are many, and none changes what left before", async () => {
    const { out, writes } = writing();
    for (let count = 0; count < 50; count += 1) out.frame(kinds.data, 0, count * 2 + 1, Buffer.alloc(9_000, count));
    expect(writes.length).toBeGreaterThan(5);
    await settled();
    const frames = framesOf(Buffer.concat(writes));
    expect(frames.map(({ stream }) => stream)).toEqual(Array.from({ length: 50 }, (_, index) => index * 2 + 1));
    expect(frames.every(({ payload }, index) => payload.equals(Buffer.alloc(9_000, index)))).toBe(true);
  });

  it("leave in the next turn as well", async () => {
    const { out, writes } = writing();
    for (const stream of [1, 3]) {
      out.numbers(kinds.windowUpdate, stream, 1);
      await settled();
    }
    expect(writes).toHaveLength(2);
  });
});

describe("a head", () => {
  it.each([0, 1, 16_383, 16_384, 16_385, 40_000])("of %i bytes is in frames that anybody takes", async (size) => {
    for (const isLast of [false, true]) {
      const { out, writes } = writing();
      const block = Buffer.alloc(size, "h");
      out.block(7, block, isLast);
      await settled();
      const frames = framesOf(Buffer.concat(writes));
      expect(Buffer.concat(frames.map(({ payload }) => payload))).toEqual(block);
      expect(frames.map(({ kind }) => kind)).toEqual(
        frames.map((_, index) => (index === 0 ? kinds.headers : kinds.continuation)),
      );
      expect(frames.map(({ flags }) => flags & 4)).toEqual(
        frames.map((_, index) => (index === frames.length - 1 ? 4 : 0)),
      );
      expect(frames.map(({ flags }) => flags & 1)).toEqual(frames.map((_, index) => (index === 0 && isLast ? 1 : 0)));
      expect(frames.every(({ payload }) => payload.length <= 16_384)).toBe(true);
    }
  });
});

describe("a socket that takes no more", () => {
  it("is blocked until it drains", async () => {
    const { out, told, stick, letGo } = writing();
    stick();
    out.frame(kinds.data, 0, 1, full);
    out.frame(kinds.data, 0, 1, full);
    await settled();
    expect(out.blocked).toBe(true);
    letGo();
    await settled();
    expect(out.blocked).toBe(false);
    expect(told).toEqual(["room"]);
  });

  it("says when more waits in it than anybody should keep", async () => {
    const { out, told, socket, stick } = writing();
    stick();
    for (let count = 0; count < 12; count += 1) out.frame(kinds.ping, 1, 0, full);
    await settled();
    expect(told).toEqual([]);
    for (let count = 0; count < 12; count += 1) out.frame(kinds.ping, 1, 0, full);
    await settled();
    expect(told).toContain("backlog");
    expect(socket.writableLength).toBeGreaterThan(256 * 1024);
  });
});

describe("who waits for it to be sent", () => {
  it("waits for the socket, also when an earlier write holds it", async () => {
    const { out, told, stick, letGo } = writing();
    stick();
    out.frame(kinds.data, 0, 1, full);
    out.whenSent(() => told.push("sent"));
    await settled();
    expect(told).toEqual([]);
    // Framed and flushed before: the batch of this turn is empty.
    out.whenSent(() => told.push("sent too"));
    await settled();
    expect(told).toEqual([]);
    letGo();
    await settled();
    expect(told.filter((text) => text !== "room")).toEqual(["sent", "sent too"]);
  });

  it("is told at once when nothing is under way, once", async () => {
    const { out, told } = writing();
    out.whenSent(() => told.push("sent"));
    await settled();
    out.numbers(kinds.windowUpdate, 0, 1);
    await settled();
    expect(told).toEqual(["sent"]);
  });

  it.each(["before", "meanwhile"])("is told when the socket dies %s", async (when) => {
    const { out, told, socket, stick } = writing();
    socket.on("error", () => {});
    stick();
    if (when === "before") socket.destroy();
    out.frame(kinds.data, 0, 1, full);
    out.whenSent(() => told.push("sent"));
    await settled();
    socket.destroy();
    await settled();
    expect(told).toEqual(["sent"]);
  });
});

describe("the end", () => {
  it("is behind the last frame, and nothing is behind the end", async () => {
    const { out, writes, socket, told } = writing();
    out.numbers(kinds.goaway, 0, 0, 0);
    out.end();
    expect(socket.writableEnded).toBe(true);
    out.numbers(kinds.goaway, 0, 0, 0);
    out.whenSent(() => told.push("sent"));
    await settled();
    expect(framesOf(Buffer.concat(writes))).toHaveLength(1);
    expect(told).toEqual(["sent"]);
  });
});
