/** The `openai` SDK on Responses: `create`, and the `stream` helper. Nothing is stored at the provider. */
import OpenAI from "openai";
import { field, isTable, parsedOr, wordOf } from "../support/provider-turn.ts";
import { openAiFailure } from "./client-openai-chat.ts";
import type { Client, Failure, Heard, Question, Tool, ToolResult, Transport } from "./clients.ts";

type Item = OpenAI.Responses.ResponseInputItem;
type Reply = OpenAI.Responses.Response;

export function responsesClient({ fetch, origin }: Transport): Client {
  const sdk = new OpenAI({
    apiKey: "sk-the-clients-own",
    maxRetries: 0,
    fetch,
    ...(origin === undefined ? {} : { baseURL: `${origin}/v1` }),
  });
  return {
    dialect: "openai-responses",
    ask: (question) => send(sdk, question, opening(question)),
    failure,
  };
}

/** The helper resolves with what `response.failed` says; who reads the status knows. */
class FailedResponse extends Error {
  readonly code: string;

  constructor(reply: Reply) {
    super(reply.error?.message ?? `the response is ${String(reply.status)}`);
    this.code = reply.error?.code ?? "";
  }
}

function failure(thrown: unknown): Failure {
  if (thrown instanceof FailedResponse) {
    return { status: null, message: thrown.message, code: thrown.code, retryAfterSeconds: null };
  }
  // The stream helper throws an `error` event as it came.
  if (field(thrown, "type") === "error" && !(thrown instanceof Error)) {
    const told = { message: String(field(thrown, "message")), code: wordOf(field(thrown, "code")) };
    return { ...told, status: null, retryAfterSeconds: null };
  }
  return openAiFailure(thrown);
}

function opening(question: Question): readonly Item[] {
  const pictures = (question.images ?? []).map(
    (data) => ({ type: "input_image", image_url: `data:image/png;base64,${data}`, detail: "auto" }) as const,
  );
  const text = question.text ?? "Say hello.";
  return [
    ...(question.history ?? []).map(({ role, text: said }): Item => ({ role, content: said })),
    { role: "user", content: pictures.length === 0 ? text : [...pictures, { type: "input_text", text }] },
  ];
}

async function send(sdk: OpenAI, question: Question, input: readonly Item[]): Promise<Heard> {
  const body = {
    model: question.model,
    input: [...input],
    store: false,
    ...(question.system === undefined ? {} : { instructions: question.system }),
    ...(question.tools === undefined ? {} : { tools: question.tools.map(wireTool) }),
    ...(question.toolChoice === undefined ? {} : { tool_choice: wireChoice(question.toolChoice) }),
    ...(question.schema === undefined
      ? {}
      : {
          text: {
            format: { type: "json_schema", name: "answer", schema: { ...question.schema }, strict: true } as const,
          },
        }),
    ...(question.maxTokens === undefined ? {} : { max_output_tokens: question.maxTokens }),
    ...(question.thinks === true
      ? {
          reasoning: { effort: "high", summary: "auto" } as const,
          include: ["reasoning.encrypted_content" as const],
        }
      : {}),
  };
  const options = question.signal === undefined ? {} : { signal: question.signal };
  if (!question.stream) return heard(sdk, question, input, await sdk.responses.create(body, options), 0);
  const stream = sdk.responses.stream(body, options);
  let pieces = 0;
  stream.on("response.output_text.delta", () => {
    pieces += 1;
    question.onText?.();
  });
  const reply = await stream.finalResponse();
  return heard(sdk, question, input, reply, pieces);
}

