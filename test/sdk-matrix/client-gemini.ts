/** The `@google/genai` SDK: a chat, which keeps the history by its own rules of what is a valid turn. */
import {
  ApiError,
  FunctionCallingConfigMode,
  GoogleGenAI,
  type Chat,
  type Content,
  type FunctionDeclaration,
  type GenerateContentConfig,
  type GenerateContentResponse,
  type Part,
} from "@google/genai";
import { field, list, parsedOr, wordOf } from "../support/provider-turn.ts";
import { brokenConnection } from "./client-openai-chat.ts";
import type { Client, Failure, Heard, Question, Tool, ToolResult, Transport } from "./clients.ts";

export function geminiClient({ fetch, origin, apiVersion }: Transport): Client {
  const sdk = new GoogleGenAI({
    apiKey: "the-clients-own",
    ...(apiVersion === undefined ? {} : { apiVersion }),
    httpOptions: { fetch, ...(origin === undefined ? {} : { baseUrl: origin }) },
  });
  return {
    dialect: "gemini",
    ask: (question) => {
      const history = (question.history ?? []).map(
        ({ role, text }): Content => ({ role: role === "user" ? "user" : "model", parts: [{ text }] }),
      );
      const chat = sdk.chats.create({ model: question.model, config: configOf(question), history });
      const pictures = (question.images ?? []).map((data): Part => ({ inlineData: { mimeType: "image/png", data } }));
      return send(sdk, chat, question, [...pictures, { text: question.text ?? "Say hello." }]);
    },
    failure,
  };
}

function configOf(question: Question): GenerateContentConfig {
  const { toolChoice } = question;
  return {
    ...(question.system === undefined ? {} : { systemInstruction: question.system }),
    ...(question.tools === undefined ? {} : { tools: [{ functionDeclarations: question.tools.map(wireTool) }] }),
    ...(toolChoice === undefined ? {} : { toolConfig: { functionCallingConfig: wireChoice(toolChoice) } }),
    ...(question.schema === undefined
      ? {}
      : { responseMimeType: "application/json", responseJsonSchema: question.schema }),
    ...(question.maxTokens === undefined ? {} : { maxOutputTokens: question.maxTokens }),
    ...(question.stops === undefined ? {} : { stopSequences: [...question.stops] }),
    ...(question.thinks === true ? { thinkingConfig: { includeThoughts: true } } : {}),
    ...(question.signal === undefined ? {} : { abortSignal: question.signal }),
  };
}

async function send(sdk: GoogleGenAI, chat: Chat, question: Question, message: Part[]): Promise<Heard> {
  const replies: GenerateContentResponse[] = [];
  if (question.stream) {
    for await (const chunk of await chat.sendMessageStream({ message })) {
      replies.push(chunk);
      if (chunk.candidates?.[0]?.content?.parts?.[0]?.text !== undefined) question.onText?.();
    }
  } else replies.push(await chat.sendMessage({ message }));
  return heard(sdk, chat, question, replies);
}

