/** Where each dialect's body has what the hub has a name for. A path has at most two steps. */
import type { FormatId } from "../formats/format.ts";
import type { FieldKey } from "./field-keys.ts";

/** `null`: told elsewhere, as the messages and the tools are. */
export type Claims = Readonly<Record<string, FieldKey | null>>;

const gemini: Claims = {
  contents: null,
  systemInstruction: null,
  tools: null,
  model: "model",
  "toolConfig.functionCallingConfig": "toolChoice",
  "generationConfig.maxOutputTokens": "maxTokens",
  "generationConfig.temperature": "temperature",
  "generationConfig.topP": "topP",
  "generationConfig.topK": "topK",
  "generationConfig.stopSequences": "stop",
  "generationConfig.seed": "seed",
  "generationConfig.presencePenalty": "presencePenalty",
  "generationConfig.frequencyPenalty": "frequencyPenalty",
  "generationConfig.thinkingConfig": "thinking",
  "generationConfig.responseMimeType": "responseFormat",
  "generationConfig.responseSchema": "responseFormat",
  "generationConfig.responseJsonSchema": "responseFormat",
  "generationConfig.responseLogprobs": "logprobs",
  "generationConfig.logprobs": "logprobs",
  serviceTier: "serviceTier",
};

const claims = {
  claude: {
    messages: null,
    system: null,
    tools: null,
    model: "model",
    stream: "stream",
    max_tokens: "maxTokens",
    temperature: "temperature",
    top_p: "topP",
    top_k: "topK",
    stop_sequences: "stop",
    thinking: "thinking",
    "output_config.effort": "thinking",
    "output_config.format": "responseFormat",
    tool_choice: "toolChoice",
    "tool_choice.disable_parallel_tool_use": "parallelToolCalls",
    service_tier: "serviceTier",
    metadata: "userId",
  },
  "openai-chat": {
    messages: null,
    tools: null,
    functions: null,
    web_search_options: null,
    model: "model",
    stream: "stream",
    stream_options: "stream",
    max_tokens: "maxTokens",
    max_completion_tokens: "maxTokens",
    temperature: "temperature",
    top_p: "topP",
    top_k: "topK",
    stop: "stop",
    seed: "seed",
    presence_penalty: "presencePenalty",
    frequency_penalty: "frequencyPenalty",
    reasoning_effort: "thinking",
    reasoning: "thinking",
    response_format: "responseFormat",
    tool_choice: "toolChoice",
    function_call: "toolChoice",
    parallel_tool_calls: "parallelToolCalls",
    user: "userId",
    safety_identifier: "userId",
    verbosity: "verbosity",
    prompt_cache_key: "promptCacheKey",
    logprobs: "logprobs",
    top_logprobs: "logprobs",
    service_tier: "serviceTier",
  },
  "openai-responses": {
    input: null,
    instructions: null,
    tools: null,
    model: "model",
    stream: "stream",
    max_output_tokens: "maxTokens",
    temperature: "temperature",
    top_p: "topP",
    reasoning: "thinking",
    "text.format": "responseFormat",
    "text.verbosity": "verbosity",
    tool_choice: "toolChoice",
    parallel_tool_calls: "parallelToolCalls",
    user: "userId",
    safety_identifier: "userId",
    prompt_cache_key: "promptCacheKey",
    top_logprobs: "logprobs",
    service_tier: "serviceTier",
  },
  gemini,
  "gemini-cli": gemini,
  antigravity: gemini,
  kiro: {},
  cursor: {},
} as const satisfies Record<FormatId, Claims>;

export function claimsOf(format: FormatId): Claims {
  return claims[format];
}

export function isClaimed(format: FormatId, path: string): boolean {
  return Object.hasOwn(claims[format], path);
}
