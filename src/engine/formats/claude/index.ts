/** Claude's Messages format: what Claude Code and the Anthropic SDKs speak, and Anthropic-compatible upstreams. */
import { eventStreamHeaders } from "../event-stream.ts";
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
import { callTarget, shape } from "./target.ts";

export const claude: Format = {
  id: "claude",
  client: {
    shape,
    readRequest,
    countTokens: {
      writeCount: (tokens) => ({
        status: 200,
        headers: [["content-type", "application/json"]],
        body: Buffer.from(JSON.stringify({ input_tokens: tokens })),
      }),
    },
    streamHeaders: () => eventStreamHeaders,
    requestIdHeader: "request-id",
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
  withoutOwnMarks,
};
