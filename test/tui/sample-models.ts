/** Models and providers as the control API tells of them. */
const capabilities = { streaming: true, functions: true, vision: true, code_generation: true, max_tokens: 200_000 };

export function sampleModel(id: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const slash = id.indexOf("/");
  return {
    id,
    provider: id.slice(0, slash),
    model: id.slice(slash + 1),
    kind: "chat",
    source: "built-in",
    max_tokens: 200_000,
    usable: true,
    capabilities,
    ...more,
  };
}

export const catalog = {
  models: [
    sampleModel("smart", { provider: "claude", model: "claude-sonnet-4-5", kind: "alias", source: "config" }),
    sampleModel("combo/deep", { provider: "claude", model: "claude-sonnet-4-5", kind: "combo", source: "config" }),
    sampleModel("claude/claude-sonnet-4-5"),
    sampleModel("antigravity/gemini-3-pro", { max_tokens: 1_000_000, source: "provider" }),
    sampleModel("groq/own-model", {
      source: "custom",
      usable: false,
      max_tokens: null,
      capabilities: { ...capabilities, functions: false, vision: false },
    }),
    sampleModel("copilot/gpt-5-mini", { usable: false }),
    sampleModel("cohere/command", { usable: false, kind: "chat" }),
  ],
};

export const providerModels = { models: { groq: ["own-model"] } };

export function sampleProvider(id: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    id,
    type: "openai-compatible",
    kind: "direct",
    description: `${id} itself`,
    tags: [],
    endpoint: `https://api.${id}.example/v1`,
    auth_type: "api_key",
    requires_auth: true,
    enabled: true,
    priority: 100,
    accounts: 1,
    models: ["one", "two"],
    capabilities,
    limits: { requests_per_minute: null, tokens_per_minute: null, max_tokens_per_request: null },
    suggested_limits: null,
    ...more,
  };
}

export const providers = {
  object: "list",
  data: [
    sampleProvider("codex", { auth_type: "oauth_pkce" }),
    sampleProvider("claude", { type: "anthropic" }),
    sampleProvider("groq"),
    sampleProvider("cursor", { auth_type: "import" }),
    sampleProvider("mistral", { enabled: false }),
    sampleProvider("copilot", { auth_type: "oauth_device_flow" }),
    sampleProvider("ollama-local", { requires_auth: false, auth_type: "none", kind: "local" }),
  ],
};

export const metrics = {
  object: "list",
  data: [{ provider: "claude", requests: 138, successes: 134, failures: 4, success_rate: 0.97, ttfb_ms_p50: 640 }],
};
