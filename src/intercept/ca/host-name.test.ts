import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHost } from "./host-name.ts";

const longestLabel = "a".repeat(63);

describe("parseHost", () => {
  it.each([
    ["api.anthropic.com", "api.anthropic.com"],
    ["API.Anthropic.COM", "api.anthropic.com"],
    ["api.anthropic.com.", "api.anthropic.com"],
    ["localhost", "localhost"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
    ["r3---sn-xyz.example", "r3---sn-xyz.example"],
    ["1password.com", "1password.com"],
    ["constructor", "constructor"],
    ["3com.example", "3com.example"],
    [`${longestLabel}.example`, `${longestLabel}.example`],
    [
      `${longestLabel}.${longestLabel}.${longestLabel}.${"b".repeat(61)}.`,
      `${longestLabel}.${longestLabel}.${longestLabel}.${"b".repeat(61)}`,
    ],
  ])("reads %j as the name %j", (text, name) => {
    expect(parseHost(text)).toEqual({ kind: "name", name });
  });

  it.each([
    ["127.0.0.1", "127.0.0.1", 4],
    ["::1", "::1", 6],
    ["[::1]", "::1", 6],
    ["[2001:DB8::1]", "2001:db8::1", 6],
    ["::ffff:169.254.169.254", "::ffff:169.254.169.254", 6],
  ])("reads %j as an address", (text, address, family) => {
    expect(parseHost(text)).toEqual({ kind: "address", address, family });
  });

  it.each([
    "",
    ".",
    "..",
    "a..b",
    ".example.com",
    "example.com..",
    "__proto__",
    "api_v1.example.com",
    "../x",
    "a/../../b",
    "%2e%2e",
    "fe80::1%eth0",
    "a\0.example.com",
    "a b.example.com",
    "-a.example.com",
    "a-.example.com",
    "a:443",
    "[::1",
    "[api.anthropic.com]",
    "user@api.anthropic.com",
    "*.example.com",
    "bücher.example",
    "\u212Aelvin.example", // the Kelvin sign, which lower-cases to k
    "api。anthropic。com", // full stops that IDNA maps to dots
    "xn--zz.example",
    "127.1",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "0x7f000001",
    "1.2.3.4.5",
    `${"a".repeat(64)}.example`,
    "a".repeat(300),
    `${longestLabel}.${longestLabel}.${longestLabel}.${"b".repeat(62)}`,
    `${"a.".repeat(127)}a`,
    "api.anthropic.com\r\nx: y",
  ])("refuses %j", (text) => {
    const parsed = parseHost(text);
    expect(parsed.kind).toBe("invalid");
    expect(parsed.kind === "invalid" && text.length > 3 && parsed.why.includes(text)).toBe(false);
  });

  it("never throws, and what it calls a name is plain and stays itself", () => {
    const pieces = fc.constantFrom("a", "Z", "0", "-", ".", "xn--", "_", "\u212A", "%", ":", "[", "]", "\0", "/", "*");
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(pieces, { maxLength: 40 }).map((all) => all.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = parseHost(text);
        if (parsed.kind !== "name") return;
        expect(parsed.name).toMatch(/^[a-z0-9.-]{1,253}$/);
        expect(parseHost(parsed.name)).toEqual(parsed);
      }),
      { numRuns: 500 },
    );
  });
});
