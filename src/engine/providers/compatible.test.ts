import { describe, expect, it } from "vitest";
import { Secret } from "../../base/secret.ts";
import type { ProviderConfig } from "../config/schema.ts";
import { anthropicCompatible, joinPaths, openaiCompatible, providerFrom } from "./compatible.ts";
import { defaultHosts } from "./hosts.ts";
import { builtInProviders, laterProviders } from "./table.ts";

const config: ProviderConfig = {
  type: "openai-compatible",
  endpoint: "http://127.0.0.1:8000/v1",
  authType: "none",
  enabled: true,
  priority: 100,
  models: [{ name: "big", maxTokens: 1000 }],
  modelMappings: {},
  serves: [],
};

describe("joining a base URL and a call's path", () => {
  it.each([
    ["/v1", "/chat/completions", "/v1/chat/completions"],
    ["/v1", "/v1/chat/completions", "/v1/chat/completions"],
    ["/", "/chat/completions", "/v1/chat/completions"],
    ["", "/messages", "/v1/messages"],
    ["/v1/messages", "/v1/messages", "/v1/messages"],
    ["/v1/messages", "/messages", "/v1/messages"],
    ["/v1/chat/completions", "/v1/chat/completions", "/v1/chat/completions"],
    ["/openai/v1", "/chat/completions", "/openai/v1/chat/completions"],
    ["/api/paas/v4", "/v1/chat/completions", "/api/paas/v4/chat/completions"],
    ["/v1beta/openai", "/chat/completions", "/v1beta/openai/chat/completions"],
    ["/api/anthropic", "/v1/messages", "/api/anthropic/v1/messages"],
    ["/v1/", "/v1/messages?beta=true", "/v1/messages?beta=true"],
  ])("%s + %s = %s", (base, path, expected) => {
    expect(joinPaths(base, path)).toBe(expected);
  });
});

describe("a compatible provider", () => {
  it("shows its key the way its dialect does", () => {
    const key = new Secret("sk-abc");
    expect(openaiCompatible("x", config).credential(key)).toEqual([["authorization", "Bearer sk-abc"]]);
    expect(anthropicCompatible("x", config).credential(key)).toEqual([["x-api-key", "sk-abc"]]);
    expect(providerFrom("x", { ...config, type: "anthropic-compatible" }).format).toBe("claude");
  });
  it("knows its one origin, ports and IPv6 included", () => {
    expect(providerFrom("x", config).origin).toEqual({
      scheme: "http",
      host: "127.0.0.1",
      port: 8000,
      authority: "127.0.0.1:8000",
    });
    expect(providerFrom("x", { ...config, endpoint: "https://[::1]/v1" }).origin).toEqual({
      scheme: "https",
      host: "::1",
      port: 443,
      authority: "[::1]",
    });
  });
  it("uses a model's own limit where the dialect demands one", () => {
    const provider = providerFrom("x", config);
    expect(provider.writeOptions("big").maxTokensDefault).toBe(1000);
    expect(provider.writeOptions("other").maxTokensDefault).toBe(8192);
  });
  it("gives Mistral the call ids it insists on, under whatever name it stands in the file", () => {
    const provider = providerFrom("mine", { ...config, endpoint: "https://api.mistral.ai/v1" });
    expect(provider.writeOptions("codestral").toolIds).toMatchObject({ minLength: 9, maxLength: 9 });
    expect(providerFrom("x", config).writeOptions("m").toolIds).toBeUndefined();
  });
});

describe("the built-in tables", () => {
  it.each(Object.entries(builtInProviders))("%s is reached over TLS with a key", (id, provider) => {
    expect(provider.endpoint).toMatch(/^https:\/\/[a-z0-9.-]+\/.*[^/]$/);
    expect(provider.authType).toBe("api_key");
    expect(laterProviders.has(id)).toBe(false);
  });
  it.each(defaultHosts)("%s can stand in a name constraint: exact, or a star for a whole suffix", (host) => {
    expect(host).toMatch(/^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+$/);
    expect(host).not.toMatch(/^(auth|oauth2|login|oidc)\.|\.auth\./);
  });
  it("covers each host once", () => {
    expect(new Set(defaultHosts).size).toBe(defaultHosts.length);
  });
});
