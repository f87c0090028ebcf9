/** A reply that is read while its request is open: what is said when, and when nobody is believed to be there. */
import { describe, expect, it } from "vitest";
import { UpstreamError } from "../../base/upstream-error.ts";
import type { StreamReader } from "../formats/format.ts";
import { createOpenBody } from "./open-body.ts";
import { beatMs, settleMs, startTalk } from "./talk.ts";
import type { After } from "./tools.ts";

/** Timers that are moved by hand. */
function handTime() {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  const after: After = (ms, run) => {
    const timer = { at: now + ms, run };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  return {
    after,
    count: () => timers.size,
    async pass(ms: number): Promise<void> {
      const end = now + ms;
      for (;;) {
        const next = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers.delete(next);
        now = next.at;
        next.run();
        for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
      }
      now = end;
    },
  };
}

/** An upstream that says what it is told to. */
function upstream() {
  const waiting: ((step: IteratorResult<Uint8Array>) => void)[] = [];
  let left = false;
  return {
    say: (text: string) => waiting.shift()?.({ done: false, value: Buffer.from(text) }),
    isLeft: () => left,
    body: {
      [Symbol.asyncIterator]: (): AsyncIterator<Uint8Array> => ({
        next: () => new Promise((resolve) => waiting.push(resolve)),
        return() {
          left = true;
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    },
  };
}

function stage() {
  const time = handTime();
  const remote = upstream();
  const said: string[] = [];
  const state = { answers: [] as string[], isWaiting: false, settled: 0 };
  const reader: StreamReader = {
    push(bytes) {
      if (bytes.byteLength > 0) state.answers.push(`to ${Buffer.from(bytes).toString()}`);
      return [];
    },
    end: () => [],
    talk: {
      answers: () => state.answers.splice(0).map((text) => Buffer.from(text)),
      beat: () => Buffer.from("beat"),
      isWaiting: () => state.isWaiting,
      settle: () => void (state.settled += 1),
    },
  };
  const open = createOpenBody();
  const onSaid = (bytes: Uint8Array): void => void said.push(Buffer.from(bytes).toString());
  const talking = startTalk({ reader, body: remote.body, open, after: time.after, onSaid });
  return { time, remote, said, state, open, reader: talking.reader, iterator: talking.body[Symbol.asyncIterator]() };
}

describe("talking with an upstream", () => {
  it("says what the reader answers to each piece, and sends it after the request's own bytes", async () => {
    const { remote, said, reader, iterator, open } = stage();
    const sent = open.after(Buffer.from("request"))[Symbol.asyncIterator]();
    expect(String((await sent.next()).value)).toBe("request");
    const step = iterator.next();
    remote.say("question");
    reader.push((await step).value ?? Buffer.alloc(0));
    expect(said).toEqual(["to question"]);
    expect(String((await sent.next()).value)).toBe("to question");
    await iterator.return?.();
    expect((await sent.next()).done).toBe(true);
    expect(remote.isLeft()).toBe(true);
  });

  it("says every five seconds that it listens, and stops when it is over", async () => {
    const { time, said, iterator } = stage();
    await time.pass(beatMs * 3);
    expect(said).toEqual(["beat", "beat", "beat"]);
    await iterator.return?.();
    await time.pass(beatMs * 3);
    expect([said.length, time.count()]).toEqual([3, 0]);
  });

  it("takes an upstream for dead after thirty seconds of silence, and no word of it for silence", async () => {
    const { time, remote, iterator } = stage();
    const first = iterator.next();
    await time.pass(29_000);
    remote.say("late");
    expect(String((await first).value)).toBe("late");
    const second = iterator.next().catch((error: unknown) => error);
    await time.pass(29_000);
    remote.say("again");
    expect(await second).toMatchObject({ done: false });
    const third = iterator.next().catch((error: unknown) => error);
    await time.pass(35_000);
    const error = await third;
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error).toMatchObject({ failure: "idle-timeout", phase: "body" });
    expect(time.count()).toBe(0);
  });

  it("does not count the time in which nobody reads", async () => {
    const { time, remote, iterator } = stage();
    await time.pass(beatMs * 20);
    const step = iterator.next();
    remote.say("still here");
    expect(String((await step).value)).toBe("still here");
  });

  it("lets the reader settle when nothing comes for a moment, and loses nothing that comes then", async () => {
    const { time, remote, state, iterator } = stage();
    state.isWaiting = true;
    const quiet = iterator.next();
    await time.pass(settleMs);
    expect((await quiet).value?.byteLength).toBe(0);
    expect(state.settled).toBe(1);
    state.isWaiting = false;
    const next = iterator.next();
    remote.say("after all");
    expect(String((await next).value)).toBe("after all");
  });

  it("costs a reader without words of its own nothing", () => {
    const time = handTime();
    const { body } = upstream();
    const reader: StreamReader = { push: () => [], end: () => [] };
    const talking = startTalk({ reader, body, open: createOpenBody(), after: time.after, onSaid: () => {} });
    expect([talking.reader === reader, talking.body === body, time.count()]).toEqual([true, true, 0]);
  });
});

describe("an open request body", () => {
  it("begins anew for a further try, which gets what is said from then on", async () => {
    const open = createOpenBody();
    const first = open.after(Buffer.from("one"))[Symbol.asyncIterator]();
    await first.next();
    const second = open.after(Buffer.from("one"))[Symbol.asyncIterator]();
    expect(String((await second.next()).value)).toBe("one");
    open.say(Buffer.from("two"));
    expect(String((await second.next()).value)).toBe("two");
    open.close();
    expect((await second.next()).done).toBe(true);
    expect((await first.next()).done).toBe(true);
  });

  it("ends when more waits in it than any talk has", async () => {
    const open = createOpenBody();
    const body = open.after(Buffer.from("one"))[Symbol.asyncIterator]();
    await body.next();
    for (let part = 0; part < 5; part += 1) open.say(new Uint8Array(16 * 1024 * 1024));
    expect((await body.next()).done).toBe(true);
  });
});
