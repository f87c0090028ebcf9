import { describe, expect, it } from "vitest";
import { createByteQueue, type ByteQueue, type Pace } from "./byte-queue.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);

/** Pulls until the end; what each pull gave, as text. */
async function all(queue: ByteQueue): Promise<readonly string[]> {
  const pieces: string[] = [];
  for await (const piece of queue.iterable) pieces.push(Buffer.from(piece).toString());
  return pieces;
}

/** Time that is moved by hand. */
function handClock(): Pace & { pass(ms: number): void; readonly waiting: () => number } {
  let now = 0;
  let timers: { readonly at: number; readonly run: () => void }[] = [];
  return {
    now: () => now,
    after: (ms, run) => void timers.push({ at: now + ms, run }),
    pass(ms) {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { run } of due) run();
    },
    waiting: () => timers.length,
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a byte queue", () => {
  it("hands on what waits as one piece, in order", async () => {
    const queue = createByteQueue({ onRoom() {} });
    for (const text of ["a", "b", "c"]) queue.push(bytes(text));
    queue.end();
    expect(await all(queue)).toEqual(["abc"]);
  });

  it("joins no more than 64 KiB", async () => {
    const queue = createByteQueue({ onRoom() {} });
    for (let index = 0; index < 5; index += 1) queue.push(Buffer.alloc(30 * 1024, index + 65));
    queue.end();
    expect((await all(queue)).map(({ length }) => length / 1024)).toEqual([60, 60, 30]);
  });

  it("says when it is full, and once there is room again", async () => {
    let rooms = 0;
    const queue = createByteQueue({ onRoom: () => void (rooms += 1) });
    expect(queue.push(Buffer.alloc(200 * 1024))).toBe(true);
    expect(queue.push(Buffer.alloc(100 * 1024))).toBe(false);
    const iterator = queue.iterable[Symbol.asyncIterator]();
    await iterator.next();
    expect(rooms).toBe(1);
    await iterator.next();
    expect(rooms).toBe(1);
  });

  it("throws after what was pushed before the failure", async () => {
    const queue = createByteQueue({ onRoom() {} });
    queue.push(bytes("before"));
    queue.fail(new Error("cut"));
    queue.push(bytes("after"));
    const iterator = queue.iterable[Symbol.asyncIterator]();
    expect(await iterator.next()).toMatchObject({ value: bytes("before") });
    await expect(iterator.next()).rejects.toThrow("cut");
  });

  it("tells of the first pull once", async () => {
    let pulls = 0;
    const queue = createByteQueue({ onRoom() {}, onFirstPull: () => void (pulls += 1) });
    queue.end();
    await all(queue);
    await all(queue);
    expect(pulls).toBe(1);
  });
});

describe("a paced queue", () => {
  it("hands the first pieces of a stream on at once, and a burst's in larger ones", async () => {
    const clock = handClock();
    const queue = createByteQueue({ onRoom() {}, pace: clock });
    const got: string[] = [];
    const reading = (async () => {
      for await (const piece of queue.iterable) got.push(Buffer.from(piece).toString());
    })();
    for (let index = 0; index < 30; index += 1) {
      queue.push(bytes("x"));
      await turn();
    }
    // The first one waited for nobody; eight quick ones after it made it a burst.
    expect(got).toEqual(Array.from({ length: 8 }, () => "x"));
    clock.pass(1);
    await turn();
    expect(got.slice(8)).toEqual(["x".repeat(22)]);
    queue.end();
    await reading;
  });

  it("goes back to handing on at once when the burst is over", async () => {
    const clock = handClock();
    const queue = createByteQueue({ onRoom() {}, pace: clock });
    const got: string[] = [];
    const reading = (async () => {
      for await (const piece of queue.iterable) got.push(Buffer.from(piece).toString());
    })();
    for (let index = 0; index < 9; index += 1) {
      queue.push(bytes("x"));
      await turn();
    }
    clock.pass(1);
    await turn();
    const before = got.length;
    queue.push(bytes("y"));
    await turn();
    expect(got.slice(before)).toEqual(["y"]);
    queue.end();
    await reading;
  });

  it("never holds pieces that come slowly", async () => {
    const clock = handClock();
    const queue = createByteQueue({ onRoom() {}, pace: clock });
    const got: string[] = [];
    const reading = (async () => {
      for await (const piece of queue.iterable) got.push(Buffer.from(piece).toString());
    })();
    for (let index = 0; index < 20; index += 1) {
      queue.push(bytes("x"));
      await turn();
      clock.pass(2);
    }
    expect(got).toHaveLength(20);
    expect(clock.waiting()).toBe(0);
    queue.end();
    await reading;
  });

  it("does not wait once the stream is over, or enough has come", async () => {
    const clock = handClock();
    const queue = createByteQueue({ onRoom() {}, pace: clock });
    const got: number[] = [];
    const reading = (async () => {
      for await (const piece of queue.iterable) got.push(piece.byteLength);
    })();
    for (let index = 0; index < 9; index += 1) {
      queue.push(bytes("x"));
      await turn();
    }
    queue.push(Buffer.alloc(64 * 1024));
    await turn();
    expect(got.reduce((sum, size) => sum + size, 0)).toBe(9 + 64 * 1024);
    for (let index = 0; index < 9; index += 1) {
      queue.push(bytes("x"));
      await turn();
    }
    queue.end();
    await reading;
    expect(got.reduce((sum, size) => sum + size, 0)).toBe(18 + 64 * 1024);
  });
});
