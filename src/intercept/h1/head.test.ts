import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findHeadEnd, parseReplyHead, parseRequestHead, withoutField, writeHead } from "./head.ts";

const head = (...lines: readonly string[]): Buffer => Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");

describe("findHeadEnd", () => {
  it("finds the blank line wherever the bytes are split", () => {
    const bytes = head("GET / HTTP/1.1", "Host: a");
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const first = findHeadEnd(bytes.subarray(0, cut));
      expect(first === -1 ? findHeadEnd(bytes, cut) : first).toBe(bytes.length);
    }
  });
});

describe("parseRequestHead", () => {
  it("keeps order, case and duplicates of the fields", () => {
    const parsed = parseRequestHead(
      head("POST /v1/messages?beta=true HTTP/1.1", "hOST: a", "X-B: 1", "x-b:2 ", "Accept:"),
    );
    expect(parsed).toMatchObject({
      ok: true,
      head: {
        method: "POST",
        target: "/v1/messages?beta=true",
        headers: [
          ["hOST", "a"],
          ["X-B", "1"],
          ["x-b", "2"],
          ["Accept", ""],
        ],
        framing: { kind: "none" },
        keepAlive: true,
      },
    });
  });

  it.each([
    [["Content-Length: 5"], { kind: "length", bytes: 5 }],
    [["Content-Length: 0"], { kind: "none" }],
    [["Transfer-Encoding: chunked"], { kind: "chunked" }],
    [["transfer-encoding: Chunked"], { kind: "chunked" }],
  ])("frames the body by %j", (fields, framing) => {
    expect(parseRequestHead(head("POST / HTTP/1.1", "Host: a", ...fields))).toMatchObject({
      ok: true,
      head: { framing },
    });
  });

  it.each([
    ["both lengths", ["Content-Length: 5", "Transfer-Encoding: chunked"], 400],
    ["two lengths", ["Content-Length: 5", "Content-Length: 5"], 400],
    ["a length list", ["Content-Length: 5, 5"], 400],
    ["a signed length", ["Content-Length: +5"], 400],
    ["a hexadecimal length", ["Content-Length: 0x5"], 400],
    ["an endless length", ["Content-Length: 99999999999999999999"], 400],
    ["two codings", ["Transfer-Encoding: gzip, chunked"], 501],
    ["an unknown coding", ["Transfer-Encoding: xchunked"], 501],
    ["repeated codings", ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], 400],
    ["space before the colon", ["Transfer-Encoding : chunked"], 400],
    ["a folded line", ["X-A: 1", " 2"], 400],
    ["a nameless field", [": 1"], 400],
    ["a NUL", ["X-A: a\0b"], 400],
    ["a bare LF", ["X-A: 1\nTransfer-Encoding: chunked"], 400],
    ["a bare CR", ["X-A: 1\rTransfer-Encoding: chunked"], 400],
    ["a name that is no token", ["X(A): 1"], 400],
  ])("refuses %s", (_name, fields, status) => {
    expect(parseRequestHead(head("POST / HTTP/1.1", "Host: a", ...fields))).toMatchObject({ ok: false, status });
  });

  it.each([
    ["GET /"],
    ["GET  / HTTP/1.1"],
    ["GET / HTTP/1.1 "],
    ["GET / http/1.1"],
    ["G@T / HTTP/1.1"],
    ["GET /a b HTTP/1.1"],
    ["\x16\x03\x01"],
  ])("refuses the request line %j", (line) => {
    expect(parseRequestHead(head(line))).toMatchObject({ ok: false, status: 400 });
  });

  it("refuses other versions with 505", () => {
    expect(parseRequestHead(head("GET / HTTP/2.0"))).toMatchObject({ ok: false, status: 505 });
  });

  it("refuses a flood of fields with 431", () => {
    const fields = Array.from({ length: 17 }, (_, index) => `x-${index}: 1`);
    const lines = (count: number): Buffer => head("GET / HTTP/1.1", ...fields.slice(0, count));
    expect(parseRequestHead(lines(16), 16)).toMatchObject({ ok: true });
    const why = "it has more header fields than limits.header_fields (16)";
    expect(parseRequestHead(lines(17), 16)).toEqual({ ok: false, status: 431, why });
    expect(parseReplyHead(head("HTTP/1.1 200 OK", ...fields), "GET", 16)).toMatchObject({ ok: false, why });
  });

  it("reads what the connection may do next", () => {
    const keepAlive = (...lines: string[]): unknown => {
      const parsed = parseRequestHead(head(...lines));
      return parsed.ok && parsed.head.keepAlive;
    };
    expect(keepAlive("GET / HTTP/1.1")).toBe(true);
    expect(keepAlive("GET / HTTP/1.1", "Connection: close")).toBe(false);
    expect(keepAlive("GET / HTTP/1.0")).toBe(false);
    expect(keepAlive("GET / HTTP/1.0", "Connection: Keep-Alive")).toBe(true);
    expect(
      parseRequestHead(head("GET / HTTP/1.1", "Connection: keep-alive, Upgrade", "Upgrade: websocket")),
    ).toMatchObject({
      head: { upgrade: true },
    });
    expect(parseRequestHead(head("PUT / HTTP/1.1", "Expect: 100-Continue"))).toMatchObject({
      head: { expectsContinue: true },
    });
  });

  it("never throws and never invents a body, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const parsed = parseRequestHead(Buffer.concat([Buffer.from(bytes), Buffer.from("\r\n\r\n")]));
        expect(parsed.ok || parsed.why !== "").toBe(true);
      }),
    );
  });
});

