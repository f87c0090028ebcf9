/**
 * Model calls on the port. They are the engine's: it recognises them by its own rows (formats/detect.ts, media/target.ts),
 * reads and checks them in their dialect, and answers in it. Here is how they are documented; a test holds both together.
 */
import type * as v from "valibot";
import {
  batchEmbedReply,
  batchEmbedRequest,
  type CallDialect,
  chatReply,
  chatRequest,
  codeAssistCountRequest,
  codeAssistReply,
  codeAssistRequest,
  embedContentReply,
  embedContentRequest,
  embeddingsReply,
  embeddingsRequest,
  type ErrorShape,
  generateReply,
  generateRequest,
  imagesReply,
  imagesRequest,
  kiroRequest,
  messagesCount,
  messagesCountRequest,
  messagesReply,
  messagesRequest,
  responsesCompacted,
  responsesCount,
  responsesReply,
  responsesRequest,
  tokenCount,
} from "../schemas/calls.ts";

export interface CallRoute {
  readonly dialect: CallDialect;
  readonly summary: string;
  readonly description?: string;
  /** What each `{name}` of its path is. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly body: v.GenericSchema;
  /** Null: it is always streamed. */
  readonly reply: v.GenericSchema | null;
  readonly streams: boolean;
  /** In whose shape it says no; default: its dialect's. */
  readonly errors?: ErrorShape;
  /** A header without which it is not this call. */
  readonly header?: {
    readonly name: string;
    readonly about: string;
    readonly pattern: string;
    readonly example: string;
  };
  /** Content types, where they are others than JSON and server-sent events. */
  readonly types?: {
    /** Of the request and of a no. */
    readonly json: string;
    readonly frames: { readonly type: string; readonly about: string };
  };
}

const chat = { dialect: "openai-chat", body: chatRequest, reply: chatReply, streams: true } as const;
const responses = {
  dialect: "openai-responses",
  body: responsesRequest,
  reply: responsesReply,
  streams: true,
} as const;
const messages = { dialect: "claude", body: messagesRequest, reply: messagesReply, streams: true } as const;
const countMessages = {
  dialect: "claude",
  body: messagesCountRequest,
  reply: messagesCount,
  streams: false,
} as const;
const embeddings = { dialect: "embeddings", body: embeddingsRequest, reply: embeddingsReply, streams: false } as const;
const images = { dialect: "images", body: imagesRequest, reply: imagesReply, streams: true } as const;

const kiroFrames = {
  type: "application/vnd.amazon.eventstream",
  about: "AWS event stream frames: each has its event's name in a header, and its fields as JSON.",
} as const;
const kiro = { dialect: "kiro", body: kiroRequest, reply: null, streams: true } as const;

const googleModel = { model: "Any name that `GET /v1beta/models` lists; it may hold slashes." } as const;
const provider = { provider: "The provider's id or a second name of it: no other one is asked." } as const;

/** At one of Google's three versions. */
const google = {
  generate: {
    dialect: "gemini",
    summary: "Google's generateContent, whole",
    parameters: googleModel,
    body: generateRequest,
    reply: generateReply,
    streams: false,
  },
  stream: {
    dialect: "gemini",
    summary: "Google's generateContent, streamed",
    description: "With `?alt=sse` as server-sent events, else as a JSON list that grows.",
    parameters: googleModel,
    body: generateRequest,
    reply: null,
    streams: true,
    errors: "GoogleStream",
  },
  count: {
    dialect: "gemini",
    summary: "How large a generateContent request is",
    parameters: googleModel,
    body: generateRequest,
    reply: tokenCount,
    streams: false,
  },
  embed: {
    dialect: "google-embeddings",
    summary: "Google's embedding of one text",
    parameters: googleModel,
    body: embedContentRequest,
    reply: embedContentReply,
    streams: false,
  },
  embedBatch: {
    dialect: "google-embeddings",
    summary: "Google's embedding of several texts",
    parameters: googleModel,
    body: batchEmbedRequest,
    reply: batchEmbedReply,
    streams: false,
  },
} as const satisfies Readonly<Record<string, CallRoute>>;

