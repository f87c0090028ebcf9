/**
 * HTTP/2 frames by hand (RFC 9113 §4, HPACK literals of RFC 7541 §6.2), for peers that do what no library lets them do.
 * A header is written without index and without Huffman: every receiver understands it, and no state is kept.
 */
import type { Duplex } from "node:stream";
import { within } from "./wait.ts";

export const preface: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export const kinds = {
  data: 0,
  headers: 1,
  rst: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const endStream = 0x1;
export const ack = 0x1;
export const endHeaders = 0x4;

export interface Frame {
  readonly kind: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function frame(kind: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.byteLength, 0, 3);
  head.writeUInt8(kind, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export type Field = readonly [name: string, value: string];

/** A header block: literals that enter no table. */
export function block(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  return Buffer.concat([integer(bytes.length), bytes]);
}

/** With the seven-bit prefix of a string's length (RFC 7541 §5.1). */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

export function settings(pairs: readonly (readonly [id: number, value: number])[] = []): Buffer {
  const payload = Buffer.alloc(pairs.length * 6);
  pairs.forEach(([id, value], index) => {
    payload.writeUInt16BE(id, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  });
  return frame(kinds.settings, 0, 0, payload);
}

export const settingsAck: Buffer = frame(kinds.settings, ack, 0);
export const initialWindow = 4;

export function number32(value: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(value);
  return payload;
}

export const rst = (stream: number, code: number): Buffer => frame(kinds.rst, 0, stream, number32(code));
export const windowUpdate = (stream: number, bytes: number): Buffer =>
  frame(kinds.windowUpdate, 0, stream, number32(bytes));
export const ping = (): Buffer => frame(kinds.ping, 0, 0, Buffer.alloc(8));
export const goaway = (lastStream: number, code: number): Buffer =>
  frame(kinds.goaway, 0, 0, Buffer.concat([number32(lastStream), number32(code)]));

/** One frame of a request. `more`: fields after the four that each has. */
export function request(
  stream: number,
  host: string,
  { method = "GET", path = "/", more = [], end = true }: RequestOptions = {},
): Buffer {
  const fields: readonly Field[] = [
    [":method", method],
    [":scheme", "https"],
    [":authority", host],
    [":path", path],
    ...more,
  ];
  return frame(kinds.headers, endHeaders | (end ? endStream : 0), stream, block(fields));
}

/** A request whose body is to come. */
export const post = (stream: number, host: string, more: readonly Field[] = []): Buffer =>
  request(stream, host, { method: "POST", end: false, more });

/** DATA of so many bytes. */
export const data = (stream: number, size: number, isLast = false): Buffer =>
  frame(kinds.data, isLast ? endStream : 0, stream, Buffer.alloc(size, "x"));

export interface RequestOptions {
  readonly method?: string;
  readonly path?: string;
  readonly more?: readonly Field[];
  readonly end?: boolean;
}

/** What a peer says, frame by frame. */
export interface FrameReader {
  readonly frames: readonly Frame[];
  /** Waits for a frame that fits; the first that came counts. */
  seen(what: string, fits: (frame: Frame) => boolean): Promise<Frame>;
  /** The connection is over: everything it said is in `frames`. */
  readonly over: Promise<void>;
  readonly isOver: () => boolean;
}

/** `onFrame`: answers while it reads. */
export function readFrames(socket: Duplex, onFrame: (frame: Frame) => void = () => {}, skip = 0): FrameReader {
  const frames: Frame[] = [];
  const waiting = new Set<() => void>();
  let rest: Buffer = Buffer.alloc(0);
  let toSkip = skip;
  let isOver = false;
  const wake = (): void => {
    for (const look of waiting) look();
  };
  socket.on("data", (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes]);
    if (toSkip > 0) {
      const taken = Math.min(toSkip, rest.length);
      toSkip -= taken;
      rest = rest.subarray(taken);
    }
    while (rest.length >= 9) {
      const length = rest.readUIntBE(0, 3);
      if (rest.length < 9 + length) break;
      const one: Frame = {
        kind: rest.readUInt8(3),
        flags: rest.readUInt8(4),
        stream: rest.readUInt32BE(5) & 0x7fffffff,
        payload: rest.subarray(9, 9 + length),
      };
      rest = rest.subarray(9 + length);
      frames.push(one);
      onFrame(one);
    }
    wake();
  });
  const over = new Promise<void>((resolve) => {
    const end = (): void => {
      isOver = true;
      resolve();
      wake();
    };
    socket.on("end", end).on("close", end).on("error", end);
  });
  socket.resume();
  return {
    frames,
    over,
    isOver: () => isOver,
    seen(what, fits) {
      return within(
        what,
        new Promise((resolve, reject) => {
          const look = (): void => {
            const found = frames.find(fits);
            if (found !== undefined) resolve(found);
            else if (isOver) reject(new Error(`the connection ended before ${what}`));
            if (found !== undefined || isOver) waiting.delete(look);
          };
          waiting.add(look);
          look();
        }),
      );
    },
  };
}
