/** HTTP/2 with prior knowledge: recognising the client preface, and giving bytes that were read back to a session. */
import { Duplex } from "node:stream";

/** RFC 9113 §3.4. */
const http2Preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** Enough of the preface to be sure: no HTTP/1 request begins with `PRI *`. */
export function isHttp2Preface(bytes: Buffer): boolean {
  return bytes.length >= 5 && bytes.subarray(0, 5).equals(http2Preface.subarray(0, 5));
}

/** The same stream with `bytes` read first. A plain JavaScript duplex, because a session given one reads through it. */
export function withBytesBefore(inner: Duplex, bytes: Buffer): Duplex {
  const outer = new Duplex({
    allowHalfOpen: false,
    read: () => inner.resume(),
    write: (chunk: Buffer, _encoding, callback) => {
      if (inner.write(chunk)) callback();
      else inner.once("drain", () => callback());
    },
    final: (callback) => {
      inner.end();
      callback();
    },
    destroy: (error, callback) => {
      inner.destroy();
      callback(error);
    },
  });
  outer.push(bytes);
  inner.on("data", (chunk: Buffer) => {
    if (!outer.push(chunk)) inner.pause();
  });
  inner.on("end", () => outer.push(null));
  inner.on("error", (error) => outer.destroy(error));
  inner.on("close", () => outer.destroy());
  return outer;
}
