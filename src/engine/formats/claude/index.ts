/** Claude's Messages format: what Claude Code and the Anthropic SDKs speak, and Anthropic-compatible upstreams. */
import type { Format } from "../format.ts";
import { withoutCarriers } from "./carrier.ts";
import { readErrorAnswer, writeErrorAnswer } from "./errors.ts";
import { observe } from "./observe.ts";
import { readReply, writeReply } from "./reply.ts";
import { readRequest } from "./request-in.ts";
import { writeRequest } from "./request-out.ts";
import { createStreamReader } from "./stream-in.ts";
import { createStreamWriter } from "./stream-out.ts";

export const claude: Format = {
  id: "claude",
  client: {
    readRequest,
    countTokens: {
      matches: (path) => /\/messages\/count_tokens\/?(\?|$)/.test(path),
      writeCount: (tokens) => ({
        status: 200,
        headers: [["content-type", "application/json"]],
        body: Buffer.from(JSON.stringify({ input_tokens: tokens })),
      }),
    },
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
  withoutOwnMarks: withoutCarriers,
};
