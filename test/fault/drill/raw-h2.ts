/** HTTP/2 by hand (RFC 9113): heads that no library would send. */
import type { Socket } from "node:net";

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const frameTypes = { data: 0, headers: 1, settings: 4 } as const;
const flags = { endStream: 1, endHeaders: 4 } as const;

export type Field = readonly [name: string, value: string];

export function frame(type: keyof typeof frameTypes, flag: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(frameTypes[type], 3);
  head.writeUInt8(flag, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Literal fields, never indexed, nothing compressed (RFC 7541 §6.2.3). */
export function fieldBlock(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0x10), text(name), text(value)]));
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  return Buffer.concat([length(bytes.length), bytes]);
}

/** A prefix integer of seven bits (RFC 7541 §5.1). */
function length(value: number): Buffer {
  if (value < 127) return Buffer.of(value);
  const bytes = [127];
  let left = value - 127;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return Buffer.of(...bytes, left);
}

/** One request on a connection of its own, with its body and trailers. */
export function sayRequest(
  socket: Socket,
  fields: readonly Field[],
  body: string | null,
  trailers: readonly Field[] = [],
): void {
  const last = body === null && trailers.length === 0;
  socket.write(preface);
  socket.write(frame("settings", 0, 0, Buffer.alloc(0)));
  socket.write(frame("headers", flags.endHeaders | (last ? flags.endStream : 0), 1, fieldBlock(fields)));
  if (body !== null) {
    socket.write(frame("data", trailers.length === 0 ? flags.endStream : 0, 1, Buffer.from(body, "latin1")));
  }
  if (trailers.length > 0) {
    socket.write(frame("headers", flags.endHeaders | flags.endStream, 1, fieldBlock(trailers)));
  }
}
