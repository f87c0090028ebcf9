import { describe, expect, it } from "vitest";
import { parseConnectTarget } from "./connect-target.ts";

describe("parseConnectTarget", () => {
  it.each([
    ["api.anthropic.com:443", "api.anthropic.com", 443],
    ["API.Anthropic.COM.:443", "api.anthropic.com", 443],
    ["127.0.0.1:8080", "127.0.0.1", 8080],
    ["[::1]:443", "::1", 443],
    ["my_service.local:80", "my_service.local", 80],
    ["localhost:1", "localhost", 1],
  ])("reads %s", (text, host, port) => {
    expect(parseConnectTarget(text)).toEqual({ ok: true, host, port });
  });

  it.each([
    "__proto__:443",
    "constructor",
    "../x:443",
    "a/../../b:443",
    "%2e%2e:443",
    "x".repeat(300) + ":443",
    "a..b:443",
    "a\0b:443",
    "::1:443",
    "[::1:443",
    "[nope]:443",
    "host:0",
    "host:65536",
    "host:",
    "host:443x",
    ":443",
    "",
    "http://a:443",
    "a b:443",
  ])("refuses %j", (text) => {
    expect(parseConnectTarget(text).ok).toBe(false);
  });

  it("takes a default port for URLs", () => {
    expect(parseConnectTarget("a.example", 80)).toEqual({ ok: true, host: "a.example", port: 80 });
    expect(parseConnectTarget("[::1]", 80)).toEqual({ ok: true, host: "::1", port: 80 });
    expect(parseConnectTarget(undefined, 80).ok).toBe(false);
  });
});
