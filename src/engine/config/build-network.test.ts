import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { config, parse, problems, warnings } from "./__fixtures__/parse.ts";
import { covers, readRange } from "./ip-filter.ts";
import { readProxy } from "./network-proxy.ts";

const own = { host: "127.0.0.1", port: 8317 };
const proxy = (text: string): string => {
  const read = readProxy(text, { PASS: "pw" }, own);
  return read.ok ? read.proxy : `no: ${read.message}`;
};

describe("an outbound proxy", () => {
  it.each([
    ["http://proxy.corp:3128", "http://proxy.corp:3128"],
    ["https://Proxy.Corp", "https://proxy.corp"],
    ["socks5://127.0.0.1:1080/", "socks5://127.0.0.1:1080"],
    ["socks5://[::1]", "socks5://[::1]:1080"],
    ["http://me:${PASS}@h:1", "http://me:pw@h:1"],
    ["direct", "direct"],
    ["none", "direct"],
  ])("is read: %s", (text, expected) => {
    expect(proxy(text)).toBe(expected);
  });
  it.each([
    ["proxy.corp", "is not a proxy"],
    ["proxy.corp:3128", "must begin with http://"],
    ["ftp://h:1", "must begin with http://"],
    ["http://h:1/path", "a proxy has no path"],
    ["socks5://", "names no host"],
    ["http://me:${NOPE}@h:1", "environment variable NOPE is not set"],
    ["http://localhost:8317", "every call would go round in a circle"],
    ["socks5://127.0.0.1:8317", "every call would go round in a circle"],
  ])("is refused: %s", (text, expected) => {
    expect(proxy(text)).toContain(expected);
  });
  it("keeps its password out of every message, whatever is wrong with it", () => {
    const text = (value: string): string => `settings: { network_proxy: { global: "${value}" } }`;
    for (const bad of ["http://u:sk-pw@h:1/x", "ftp://u:sk-pw@h", "u:sk-pw@h", "http://u:sk-pw@127.0.0.1:8317"]) {
      expect(problems(text(bad))).toHaveLength(1);
      expect(inspect(parse(text(bad)), { depth: 9 })).not.toContain("sk-pw");
    }
  });
});

describe("settings.network_proxy", () => {
  const settings = (text: string): string => `settings:\n  network_proxy: ${text}`;

  it("has four levels", () => {
    expect(
      config(
        `combos: { deep: [openai/x] }\naccounts: [{ provider: openai, name: a, api_key: k }]\n${settings("{ global: 'http://g:1', providers: { claude: 'socks5://p:2' }, combos: { deep: direct }, keys: { openai/a: 'https://k:3' } }")}`,
      ).settings.networkProxy,
    ).toEqual({
      global: "http://g:1",
      providers: { claude: "socks5://p:2" },
      combos: { deep: "direct" },
      keys: { "openai/a": "https://k:3" },
    });
  });
  it.each([
    [
      "an unknown provider",
      "{ providers: { cluade: direct } }",
      '2:33: settings.network_proxy.providers.cluade: there is no provider "cluade"; did you mean "claude"?',
    ],
    ["an unknown combo", "{ combos: { deep: direct } }", 'there is no combo "deep"'],
    [
      "a key that is no account",
      "{ keys: { main: direct } }",
      '"main" is no account; accounts are written provider/name',
    ],
    ["an account of no provider", "{ keys: { cluade/a: direct } }", 'did you mean "claude"?'],
    ["an unknown key", "{ globl: direct }", 'unknown key "globl"; did you mean "global"?'],
    ["a place that is none", "{ providers: { claude: x } }", "settings.network_proxy.providers.claude: is not a proxy"],
  ])("refuses %s", (_, text, expected) => {
    expect(problems(settings(text)).join("\n")).toContain(expected);
  });
  it("asks about an account that is nearly one of the file, and believes one that a command may have added", () => {
    const accounts = "accounts: [{ provider: claude, name: work, api_key: k }]\n";
    expect(warnings(accounts + settings("{ keys: { claude/wrok: direct } }"))).toEqual([
      'settings.network_proxy.keys.claude/wrok: there is no account claude/wrok in this file; did you mean "claude/work"?',
    ]);
    expect(warnings(settings("{ keys: { claude/stored: direct } }"))).toEqual([]);
  });
  it("hears of an account's proxy from one place", () => {
    const text = "accounts: [{ provider: claude, name: a, api_key: k, proxy: direct }]\n";
    expect(problems(text + settings("{ keys: { claude/a: 'http://h:1' } }"))[0]).toContain("is said twice");
    expect(problems(text + settings("{ keys: { claude/a: direct } }"))).toEqual([]);
  });
});