describe("parseReplyHead", () => {
  it.each([
    ["HTTP/1.1 200 OK", ["Content-Length: 3"], "GET", { kind: "length", bytes: 3 }],
    ["HTTP/1.1 200 OK", ["Transfer-Encoding: chunked"], "GET", { kind: "chunked" }],
    ["HTTP/1.1 200 OK", [], "GET", { kind: "until-close" }],
    ["HTTP/1.1 200 OK", ["Content-Length: 3"], "HEAD", { kind: "none" }],
    ["HTTP/1.1 204 No Content", ["Content-Length: 3"], "GET", { kind: "none" }],
    ["HTTP/1.1 304 Not Modified", ["Transfer-Encoding: chunked"], "GET", { kind: "none" }],
    ["HTTP/1.1 103 Early Hints", [], "GET", { kind: "none" }],
    ["HTTP/1.1 529", [], "GET", { kind: "until-close" }],
  ])("frames %s %j to %s", (line, fields, method, framing) => {
    expect(parseReplyHead(head(line, ...fields), method)).toMatchObject({ ok: true, head: { framing } });
  });

  it.each([["HTTP/1.1 000 Zero"], ["HTTP/1.1 99"], ["HTTP/2 200"], ["ICY 200 OK"], ["HTTP/1.1 2000 OK"]])(
    "refuses %j",
    (line) => {
      expect(parseReplyHead(head(line), "GET")).toMatchObject({ ok: false });
    },
  );
});

describe("withoutField", () => {
  it("cuts one field out of the raw bytes and touches nothing else", () => {
    const bytes = head("HTTP/1.1 200 OK", "X-A:  1 ", 'ALT-Svc: h3=":443"', "x-b: alt-svc: no");
    expect(withoutField(bytes, "alt-svc").toString("latin1")).toBe(
      "HTTP/1.1 200 OK\r\nX-A:  1 \r\nx-b: alt-svc: no\r\n\r\n",
    );
  });

  it("returns the same buffer when there is nothing to cut", () => {
    const bytes = writeHead("HTTP/1.1 200 OK", [["A", "1"]]);
    expect(withoutField(bytes, "alt-svc")).toBe(bytes);
  });
});
