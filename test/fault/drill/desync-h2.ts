/** HTTP/2 heads that turn into something else when an HTTP/1 server behind the proxy reads them. Of the project's own making. */
import type { Field } from "./raw-h2.ts";

export interface Shape2 {
  readonly what: string;
  readonly fields: readonly Field[];
  readonly body: string | null;
  readonly trailers?: readonly Field[];
}

/** @param hidden a whole HTTP/1 request that nobody must see */
export function shapes2(authority: string, path: string, hidden: string): readonly Shape2[] {
  const start = (method = "POST", target = path): Field[] => [
    [":method", method],
    [":scheme", "https"],
    [":authority", authority],
    [":path", target],
  ];
  const posting = (what: string, ...fields: readonly Field[]): Shape2 => ({
    what: `h2: ${what}`,
    fields: [...start(), ...fields],
    body: hidden,
  });
  const heading = (what: string, fields: readonly Field[]): Shape2 => ({ what: `h2: ${what}`, fields, body: null });
  const injected = "x\r\nx-injected: 1";
  return [
    posting("a transfer coding", ["transfer-encoding", "chunked"]),
    posting("a transfer coding in capitals", ["Transfer-Encoding", "chunked"]),
    posting("a length of nothing", ["content-length", "0"]),
    posting("a length too short", ["content-length", "5"]),
    posting("a length too long", ["content-length", "5000"]),
    posting("two lengths", ["content-length", "0"], ["content-length", String(hidden.length)]),
    posting("a signed length", ["content-length", `+${hidden.length}`]),
    posting("a length in a list", ["content-length", `0, ${hidden.length}`]),
    posting("a connection field", ["connection", "content-length"], ["content-length", String(hidden.length)]),
    posting("an upgrade", ["upgrade", "h2c"], ["connection", "upgrade"]),
    posting("a keep-alive", ["keep-alive", "timeout=5"]),
    posting("te: chunked", ["te", "chunked"]),
    posting("a proxy connection", ["proxy-connection", "keep-alive"]),
    posting("CR LF in a value", ["x-one", injected]),
    posting("LF in a value", ["x-one", "x\nx-injected: 1"]),
    posting("CR in a value", ["x-one", "x\rx-injected: 1"]),
    posting("NUL in a value", ["x-one", "a\0b"]),
    posting("CR LF in a cookie", ["cookie", injected]),
    posting("CR LF in a name", ["x\r\nx-injected: 1\r\ny", "z"]),
    posting("a colon in a name", ["transfer-encoding: chunked\r\nx", "z"]),
    posting("a colon at a name's end", ["transfer-encoding:", "chunked"]),
    posting("a space in a name", ["transfer-encoding ", "chunked"]),
    posting("an empty name", ["", "x"]),
    posting("a pseudo-field after a field", ["x-one", "1"], [":path", "/other"]),
    posting("an unknown pseudo-field", [":other", "x"]),
    posting("another Host", ["host", "evil.example"]),
    posting("two Hosts", ["host", authority], ["host", "evil.example"]),
    posting("a Host with CR LF", ["host", `${authority}\r\nx-injected: 1`]),
    heading("CR LF in the path", start("GET", `${path} HTTP/1.1\r\nx-injected: 1\r\nx: y`)),
    heading("a whole request in the path", start("GET", `${path} HTTP/1.1\r\nHost: x\r\n\r\n${hidden}`)),
    heading("a space in the path", start("GET", `${path} x`)),
    heading("an empty path", start("GET", "")),
    heading("a path that is none", start("GET", "evil.example/x")),
    heading("a URL as path", start("GET", "https://evil.example/x")),
    heading("CR LF in the method", start("GET / HTTP/1.1\r\nx-injected: 1\r\nx:")),
    heading("a space in the method", start("GET /x")),
    heading("an empty method", start("")),
    heading("CONNECT", [
      [":method", "CONNECT"],
      [":authority", authority],
    ]),
    heading("two paths", [...start("GET"), [":path", "/other"]]),
    heading("two methods", [...start("GET"), [":method", "POST"]]),
    heading("two authorities", [...start("GET"), [":authority", "evil.example"]]),
    heading("CR LF in the authority", [
      ...start("GET").slice(0, 2),
      [":authority", `${authority}\r\nx-injected: 1`],
      [":path", path],
    ]),
    heading("a user in the authority", [
      ...start("GET").slice(0, 2),
      [":authority", `${authority}@evil.example`],
      [":path", path],
    ]),
    heading("another authority", [...start("GET").slice(0, 2), [":authority", "evil.example"], [":path", path]]),
    heading("CR LF in the scheme", [
      start("GET")[0] as Field,
      [":scheme", "https\r\nx-injected: 1"],
      ...start("GET").slice(2),
    ]),
    { what: "h2: a length in the trailers", fields: start(), body: hidden, trailers: [["content-length", "0"]] },
    {
      what: "h2: a coding in the trailers",
      fields: start(),
      body: hidden,
      trailers: [["transfer-encoding", "chunked"]],
    },
    { what: "h2: CR LF in the trailers", fields: start(), body: hidden, trailers: [["x-one", injected]] },
    { what: "h2: a pseudo-field in the trailers", fields: start(), body: hidden, trailers: [[":path", "/other"]] },
    { what: "h2: a GET with a body", fields: start("GET"), body: hidden },
    { what: "h2: a HEAD with a body", fields: start("HEAD"), body: hidden },
  ];
}
