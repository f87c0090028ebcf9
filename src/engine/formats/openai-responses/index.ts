/** OpenAI's Responses format: what Codex and newer OpenAI clients speak, and OpenAI, Copilot and chatgpt.com as upstreams. */
import { eventStreamHeaders } from "../event-stream.ts";
import type { Format } from "../format.ts";
import { edits, withoutCarriers } from "./edits.ts";
import { readErrorAnswer, writeErrorAnswer } from "./errors.ts";
import { writeModels } from "./model-list.ts";
import { observe } from "./observe.ts";
import { readReply, writeReply } from "./reply.ts";
import { readRequest } from "./request-in.ts";
import { writeRequest } from "./request-out.ts";
import { createStreamReader } from "./stream-in.ts";
import { createStreamWriter } from "./stream-out.ts";
import { callTarget, shape } from "./target.ts";

export const openaiResponses: Format = {
  id: "openai-responses",
  client: {
    shape,
    readRequest,
    countTokens: {
      writeCount: (tokens) => ({
        status: 200,
        headers: [["content-type", "application/json"]],
        body: Buffer.from(JSON.stringify({ object: "response.input_tokens", input_tokens: tokens })),
      }),
    },
    streamHeaders: () => eventStreamHeaders,
    requestIdHeader: "x-request-id",
    streamWriter: createStreamWriter,
    writeModels,
    writeReply,
    writeError: writeErrorAnswer,
  },
  provider: {
    writeRequest,
    streamReader: createStreamReader,
    readReply,
    readError: readErrorAnswer,
  },
  edits,
  callTarget,
  observe,
  withoutOwnMarks: withoutCarriers,
};
