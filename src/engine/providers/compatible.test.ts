import { describe, expect, it } from "vitest";
import { Secret } from "../../base/secret.ts";
import type { Credential } from "../accounts/credential.ts";
import { providerEntry } from "../config/__fixtures__/entries.ts";
import type { ProviderConfig, ProviderType } from "../config/schema.ts";
import { providerTypes } from "../config/schema.ts";
import { providerFrom } from "./compatible.ts";
import { defaultHosts } from "./hosts.ts";
import { joinPaths } from "./join-paths.ts";

const config: ProviderConfig = {
  ...providerEntry({ models: [{ name: "big", maxTokens: 1000 }] }),
  type: "openai-compatible",
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
    const key: Credential = { kind: "key", secret: new Secret("sk-abc"), facts: {} };
    const shown = (type: ProviderType, endpoint = config.endpoint): unknown =>
      providerFrom("x", { ...config, type, endpoint }).authorize(key);
    expect(shown("openai-compatible")).toEqual([["authorization", "Bearer sk-abc"]]);
    expect(shown("openai-responses-compatible")).toEqual([["authorization", "Bearer sk-abc"]]);
    expect(shown("anthropic-compatible")).toEqual([["x-api-key", "sk-abc"]]);
    expect(shown("gemini-compatible")).toEqual([["x-goog-api-key", "sk-abc"]]);
    expect(shown("gemini-compatible", "https://europe-west1-aiplatform.googleapis.com/v1/x")).toEqual([
      ["authorization", "Bearer sk-abc"],
    ]);
  });
  it.each(providerTypes)("speaks a dialect as type %s", (type) => {
    const provider = providerFrom("x", { ...config, type });
    expect(provider.format).not.toBe("");
    expect(provider.writeOptions("m")).toMatchObject({ model: "m", origin: "x" });
  });
  it.each([
    [
      "gemini-compatible",
      "https://generativelanguage.googleapis.com/v1beta",
      "/models/m:generateContent",
      "/v1beta/models/m:generateContent",
    ],
    [
      "gemini-compatible",
      "https://generativelanguage.googleapis.com",
      "/models/m:generateContent",
      "/v1beta/models/m:generateContent",
    ],
    [
      "gemini-compatible",
      "https://generativelanguage.googleapis.com",
      "/v1alpha/models/m:countTokens?alt=sse",
      "/v1alpha/models/m:countTokens?alt=sse",
    ],
    [
      "gemini-compatible",
      "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/publishers/google",
      "/v1beta/models/m:generateContent",
      "/v1/projects/p/locations/us-central1/publishers/google/models/m:generateContent",
    ],
    ["gemini-cli", "https://cloudcode-pa.googleapis.com", "/v1internal:generateContent", "/v1internal:generateContent"],
    [
      "antigravity",
      "https://x.test/v1internal",
      "/v1internal:streamGenerateContent?alt=sse",
      "/v1internal:streamGenerateContent?alt=sse",
    ],
    ["codex", "https://chatgpt.com/backend-api/codex", "/responses", "/backend-api/codex/responses"],
    ["codex", "https://chatgpt.com/backend-api/codex", "/v1/responses/compact", "/backend-api/codex/responses/compact"],
    ["copilot", "https://api.githubcopilot.com", "/chat/completions", "/chat/completions"],
    [
      "openai-compatible",
      "https://api.kilo.ai/api/openrouter",
      "/chat/completions",
      "/api/openrouter/chat/completions",
    ],
    ["openai-compatible", "https://api.roocode.com/proxy/v1", "/chat/completions", "/proxy/v1/chat/completions"],
    ["qwen", "https://portal.qwen.ai/v1", "/chat/completions", "/v1/chat/completions"],
    ["iflow", "https://apis.iflow.cn/v1", "/chat/completions", "/v1/chat/completions"],
    ["openai-responses-compatible", "http://127.0.0.1:1/v1", "/responses", "/v1/responses"],
  ] as const)("%s at %s is called at its place", (type, endpoint, path, expected) => {
    expect(providerFrom("x", { ...config, type, endpoint }).target(path)).toBe(expected);
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

describe("services with an accent", () => {
  const user = { role: "user", content: "x" };
  it.each([
    [{ stream: true, store: false, instructions: "", input: [user] }, true],
    [{ stream: true, store: false, input: [{ type: "additional_tools", role: "developer" }, user] }, true],
    [{ stream: true, store: false, input: [user] }, false],
    [{ stream: false, store: false, instructions: "", input: [user] }, false],
    [{ stream: true, store: false, instructions: "", input: "x" }, false],
    [{ stream: true, store: false, instructions: "", input: [user], temperature: 1 }, false],
  ])("Codex takes %j as it is: %s", (body, expected) => {
    expect(providerFrom("x", { ...config, type: "codex" }).takesAsIs?.(body, "codex")).toBe(expected);
  });

  it("Codex's events are for the Codex CLI alone", () => {
    const body = { stream: true, store: false, instructions: "", input: [user] };
    expect(providerFrom("x", { ...config, type: "codex" }).takesAsIs?.(body, null)).toBe(false);
  });

  it.each([
    [{ messages: [user] }, [["x-initiator", "user"]]],
    [{ messages: [user, { role: "assistant", content: "y" }] }, [["x-initiator", "agent"]]],
    [{ messages: [user, { role: "tool", content: "y" }] }, [["x-initiator", "agent"]]],
    [{ input: [{ type: "function_call_output", output: "y" }] }, [["x-initiator", "agent"]]],
    [
      { messages: [{ role: "user", content: [{ type: "tool_result", content: [{ type: "image" }] }] }] },
      [
        ["x-initiator", "agent"],
        ["copilot-vision-request", "true"],
      ],
    ],
    [
      { messages: [{ role: "user", content: [{ type: "image_url" }] }] },
      [
        ["x-initiator", "user"],
        ["copilot-vision-request", "true"],
      ],
    ],
    [{}, [["x-initiator", "user"]]],
  ])("Q14: Copilot's headers agree with the body %j", (body, expected) => {
    expect(providerFrom("x", { ...config, type: "copilot" }).bodyHeaders?.(body)).toEqual([
      ...expected.slice(0, 1),
      ["x-github-api-version", "2025-04-01"],
      ["editor-version", "Switchyard/1"],
      ...expected.slice(1),
    ]);
  });

  it("puts the account's own project into a Code Assist body", () => {
    const provider = providerFrom("x", { ...config, type: "gemini-cli", project: "mine" });
    expect(provider.ownFields).toEqual({ project: "mine" });
    expect(provider.writeOptions("m").project).toBe("mine");
  });
});

describe("the default hosts", () => {
  it.each(defaultHosts)("%s can stand in a name constraint: exact, or a star for a whole suffix", (host) => {
    expect(host).toMatch(/^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+$/);
    expect(host).not.toMatch(/^(auth|oauth2|login|oidc)\.|\.auth\./);
  });
  it("covers each host once", () => {
    expect(new Set(defaultHosts).size).toBe(defaultHosts.length);
  });
});
