/**
 * A reply that is read while its request is still open. After each piece the reader's answers are sent; every five seconds
 * it says that it is there; what waits for more ends after a moment; and an upstream that is silent for thirty seconds is
 * dead (a live one sends heartbeats, reported 2026-11). The stream itself goes its usual way (open-stream.ts).
 */
import { UpstreamError } from "../../base/upstream-error.ts";
import type { StreamReader, Talk } from "../formats/format.ts";
import type { OpenBody } from "./open-body.ts";
import type { After } from "./tools.ts";

export interface TalkInput {
  readonly reader: StreamReader;
  readonly body: AsyncIterable<Uint8Array>;
  readonly open: OpenBody;
  readonly after: After;
  /** Sees what is said. */
  readonly onSaid: (bytes: Uint8Array) => void;
}

export interface Talking {
  readonly reader: StreamReader;
  readonly body: AsyncIterable<Uint8Array>;
}

export const beatMs = 5_000;
/** The seventh beat without a word comes thirty to thirty-five seconds after the last one. */
const maxSilentBeats = 7;
/** Calls that a model makes at once follow each other within a few milliseconds; a person does not notice this. */
export const settleMs = 250;

const nothing = new Uint8Array();

export function startTalk(input: TalkInput): Talking {
  const { talk } = input.reader;
  return talk === undefined ? { reader: input.reader, body: input.body } : talking(input, talk);
}

function talking({ reader, body, open, after, onSaid }: TalkInput, talk: Talk): Talking {
  const inner = body[Symbol.asyncIterator]();
  let silentBeats = 0;
  let isOver = false;
  let callOffBeat = (): void => {};
  /** Fails the read that is under way. */
  let fail = (_error: UpstreamError): void => {};
  let isRead = false;
  let pending: Promise<IteratorResult<Uint8Array>> | null = null;

  const say = (bytes: Uint8Array): void => {
    onSaid(bytes);
    open.say(bytes);
  };
  const beat = (): void => {
    if (isOver) return;
    if (isRead) silentBeats += 1;
    if (silentBeats >= maxSilentBeats) {
      finish();
      fail(new UpstreamError("idle-timeout", "body", "the upstream sent nothing for 30 s"));
      return;
    }
    const bytes = talk.beat();
    if (bytes !== null) say(bytes);
    callOffBeat = after(beatMs, beat);
  };
  const finish = (): void => {
    isOver = true;
    callOffBeat();
    open.close();
  };
  const answered = <Events>(events: Events): Events => {
    for (const bytes of talk.answers()) say(bytes);
    return events;
  };
  /** Null: nothing came for a moment. */
  const nextOrQuiet = (next: Promise<IteratorResult<Uint8Array>>): Promise<IteratorResult<Uint8Array> | null> =>
    new Promise((resolve, reject) => {
      const callOff = talk.isWaiting() ? after(settleMs, () => resolve(null)) : (): void => {};
      fail = reject;
      next.then(resolve, reject).finally(callOff);
    });

  callOffBeat = after(beatMs, beat);
  return {
    reader: {
      push: (bytes) => answered(reader.push(bytes)),
      end: () => reader.end(),
    },
    body: {
      [Symbol.asyncIterator]: () => ({
        async next() {
          isRead = true;
          pending ??= inner.next();
          try {
            const step = await nextOrQuiet(pending);
            if (step === null) {
              talk.settle();
              return { done: false, value: nothing };
            }
            pending = null;
            silentBeats = 0;
            if (step.done === true) finish();
            return step;
          } catch (error) {
            finish();
            throw error;
          } finally {
            isRead = false;
          }
        },
        return() {
          finish();
          return Promise.resolve(inner.return?.() ?? { done: true, value: undefined });
        },
      }),
    },
  };
}
