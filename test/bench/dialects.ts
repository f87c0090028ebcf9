/**
 * The four public dialects as the translation benchmark speaks them: a question in each, and an upstream's answer of N
 * text deltas in each. Written by hand, so that what is measured does not also write what it is measured with.
 */

export const dialects = ["openai-chat", "openai-responses", "claude", "gemini"] as const;
export type Dialect = (typeof dialects)[number];

/** The first word of every answer and its last: between them lies the whole stream. */
export const firstWord = "word0 ";
export const lastWord = "lastword";

const text = "Summarise the design of a proxy that translates between dialects. ".repeat(12);

interface Question {
  readonly host: string;
  path(stream: boolean, model: string): string;
  body(stream: boolean, model: string, maxTokens: number): object;
}

/** How long an answer is asked for: the one number that every dialect carries, so it tells the provider which to play. */
export const lengths = { whole: 1024, live: 1025 } as const;

/** What a client of each dialect sends; about 1 KB. */
export const questions: Readonly<Record<Dialect, Question>> = {
  "openai-chat": {
    host: "api.openai.com",
    path: () => "/v1/chat/completions",
    body: (stream, model, maxTokens) => ({
      model,
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: text },
      ],
      max_tokens: maxTokens,
      stream,
      ...(stream ? { stream_options: { include_usage: true } } : {}),
    }),
  },
  "openai-responses": {
    host: "api.openai.com",
    path: () => "/v1/responses",
    body: (stream, model, maxTokens) => ({
      model,
      instructions: "Be brief.",
      input: [{ role: "user", content: [{ type: "input_text", text }] }],
      max_output_tokens: maxTokens,
      store: false,
      stream,
    }),
  },
  claude: {
    host: "api.anthropic.com",
    path: () => "/v1/messages",
    body: (stream, model, maxTokens) => ({
      model,
      system: "Be brief.",
      messages: [{ role: "user", content: text }],
      max_tokens: maxTokens,
      stream,
    }),
  },
  gemini: {
    host: "generativelanguage.googleapis.com",
    path: (stream, model) =>
      `/v1beta/models/${encodeURIComponent(model)}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    body: (_stream, _model, maxTokens) => ({
      systemInstruction: { parts: [{ text: "Be brief." }] },
      contents: [{ role: "user", parts: [{ text }] }],
      generationConfig: { maxOutputTokens: maxTokens },
    }),
  },
};

const words = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) =>
    index === 0 ? firstWord : index === count - 1 ? lastWord : `word${index} `,
  );

const event = (type: string, more: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
const data = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
const usage = { input: 300, output: 5000 };

/** The frames of a streamed answer, one delta each. */
export function streamFrames(dialect: Dialect, deltas: number): readonly Buffer[] {
  return writers[dialect](words(deltas)).map((frame) => Buffer.from(frame));
}

const writers: Readonly<Record<Dialect, (said: readonly string[]) => readonly string[]>> = {
  "openai-chat": (said) => {
    const shared = { id: "chatcmpl-bench", object: "chat.completion.chunk", created: 1_760_000_000, model: "bench" };
    const choice = (delta: object, finish: string | null = null): string =>
      data({ ...shared, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] });
    const totals = { prompt_tokens: usage.input, completion_tokens: usage.output, total_tokens: 5300 };
    return [
      choice({ role: "assistant", content: "" }),
      ...said.map((content) => choice({ content })),
      choice({}, "stop"),
      data({ ...shared, choices: [], usage: totals }),
      "data: [DONE]\n\n",
    ];
  },
  "openai-responses": (said) => {
    let sequence = 0;
    const next = (type: string, more: object): string => event(type, { sequence_number: sequence++, ...more });
    const response = (status: string, output: readonly object[]): object => ({
      id: "resp_bench",
      object: "response",
      created_at: 1_760_000_000,
      status,
      model: "bench",
      output,
      usage:
        status === "completed" ? { input_tokens: usage.input, output_tokens: usage.output, total_tokens: 5300 } : null,
    });
    const whole = { type: "output_text", text: said.join(""), annotations: [] };
    const item = (status: string, content: readonly object[]): object => ({
      id: "msg_bench",
      type: "message",
      role: "assistant",
      status,
      content,
    });
    const at = { item_id: "msg_bench", output_index: 0, content_index: 0 };
    return [
      next("response.created", { response: response("in_progress", []) }),
      next("response.in_progress", { response: response("in_progress", []) }),
      next("response.output_item.added", { output_index: 0, item: item("in_progress", []) }),
      next("response.content_part.added", { ...at, part: { type: "output_text", text: "", annotations: [] } }),
      ...said.map((delta) => next("response.output_text.delta", { ...at, delta })),
      next("response.output_text.done", { ...at, text: whole.text }),
      next("response.content_part.done", { ...at, part: whole }),
      next("response.output_item.done", { output_index: 0, item: item("completed", [whole]) }),
      next("response.completed", { response: response("completed", [item("completed", [whole])]) }),
    ];
  },
  claude: (said) => [
    event("message_start", {
      message: {
        id: "msg_bench",
        type: "message",
        role: "assistant",
        model: "bench",
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: usage.input, output_tokens: 1 },
      },
    }),
    event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
    ...said.map((one) => event("content_block_delta", { index: 0, delta: { type: "text_delta", text: one } })),
    event("content_block_stop", { index: 0 }),
    event("message_delta", {
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: usage.output },
    }),
    event("message_stop", {}),
  ],
  gemini: (said) => {
    const chunk = (parts: readonly object[], more: object = {}, totals: object = {}): string =>
      `data: ${JSON.stringify({
        candidates: [{ content: { parts, role: "model" }, index: 0, ...more }],
        usageMetadata: { promptTokenCount: usage.input, totalTokenCount: usage.input, ...totals },
        modelVersion: "bench",
        responseId: "bench",
      })}\r\n\r\n`;
    return [
      ...said.map((one) => chunk([{ text: one }])),
      chunk([{ text: "" }], { finishReason: "STOP" }, { candidatesTokenCount: usage.output, totalTokenCount: 5300 }),
    ];
  },
};

/** A whole answer of about 1 KB. */
export function wholeAnswer(dialect: Dialect): Buffer {
  const said = `${firstWord}${"Nothing more to say. ".repeat(40)}${lastWord}`;
  return Buffer.from(JSON.stringify(wholes[dialect](said)));
}

const wholes: Readonly<Record<Dialect, (said: string) => object>> = {
  "openai-chat": (content) => ({
    id: "chatcmpl-bench",
    object: "chat.completion",
    created: 1_760_000_000,
    model: "bench",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: 300, completion_tokens: 200, total_tokens: 500 },
  }),
  "openai-responses": (said) => ({
    id: "resp_bench",
    object: "response",
    created_at: 1_760_000_000,
    status: "completed",
    model: "bench",
    output: [
      {
        id: "msg_bench",
        type: "message",
        role: "assistant",
        status: "completed",
        content: [{ type: "output_text", text: said, annotations: [] }],
      },
    ],
    usage: { input_tokens: 300, output_tokens: 200, total_tokens: 500 },
  }),
  claude: (said) => ({
    id: "msg_bench",
    type: "message",
    role: "assistant",
    model: "bench",
    content: [{ type: "text", text: said }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 300, output_tokens: 200 },
  }),
  gemini: (said) => ({
    candidates: [{ content: { parts: [{ text: said }], role: "model" }, finishReason: "STOP", index: 0 }],
    usageMetadata: { promptTokenCount: 300, candidatesTokenCount: 200, totalTokenCount: 500 },
    modelVersion: "bench",
    responseId: "bench",
  }),
};