export const callRoutes = {
  "POST /v1/chat/completions": { ...chat, summary: "OpenAI's Chat Completions" },
  "POST /v1/responses": { ...responses, summary: "OpenAI's Responses" },
  "POST /v1/responses/input_tokens": {
    ...responses,
    summary: "How large a Responses request is",
    reply: responsesCount,
    streams: false,
  },
  "POST /v1/responses/compact": {
    ...responses,
    summary: "A Responses history made shorter",
    description: "Only a provider of the same dialect can do it.",
    reply: responsesCompacted,
    streams: false,
  },
  "POST /v1/messages": { ...messages, summary: "Anthropic's Messages" },
  "POST /v1/messages/count_tokens": { ...countMessages, summary: "How large a Messages request is" },
  "POST /v1/models/{model}:generateContent": google.generate,
  "POST /v1/models/{model}:streamGenerateContent": google.stream,
  "POST /v1/models/{model}:countTokens": google.count,
  "POST /v1/models/{model}:embedContent": google.embed,
  "POST /v1/models/{model}:batchEmbedContents": google.embedBatch,
  "POST /v1beta/models/{model}:generateContent": google.generate,
  "POST /v1beta/models/{model}:streamGenerateContent": google.stream,
  "POST /v1beta/models/{model}:countTokens": google.count,
  "POST /v1beta/models/{model}:embedContent": google.embed,
  "POST /v1beta/models/{model}:batchEmbedContents": google.embedBatch,
  "POST /v1alpha/models/{model}:generateContent": google.generate,
  "POST /v1alpha/models/{model}:streamGenerateContent": google.stream,
  "POST /v1alpha/models/{model}:countTokens": google.count,
  "POST /v1alpha/models/{model}:embedContent": google.embed,
  "POST /v1alpha/models/{model}:batchEmbedContents": google.embedBatch,
  "POST /v1internal:generateContent": {
    dialect: "gemini-cli",
    summary: "Gemini CLI's generateContent, whole",
    body: codeAssistRequest,
    reply: codeAssistReply,
    streams: false,
  },
  "POST /v1internal:streamGenerateContent": {
    dialect: "gemini-cli",
    summary: "Gemini CLI's generateContent, streamed",
    description: "With `?alt=sse`.",
    body: codeAssistRequest,
    reply: null,
    streams: true,
    errors: "GoogleStream",
  },
  "POST /v1internal:countTokens": {
    dialect: "gemini-cli",
    summary: "How large a request of Gemini CLI is",
    body: codeAssistCountRequest,
    reply: tokenCount,
    streams: false,
  },
  "POST /v1/embeddings": { ...embeddings, summary: "OpenAI's embeddings" },
  "POST /v1/images/generations": { ...images, summary: "OpenAI's image generation" },
  "POST /v1/providers/{provider}/chat/completions": {
    ...chat,
    summary: "Chat Completions of one provider",
    parameters: provider,
  },
  "POST /v1/providers/{provider}/responses": {
    ...responses,
    summary: "Responses of one provider",
    parameters: provider,
  },
  "POST /v1/providers/{provider}/messages": { ...messages, summary: "Messages of one provider", parameters: provider },
  "POST /v1/providers/{provider}/messages/count_tokens": {
    ...countMessages,
    summary: "How large a Messages request to one provider is",
    parameters: provider,
  },
  "POST /v1/providers/{provider}/embeddings": {
    ...embeddings,
    summary: "Embeddings of one provider",
    parameters: provider,
  },
  "POST /v1/providers/{provider}/images/generations": {
    ...images,
    summary: "Image generation of one provider",
    parameters: provider,
  },
  "POST /generateAssistantResponse": {
    ...kiro,
    summary: "Kiro's call, named by its path",
    types: { json: "application/json", frames: kiroFrames },
  },
  "POST /": {
    ...kiro,
    summary: "Kiro's call, named by a header",
    header: {
      name: "x-amz-target",
      about: "The service, whichever it is called, and the operation.",
      pattern: "\\.GenerateAssistantResponse$",
      example: "KiroRuntimeService.GenerateAssistantResponse",
    },
    types: { json: "application/x-amz-json-1.0", frames: kiroFrames },
  },
} as const satisfies Readonly<Record<string, CallRoute>>;
