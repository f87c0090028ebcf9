/** Requests that two parsers could read differently. Of the project's own making. `@` is the place of the host's name. */

export interface Shape {
  readonly what: string;
  /** The bytes, as Latin-1; `line` makes the request line for a method and a path. */
  readonly text: (parts: Parts) => string;
  /** How many requests an upstream may see of it at most; 1 unless two were really sent. */
  readonly atMost?: number;
}

export interface Parts {
  readonly line: (method: string, path: string) => string;
  readonly authority: string;
  /** A whole request that nobody must see. */
  readonly hidden: string;
}

const end = "\r\n\r\n";

/** A POST with these field lines and this body; `n` in braces is the body's length. */
const post =
  (fields: string, body: (hidden: string) => string) =>
  ({ line, authority, hidden }: Parts): string => {
    const bytes = body(hidden);
    return `${line("POST", "")}\r\nHost: ${authority}\r\n${fields.replaceAll("{n}", String(bytes.length))}${end}${bytes}`;
  };
const inBody = (hidden: string): string => hidden;
const afterLast = (hidden: string): string => `0\r\n\r\n${hidden}`;

const codings = [
  "Transfer-Encoding: chunked",
  "transfer-encoding:chunked",
  "Transfer-Encoding : chunked",
  "Transfer-Encoding\t: chunked",
  "Transfer-Encoding:\tchunked",
  "Transfer-Encoding: \x0bchunked",
  "Transfer-Encoding: chunked\x0c",
  "Transfer-Encoding: xchunked",
  "Transfer-Encoding: chunked, identity",
  "Transfer-Encoding: identity, chunked",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding: chunked, chunked",
  "Transfer-Encoding: , chunked",
  "Transfer-Encoding: chunked,",
  'Transfer-Encoding: "chunked"',
  "Transfer-Encoding: chunked;q=1",
  "Transfer-Encoding: CHUNKED",
  "Transfer-Encoding: chunked\x00",
  "Transfer-Encoding: chu\x00nked",
  "Transfer-\x00Encoding: chunked",
  "\x00Transfer-Encoding: chunked",
  " Transfer-Encoding: chunked",
  "X: y\r\n Transfer-Encoding: chunked",
  "X: y\rTransfer-Encoding: chunked",
  "X: y\nTransfer-Encoding: chunked",
  "X: y\r\r\nTransfer-Encoding: chunked",
  "Transfer-Encoding:\r\n chunked",
  "Transfer-Encoding:\n chunked",
  "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
  "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
  "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
  "X: \r\x00\nTransfer-Encoding: chunked",
];

const lengths = [
  "Content-Length: {n}\r\nContent-Length: 0",
  "Content-Length: 0\r\nContent-Length: {n}",
  "Content-Length: {n}\r\nContent-Length: {n}",
  "Content-Length: {n}, 0",
  "Content-Length: 0, {n}",
  "Content-Length: +{n}",
  "Content-Length: -{n}",
  "Content-Length: 0x{n}",
  "Content-Length: {n}.0",
  "Content-Length: {n} 0",
  "Content-Length: 0 {n}",
  "Content-Length: {n};",
  "Content-Length: {n}\x00",
  "Content-Length: \x0b{n}",
  "Content-Length : {n}",
  "Content-Length\x00: {n}",
  "Content-Length: 99999999999999999999",
  "Content-Length: 18446744073709551617",
  "Content-Length:\r\n {n}",
  "Content-Length: \r\nX: {n}",
  "Content-Length",
  "X: y\nContent-Length: {n}",
  "X: y\rContent-Length: {n}",
  "Connection: content-length\r\nContent-Length: {n}",
  "Connection: close, Content-Length\r\nContent-Length: {n}",
  "Connection: transfer-encoding, content-length\r\nContent-Length: {n}",
  "Proxy-Connection: content-length\r\nContent-Length: {n}",
  "Keep-Alive: content-length\r\nContent-Length: {n}",
  "Content-Length: {n}\r\nTE: chunked",
  "Content-Length: {n}\r\nTrailer: Content-Length",
  "Content-Length: {n}\r\nExpect: 100-continue, chunked",
  "Content-Length: {n}\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
  "Content-Length: {n}\r\nUpgrade: websocket\r\nConnection: Upgrade",
  "Content-Length: {n}\r\nContent-Encoding: chunked",
];

