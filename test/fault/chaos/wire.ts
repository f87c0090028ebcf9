/** Replies as bytes of HTTP/1.1, and bytes of HTTP/1.1 as replies: nobody's parser but this one stands between. */

export type Framing = "chunked" | "length" | "close";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A chunk each, where there are chunks. */
  readonly frames: readonly Buffer[];
  readonly framing: Framing;
}

/** `lengthOff` is added to Content-Length; `badSize` stands instead of the second chunk's size. */
export function replyBytes(reply: Reply, lengthOff = 0, badSize: string | null = null): Buffer {
  const { frames, framing } = reply;
  const length = frames.reduce((sum, frame) => sum + frame.length, 0);
  const fields = {
    ...reply.headers,
    ...(framing === "chunked" ? { "transfer-encoding": "chunked" } : {}),
    ...(framing === "length" ? { "content-length": String(length + lengthOff) } : {}),
    ...(framing === "close" ? { connection: "close" } : {}),
  };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const chunk = (frame: Buffer, index: number): readonly Buffer[] => [
    Buffer.from(`${index === 1 && badSize !== null ? badSize : frame.length.toString(16)}\r\n`),
    frame,
    Buffer.from("\r\n"),
  ];
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${reply.status} Fine\r\n${head.join("")}\r\n`),
    ...(framing === "chunked" ? [...frames.flatMap(chunk), Buffer.from("0\r\n\r\n")] : frames),
  ]);
}

export interface ReadReply {
  /** Null: no whole head came. */
  readonly status: number | null;
  readonly headers: string;
  readonly body: Buffer;
  /** Its framing says that nothing is missing. */
  readonly isWhole: boolean;
  /** Replies that were none yet, before it. */
  readonly interims: number;
  /** Bytes behind the reply's end. */
  readonly rest: Buffer;
}

/** `ended`: the peer said that this is all (FIN), which is the end of a reply without any other. */
export function readReply(bytes: Buffer, ended: boolean): ReadReply {
  let interims = 0;
  let from = 0;
  for (;;) {
    const end = bytes.indexOf("\r\n\r\n", from);
    if (end === -1)
      return { status: null, headers: "", body: Buffer.alloc(0), isWhole: false, interims, rest: bytes.subarray(from) };
    const headers = bytes.toString("latin1", from, end + 2);
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(headers)?.[1] ?? 0);
    from = end + 4;
    if (status >= 200 || status < 100) {
      const read = readBody(headers, status, bytes.subarray(from), ended);
      return { status, headers, interims, ...read };
    }
    interims += 1;
  }
}

function readBody(
  headers: string,
  status: number,
  bytes: Buffer,
  ended: boolean,
): Omit<ReadReply, "status" | "headers" | "interims"> {
  if (status === 204 || status === 304) return { body: Buffer.alloc(0), isWhole: true, rest: bytes };
  if (/\r\ntransfer-encoding: *chunked/i.test(headers)) return readChunks(bytes);
  const length = /\r\ncontent-length: *(\d+)/i.exec(headers)?.[1];
  if (length === undefined) return { body: bytes, isWhole: ended, rest: Buffer.alloc(0) };
  const wanted = Number(length);
  return { body: bytes.subarray(0, wanted), isWhole: bytes.length >= wanted, rest: bytes.subarray(wanted) };
}

function readChunks(bytes: Buffer): Omit<ReadReply, "status" | "headers" | "interims"> {
  const parts: Buffer[] = [];
  const none = Buffer.alloc(0);
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    const size = lineEnd === -1 ? Number.NaN : Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    if (Number.isNaN(size)) return { body: Buffer.concat(parts), isWhole: false, rest: none };
    const start = lineEnd + 2;
    if (size === 0) {
      const end = bytes.indexOf("\r\n\r\n", lineEnd);
      const isWhole = end !== -1;
      return { body: Buffer.concat(parts), isWhole, rest: isWhole ? bytes.subarray(end + 4) : none };
    }
    parts.push(bytes.subarray(start, start + size));
    if (start + size + 2 > bytes.length) return { body: Buffer.concat(parts), isWhole: false, rest: none };
    at = start + size + 2;
  }
}
