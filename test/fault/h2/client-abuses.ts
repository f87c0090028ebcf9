/** What a hostile HTTP/2 client does inside its tunnel, frame by frame. */
import {
  block,
  endHeaders,
  frame,
  initialWindow,
  kinds,
  ping,
  preface,
  request,
  rst,
  settings,
  settingsAck,
  windowUpdate,
} from "../../support/h2-frames.ts";

export interface ClientAbuse {
  readonly name: string;
  /** What is written at once, piece by piece, as long as the connection takes it. `count`: how often. */
  pieces(host: string, count: number): Generator<Buffer>;
  /** `ends`: the connection must be over afterwards. `bounded`: it may go on, its streams are refused or few. */
  readonly must: "end" | "be bounded";
}

const opening = Buffer.concat([preface, settings(), settingsAck]);
const cancel = 8;

function* streams(count: number): Generator<number> {
  for (let stream = 1; stream < 2 * count; stream += 2) yield stream;
}

/** `of` again and again, some hundred in a write. */
function* batches(of: Iterable<Buffer>): Generator<Buffer> {
  let batch: Buffer[] = [];
  for (const one of of) {
    batch.push(one);
    if (batch.length < 200) continue;
    yield Buffer.concat(batch);
    batch = [];
  }
  yield Buffer.concat(batch);
}

function* times(count: number, one: Buffer): Generator<Buffer> {
  for (let index = 0; index < count; index += 1) yield one;
}

const slow = { path: "/slow" };

export const clientAbuses: readonly ClientAbuse[] = [
  {
    name: "rapid reset (CVE-2023-44487)",
    must: "end",
    *pieces(host, count) {
      yield opening;
      const resets = function* (): Generator<Buffer> {
        for (const stream of streams(count)) yield Buffer.concat([request(stream, host, slow), rst(stream, cancel)]);
      };
      yield* batches(resets());
    },
  },
  {
    name: "streams that it makes the server reset (CVE-2025-8671)",
    must: "end",
    *pieces(host, count) {
      yield opening;
      const resets = function* (): Generator<Buffer> {
        // An increment of nothing is an error of that stream alone (RFC 9113 §6.9).
        for (const stream of streams(count))
          yield Buffer.concat([request(stream, host, slow), windowUpdate(stream, 0)]);
      };
      yield* batches(resets());
    },
  },
  {
    name: "CONTINUATION without end",
    must: "end",
    *pieces(_host, count) {
      yield Buffer.concat([opening, frame(kinds.headers, 0, 1, block([[":method", "GET"]]))]);
      const more = frame(kinds.continuation, 0, 1, block([["x-more", "v".repeat(8_000)]]));
      yield* batches(times(count, more));
    },
  },
  {
    name: "empty CONTINUATION without end",
    must: "end",
    *pieces(_host, count) {
      yield Buffer.concat([opening, frame(kinds.headers, 0, 1, block([[":method", "GET"]]))]);
      yield* batches(times(count * 20, frame(kinds.continuation, 0, 1)));
    },
  },
  {
    name: "empty DATA without end",
    must: "end",
    *pieces(host, count) {
      yield Buffer.concat([opening, request(1, host, { method: "POST", path: "/slow", end: false })]);
      yield* batches(times(count * 20, frame(kinds.data, 0, 1)));
    },
  },
  {
    name: "PING without end",
    must: "end",
    *pieces(_host, count) {
      yield opening;
      yield* batches(times(count * 20, ping()));
    },
  },
  {
    name: "SETTINGS without end",
    must: "end",
    *pieces(_host, count) {
      yield opening;
      yield* batches(times(count * 20, settings([[initialWindow, 65_535]])));
    },
  },
  {
    name: "streams whose window never opens",
    must: "be bounded",
    *pieces(host, count) {
      yield Buffer.concat([preface, settings([[initialWindow, 0]]), settingsAck]);
      const all = function* (): Generator<Buffer> {
        for (const stream of streams(count)) yield request(stream, host, { path: "/large" });
      };
      yield* batches(all());
    },
  },
  {
    name: "a header bomb (one byte is 4 KB)",
    must: "be bounded",
    *pieces(host, count) {
      yield opening;
      // Indexed into the table once, then named by one byte (62 is the newest entry).
      const entry = block([["x-bomb", "b".repeat(3_900)]]);
      const literal = Buffer.concat([Buffer.from([0x40]), entry.subarray(1)]);
      const named = block([
        [":method", "GET"],
        [":scheme", "https"],
        [":authority", host],
        [":path", "/slow"],
      ]);
      for (const stream of streams(Math.min(count, 40))) {
        const bomb = Buffer.concat([named, literal, Buffer.alloc(8_000, 0xbe)]);
        yield frame(kinds.headers, endHeaders | 1, stream, bomb);
      }
    },
  },
  {
    name: "windows beyond 2^31",
    must: "end",
    *pieces(_host) {
      yield Buffer.concat([opening, windowUpdate(0, 0x7fffffff), windowUpdate(0, 0x7fffffff)]);
    },
  },
  {
    name: "a frame larger than was agreed",
    must: "end",
    *pieces(host) {
      yield Buffer.concat([opening, request(1, host, { method: "POST", path: "/slow", end: false })]);
      yield frame(kinds.data, 0, 1, Buffer.alloc(1 << 20));
    },
  },
  {
    name: "data on a stream that never was",
    must: "end",
    *pieces() {
      yield Buffer.concat([opening, frame(kinds.data, 0, 99, Buffer.alloc(10))]);
    },
  },
];
