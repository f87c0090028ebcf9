/**
 * Our own HTTP/2 framing: whatever a peer says in whatever pieces, and whatever the one who listens does in the middle of
 * it, the connection goes on or ends with a reason; nothing is thrown, kept beyond the windows, or said unasked.
 */
import fc from "fast-check";
import type { StreamListener, WireStream } from "../../../src/intercept/h2/wire/stream.ts";
import { block, frame, kinds, ping, request, settings, type Field, type Frame } from "../../support/h2-frames.ts";
import { wirePeer, type WirePeer } from "../../support/wire-peer.ts";
import { chunkSizes, mutated, mutation, split, type Mutation } from "../bytes.ts";
import { must, type FuzzTarget } from "../target.ts";

const doings = [
  "take",
  "pause",
  "resume",
  "reset",
  "giveUp",
  "refuse",
  "write",
  "end",
  "hold",
  "listen",
  "close",
  "destroy",
] as const;
/** Most of the time something harmless: a stream that is reset at once shows little. */
const doing = fc.oneof(
  { weight: 4, arbitrary: fc.constant("take" as const) },
  { weight: 3, arbitrary: fc.constantFrom("pause", "resume", "write") },
  fc.constantFrom(...doings),
);
type Doing = (typeof doings)[number];

const id = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(1, 3, 5) }, fc.integer({ min: 0, max: 12 }));
const size = fc.constantFrom(0, 1, 2, 9, 100, 5_000, 16_384);
const more = fc.constantFrom<readonly Field[]>(
  [],
  [["content-length", "9"]],
  [["a", "b"]],
  [["A", "b"]],
  [["te", "x"]],
  [["expect", "100-continue"]],
);
const number = fc.constantFrom(0, 1, 9, 100, 16_384, 65_535, 70_000, 0x7fff_ffff, 0xffff_ffff);
const bytes32 = (value: number): Buffer =>
  Buffer.from([value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]);
const status = fc.constantFrom("100", "103", "200", "204", "304", "500", "101", "2x");

const said: fc.Arbitrary<Buffer> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(id, fc.boolean(), more, fc.constantFrom("GET", "POST", "HEAD"))
      .map(([stream, end, fields, method]) => request(stream, "a.test", { end, more: fields, method })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(id, status, fc.boolean(), more)
      .map(([stream, code, end, fields]) =>
        frame(kinds.headers, 4 | (end ? 1 : 0), stream, block([[":status", code], ...fields])),
      ),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(id, size, fc.boolean())
      .map(([stream, length, end]) => frame(kinds.data, end ? 1 : 0, stream, Buffer.alloc(length))),
  },
  fc
    .tuple(id, fc.nat(255), fc.nat(300))
    .map(([stream, padding, length]) =>
      frame(kinds.data, 8, stream, Buffer.concat([Buffer.from([padding]), Buffer.alloc(length)])),
    ),
  fc
    .tuple(id, fc.constantFrom(0, 1, 4, 5), more)
    .map(([stream, flags, fields]) => frame(kinds.headers, flags, stream, block(fields))),
  fc
    .tuple(id, fc.constantFrom(0, 4))
    .map(([stream, flags]) => frame(kinds.continuation, flags, stream, block([["c", "d"]]))),
  fc.tuple(id, fc.constantFrom(0, 7, 8)).map(([stream, code]) => frame(kinds.rst, 0, stream, bytes32(code))),
  {
    weight: 3,
    arbitrary: fc.tuple(id, number).map(([stream, value]) => frame(kinds.windowUpdate, 0, stream, bytes32(value))),
  },
  fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), number), { maxLength: 3 }).map(settings),
  fc.constant(ping()),
  fc.tuple(id, number).map(([stream, value]) => frame(2, 0, stream, Buffer.concat([bytes32(value), Buffer.from([1])]))),
  fc
    .tuple(number, fc.constantFrom(0, 1))
    .map(([last, code]) => frame(kinds.goaway, 0, 0, Buffer.concat([bytes32(last), bytes32(code)]))),
  fc
    .tuple(fc.integer({ min: 0, max: 20 }), fc.nat(255), id, fc.uint8Array({ maxLength: 20 }))
    .map(([kind, flags, stream, payload]) => frame(kind, flags, stream, payload)),
);

const windowBytes = 200_000;
const streamWindow = 65_535;
const piece = 20_000;

