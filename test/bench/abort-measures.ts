/**
 * From a client that leaves in the middle of a stream to the origin that notices: a model goes on, and its tokens are paid
 * for, until then. Both instants are taken from the clock that all processes of the machine share.
 */
import { constants, type ClientHttp2Session } from "node:http2";
import { waitFor, within } from "../support/wait.ts";
import type { Contestant, Origin } from "./contestants.ts";
import { monotonicMicros } from "./process-meter.ts";
import { get, getH2, open, openH2 } from "./wire.ts";

export interface Aborts {
  /** How long the origin took to notice, ms; of those that it noticed. */
  readonly tookMs: readonly number[];
  /** Streams that went on to their end. */
  readonly never: number;
}

/** A stream that nobody stops ends by itself after a second, so that a proxy that never aborts is not also loaded. */
const stream = { events: 100, gapMs: 10 };
/** What the origin has not noticed by then it does not notice. */
const patienceMs = 2_000;
const h2StreamsPerSession = 20;

/** A connection for each: leaving means closing it. */
export async function abortsH1(who: Contestant, origin: Origin, label: string, count: number): Promise<Aborts> {
  const leftAt = new Map<string, number>();
  for (let index = 0; index < count; index += 1) {
    const id = `${who.name}-h1-${label}-${index}`;
    const socket = await open(who);
    const first = new Promise((resolve) => socket.once("data", resolve));
    get(socket, who, pathFor(id));
    await within("the first bytes of a stream", first);
    leftAt.set(id, monotonicMicros());
    socket.destroy();
  }
  return noticed(origin, leftAt);
}

/** Streams of one connection that goes on: leaving means resetting one. */
export async function abortsH2(who: Contestant, origin: Origin, label: string, count: number): Promise<Aborts> {
  const leftAt = new Map<string, number>();
  let session: ClientHttp2Session | null = null;
  for (let index = 0; index < count; index += 1) {
    if (index % h2StreamsPerSession === 0) {
      session?.destroy();
      session = await openH2(who);
    }
    if (session === null) throw new Error("unreachable: the first turn opens one");
    const id = `${who.name}-h2-${label}-${index}`;
    const reply = getH2(session, pathFor(id));
    await within("the first bytes of a stream", new Promise((resolve) => reply.once("data", resolve)));
    leftAt.set(id, monotonicMicros());
    reply.close(constants.NGHTTP2_CANCEL);
    await within("the reset to be sent", new Promise((resolve) => reply.once("close", resolve)));
  }
  const aborts = await noticed(origin, leftAt);
  session?.destroy();
  return aborts;
}

function pathFor(id: string): string {
  return `/stream?n=${stream.events}&gap=${stream.gapMs}&id=${id}`;
}

async function noticed(origin: Origin, leftAt: ReadonlyMap<string, number>): Promise<Aborts> {
  const ids = [...leftAt.keys()];
  const all = (): boolean => ids.every((id) => origin.closedAt(id) !== undefined);
  await waitFor("the origin to notice them all", all, patienceMs).catch(() => undefined);
  const tookMs = [...leftAt].flatMap(([id, left]) => {
    const closed = origin.closedAt(id);
    return closed === undefined ? [] : [(closed - left) / 1_000];
  });
  return { tookMs, never: ids.length - tookMs.length };
}
