import { describe, expect, it } from "vitest";
import { createHostPolicy } from "./host-policy.ts";

const policy = createHostPolicy({
  intercept: ["api.anthropic.com", "*.githubcopilot.com", "q.*.amazonaws.com", "wide.example", "*.inner.example"],
  tunnel: ["secret.inner.example"],
  inScope: (host) => !host.startsWith("wide"),
});
const action = (host: string): string => policy.decide(host).action;

describe("the host policy", () => {
  it("intercepts what is listed and nothing that only looks like it", () => {
    expect(action("api.anthropic.com")).toBe("intercept");
    expect(action("evilapi.anthropic.com")).toBe("tunnel");
    expect(action("api.anthropic.com.evil.example")).toBe("tunnel");
    expect(action("api.githubcopilot.com")).toBe("intercept");
    expect(action("githubcopilot.com")).toBe("tunnel");
    expect(action("q.us-east-1.amazonaws.com")).toBe("intercept");
    expect(action("q.amazonaws.com")).toBe("tunnel");
  });

  it("lets the tunnel list win", () => {
    expect(action("a.inner.example")).toBe("intercept");
    expect(action("secret.inner.example")).toBe("tunnel");
  });

  it("tunnels what our certificates may not speak for, and says so", () => {
    expect(policy.decide("wide.example")).toMatchObject({ action: "tunnel", outOfScope: true });
    expect(policy.decide("other.example")).toMatchObject({ action: "tunnel", outOfScope: false });
  });
});
