import { describe, expect, it } from "vitest";
import { CaError } from "./error.ts";
import { assertUsable, maxScopeNames, permits, planScope, planWithin } from "./scope.ts";

describe("planScope", () => {
  it("takes exact hosts as they are and a leading star as everything below", () => {
    const plan = planScope(["api.anthropic.com", "*.githubcopilot.com", "API.openai.com."]);
    expect(plan).toEqual({ names: ["api.anthropic.com", "githubcopilot.com", "api.openai.com"], leftOut: [] });
  });

  it("drops names that another one permits anyway", () => {
    expect(planScope(["api.cursor.sh", "a.b.cursor.sh", "*.cursor.sh", "notcursor.sh"]).names).toEqual([
      "cursor.sh",
      "notcursor.sh",
    ]);
  });

  it("leaves out what a constraint cannot say, and says why", () => {
    expect(
      planScope(["q.*.amazonaws.com", "*", "*.com", "com", "127.0.0.1", "a_b.example.com", "*foo.example.com"]),
    ).toEqual({
      names: [],
      leftOut: [
        { pattern: "q.*.amazonaws.com", reason: "no-constraint" },
        { pattern: "*", reason: "no-constraint" },
        { pattern: "*.com", reason: "too-broad" },
        { pattern: "com", reason: "too-broad" },
        { pattern: "127.0.0.1", reason: "address" },
        { pattern: "a_b.example.com", reason: "invalid" },
        { pattern: "*foo.example.com", reason: "no-constraint" },
      ],
    });
  });

  it("takes the hosts given for a pattern in its place", () => {
    const expansions = new Map([["q.*.amazonaws.com", ["q.us-east-1.amazonaws.com", "*.amazonaws"]]]);
    expect(planScope(["q.*.amazonaws.com"], expansions)).toEqual({
      names: ["q.us-east-1.amazonaws.com"],
      leftOut: [{ pattern: "*.amazonaws", reason: "too-broad" }],
    });
  });

  it("refuses a plan without any name, because an empty permit list permits all", () => {
    expect(() => assertUsable(planScope(["*"]))).toThrow(CaError);
    expect(() => assertUsable(planScope([]))).toThrow(/no host is left/);
  });

  it("refuses more names than travel well in a handshake", () => {
    const hosts = Array.from({ length: maxScopeNames + 1 }, (_, index) => `h${index}.example.com`);
    expect(() => assertUsable(planScope(hosts))).toThrow(/more than the 512/);
    expect(() => assertUsable(planScope(hosts.slice(1)))).not.toThrow();
  });
});

describe("permits", () => {
  it.each([
    ["githubcopilot.com", true],
    ["api.githubcopilot.com", true],
    ["a.b.githubcopilot.com", true],
    ["evilgithubcopilot.com", false],
    ["githubcopilot.com.evil.example", false],
    ["com", false],
  ])("decides %s as a certificate verifier would: %s", (host, expected) => {
    expect(permits(["githubcopilot.com"], host)).toBe(expected);
  });
});

describe("planWithin", () => {
  it("names what was configured after the certificates were made", () => {
    const plan = planScope(["api.openai.com", "new.example.com", "q.*.example.com"]);
    expect(planWithin(plan, ["openai.com"])).toEqual([
      { pattern: "q.*.example.com", reason: "no-constraint" },
      { pattern: "new.example.com", reason: "not-in-certificate" },
    ]);
  });
});