function heard(sdk: OpenAI, question: Question, before: readonly Item[], reply: Reply, pieces: number): Heard {
  // A stream that ends before its time resolves with what it had.
  if (reply.status !== "completed" && reply.status !== "incomplete") throw new FailedResponse(reply);
  const contents = reply.output.flatMap((item) => (item.type === "message" ? item.content : []));
  const calls = reply.output.flatMap((item) => {
    if (item.type === "function_call") {
      return [{ id: item.call_id, name: item.name, input: parsedOr(item.arguments, item.arguments) }];
    }
    return item.type === "custom_tool_call" ? [{ id: item.call_id, name: item.name, input: item.input }] : [];
  });
  const isFreeform = new Set(reply.output.flatMap((item) => (item.type === "custom_tool_call" ? [item.call_id] : [])));
  const thoughts = reply.output.flatMap((item) => (item.type === "reasoning" ? [item] : []));
  const { usage } = reply;
  return {
    text: reply.output_text,
    thinking: thoughts
      .flatMap(({ summary, content }) => [...summary, ...(content ?? [])].map(({ text }) => text))
      .join(""),
    refusal: contents.map((content) => (content.type === "refusal" ? content.refusal : "")).join(""),
    calls,
    stop: stopOf(reply, calls.length > 0),
    usage:
      usage === undefined
        ? null
        : {
            input: usage.input_tokens,
            output: usage.output_tokens,
            cached: usage.input_tokens_details.cached_tokens,
            reasoning: usage.output_tokens_details.reasoning_tokens,
          },
    citations: contents
      .flatMap((content) => (content.type === "output_text" ? content.annotations : []))
      .flatMap((cited) => (cited.type === "url_citation" ? [cited.url] : [])),
    order: reply.output.map(({ type }) => words[type] ?? type),
    pieces,
    model: reply.model,
    raw: reply,
    reply: (results, text, model = question.model) => {
      const answers = results.map((result) => wireResult(result, isFreeform.has(result.call.id)));
      const more: readonly Item[] = text === undefined ? [] : [{ role: "user", content: text }];
      return send(sdk, { ...question, model }, [...before, ...reply.output.map(sendable), ...answers, ...more]);
    },
  };
}

const words: Readonly<Record<string, string>> = {
  message: "text",
  function_call: "call",
  custom_tool_call: "call",
  reasoning: "thinking",
};

function stopOf(reply: Reply, hasCalls: boolean): Heard["stop"] {
  const reason = reply.incomplete_details?.reason;
  if (reason === "max_output_tokens") return "length";
  if (reason === "content_filter") return "filter";
  return hasCalls ? "tools" : "end";
}

/** Without what the stream helper adds for its reader and the API does not know. */
function sendable(item: OpenAI.Responses.ResponseOutputItem): Item {
  const plain = JSON.parse(JSON.stringify(item), (key, value: unknown) =>
    key === "parsed" || key === "parsed_arguments" ? undefined : value,
  ) as unknown;
  if (!isTable(plain)) throw new Error("an item is an object");
  return plain as unknown as Item; // output items are input items, as the API documents
}

function wireTool({ name, description, schema, grammar }: Tool): OpenAI.Responses.Tool {
  const told = description === undefined ? {} : { description };
  if (grammar !== undefined) {
    return { type: "custom", name, ...told, format: { type: "grammar", syntax: "lark", definition: grammar } };
  }
  return { type: "function", name, ...told, parameters: schema === undefined ? null : { ...schema }, strict: false };
}

function wireChoice(
  choice: NonNullable<Question["toolChoice"]>,
): "required" | "none" | { type: "function"; name: string } {
  if (choice === "any") return "required";
  return choice === "none" ? choice : { type: "function", name: choice.name };
}

/** Pictures are legal in an output; there is no flag for a failure. */
function wireResult({ call, text, image }: ToolResult, isFreeform: boolean): Item {
  const output =
    image === undefined
      ? text
      : [
          { type: "input_text" as const, text },
          { type: "input_image" as const, image_url: `data:image/png;base64,${image}`, detail: "auto" as const },
        ];
  return { type: isFreeform ? "custom_tool_call_output" : "function_call_output", call_id: call.id, output };
}
