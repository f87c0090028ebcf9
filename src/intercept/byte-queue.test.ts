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
  /** A pusher that obeys: what it may not push yet waits with it and comes as one piece, like in a socket's buffer. */
  function paced(): { queue: ByteQueue; clock: ReturnType<typeof handClock>; say: (text: string) => void } {
    const clock = handClock();
    let mayPush = true;
    let behind = "";
    const say = (text: string): void => {
      behind += text;
      if (!mayPush) return;
      const piece = behind;
      behind = "";
      mayPush = queue.push(bytes(piece));
    };
    const queue = createByteQueue({
      onRoom() {
        mayPush = true;
        if (behind !== "") say("");
      },
      pace: clock,
    });
    return { queue, clock, say };
  }

  it("hands on what has come at once, and takes the rest of a burst in larger pieces", async () => {
    const { queue, clock, say } = paced();
    const got: string[] = [];
    const reading = (async () => {
      for await (const piece of queue.iterable) got.push(Buffer.from(piece).toString());
    })();
    for (let index = 0; index < 30; index += 1) {
      say("x");
      await turn();
    }
    // Eight quick ones after the first made it a burst; none of those was held.
    expect(got).toEqual(Array.from({ length: 9 }, () => "x"));
    clock.pass(1);
    await turn();
    expect(got.slice(9)).toEqual(["x".repeat(21)]);
    queue.end();
    await reading;
  });

  it("is not paced any more once the burst is over", async () => {
    const { queue, clock, say } = paced();
    const got: string[] = [];
    const reading = (async () => {
      for await (const piece of queue.iterable) got.push(Buffer.from(piece).toString());
    })();
    for (let index = 0; index < 9; index += 1) say("x");
    clock.pass(3);
    await turn();
    const before = got.length;
    for (const text of ["y", "z"]) {
      say(text);
      await turn();
      clock.pass(2);
    }
    expect(got.slice(before)).toEqual(["y", "z"]);
    expect(clock.waiting()).toBe(0);
    queue.end();
    await reading;
  });

  it("never stops a pusher that is slow", async () => {
    const { queue, clock, say } = paced();
    const got: string[] = [];
    const reading = (async () => {
      for await (const piece of queue.iterable) got.push(Buffer.from(piece).toString());
    })();
    for (let index = 0; index < 20; index += 1) {
      say("x");
      await turn();
      clock.pass(2);
    }
    expect(got).toHaveLength(20);
    expect(clock.waiting()).toBe(0);
    queue.end();
    await reading;
  });

  it("lets a full queue's pusher go on only when there is room and the moment is over", async () => {
    const clock = handClock();
    let rooms = 0;
    const queue = createByteQueue({ onRoom: () => void (rooms += 1), pace: clock });
    for (let index = 0; index < 9; index += 1) queue.push(bytes("x"));
    for (let index = 0; index < 7; index += 1) queue.push(Buffer.alloc(40 * 1024));
    const iterator = queue.iterable[Symbol.asyncIterator]();
    clock.pass(1);
    expect(rooms).toBe(0);
    for (let index = 0; index < 3; index += 1) await iterator.next();
    expect(rooms).toBe(1);
  });

  it("never stops a download", () => {
    const clock = handClock();
    const queue = createByteQueue({ onRoom() {}, pace: clock });
    expect(Array.from({ length: 20 }, () => queue.push(Buffer.alloc(8 * 1024)))).toEqual(
      Array.from({ length: 20 }, () => true),
    );
    expect(clock.waiting()).toBe(0);
  });

  it("asks for nothing more once the stream is over", () => {
    const clock = handClock();
    let rooms = 0;
    const queue = createByteQueue({ onRoom: () => void (rooms += 1), pace: clock });
    for (let index = 0; index < 9; index += 1) queue.push(bytes("x"));
    queue.end();
    clock.pass(5);
    expect(rooms).toBe(0);
  });
});
