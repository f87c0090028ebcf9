/** Bodies that use most of what their dialect has, for tests that break them piece by piece. */
import type { TextFormatId } from "../../formats/format.ts";

type Body = Readonly<Record<string, unknown>>;

const schema = {
  type: "object",
  properties: { path: { type: "string", enum: ["a", "b"] }, n: { anyOf: [{ type: "integer" }, { type: "null" }] } },
  required: ["path"],
  additionalProperties: false,
};
const picture = "iVBORw0KGgo=";

const claude: Body = {
  model: "claude-sonnet-4-5",
  max_tokens: 4096,
  stream: false,
  temperature: 1,
  top_p: 0.95,
  top_k: 5,
  stop_sequences: ["END"],
  metadata: { user_id: "u-1" },
  service_tier: "auto",
  thinking: { type: "enabled", budget_tokens: 2048 },
  output_config: { effort: "high", format: { type: "json_schema", schema } },
  context_management: { edits: [{ type: "clear_tool_uses_20250919" }] },
  system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral", ttl: "1h" } }],
  tools: [
    { name: "read", description: "Reads", input_schema: schema, cache_control: { type: "ephemeral" } },
    { type: "web_search_20250305", name: "web_search", max_uses: 3 },
  ],
  tool_choice: { type: "auto", disable_parallel_tool_use: true },
  messages: [
    {
      role: "user",
      content: [
        { type: "text", text: "Look.", citations: null },
        { type: "image", source: { type: "base64", media_type: "image/png", data: picture } },
        { type: "document", title: "t", source: { type: "text", media_type: "text/plain", data: "doc" } },
      ],
    },
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: "Hm.", signature: "c2ln" },
        { type: "redacted_thinking", data: "ZGF0YQ==" },
        { type: "text", text: "I look." },
        { type: "tool_use", id: "t1", name: "read", input: { path: "a" } },
      ],
    },
    {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "t1", is_error: false, content: [{ type: "text", text: "42" }] },
        { type: "text", text: "Go on." },
      ],
    },
  ],
};

const chat: Body = {
  model: "gpt-5",
  stream: false,
  stream_options: { include_usage: true },
  max_completion_tokens: 100,
  temperature: 1,
  stop: ["END"],
  seed: 1,
  n: 1,
  user: "u-1",
  logprobs: false,
  reasoning_effort: "high",
  verbosity: "low",
  response_format: { type: "json_schema", json_schema: { name: "x", strict: true, schema } },
  tools: [
    { type: "function", function: { name: "read", description: "Reads", parameters: schema, strict: true } },
    { type: "custom", custom: { name: "patch", description: "Patches" } },
  ],
  tool_choice: { type: "function", function: { name: "read" } },
  parallel_tool_calls: false,
  messages: [
    { role: "developer", content: "Be brief." },
    {
      role: "user",
      name: "u",
      content: [
        { type: "text", text: "Look." },
        { type: "image_url", image_url: { url: `data:image/png;base64,${picture}`, detail: "low" } },
        { type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } },
        { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERg==" } },
      ],
    },
    {
      role: "assistant",
      content: [{ type: "text", text: "I look." }],
      reasoning_content: "Hm.",
      reasoning_details: [{ type: "reasoning.text", text: "Hm.", signature: "c2ln" }],
      tool_calls: [{ id: "c1", type: "function", function: { name: "read", arguments: '{"path":"a"}' } }],
    },
    { role: "tool", tool_call_id: "c1", content: [{ type: "text", text: "42" }] },
    { role: "user", content: "Go on." },
  ],
};

const responses: Body = {
  model: "gpt-5",
  stream: false,
  store: false,
  instructions: "Be brief.",
  max_output_tokens: 100,
  temperature: 1,
  top_p: 1,
  metadata: { a: "b" },
  include: ["reasoning.encrypted_content"],
  prompt_cache_key: "k",
  reasoning: { effort: "high", summary: "auto" },
  text: { verbosity: "low", format: { type: "json_schema", name: "x", strict: true, schema } },
  tools: [
    { type: "function", name: "read", description: "Reads", parameters: schema, strict: true },
    { type: "custom", name: "patch", format: { type: "grammar", syntax: "lark", definition: "start: /.+/" } },
    { type: "web_search", filters: { allowed_domains: ["a.example"] } },
    {
      type: "namespace",
      name: "fs",
      description: "Files",
      tools: [{ type: "function", name: "ls", parameters: schema }],
    },
  ],
  tool_choice: { type: "function", name: "read" },
  parallel_tool_calls: true,
  input: [
    {
      role: "user",
      content: [
        { type: "input_text", text: "Look." },
        { type: "input_image", image_url: `data:image/png;base64,${picture}`, detail: "low" },
        { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERg==" },
      ],
    },
    { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "Hm." }], encrypted_content: "gAAA" },
    {
      type: "message",
      id: "msg_1",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "I look.", annotations: [] }],
    },
    { type: "function_call", id: "fc_1", call_id: "c1", name: "read", arguments: '{"path":"a"}' },
    { type: "function_call_output", call_id: "c1", output: [{ type: "input_text", text: "42" }] },
    { type: "custom_tool_call", call_id: "c2", name: "patch", input: "*** Begin" },
    { type: "custom_tool_call_output", call_id: "c2", output: "done" },
    { role: "user", content: "Go on." },
  ],
};

const gemini: Body = {
  systemInstruction: { role: "user", parts: [{ text: "Be brief." }] },
  generationConfig: {
    temperature: 1,
    topP: 0.9,
    topK: 4,
    maxOutputTokens: 100,
    stopSequences: ["END"],
    candidateCount: 1,
    responseMimeType: "application/json",
    responseSchema: schema,
    thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 },
  },
  safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }],
  tools: [
    { functionDeclarations: [{ name: "read", description: "Reads", parameters: schema }] },
    { googleSearch: { timeRangeFilter: {} } },
  ],
  toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["read"] } },
  contents: [
    {
      role: "user",
      parts: [
        { text: "Look." },
        { inlineData: { mimeType: "image/png", data: picture } },
        { fileData: { mimeType: "application/pdf", fileUri: "https://a.example/a.pdf" } },
      ],
    },
    {
      role: "model",
      parts: [
        { text: "Hm.", thought: true },
        { functionCall: { id: "c1", name: "read", args: { path: "a" } }, thoughtSignature: "c2ln" },
      ],
    },
    { role: "user", parts: [{ functionResponse: { id: "c1", name: "read", response: { output: "42" } } }] },
    { role: "user", parts: [{ text: "Go on." }] },
  ],
};

export const richBodies: Readonly<Record<TextFormatId, Body>> = {
  claude,
  "openai-chat": chat,
  "openai-responses": responses,
  gemini,
  "gemini-cli": {
    model: "gemini-2.5-pro",
    project: "client-project",
    user_prompt_id: "p-1",
    request: { ...gemini, session_id: "s-1" },
  },
  antigravity: {
    model: "gemini-2.5-pro",
    project: "client-project",
    userAgent: "antigravity",
    requestType: "agent",
    requestId: "agent-1",
    request: { ...gemini, sessionId: "s-1" },
  },
};

/** Every body that differs from this one in one place, which holds something that does not belong there. */
export function* spoiled(value: unknown, wrong: readonly unknown[]): Generator {
  yield* wrong;
  if (Array.isArray(value)) {
    for (const [index, inner] of value.entries()) {
      for (const bad of spoiled(inner, wrong)) yield value.with(index, bad);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      for (const bad of spoiled(inner, wrong)) yield { ...value, [key]: bad };
    }
  }
}