/** A session and somebody who does what the plan says, a step at each thing that is told. */
function driven(
  role: "server" | "client",
  plan: readonly Doing[],
): WirePeer & { readonly all: WireStream[]; written: () => number } {
  const all: WireStream[] = [];
  let step = 0;
  let written = 0;
  const ended = new WeakSet<WireStream>();
  const reset = new WeakSet<WireStream>();
  const act = (stream: WireStream): void => {
    const one = plan[(step += 1) % Math.max(1, plan.length)] ?? "take";
    // Each may go on telling others within: not for ever.
    if (step > 400) return;
    switch (one) {
      case "take":
        break;
      case "pause":
      case "resume":
      case "hold":
        stream[one]();
        break;
      case "listen":
        stream.listen(listenerOf(stream));
        break;
      case "reset":
        reset.add(stream);
        stream.reset(8);
        break;
      case "giveUp":
      case "refuse":
        stream[one](0);
        break;
      case "write":
        if (role === "server" && !stream.headSent) stream.fields([":status", "200"], null, false);
        if (stream.waiting < 4 * piece) {
          written += piece;
          stream.write(Buffer.alloc(piece));
        }
        break;
      case "end":
        stream.end(step % 2 === 0 ? ["x", "y"] : []);
        break;
      case "close":
        peer.session.close();
        break;
      case "destroy":
        if (step % 3 === 0) peer.session.destroy(2);
        break;
    }
  };
  function listenerOf(stream: WireStream): StreamListener {
    const told = (): void => {
      must(!reset.has(stream), "told after it was reset by its listener");
      must(!ended.has(stream), "told after the end");
      act(stream);
    };
    return {
      onInformational: told,
      onHead: told,
      onData: told,
      onTrailers: told,
      onEnd() {
        must(stream.remoteEnded && stream.held === 0, "an end that has not come");
        told();
        ended.add(stream);
      },
      onReset() {
        must(!reset.has(stream), "a reset told to whoever did it");
        act(stream);
      },
      onRoom: () => act(stream),
    };
  }
  const peer: WirePeer = wirePeer(role, {
    windowBytes,
    maxStreams: 4,
    onStream(stream) {
      all.push(stream);
      stream.listen(listenerOf(stream));
      act(stream);
    },
  });
  if (role === "client") {
    for (const isLast of [true, false, false]) {
      if (peer.session.isClosed) break;
      const stream = peer.session.request([":method", "POST", ":scheme", "https", ":path", "/"], null, isLast);
      all.push(stream);
      stream.listen(listenerOf(stream));
      act(stream);
    }
  }
  return { ...peer, all, written: () => written };
}

const sizeOf = (frames: readonly Frame[], kind: number, stream: number): number =>
  frames
    .filter((one) => one.kind === kind && one.stream === stream)
    .reduce((sum, { payload }) => sum + payload.length, 0);

async function hold(
  role: "server" | "client",
  plan: readonly Doing[],
  frames: readonly Buffer[],
  changes: readonly Mutation[],
  sizes: readonly number[],
): Promise<void> {
  const peer = driven(role, plan);
  const bytes = mutated(Buffer.concat(frames), changes);
  for (const chunk of split(
    bytes,
    sizes.map((one) => one * 50),
  )) {
    peer.say(chunk);
    let held = 0;
    for (const stream of peer.all) {
      must(stream.held <= streamWindow, "a stream holds more than its window");
      held += stream.held;
    }
    must(held <= windowBytes, "streams hold more than the connection's window");
  }
  const isWhole = changes.length === 0;
  if (isWhole) {
    peer.say(ping());
    const answers = (await peer.heard()).filter(
      ({ kind, flags }) => (kind === kinds.ping && flags === 1) || kind === kinds.goaway,
    );
    must(answers.length > 0, "it neither goes on nor says why not");
  }
  const heard = await peer.heard();
  for (const stream of peer.all) {
    const sent = sizeOf(heard, kinds.data, stream.id);
    must(sent + stream.waiting <= peer.written(), "more was said than was written");
    if (!isWhole) continue;
    const granted = frames
      .filter((one) => one[3] === kinds.windowUpdate && one.length === 13 && one.readUInt32BE(5) === stream.id)
      .reduce((sum, one) => sum + (one.readUInt32BE(9) & 0x7fff_ffff), 0);
    must(sent <= largestWindow(frames) + granted, "more was said than the stream's window");
  }
  // An answer to each frame at most, and what was written, in frames.
  const most = 20_000 + 4 * (bytes.length + peer.written());
  must(heard.reduce((sum, { payload }) => sum + payload.length + 9, 0) <= most, "it talks without end");
  peer.socket.destroy();
  await peer.heard();
  must(peer.told.filter((text) => text === "close").length === 1, "its holder is not told of the end, once");
  must(peer.session.openStreams === 0, "streams outlive their connection");
}

function largestWindow(frames: readonly Buffer[]): number {
  let largest = streamWindow;
  for (const one of frames) {
    if (one[3] !== kinds.settings) continue;
    for (let at = 9; at + 6 <= one.length; at += 6)
      if (one.readUInt16BE(at) === 4) largest = Math.max(largest, one.readUInt32BE(at + 2));
  }
  return largest;
}

const plans = fc.array(doing, { minLength: 1, maxLength: 12 });
const posts = [1, 3].map((stream) => request(stream, "a.test", { method: "POST", end: false }));
const replies = [1, 3].map((stream) => frame(kinds.headers, 4, stream, block([[":status", "200"]])));
/** Mostly behind a good beginning: without it little gets as far as the bodies. */
const talkTo = (role: "server" | "client"): fc.Arbitrary<Buffer[]> =>
  fc
    .tuple(fc.integer({ min: 0, max: 3 }), fc.array(said, { maxLength: 40 }))
    .map(([begins, frames]) => (begins === 0 ? frames : [...(role === "server" ? posts : replies), ...frames]));

export const h2Wire: readonly FuzzTarget[] = (["server", "client"] as const).flatMap((role) => [
  {
    name: `h2-${role}`,
    promise: `HTTP/2 as ${role}: any frames in any pieces; it goes on or says why not, within the windows`,
    property: fc.asyncProperty(plans, talkTo(role), chunkSizes, async (plan, frames, sizes) =>
      hold(role, plan, frames, [], sizes),
    ),
    share: 0.5,
  },
  {
    name: `h2-${role}-noise`,
    promise: `HTTP/2 as ${role}: frames that were flipped, cut and lengthened; nothing is thrown or kept`,
    property: fc.asyncProperty(
      plans,
      talkTo(role),
      fc.array(mutation, { minLength: 1, maxLength: 4 }),
      chunkSizes,
      async (plan, frames, changes, sizes) => hold(role, plan, frames, changes, sizes),
    ),
    share: 0.5,
  },
]);
