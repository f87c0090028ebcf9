/** OpenAI's Chat Completions format: the dialect most upstreams and many clients speak. */
import type { Format } from "../format.ts";
import { readErrorAnswer, writeErrorAnswer } from "./errors.ts";
import { observe } from "./observe.ts";
import { readReply, writeReply } from "./reply.ts";
import { readRequest } from "./request-in.ts";
import { writeRequest } from "./request-out.ts";
import { createStreamReader } from "./stream-in.ts";
import { createStreamWriter } from "./stream-out.ts";

export const openaiChat: Format = {
  id: "openai-chat",
  client: {
    readRequest,
    streamHeaders: [
      ["content-type", "text/event-stream; charset=utf-8"],
      ["cache-control", "no-cache"],
      ["x-accel-buffering", "no"],
    ],
    streamWriter: createStreamWriter,
    writeReply,
    writeError: writeErrorAnswer,
  },
  provider: {
    writeRequest,
    streamReader: createStreamReader,
    readReply,
    readError: readErrorAnswer,
  },
  observe,
  withoutOwnMarks: () => null,
};