describe("settings.ip_filter", () => {
  const filter = (text: string) => config(`settings: { ip_filter: ${text} }`).settings.ipFilter;

  it("knows both words for each mode", () => {
    expect(filter("{ mode: whitelist, list: [127.0.0.1] }")).toEqual({ mode: "allow", list: ["127.0.0.1"] });
    expect(filter("{ mode: blacklist, list: [10.0.0.0/8] }")).toEqual({ mode: "deny", list: ["10.0.0.0/8"] });
    expect(filter("{ mode: off, list: [10.0.0.1] }").mode).toBe("off");
  });
  it.each([
    ["::1", "::1"],
    ["FD00:0:0::/8", "fd00::/8"],
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["::ffff:10.0.0.0/104", "10.0.0.0/8"],
    ["::ffff:0a00:0001/128", "10.0.0.1/32"],
  ])("brings %s into one spelling", (text, expected) => {
    expect(filter(`{ mode: deny, list: ["${text}"] }`).list).toEqual([expected]);
  });
  it.each([
    ["a name", "localhost", '"localhost" is no address'],
    ["too many bits", "10.0.0.0/33", "needs a number from 0 to 32 after the slash"],
    ["too few bits inside IPv6", "::ffff:10.0.0.0/8", "needs a number from 96 to 128 after the slash"],
    ["no bits", "10.0.0.0/", "needs a number"],
    ["a zone", "fe80::1%eth0", "is no address"],
    ["a short address", "10.1", "is no address"],
  ])("refuses %s", (_, text, expected) => {
    const found = problems(`settings: { ip_filter: { mode: deny, list: ["${text}"] } }`).join("\n");
    expect(found).toContain(expected);
    expect(found).toContain("settings.ip_filter.list[0]");
  });
  it("refuses a list without a mode, and an unknown mode", () => {
    expect(problems("settings: { ip_filter: { list: [10.0.0.1] } }")[0]).toContain(
      "a list needs a mode: allow or deny",
    );
    expect(problems("settings: { ip_filter: { mode: block } }")[0]).toContain("must be one of: off, allow, deny");
  });
  it("says when it would shut out this machine", () => {
    expect(warnings("settings: { ip_filter: { mode: allow, list: [10.0.0.0/8] } }")[0]).toContain("nobody gets in");
    expect(warnings("settings: { ip_filter: { mode: deny, list: [127.0.0.0/8] } }")[0]).toContain("nobody gets in");
    expect(warnings("settings: { ip_filter: { mode: allow, list: [127.0.0.1] } }")).toEqual([]);
    expect(warnings("settings: { ip_filter: { mode: deny, list: [10.0.0.0/8] } }")).toEqual([]);
  });
  it("takes every address there is, and finds it in itself", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const read = readRange(address);
        if (!read.ok) throw new Error(read.message);
        expect(covers([read.range], read.range)).toBe(true);
        expect(readRange(read.range)).toEqual(read);
      }),
    );
  });
});

describe("settings.selection and force_model_prefix", () => {
  it("are taken from the file", () => {
    expect(
      config("settings: { selection: { strategy: weighted, sticky: false, when_limited: refuse, max_wait_ms: 0 } }")
        .settings.selection,
    ).toEqual({ strategy: "weighted", sticky: false, whenLimited: "refuse", maxWaitMs: 0 });
    expect(config("settings: { force_model_prefix: true }").settings.forceModelPrefix).toBe(true);
    expect(config("force-model-prefix: true").settings.forceModelPrefix).toBe(true);
    expect(config("").settings).toMatchObject({
      forceModelPrefix: false,
      selection: { strategy: "fill-first", sticky: true, whenLimited: "queue", maxWaitMs: 10_000 },
    });
  });
  it.each([
    ["{ strategy: best }", "must be one of: fill-first, round-robin, capability, weighted, score"],
    ["{ stikcy: true }", 'unknown key "stikcy"; did you mean "sticky"?'],
    ["{ when_limited: wait }", "must be one of: queue, refuse"],
    ["{ max_wait_ms: -1 }", "must be at least 0"],
  ])("refuse selection %s", (text, expected) => {
    expect(problems(`settings: { selection: ${text} }`).join("\n")).toContain(expected);
  });
});