/** What stands where a chunk's size should; the hidden request is the chunk's data. */
const sizes = [
  "{x};ext",
  "{x};\n0",
  "{x}\n",
  "{x} ",
  "{x}\t",
  "{x} ;a=b",
  " {x}",
  "0{x}",
  "0x{x}",
  "+{x}",
  "-{x}",
  "{x}h",
  "{x}\x00",
  "{x};a=\x00",
  '{x};a="\r\n0\r\n\r\n"',
  "{x};a=\r",
  "{x}_0",
  "ffffffffffffffff{x}",
  "1000000000000000{x}",
  "\r\n{x}",
  "\n{x}",
  "",
  ";{x}",
  "{x},0",
];

/** What follows a last chunk. */
const trailers = [
  "0\r\nX: y\r\n\r\n",
  "0\r\nContent-Length: 30\r\n\r\n",
  "0\r\nTransfer-Encoding: chunked\r\n\r\n",
  "0\r\nX: y\n\r\n",
  "0\r\nno colon here\r\n\r\n",
  "0\r\nX : y\r\n\r\n",
  "0\r\nX: \x00\r\n\r\n",
  "0\r\n\n",
  "0\n\r\n",
  "0\n\n",
  "0;\r\n\r\n",
  "000\r\n\r\n",
  "0\r\n X: folded\r\n\r\n",
];

const heads: readonly (readonly [string, (parts: Parts) => string])[] = [
  ["two Hosts", ({ line, authority }) => `${line("GET", "")}\r\nHost: ${authority}\r\nHost: evil.example${end}`],
  [
    "two Hosts, ours last",
    ({ line, authority }) => `${line("GET", "")}\r\nHost: evil.example\r\nHost: ${authority}${end}`,
  ],
  ["no Host", ({ line }) => `${line("GET", "")}${end}`],
  ["two Hosts in one", ({ line, authority }) => `${line("GET", "")}\r\nHost: ${authority}, evil.example${end}`],
  ["a Host with a space before its colon", ({ line, authority }) => `${line("GET", "")}\r\nHost : ${authority}${end}`],
  ["a Host on a folded line", ({ line, authority }) => `${line("GET", "")}\r\nX: y\r\n Host: ${authority}${end}`],
  ["a hop-by-hop Host", ({ line, authority }) => `${line("GET", "")}\r\nHost: ${authority}\r\nConnection: host${end}`],
  ["only LFs", ({ line, authority, hidden }) => `${line("GET", "")}\nHost: ${authority}\n\n${hidden}`],
  [
    "an LF in the head's end",
    ({ line, authority, hidden }) => `${line("GET", "")}\r\nHost: ${authority}\r\n\n${hidden}`,
  ],
  [
    "a CR before the end",
    ({ line, authority, hidden }) => `${line("GET", "")}\r\nHost: ${authority}\r\n\r\r\n${hidden}`,
  ],
  ["a line without a colon", ({ line, authority }) => `${line("GET", "")}\r\nHost: ${authority}\r\nno colon${end}`],
  ["a field without a name", ({ line, authority }) => `${line("GET", "")}\r\nHost: ${authority}\r\n: x${end}`],
  ["a space in a name", ({ line, authority }) => `${line("GET", "")}\r\nHost: ${authority}\r\nX Y: z${end}`],
  ["a parenthesis in a name", ({ line, authority }) => `${line("GET", "")}\r\nHost: ${authority}\r\nX(Y): z${end}`],
  ["a name beyond ASCII", ({ line, authority }) => `${line("GET", "")}\r\nHost: ${authority}\r\nX\x80: z${end}`],
  ["a NUL in a value", ({ line, authority }) => `${line("GET", "")}\r\nHost: ${authority}\r\nX: a\0b${end}`],
  ["an escape in a value", ({ line, authority }) => `${line("GET", "")}\r\nHost: ${authority}\r\nX: a\x1bb${end}`],
  [
    "pseudo-fields",
    ({ line, authority }) => `${line("GET", "")}\r\nHost: ${authority}\r\n:authority: evil.example${end}`,
  ],
  [
    "two spaces in the line",
    ({ line, authority }) => `${line("GET", "").replace(" ", "  ")}\r\nHost: ${authority}${end}`,
  ],
  ["tabs in the line", ({ line, authority }) => `${line("GET", "").replaceAll(" ", "\t")}\r\nHost: ${authority}${end}`],
  ["a space after the line", ({ line, authority }) => `${line("GET", "")} \r\nHost: ${authority}${end}`],
  [
    "a version of its own",
    ({ line, authority }) => `${line("GET", "").replace("/1.1", "/1.2")}\r\nHost: ${authority}${end}`,
  ],
  ["version 2.0", ({ line, authority }) => `${line("GET", "").replace("/1.1", "/2.0")}\r\nHost: ${authority}${end}`],
  ["no version", ({ line, hidden }) => `${line("GET", "").replace(/ HTTP.*/, "")}\r\n\r\n${hidden}`],
  [
    "chunks in HTTP/1.0",
    ({ line, authority, hidden }) =>
      `${line("POST", "").replace("/1.1", "/1.0")}\r\nHost: ${authority}\r\nTransfer-Encoding: chunked${end}0\r\n\r\n${hidden}`,
  ],
  ["a CR in the target", ({ line, authority }) => `${line("GET", "\rx")}\r\nHost: ${authority}${end}`],
  ["a NUL in the target", ({ line, authority }) => `${line("GET", "\0x")}\r\nHost: ${authority}${end}`],
  ["a space in the target", ({ line, authority }) => `${line("GET", "?a b")}\r\nHost: ${authority}${end}`],
  ["a method with a CR", ({ line, authority }) => `${line("GET\rX", "")}\r\nHost: ${authority}${end}`],
  ["an absolute target elsewhere", ({ authority }) => `GET https://evil.example/ HTTP/1.1\r\nHost: ${authority}${end}`],
  [
    "an absolute target, and another Host",
    ({ authority }) => `GET https://${authority}/ HTTP/1.1\r\nHost: evil.example${end}`,
  ],
  [
    "a target with a user",
    ({ authority }) => `GET https://${authority}@evil.example/ HTTP/1.1\r\nHost: ${authority}${end}`,
  ],
  ["CONNECT", ({ authority, hidden }) => `CONNECT evil.example:443 HTTP/1.1\r\nHost: ${authority}${end}${hidden}`],
  [
    "an upgrade to h2c",
    ({ line, authority, hidden }) =>
      `${line("GET", "")}\r\nHost: ${authority}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: ${hidden.length}${end}${hidden}`,
  ],
  [
    "a GET with a body",
    ({ line, authority, hidden }) =>
      `${line("GET", "")}\r\nHost: ${authority}\r\nContent-Length: ${hidden.length}${end}${hidden}`,
  ],
  [
    "a HEAD with a body",
    ({ line, authority, hidden }) =>
      `${line("HEAD", "")}\r\nHost: ${authority}\r\nContent-Length: ${hidden.length}${end}${hidden}`,
  ],
  [
    "a DELETE with a body",
    ({ line, authority, hidden }) =>
      `${line("DELETE", "")}\r\nHost: ${authority}\r\nContent-Length: ${hidden.length}${end}${hidden}`,
  ],
];

