/** The `openai` SDK on Chat Completions: `create`, and the `stream` helper. */
import OpenAI, { APIError, OpenAIError } from "openai";
import { field, list, parsedOr } from "../support/provider-turn.ts";
import type { Client, Failure, Heard, Question, Tool, ToolResult, Transport } from "./clients.ts";

type Message = OpenAI.Chat.ChatCompletionMessageParam;
type Completion = OpenAI.Chat.ChatCompletion;

export function chatClient({ fetch, origin }: Transport): Client {
  const sdk = new OpenAI({
    apiKey: "sk-the-clients-own",
    maxRetries: 0,
    fetch,
    ...(origin === undefined ? {} : { baseURL: `${origin}/v1` }),
  });
  return {
    dialect: "openai-chat",
    ask: (question) => send(sdk, question, opening(question)),
    failure: openAiFailure,
  };
}

function opening(question: Question): readonly Message[] {
  const pictures = (question.images ?? []).map(
    (data) => ({ type: "image_url", image_url: { url: `data:image/png;base64,${data}` } }) as const,
  );
  const text = question.text ?? "Say hello.";
  return [
    ...(question.system === undefined ? [] : [{ role: "system", content: question.system } as const]),
    ...(question.history ?? []).map(({ role, text: said }): Message => ({ role, content: said })),
    { role: "user", content: pictures.length === 0 ? text : [...pictures, { type: "text", text }] },
  ];
}

async function send(sdk: OpenAI, question: Question, messages: readonly Message[]): Promise<Heard> {
  const body = {
    model: question.model,
    messages: [...messages],
    ...(question.tools === undefined ? {} : { tools: question.tools.map(wireTool) }),
    ...(question.toolChoice === undefined ? {} : { tool_choice: wireChoice(question.toolChoice) }),
    ...(question.schema === undefined
      ? {}
      : {
          response_format: {
            type: "json_schema",
            json_schema: { name: "answer", schema: { ...question.schema }, strict: true },
          } as const,
        }),
    ...(question.maxTokens === undefined ? {} : { max_completion_tokens: question.maxTokens }),
    ...(question.stops === undefined ? {} : { stop: [...question.stops] }),
    ...(question.thinks === true ? { reasoning_effort: "high" as const } : {}),
  };
  const options = question.signal === undefined ? {} : { signal: question.signal };
  let pieces = 0;
  // The helper's snapshot keeps only the last piece of a field it does not know; readers of chunks see all.
  let streamedThinking = "";
  let completion: Completion;
  if (question.stream) {
    const stream = sdk.chat.completions.stream({ ...body, stream_options: { include_usage: true } }, options);
    stream.on("content", () => {
      pieces += 1;
      question.onText?.();
    });
    stream.on("chunk", (chunk) => {
      const delta = field(chunk.choices[0]?.delta, "reasoning_content");
      if (typeof delta === "string") streamedThinking += delta;
    });
    completion = await stream.finalChatCompletion();
  } else completion = await sdk.chat.completions.create(body, options);
  return heard(sdk, question, messages, completion, pieces, streamedThinking);
}

function heard(
  sdk: OpenAI,
  question: Question,
  before: readonly Message[],
  completion: Completion,
  pieces: number,
  streamedThinking: string,
): Heard {
  const choice = completion.choices[0];
  const message = choice?.message;
  const whole = field(message, "reasoning_content");
  const { usage } = completion;
  return {
    text: message?.content ?? "",
    thinking: question.stream ? streamedThinking : typeof whole === "string" ? whole : "",
    refusal: message?.refusal ?? "",
    calls: (message?.tool_calls ?? []).map((made) =>
      made.type === "function"
        ? { id: made.id, name: made.function.name, input: parsedOr(made.function.arguments, made.function.arguments) }
        : { id: made.id, name: made.custom.name, input: made.custom.input },
    ),
    stop: stops[choice?.finish_reason ?? ""] ?? "other",
    usage:
      usage === undefined
        ? null
        : {
            input: usage.prompt_tokens,
            output: usage.completion_tokens,
            cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
            reasoning: usage.completion_tokens_details?.reasoning_tokens ?? 0,
          },
    citations: list(field(message, "annotations")).map((cited) => String(field(field(cited, "url_citation"), "url"))),
    order: null,
    pieces,
    model: completion.model,
    raw: completion,
    reply: (results, text, model = question.model) => {
      if (message === undefined) throw new Error("there is no message to reply to");
      const answers = results.map(wireResult);
      const more: readonly Message[] = text === undefined ? [] : [{ role: "user", content: text }];
      // As users of the SDK do it: the message that came is the message that goes back.
      return send(sdk, { ...question, model }, [...before, message, ...answers, ...more]);
    },
  };
}

const stops: Readonly<Record<string, Heard["stop"]>> = {
  stop: "end",
  tool_calls: "tools",
  length: "length",
  content_filter: "filter",
};

function wireTool({ name, description, schema, grammar }: Tool): OpenAI.Chat.ChatCompletionTool {
  const told = description === undefined ? {} : { description };
  if (grammar !== undefined) {
    const format = { type: "grammar", grammar: { syntax: "lark", definition: grammar } } as const;
    return { type: "custom", custom: { name, ...told, format } };
  }
  return {
    type: "function",
    function: { name, ...told, ...(schema === undefined ? {} : { parameters: { ...schema } }) },
  };
}

function wireChoice(choice: NonNullable<Question["toolChoice"]>): OpenAI.Chat.ChatCompletionToolChoiceOption {
  if (choice === "any") return "required";
  return choice === "none" ? choice : { type: "function", function: { name: choice.name } };
}

/** Chat's tool messages are text; there is no flag for a failure. */
function wireResult({ call, text }: ToolResult): Message {
  return { role: "tool", tool_call_id: call.id, content: text };
}

export function openAiFailure(thrown: unknown): Failure {
  if (!(thrown instanceof OpenAIError)) return brokenConnection(thrown);
  const api = thrown instanceof APIError ? thrown : null;
  const after = api?.headers?.get("retry-after") ?? null;
  return {
    status: api?.status ?? null,
    message: thrown.message,
    code: api?.code ?? api?.type ?? "",
    retryAfterSeconds: after === null ? null : Number(after),
  };
}

/** What a broken connection or half a body looks like to any of the SDKs; a fault in a driver is none. */
export function brokenConnection(thrown: unknown): Failure {
  if (!(thrown instanceof Error)) throw new Error(`nothing of the SDK's: ${String(thrown)}`);
  const isFault = thrown instanceof ReferenceError || thrown instanceof RangeError;
  // The fetch of undici reports a lost connection as a TypeError.
  const isLost = ["terminated", "fetch failed", "network error"].includes(thrown.message);
  if (isFault || (thrown instanceof TypeError && !isLost)) throw thrown;
  return { status: null, message: thrown.message, code: thrown.name, retryAfterSeconds: null };
}
