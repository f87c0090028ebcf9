/** OpenAI's Chat Completions format: the dialect most upstreams and many clients speak. */
import { eventStreamHeaders } from "../event-stream.ts";
import { booleanField, textField } from "../fields.ts";
import type { Format } from "../format.ts";
import { edits } from "./edits.ts";
import { readErrorAnswer, writeErrorAnswer } from "./errors.ts";
import { writeModels } from "./model-list.ts";
import { observe } from "./observe.ts";
import { withoutOwnMarks } from "./own-marks.ts";
import { readReply, writeReply } from "./reply.ts";
import { readRequest } from "./request-in.ts";
import { writeRequest } from "./request-out.ts";
import { createStreamReader } from "./stream-in.ts";
import { createStreamWriter } from "./stream-out.ts";

export const openaiChat: Format = {
  id: "openai-chat",
  client: {
    shape: (body) => ({
      operation: "reply",
      model: textField(body, "model") || null,
      stream: booleanField(body, "stream") ?? false,
    }),
    readRequest,
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
  callTarget: (target) => `/v1/chat/completions${target.includes("?") ? target.slice(target.indexOf("?")) : ""}`,
  observe,
  withoutOwnMarks,
};
