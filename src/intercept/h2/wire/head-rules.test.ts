import { describe, expect, it } from "vitest";
import { areTrailers, replySketch, requestSketch } from "./head-rules.ts";

const pseudo = (changes: Readonly<Record<string, string | null>> = {}): readonly string[] =>
  Object.entries({ ":method": "GET", ":scheme": "https", ":authority": "a.test", ":path": "/x", ...changes }).flatMap(
    ([name, value]) => (value === null ? [] : [name, value]),
  );

/** Fields that no message may have, wherever they stand. */
const badFields: readonly (readonly [what: string, name: string, value: string])[] = [
  ["upper case", "Accept", "x"],
  ["no name", "", "x"],
  ["a space in its name", "a b", "x"],
  ["a colon in its name", "a:b", "x"],
  ["a line end in its name", "a\r\nb", "x"],
  ["a byte above ASCII in its name", "\xe4", "x"],
  ["NUL", "a", "x\0y"],
  ["CR", "a", "x\ry"],
  ["LF", "a", "x\ny"],
  ["connection", "connection", "close"],
  ["keep-alive", "keep-alive", "1"],
  ["proxy-connection", "proxy-connection", "close"],
  ["transfer-encoding", "transfer-encoding", "chunked"],
  ["upgrade", "upgrade", "h2c"],
  ["te that is not trailers", "te", "gzip"],
  ["a pseudo-field behind others", ":path", "/"],
  ["a length with a sign", "content-length", "+5"],
  ["a length with a space", "content-length", " 5"],
  ["an empty length", "content-length", ""],
  ["a length in hex", "content-length", "0x5"],
  ["two lengths in one", "content-length", "5, 5"],
  ["a length beyond all numbers", "content-length", "9".repeat(16)],
];

describe("a request", () => {
  it("is what its pseudo-fields say", () => {
    expect(requestSketch([...pseudo({ ":method": "POST" }), "content-length", "12", "te", "Trailers"])).toEqual({
      method: "POST",
      scheme: "https",
      authority: "a.test",
      path: "/x",
      protocol: undefined,
      contentLength: 12,
    });
    expect(requestSketch(pseudo({ ":authority": null }))).toMatchObject({ authority: undefined, contentLength: -1 });
    expect(requestSketch(pseudo({ ":method": "OPTIONS", ":path": "*" }))).toMatchObject({ path: "*" });
    expect(requestSketch(pseudo({ ":path": '/\xe4?a=b#c|{}"' }))).not.toBeNull();
  });

  it.each(badFields)("has no field with %s", (_, name, value) => {
    expect(requestSketch([...pseudo(), "accept", "x"])).not.toBeNull();
    expect(requestSketch([...pseudo(), "accept", "x", name, value])).toBeNull();
    expect(requestSketch([...pseudo(), name, value, "accept", "x"])).toBeNull();
  });

  it("has one length, also when two agree", () => {
    expect(requestSketch([...pseudo(), "content-length", "5", "content-length", "5"])).toBeNull();
    expect(requestSketch([...pseudo(), "content-length", "0", "content-length", "5"])).toBeNull();
  });

  it.each([":method", ":scheme", ":authority", ":path", ":protocol"])("has %s once", (name) => {
    const connect = pseudo({ ":method": "CONNECT", ":protocol": "websocket" });
    expect(requestSketch(connect)).not.toBeNull();
    expect(requestSketch([...connect, name, "/"])).toBeNull();
  });

  it.each([
    ["no method", { ":method": null }],
    ["an empty method", { ":method": "" }],
    ["a method with a space", { ":method": "GET /" }],
    ["no scheme", { ":scheme": null }],
    ["a scheme that is none", { ":scheme": "https://" }],
    ["no path", { ":path": null }],
    ["an empty path", { ":path": "" }],
    ["a path that is none", { ":path": "x" }],
    ["another address in its path", { ":path": "http://b.test/" }],
    ["a space in its path", { ":path": "/ HTTP/1.1" }],
    ["a tab in its path", { ":path": "/\t" }],
    ["a line end in its path", { ":path": "/\r\nhost: b" }],
    ["a line end in its authority", { ":authority": "a\r\n" }],
    ["* without OPTIONS", { ":path": "*" }],
    ["a protocol without CONNECT", { ":protocol": "websocket" }],
    ["CONNECT with a path", { ":method": "CONNECT" }],
    ["a protocol and no authority", { ":method": "CONNECT", ":protocol": "websocket", ":authority": null }],
    ["a field of a reply", { ":status": "200" }],
    ["an unknown pseudo-field", { ":other": "x" }],
  ])("is none with %s", (_, changes) => {
    expect(requestSketch(pseudo(changes))).toBeNull();
  });

  it("may be CONNECT, plain and extended", () => {
    const plain = pseudo({ ":method": "CONNECT", ":scheme": null, ":path": null });
    expect(requestSketch(plain)).toMatchObject({ method: "CONNECT", protocol: undefined });
    expect(requestSketch(pseudo({ ":method": "CONNECT", ":protocol": "websocket" }))).toMatchObject({
      protocol: "websocket",
      path: "/x",
    });
  });

  it("is judged the same the second time", () => {
    const long = "n".repeat(500);
    for (let turn = 0; turn < 2; turn += 1) {
      expect(requestSketch([...pseudo(), long, "x"])).not.toBeNull();
      expect(requestSketch([...pseudo(), "X-Again", "x"])).toBeNull();
      expect(requestSketch([...pseudo(), "upgrade", "x"])).toBeNull();
    }
  });
});

describe("a reply", () => {
  it("is its status", () => {
    expect(replySketch([":status", "200", "content-length", "7"])).toEqual({ status: 200, contentLength: 7 });
    expect(replySketch([":status", "103"])).toEqual({ status: 103, contentLength: -1 });
    expect(replySketch([":status", "999"])).toMatchObject({ status: 999 });
  });

  it.each(["", "20", "2000", "099", "abc", "2 0", "101", "-10", "20x"])("has no status %j", (status) => {
    expect(replySketch([":status", status])).toBeNull();
  });

  it.each([
    ["nothing", []],
    ["no status first", ["a", "b", ":status", "200"]],
    ["two of them", [":status", "200", ":status", "200"]],
    ["a field of a request", [":status", "200", ":path", "/"]],
  ])("is none with %s", (_, raw) => {
    expect(replySketch(raw)).toBeNull();
  });

  it.each(badFields)("has no field with %s", (_, name, value) => {
    expect(replySketch([":status", "200", name, value])).toBeNull();
  });
});

describe("trailers", () => {
  it("are fields, and may be none", () => {
    expect(areTrailers(["grpc-status", "0"])).toBe(true);
    expect(areTrailers([])).toBe(true);
  });

  it.each(badFields)("have no field with %s", (_, name, value) => {
    expect(areTrailers([name, value])).toBe(false);
  });
});