export const shapes: readonly Shape[] = [
  ...codings.flatMap((coding): Shape[] => [
    { what: `${coding} before a length`, text: post(`${coding}\r\nContent-Length: {n}`, afterLast) },
    { what: `${coding} after a length`, text: post(`Content-Length: {n}\r\n${coding}`, afterLast) },
  ]),
  ...lengths.map((length): Shape => ({ what: length, text: post(length, inBody) })),
  ...sizes.map(
    (size): Shape => ({
      what: `a chunk of ${size}`,
      text: post(
        "Transfer-Encoding: chunked",
        (hidden) => `${size.replaceAll("{x}", hidden.length.toString(16))}\r\n${hidden}\r\n0\r\n\r\n`,
      ),
    }),
  ),
  {
    what: "a chunk longer than its size",
    text: post("Transfer-Encoding: chunked", (hidden) => `5\r\nhello${hidden}\r\n0\r\n\r\n`),
  },
  {
    what: "a chunk without its end",
    text: post("Transfer-Encoding: chunked", (hidden) => `5\r\nhello0\r\n\r\n${hidden}`),
  },
  {
    what: "a chunk that ends in LF",
    text: post("Transfer-Encoding: chunked", (hidden) => `5\r\nhello\n0\r\n\r\n${hidden}`),
  },
  // What comes after a body that has ended is a request of its own, and known as one.
  ...trailers.map(
    (trailer): Shape => ({
      what: `a last chunk ${trailer}`,
      text: post("Transfer-Encoding: chunked", (hidden) => `5\r\nhello\r\n${trailer}${hidden}`),
      atMost: 2,
    }),
  ),
  ...heads.map(([what, text]): Shape => ({ what, text })),
];