function heard(sdk: GoogleGenAI, chat: Chat, question: Question, replies: readonly GenerateContentResponse[]): Heard {
  const candidates = replies.flatMap((reply) => reply.candidates?.slice(0, 1) ?? []);
  const parts = candidates.flatMap(({ content }) => content?.parts ?? []);
  const finish = candidates.findLast(({ finishReason }) => finishReason !== undefined)?.finishReason;
  const block = replies.find((reply) => reply.promptFeedback?.blockReason !== undefined);
  const calls = parts.flatMap(({ functionCall: made }) =>
    made === undefined ? [] : [{ id: made.id ?? "", name: made.name ?? "", input: made.args ?? {} }],
  );
  // The stream's end is what the SDK's reader has nothing to say about.
  if (question.stream && finish === undefined && block === undefined)
    throw new Error("the stream ended without a finish");
  const usage = replies.findLast((reply) => reply.usageMetadata !== undefined)?.usageMetadata;
  const thoughts = usage?.thoughtsTokenCount ?? 0;
  const grounding = candidates.flatMap(({ groundingMetadata }) => groundingMetadata?.groundingChunks ?? []);
  const sources = candidates.flatMap(({ citationMetadata }) => citationMetadata?.citations ?? []);
  return {
    text: parts.map((part) => (part.thought === true ? "" : (part.text ?? ""))).join(""),
    thinking: parts.map((part) => (part.thought === true ? (part.text ?? "") : "")).join(""),
    refusal: candidates.map((candidate) => candidate.finishMessage ?? "").join(""),
    calls,
    stop: block === undefined ? stopOf(finish ?? "", calls.length > 0) : "filter",
    usage:
      usage === undefined
        ? null
        : {
            input: usage.promptTokenCount ?? 0,
            output: (usage.candidatesTokenCount ?? 0) + thoughts,
            cached: usage.cachedContentTokenCount ?? 0,
            reasoning: thoughts,
          },
    citations: [...grounding.map(({ web }) => web?.uri ?? ""), ...sources.map(({ uri }) => uri ?? "")],
    order: orderOf(parts),
    pieces: question.stream ? parts.filter((part) => part.thought !== true && (part.text ?? "") !== "").length : 0,
    model: replies.at(-1)?.modelVersion ?? "",
    raw: replies,
    reply(results, text, model = question.model) {
      const history = chat.getHistory(true);
      const next = model === question.model ? chat : sdk.chats.create({ model, config: configOf(question), history });
      const more = text === undefined ? [] : [{ text }];
      return send(sdk, next, { ...question, model }, [...results.map(wireResult), ...more]);
    },
  };
}

/** Runs of the same kind are one. */
function orderOf(parts: readonly Part[]): readonly string[] {
  const kinds = parts.flatMap((part) => {
    if (part.functionCall !== undefined) return ["call"];
    if ((part.text ?? "") === "") return [];
    return [part.thought === true ? "thinking" : "text"];
  });
  return kinds.filter((kind, index) => kind === "call" || kind !== kinds[index - 1]);
}

/** Gemini has no word for "now it is your tools' turn". */
function stopOf(finish: string, hasCalls: boolean): Heard["stop"] {
  if (finish === "STOP") return hasCalls ? "tools" : "end";
  if (finish === "MAX_TOKENS") return "length";
  return ["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"].includes(finish) ? "filter" : "other";
}

function wireTool({ name, description, schema }: Tool): FunctionDeclaration {
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...(schema === undefined ? {} : { parametersJsonSchema: schema }),
  };
}

function wireChoice(choice: NonNullable<Question["toolChoice"]>) {
  if (choice === "none") return { mode: FunctionCallingConfigMode.NONE };
  return {
    mode: FunctionCallingConfigMode.ANY,
    ...(choice === "any" ? {} : { allowedFunctionNames: [choice.name] }),
  };
}

function wireResult({ call, text, image, isError }: ToolResult): Part {
  return {
    functionResponse: {
      ...(call.id === "" ? {} : { id: call.id }),
      name: call.name,
      response: isError === true ? { error: text } : { output: text },
      ...(image === undefined ? {} : { parts: [{ inlineData: { mimeType: "image/png", data: image } }] }),
    },
  };
}

/** The SDK's error holds the body as text, and no headers. */
function failure(thrown: unknown): Failure {
  if (!(thrown instanceof ApiError)) return brokenConnection(thrown);
  const body = parsedOr(thrown.message.slice(Math.max(0, thrown.message.indexOf("{"))), null);
  const error = field(body, "error");
  const delay = list(field(error, "details"))
    .map((detail) => field(detail, "retryDelay"))
    .find((value) => value !== undefined);
  return {
    status: thrown.status,
    message: wordOf(field(error, "message"), thrown.message),
    code: wordOf(field(error, "status")),
    retryAfterSeconds: typeof delay === "string" ? Number.parseFloat(delay) : null,
  };
}
