/** The `@anthropic-ai/sdk` on Messages: `create`, and the `stream` helper. */
import Anthropic, { AnthropicError, APIError } from "@anthropic-ai/sdk";
import { field, wordOf } from "../support/provider-turn.ts";
import { brokenConnection } from "./client-openai-chat.ts";
import type { Client, Failure, Heard, Question, Tool, ToolResult, Transport } from "./clients.ts";

type Message = Anthropic.MessageParam;

export function claudeClient({ fetch, origin }: Transport): Client {
  const sdk = new Anthropic({
    apiKey: "sk-ant-the-clients-own",
    maxRetries: 0,
    fetch,
    ...(origin === undefined ? {} : { baseURL: origin }),
  });
  return { dialect: "claude", ask: (question) => send(sdk, question, opening(question)), failure };
}

function opening(question: Question): readonly Message[] {
  const pictures = (question.images ?? []).map(picture);
  const text = question.text ?? "Say hello.";
  return [
    ...(question.history ?? []).map(({ role, text: said }): Message => ({ role, content: said })),
    { role: "user", content: pictures.length === 0 ? text : [...pictures, { type: "text", text }] },
  ];
}

function picture(data: string) {
  return { type: "image", source: { type: "base64", media_type: "image/png", data } } as const;
}

async function send(sdk: Anthropic, question: Question, messages: readonly Message[]): Promise<Heard> {
  const body = {
    model: question.model,
    max_tokens: question.maxTokens ?? 4096,
    messages: [...messages],
    ...(question.system === undefined ? {} : { system: question.system }),
    ...(question.tools === undefined ? {} : { tools: question.tools.map(wireTool) }),
    ...(question.toolChoice === undefined ? {} : { tool_choice: wireChoice(question.toolChoice) }),
    ...(question.schema === undefined
      ? {}
      : { output_config: { format: { type: "json_schema" as const, schema: { ...question.schema } } } }),
    ...(question.stops === undefined ? {} : { stop_sequences: [...question.stops] }),
    ...(question.thinks === true ? { thinking: { type: "enabled" as const, budget_tokens: 2048 } } : {}),
  };
  const options = question.signal === undefined ? {} : { signal: question.signal };
  if (!question.stream) return heard(sdk, question, messages, await sdk.messages.create(body, options), 0);
  const stream = sdk.messages.stream(body, options);
  let pieces = 0;
  stream.on("text", () => {
    pieces += 1;
    question.onText?.();
  });
  return heard(sdk, question, messages, await stream.finalMessage(), pieces);
}

function heard(
  sdk: Anthropic,
  question: Question,
  before: readonly Message[],
  message: Anthropic.Message,
  pieces: number,
): Heard {
  const { content, usage } = message;
  const cached = usage.cache_read_input_tokens ?? 0;
  return {
    text: content.map((block) => (block.type === "text" ? block.text : "")).join(""),
    thinking: content.map((block) => (block.type === "thinking" ? block.thinking : "")).join(""),
    refusal: message.stop_reason === "refusal" ? (message.stop_details?.explanation ?? "") : "",
    calls: content.flatMap((block) =>
      block.type === "tool_use" ? [{ id: block.id, name: block.name, input: block.input }] : [],
    ),
    stop: stops[message.stop_reason ?? ""] ?? "other",
    usage: {
      input: usage.input_tokens + cached + (usage.cache_creation_input_tokens ?? 0),
      output: usage.output_tokens,
      cached,
      reasoning: Number(field(field(usage, "output_tokens_details"), "thinking_tokens") ?? 0),
    },
    citations: content
      .flatMap((block) => (block.type === "text" ? (block.citations ?? []) : []))
      .flatMap((cited) => ("url" in cited ? [cited.url] : [])),
    order: content.map(({ type }) => words[type] ?? type),
    pieces,
    model: message.model,
    raw: message,
    reply: (results, text, model = question.model) => {
      const more = text === undefined ? [] : [{ type: "text", text } as const];
      const answer: Message = { role: "user", content: [...results.map(wireResult), ...more] };
      return send(sdk, { ...question, model }, [...before, { role: "assistant", content }, answer]);
    },
  };
}

const words: Readonly<Record<string, string>> = { tool_use: "call" };

const stops: Readonly<Record<string, Heard["stop"]>> = {
  end_turn: "end",
  tool_use: "tools",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  stop_sequence: "stop-sequence",
  refusal: "filter",
};

function wireTool({ name, description, schema }: Tool): Anthropic.Tool {
  return {
    name,
    ...(description === undefined ? {} : { description }),
    input_schema: { ...schema, type: "object" },
  };
}

function wireChoice(choice: NonNullable<Question["toolChoice"]>): Anthropic.ToolChoice {
  return typeof choice === "string" ? { type: choice } : { type: "tool", name: choice.name };
}

function wireResult({ call, text, image, isError }: ToolResult): Anthropic.ToolResultBlockParam {
  return {
    type: "tool_result",
    tool_use_id: call.id,
    content: image === undefined ? text : [{ type: "text", text }, picture(image)],
    ...(isError === undefined ? {} : { is_error: isError }),
  };
}

function failure(thrown: unknown): Failure {
  if (!(thrown instanceof AnthropicError)) return brokenConnection(thrown);
  const api = thrown instanceof APIError ? thrown : null;
  const error = field(api?.error, "error");
  const after = api?.headers?.get("retry-after") ?? null;
  return {
    status: api?.status ?? null,
    message: wordOf(field(error, "message"), thrown.message),
    code: wordOf(field(error, "type")),
    retryAfterSeconds: after === null ? null : Number(after),
  };
}
