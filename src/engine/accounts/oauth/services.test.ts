import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret } from "../../../base/secret.ts";
import { isRegion, resolveService, type OAuthSources } from "./resolve.ts";
import { refreshLeadMs, serviceIds, serviceOf, services } from "./services.ts";

const none: OAuthSources = { config: {}, file: {} };
const hourMs = 3_600_000;

describe("the table of login services", () => {
  it.each(serviceIds)("asks %s over https only and holds no secret", (id) => {
    const { authUrl, tokenUrl, refreshUrl } = services[id];
    for (const url of [authUrl, tokenUrl, refreshUrl]) expect(url).toMatch(/^https:\/\//);
    expect(JSON.stringify(services[id])).not.toMatch(/GOCSPX|client_?secret"/i);
  });

  it.each([
    ["codex", 30 * 24 * hourMs, 5 * 24 * hourMs],
    ["claude", 24 * hourMs, 4 * hourMs],
    ["iflow", 72 * hourMs, 24 * hourMs],
    ["qwen", 6 * hourMs, 20 * 60_000],
    ["kimi", 6 * hourMs, 5 * 60_000],
    ["antigravity", hourMs, 5 * 60_000],
    ["github", hourMs, 5 * 60_000],
    ["somebody-new", hourMs, 5 * 60_000],
    // Never more than half of its life: else it would be renewed without end.
    ["claude", 6 * hourMs, 3 * hourMs],
    ["codex", 24 * hourMs, 12 * hourMs],
  ])("renews %s's tokens of %d ms so long before: %d ms", (service, lifetimeMs, leadMs) => {
    expect(refreshLeadMs(service, lifetimeMs)).toBe(leadMs);
  });

  it("never renews before half of a token's life", () => {
    fc.assert(
      fc.property(fc.constantFrom(...serviceIds), fc.integer({ min: 0, max: 10 ** 10 }), (service, lifetimeMs) => {
        expect(refreshLeadMs(service, lifetimeMs)).toBeLessThanOrEqual(lifetimeMs / 2);
      }),
    );
  });

  it("knows a provider's other names, and nothing off the prototype", () => {
    expect(serviceOf("github")).toBe("copilot");
    expect(serviceOf("openrouter")).toBeNull();
    expect(serviceOf("constructor")).toBeNull();
  });
});

describe("a service in force", () => {
  it.each(serviceIds)("%s stands ready, or says exactly what to write where", (id) => {
    const resolved = resolveService(id, none);
    if (services[id].secret === "none") return expect(resolved.ok).toBe(true);
    expect(!resolved.ok && resolved.message).toContain(`oauth.${id}.client_secret into config.yaml`);
    expect(!resolved.ok && resolved.message).toContain(
      `{"${id}": {"clientSecret": "…"}} into provider-credentials.json`,
    );
    const clientSecret = new Secret("made-up-client-secret-for-tests");
    expect(resolveService(id, { config: {}, file: { [id]: { clientSecret } } }).ok).toBe(true);
  });

  it.each(["http://evil.example/token", "ftp://a/b", "nonsense", "https://user:pass@a.example/t"])(
    "does not send tokens to %s",
    (tokenUrl) => {
      const resolved = resolveService("claude", { config: { claude: { tokenUrl } }, file: {} });
      expect(!resolved.ok && resolved.message).toContain("oauth.claude.token_url");
    },
  );

  it("may be on this machine without TLS", () => {
    const sources = { config: { claude: { tokenUrl: "http://127.0.0.1:1/token" } }, file: {} };
    expect(resolveService("claude", sources).ok).toBe(true);
  });

  it("takes for a region nothing that could change the host", () => {
    for (const region of ["us-east-1", "eu-central-1", "us-gov-west-1", "ap-southeast-2"])
      expect(isRegion(region)).toBe(true);
    const strange = fc.string({ minLength: 1 }).filter((text) => /[^a-z0-9-]/.test(text));
    fc.assert(
      fc.property(strange, fc.nat(9), (text, at) => {
        expect(isRegion(`${"us-east-1".slice(0, at)}${text}${"us-east-1".slice(at)}`)).toBe(false);
      }),
    );
    expect(resolveService("kiro", none, "x.evil.example/").ok).toBe(false);
  });
});
