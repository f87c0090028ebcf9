import { describe, expect, it } from "vitest";
import { kindByName, readModelList } from "./model-lists.ts";

describe("a list of models", () => {
  it.each([
    [
      "OpenAI",
      {
        object: "list",
        data: [
          { id: "gpt-5", object: "model", created: 1, owned_by: "openai" },
          { id: "text-embedding-3-small" },
          { id: "gpt-image-1" },
        ],
      },
      [
        { name: "gpt-5", kind: "chat", maxTokens: null },
        { name: "text-embedding-3-small", kind: "embedding", maxTokens: null },
        { name: "gpt-image-1", kind: "image", maxTokens: null },
      ],
    ],
    [
      "Anthropic",
      {
        data: [
          {
            type: "model",
            id: "claude-sonnet-4-5-20250929",
            display_name: "Claude Sonnet 4.5",
            created_at: "2025-09-29T00:00:00Z",
            max_input_tokens: 200000,
          },
        ],
        has_more: false,
        first_id: "a",
        last_id: "b",
      },
      [{ name: "claude-sonnet-4-5-20250929", kind: "chat", maxTokens: 200_000 }],
    ],
    [
      "Google",
      {
        models: [
          {
            name: "models/gemini-2.5-pro",
            inputTokenLimit: 1048576,
            outputTokenLimit: 65536,
            supportedGenerationMethods: ["generateContent", "countTokens"],
          },
          { name: "models/gemini-embedding-001", inputTokenLimit: 2048, supportedGenerationMethods: ["embedContent"] },
          { name: "models/imagen-4.0-generate-001", supportedGenerationMethods: ["predict"] },
        ],
      },
      [
        { name: "gemini-2.5-pro", kind: "chat", maxTokens: 1_048_576 },
        { name: "gemini-embedding-001", kind: "embedding", maxTokens: 2_048 },
        { name: "imagen-4.0-generate-001", kind: "image", maxTokens: null },
      ],
    ],
    [
      "OpenRouter",
      {
        data: [
          {
            id: "anthropic/claude-sonnet-4.5",
            name: "Anthropic: Claude Sonnet 4.5",
            context_length: 1000000,
            architecture: { input_modalities: ["text", "image"], output_modalities: ["text"] },
            supported_parameters: ["max_tokens", "tools"],
          },
          {
            id: "plain/old",
            context_length: 4096,
            architecture: { input_modalities: ["text"] },
            supported_parameters: ["stop"],
          },
        ],
      },
      [
        { name: "anthropic/claude-sonnet-4.5", kind: "chat", maxTokens: 1_000_000, functions: true, vision: true },
        { name: "plain/old", kind: "chat", maxTokens: 4_096, functions: false, vision: false },
      ],
    ],
    [
      "Together, a bare list",
      [
        { id: "meta-llama/Llama-3.3-70B-Instruct-Turbo", type: "chat", context_length: 131072 },
        { id: "BAAI/bge-large-en-v1.5", type: "embedding" },
        { id: "black-forest-labs/FLUX.1-schnell", type: "image" },
      ],
      [
        { name: "meta-llama/Llama-3.3-70B-Instruct-Turbo", kind: "chat", maxTokens: 131_072 },
        { name: "BAAI/bge-large-en-v1.5", kind: "embedding", maxTokens: null },
        { name: "black-forest-labs/FLUX.1-schnell", kind: "image", maxTokens: null },
      ],
    ],
    [
      "Copilot",
      {
        data: [
          {
            id: "gpt-5-mini",
            capabilities: {
              type: "chat",
              limits: { max_context_window_tokens: 264000 },
              supports: { streaming: true, tool_calls: true, vision: true },
            },
          },
          { id: "text-embedding-3-small", capabilities: { type: "embeddings", limits: {} } },
        ],
      },
      [
        { name: "gpt-5-mini", kind: "chat", maxTokens: 264_000, streaming: true, functions: true, vision: true },
        { name: "text-embedding-3-small", kind: "embedding", maxTokens: null },
      ],
    ],
    [
      "Ollama",
      {
        models: [
          {
            name: "qwen3:8b",
            model: "qwen3:8b",
            size: 5225388164,
            details: { format: "gguf", family: "qwen3", parameter_size: "8.2B", quantization_level: "Q4_K_M" },
          },
        ],
      },
      [
        {
          name: "qwen3:8b",
          kind: "chat",
          maxTokens: null,
          size: 5_225_388_164,
          family: "qwen3",
          quantization: "Q4_K_M",
        },
      ],
    ],
    [
      "Cohere",
      { models: [{ name: "embed-v4.0", endpoints: ["embed"], context_length: 128000 }] },
      [{ name: "embed-v4.0", kind: "embedding", maxTokens: 128_000 }],
    ],
    [
      "Mistral",
      {
        data: [
          {
            id: "devstral-small",
            max_context_length: 131072,
            capabilities: { completion_chat: true, function_calling: true, vision: false },
          },
        ],
      },
      [{ name: "devstral-small", kind: "chat", maxTokens: 131_072, functions: true, vision: false }],
    ],
  ])("is read as %s gives it", (_, body, expected) => {
    expect(readModelList(body)?.models).toEqual(expected);
  });

  it.each([null, 1, "x", {}, { data: {} }, { error: { message: "no" } }])("is not %j", (body) => {
    expect(readModelList(body)).toBeNull();
  });

  it("leaves out what names no model, and says each once", () => {
    const data = [
      null,
      1,
      {},
      { id: 5 },
      { id: "" },
      { id: "a\u0007b" },
      { id: "x".repeat(257) },
      { id: "ok" },
      { id: "ok" },
    ];
    expect(readModelList({ data })?.models.map(({ name }) => name)).toEqual(["ok"]);
  });

  it.each([
    ["voyage-3", "embedding"],
    ["dall-e-3", "image"],
    ["claude-opus-4-5", "chat"],
    ["nomic-embed-text", "embedding"],
  ])("tells by the name %s: %s", (name, kind) => {
    expect(kindByName(name)).toBe(kind);
  });
});
