/**
 * Model calls in the dialects of the gateway, as far as a caller has to know: what must be there, and how one tells the
 * answer. The rest of each dialect is its owner's; what is not named here is translated or passed on.
 */
import * as v from "valibot";
import { claudeError, googleError, openaiError } from "./refusals.ts";
import { count, exactly, flag, text } from "./words.ts";

const model = text("Any name that `GET /v1/models` lists.");
const stream = v.exactOptional(flag("Answer with server-sent events."));
const list = (about: string) => v.pipe(v.array(v.looseObject({})), v.description(about));
const anything = (about: string) => v.pipe(v.unknown(), v.description(about));

export const chatRequest = v.pipe(
  v.looseObject({ model, messages: list("The conversation."), stream }),
  v.description("OpenAI's Chat Completions request."),
);
export const chatReply = v.pipe(
  v.looseObject({
    id: text("Of this reply."),
    object: exactly("chat.completion", "OpenAI's word."),
    created: count("Seconds since the epoch."),
    model: text("The one that was asked for."),
    choices: list("The answers."),
  }),
  v.description("OpenAI's Chat Completions reply."),
);

export const responsesRequest = v.pipe(
  v.looseObject({ model, input: anything("Text, or a list of items."), stream }),
  v.description("OpenAI's Responses request."),
);
export const responsesReply = v.pipe(
  v.looseObject({
    id: text("Of this reply."),
    object: exactly("response", "OpenAI's word."),
    status: text("`completed`, `incomplete` …"),
    output: list("What was written."),
  }),
  v.description("OpenAI's Responses reply."),
);
export const responsesCount = v.pipe(
  v.looseObject({ input_tokens: count("Input tokens.") }),
  v.description("How large a Responses request is."),
);
export const responsesCompacted = v.pipe(
  v.looseObject({ output: list("The shorter history.") }),
  v.description("A history made shorter by its provider."),
);

export const messagesRequest = v.pipe(
  v.looseObject({ model, max_tokens: count("The most it may write."), messages: list("The conversation."), stream }),
  v.description("Anthropic's Messages request."),
);
export const messagesReply = v.pipe(
  v.looseObject({
    id: text("Of this reply."),
    type: exactly("message", "Anthropic's word."),
    role: exactly("assistant", "Anthropic's word."),
    model: text("The one that was asked for."),
    content: list("What was written."),
    stop_reason: v.nullable(text("Why it ended.")),
  }),
  v.description("Anthropic's Messages reply."),
);
export const messagesCountRequest = v.pipe(
  v.looseObject({ model, messages: list("The conversation.") }),
  v.description("Anthropic's token counting request."),
);
export const messagesCount = v.pipe(
  v.looseObject({ input_tokens: count("Input tokens.") }),
  v.description("How large a Messages request is."),
);

export const generateRequest = v.pipe(
  v.looseObject({ contents: list("The conversation.") }),
  v.description("Google's generateContent request; the model stands in the path."),
);
export const generateReply = v.pipe(
  v.looseObject({ candidates: list("The answers.") }),
  v.description("Google's generateContent reply."),
);
export const tokenCount = v.pipe(
  v.looseObject({ totalTokens: count("Input tokens.") }),
  v.description("How large a generateContent request is."),
);

export const codeAssistRequest = v.pipe(
  v.looseObject({ model, request: v.looseObject({ contents: list("The conversation.") }) }),
  v.description("Gemini CLI's envelope around a generateContent request."),
);
export const codeAssistReply = v.pipe(
  v.looseObject({ response: generateReply }),
  v.description("Gemini CLI's envelope around a generateContent reply."),
);
export const codeAssistCountRequest = v.pipe(
  v.looseObject({ request: v.looseObject({ contents: list("The conversation.") }) }),
  v.description("Gemini CLI's envelope around a countTokens request."),
);

export const embeddingsRequest = v.pipe(
  v.looseObject({ model, input: anything("Text, or a list of texts.") }),
  v.description("OpenAI's embeddings request."),
);
export const embeddingsReply = v.pipe(
  v.looseObject({ object: exactly("list", "OpenAI's word."), data: list("One vector for each text.") }),
  v.description("OpenAI's embeddings reply."),
);
export const embedContentRequest = v.pipe(
  v.looseObject({ content: v.pipe(v.looseObject({}), v.description("The text, in parts.")) }),
  v.description("Google's embedContent request; the model stands in the path."),
);
export const embedContentReply = v.pipe(
  v.looseObject({
    embedding: v.pipe(
      v.looseObject({ values: v.pipe(v.array(v.number()), v.description("The vector.")) }),
      v.description("What the text became."),
    ),
  }),
  v.description("Google's embedContent reply."),
);
export const batchEmbedRequest = v.pipe(
  v.looseObject({ requests: list("One for each text.") }),
  v.description("Google's batchEmbedContents request."),
);
export const batchEmbedReply = v.pipe(
  v.looseObject({ embeddings: list("One vector for each text.") }),
  v.description("Google's batchEmbedContents reply."),
);

export const kiroRequest = v.pipe(
  v.looseObject({
    conversationState: v.pipe(
      v.looseObject({ currentMessage: v.pipe(v.looseObject({}), v.description("What the user says, and the model.")) }),
      v.description("The conversation, whose last message names the model (`userInputMessage.modelId`)."),
    ),
    profileArn: v.exactOptional(text("Of the caller's own login; not needed here.")),
  }),
  v.description("Kiro's request."),
);

export const imagesRequest = v.pipe(
  v.looseObject({ model: v.exactOptional(model), prompt: text("What is to be seen.") }),
  v.description("OpenAI's image generation request."),
);
export const imagesReply = v.pipe(
  v.looseObject({ data: list("The images.") }),
  v.description("OpenAI's image generation reply."),
);

/** Google's own way where a list is streamed: the error is its one item. */
export const googleStreamError = v.pipe(
  v.union([googleError, v.array(googleError)]),
  v.description("An error in Google's shape; without `?alt=sse` it stands in a list, as the answer would."),
);

/** As AWS's JSON protocols have it. */
export const kiroError = v.pipe(
  v.looseObject({
    __type: text("As Kiro's service calls it, as `ValidationException`."),
    message: text("For people: what happened."),
    reason: v.exactOptional(text("What is meant more closely, as `INVALID_MODEL_ID`.")),
  }),
  v.description("An error in Kiro's shape; `x-amzn-errortype` has its name as well."),
);

/** In whose shape each dialect of the gateway says no. */
export const callErrors = {
  "openai-chat": "OpenAi",
  "openai-responses": "OpenAi",
  claude: "Claude",
  gemini: "Google",
  "gemini-cli": "Google",
  embeddings: "OpenAi",
  "google-embeddings": "Google",
  images: "OpenAi",
  kiro: "Kiro",
} as const;
export type CallDialect = keyof typeof callErrors;

export const errorShapes = {
  OpenAi: openaiError,
  Claude: claudeError,
  Google: googleError,
  GoogleStream: googleStreamError,
  Kiro: kiroError,
} as const;
export type ErrorShape = keyof typeof errorShapes;
