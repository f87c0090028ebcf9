import { describe, expect, it } from "vitest";
import { UpstreamError, type UpstreamFailure } from "../../base/upstream-error.ts";
import { fromUnknown } from "./from-unknown.ts";
import { policy } from "./policy.ts";

describe("the policy table", () => {
  it("never tries another account for what the client itself got wrong", () => {
    for (const kind of ["bad-request", "content-policy", "blocked", "client-gone"] as const) {
      expect(policy[kind].next).toBe("stop");
    }
  });
  it("never makes an account pay for the network", () => {
    for (const kind of ["network", "timeout", "client-gone"] as const) expect(policy[kind].cooldown).toBe("none");
  });
  it.each(Object.entries(policy))("%s has a status that says it failed", (_, { clientStatus }) => {
    expect(clientStatus).toBeGreaterThanOrEqual(400);
    expect(clientStatus).toBeLessThan(600);
  });
});

describe("a thrown thing as an error", () => {
  it.each([
    ["refused", "connect", "network"],
    ["dns", "connect", "network"],
    ["connect-timeout", "connect", "timeout"],
    ["first-byte-timeout", "reply", "timeout"],
    ["reset", "request", "network"],
    ["reset", "body", "truncated"],
    ["idle-timeout", "body", "timeout"],
    ["protocol", "reply", "protocol"],
    ["aborted", "request", "client-gone"],
  ] as const satisfies readonly (readonly [UpstreamFailure, UpstreamError["phase"], string])[])(
    "%s in phase %s is %s",
    (failure, phase, kind) => {
      expect(fromUnknown(new UpstreamError(failure, phase, "what happened"))).toEqual({
        kind,
        message: "what happened",
        raw: failure,
      });
    },
  );
  it("does not repeat what an unexpected error says: it may quote a key", () => {
    const error = fromUnknown(new TypeError("bad header sk-secret"));
    expect(error.kind).toBe("internal");
    expect(JSON.stringify(error)).not.toContain("sk-secret");
  });
});
