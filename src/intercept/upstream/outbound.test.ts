import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { createOutbound, parseProxy, type OutboundDeps } from "./outbound.ts";

const far = { host: "api.openai.com", port: 443, secure: true };

function outbound(more: Partial<OutboundDeps> = {}) {
  let now = 0;
  let asked = 0;
  const env = more.env ?? {};
  const find = createOutbound({
    global: () => null,
    clock: { now: () => now, monotonic: () => now },
    isOurselves: () => false,
    ...more,
    env: new Proxy(env, {
      getOwnPropertyDescriptor(target, name) {
        asked += 1;
        return Reflect.getOwnPropertyDescriptor(target, name);
      },
    }),
  });
  const label = (wish?: string, where = far): string | null => find(where, wish)?.label ?? null;
  return { label, pass: (ms: number) => void (now += ms), asked: () => asked };
}

describe("which outbound proxy", () => {
  it("is the request's own wish first, then the general one, then the environment's", () => {
    const env = { HTTPS_PROXY: "http://env:1" };
    expect(outbound({ env, global: () => "http://all:2" }).label("http://mine:3")).toBe("http://mine:3");
    expect(outbound({ env, global: () => "http://all:2" }).label()).toBe("http://all:2");
    expect(outbound({ env }).label()).toBe("http://env:1");
    expect(outbound().label()).toBeNull();
  });
  it("is none where the wish or the general setting says direct, whatever the environment says", () => {
    const env = { HTTPS_PROXY: "http://env:1" };
    expect(outbound({ env }).label("direct")).toBeNull();
    expect(outbound({ env, global: () => "direct" }).label()).toBeNull();
  });
  it.each([
    [{ https_proxy: "http://low:1", HTTPS_PROXY: "http://up:1" }, true, "http://low:1"],
    [{ HTTP_PROXY: "http://plain:1", HTTPS_PROXY: "http://tls:1" }, false, "http://plain:1"],
    [{ ALL_PROXY: "socks5://all" }, true, "socks5://all:1080"],
    [{ HTTPS_PROXY: "bare.example:8080" }, true, "http://bare.example:8080"],
    [{ HTTPS_PROXY: "nonsense://x" }, true, null],
  ])("reads %j", (env, secure, expected) => {
    expect(outbound({ env }).label(undefined, { ...far, secure })).toBe(expected);
  });
  it.each([
    ["*", true],
    ["openai.com", true],
    [".openai.com", true],
    ["*.openai.com", true],
    ["api.openai.com:443", true],
    ["api.openai.com:8443", false],
    ["penai.com", false],
    ["other.example, openai.com", true],
    ["", false],
  ])("leaves out what NO_PROXY=%s names", (list, isOut) => {
    const env = { HTTPS_PROXY: "http://env:1", NO_PROXY: list };
    expect(outbound({ env }).label() === null).toBe(isOut);
    expect(outbound({ env: { no_proxy: list }, global: () => "http://all:2" }).label() === null).toBe(isOut);
  });
  it.each([
    ["10.0.0.0/8", "10.1.2.3", true],
    ["10.0.0.0/8", "11.1.2.3", false],
    ["fd00::/8", "fd12::1", true],
    ["10.0.0.0/99", "10.1.2.3", false],
    ["192.168.0.7", "192.168.0.7", true],
    ["[fd12::1]", "fd12::1", true],
  ])("reads the range %s for %s", (list, host, isOut) => {
    const env = { HTTPS_PROXY: "http://env:1", NO_PROXY: list };
    expect(outbound({ env }).label(undefined, { ...far, host }) === null).toBe(isOut);
  });
  it.each(["localhost", "127.0.0.1", "127.8.8.8", "::1", "a.localhost"])(
    "never sends %s through another machine",
    (host) => {
      expect(outbound({ env: { ALL_PROXY: "http://env:1" } }).label(undefined, { ...far, host })).toBeNull();
      // Said of this provider by name: then it is meant.
      expect(outbound().label("http://mine:3", { ...far, host })).toBe("http://mine:3");
    },
  );
  it("is never ourselves", () => {
    const isOurselves = (host: string, port: number): boolean => host === "127.0.0.1" && port === 8317;
    expect(outbound({ env: { HTTPS_PROXY: "http://x:token@127.0.0.1:8317" }, isOurselves }).label()).toBeNull();
  });
  it("looks a host up at most every 30 s", () => {
    const bench = outbound({ env: { HTTPS_PROXY: "http://env:1" } });
    bench.label();
    const first = bench.asked();
    bench.pass(29_999);
    bench.label();
    expect(bench.asked()).toBe(first);
    bench.pass(1);
    bench.label();
    expect(bench.asked()).toBeGreaterThan(first);
  });
  it("shows no user and no password", () => {
    const proxy = parseProxy("http://some%40body:canary-password-0123@proxy.example:3128");
    expect(proxy).toMatchObject({
      host: "proxy.example",
      port: 3128,
      user: "some@body",
      label: "http://proxy.example:3128",
    });
    expect(proxy?.password?.reveal()).toBe("canary-password-0123");
    expect(inspect(proxy) + JSON.stringify(proxy)).not.toContain("canary-password");
  });
});
