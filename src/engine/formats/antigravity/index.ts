/** Antigravity's format: Gemini's own in an envelope of Google's Code Assist backend, for Claude models as well. */
import type { Format } from "../format.ts";
import { callTarget, envelopeEdits, shape } from "../gemini/code-assist.ts";
import { readErrorAnswer, writeErrorAnswer } from "../gemini/errors.ts";
import { countTokens } from "../gemini/model-list.ts";
import { observe } from "../gemini/observe.ts";
import { withoutOwnMarks } from "../gemini/own-marks.ts";
import { readReply, writeReply } from "../gemini/reply.ts";
import { createStreamReader } from "../gemini/stream-in.ts";
import { createStreamWriter, streamHeaders } from "../gemini/stream-out.ts";
import { writeModels } from "./model-list.ts";
import { renamedInside } from "../gemini/target.ts";
import { readRequest } from "./request-in.ts";
import { writeRequest } from "./request-out.ts";

export const antigravity: Format = {
  id: "antigravity",
  client: {
    shape,
    readRequest,
    countTokens,
    streamHeaders,
    streamWriter: (options) => createStreamWriter(options, "code-assist"),
    writeModels,
    writeReply: (reply, options) => writeReply(reply, options, "code-assist"),
    writeError: writeErrorAnswer,
  },
  provider: {
    writeRequest,
    streamReader: (context) => createStreamReader(context, "antigravity"),
    readReply: (body, context) => readReply(body, context, "antigravity"),
    readError: readErrorAnswer,
  },
  edits: envelopeEdits,
  withInnerModel: (body, model) => renamedInside(body, "request", model),
  callTarget,
  observe,
  withoutOwnMarks,
};
