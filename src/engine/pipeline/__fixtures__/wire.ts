/** What providers put on the wire, as their documentation shows it; one text turn and one tool call each. */
export const chatText = [
  '{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"qwen3-coder","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}',
  '{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"qwen3-coder","choices":[{"index":0,"delta":{"content":"Grüße, "},"finish_reason":null}]}',
  '{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"qwen3-coder","choices":[{"index":0,"delta":{"content":"world"},"finish_reason":null}]}',
  '{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"qwen3-coder","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
  '{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"qwen3-coder","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":3,"total_tokens":14}}',
] as const;

export const chatTool = [
  '{"id":"chatcmpl-2","object":"chat.completion.chunk","created":1,"model":"qwen3-coder","choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"read_file","arguments":""}}]},"finish_reason":null}]}',
  '{"id":"chatcmpl-2","object":"chat.completion.chunk","created":1,"model":"qwen3-coder","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"path\\":"}}]},"finish_reason":null}]}',
  '{"id":"chatcmpl-2","object":"chat.completion.chunk","created":1,"model":"qwen3-coder","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\\"a.txt\\"}"}}]},"finish_reason":null}]}',
  '{"id":"chatcmpl-2","object":"chat.completion.chunk","created":1,"model":"qwen3-coder","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}',
  '{"id":"chatcmpl-2","object":"chat.completion.chunk","created":1,"model":"qwen3-coder","choices":[],"usage":{"prompt_tokens":50,"completion_tokens":9,"total_tokens":59}}',
] as const;

/** `data:` frames with the terminal the dialect has. */
export function chatStream(chunks: readonly string[]): string {
  return [...chunks, "[DONE]"].map((chunk) => `data: ${chunk}\n\n`).join("");
}

export const chatWhole = {
  id: "chatcmpl-3",
  object: "chat.completion",
  created: 1,
  model: "qwen3-coder",
  choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
} as const;

export const claudeEvents = [
  {
    type: "message_start",
    message: {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "claude-sonnet-4-5",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 12, output_tokens: 1 },
    },
  },
  { type: "ping" },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hel" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "lo" } },
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 4 } },
  { type: "message_stop" },
] as const;

export function claudeStream(events: readonly { readonly type: string }[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

export const claudeWhole = {
  id: "msg_2",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-4-5",
  content: [{ type: "text", text: "Hello" }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 7, output_tokens: 2 },
} as const;

/** Claude Code's turn, small: a system text, a tool, one question. */
export const claudeRequest = {
  model: "claude-sonnet-4-5",
  max_tokens: 1024,
  stream: true,
  system: [{ type: "text", text: "You are helpful." }],
  tools: [
    {
      name: "read_file",
      description: "Reads a file",
      input_schema: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
    },
  ],
  messages: [{ role: "user", content: "What is in a.txt?" }],
} as const;

export const chatRequest = {
  model: "gpt-5",
  stream: true,
  stream_options: { include_usage: true },
  messages: [
    { role: "system", content: "You are helpful." },
    { role: "user", content: "Hi" },
  ],
} as const;

/** What Claude makes of a question with thinking on: a signed thought, then a call. */
export const claudeSignature = "EsoBCkYIAhgCKkBzaWduZWRieWNsYXVkZQ==";
export const claudeThought = [
  claudeEvents[0],
  { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "", signature: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "I should look." } },
  { type: "content_block_delta", index: 0, delta: { type: "signature_delta", signature: claudeSignature } },
  { type: "content_block_stop", index: 0 },
  {
    type: "content_block_start",
    index: 1,
    content_block: { type: "tool_use", id: "toolu_1", name: "read_file", input: {} },
  },
  { type: "content_block_delta", index: 1, delta: { type: "input_json_delta", partial_json: '{"path":"a.txt"}' } },
  { type: "content_block_stop", index: 1 },
  { type: "message_delta", delta: { stop_reason: "tool_use", stop_sequence: null }, usage: { output_tokens: 9 } },
  { type: "message_stop" },
] as const;

const response = {
  id: "resp_1",
  object: "response",
  created_at: 1,
  model: "gpt-5",
  status: "in_progress",
  output: [],
  error: null,
  incomplete_details: null,
} as const;
const item = { id: "msg_1", type: "message", role: "assistant", status: "in_progress", content: [] } as const;
const at = { item_id: "msg_1", output_index: 0, content_index: 0 } as const;
const part = { type: "output_text", text: "Hello", annotations: [] } as const;
const doneItem = { ...item, status: "completed", content: [part] } as const;

export const responsesWhole = {
  ...response,
  status: "completed",
  output: [doneItem],
  usage: { input_tokens: 8, output_tokens: 2, total_tokens: 10 },
} as const;

export const responsesEvents = [
  { type: "response.created", response },
  { type: "response.output_item.added", output_index: 0, item },
  { type: "response.content_part.added", ...at, part: { ...part, text: "" } },
  { type: "response.output_text.delta", ...at, delta: "Hello" },
  { type: "response.output_text.done", ...at, text: "Hello" },
  { type: "response.content_part.done", ...at, part },
  { type: "response.output_item.done", output_index: 0, item: doneItem },
  { type: "response.completed", response: responsesWhole },
].map((event, index) => ({ ...event, sequence_number: index }));

export function responsesStream(events: readonly { readonly type: string }[]): string {
  return claudeStream(events);
}

export const geminiWhole = {
  candidates: [{ index: 0, content: { role: "model", parts: [{ text: "Hello" }] }, finishReason: "STOP" }],
  usageMetadata: { promptTokenCount: 6, candidatesTokenCount: 2, totalTokenCount: 8 },
  modelVersion: "gemini-2.5-pro",
  responseId: "r-1",
} as const;

/** The model wrote a call that is none. */
export const geminiMalformed = {
  ...geminiWhole,
  candidates: [{ index: 0, finishReason: "MALFORMED_FUNCTION_CALL", finishMessage: "Malformed function call" }],
} as const;

export function geminiStream(chunks: readonly object[]): string {
  return chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join("");
}
