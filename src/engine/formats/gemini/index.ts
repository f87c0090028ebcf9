/** Google's generateContent format: what `@google/genai` speaks, and AI Studio's and Vertex's upstreams. */
import type { Format } from "../format.ts";
import { edits } from "./edits.ts";
import { readErrorAnswer, writeErrorAnswer } from "./errors.ts";
import { countTokens, writeModels } from "./model-list.ts";
import { observe } from "./observe.ts";
import { withoutOwnMarks } from "./own-marks.ts";
import { readReply, writeReply } from "./reply.ts";
import { readRequest } from "./request-in.ts";
import { writeRequest } from "./request-out.ts";
import { createStreamReader } from "./stream-in.ts";
import { createStreamWriter, streamHeaders } from "./stream-out.ts";
import { callTarget, renamedInside, shape } from "./target.ts";

export const gemini: Format = {
  id: "gemini",
  client: {
    shape,
    readRequest,
    countTokens,
    streamHeaders,
    streamWriter: (options) => createStreamWriter(options),
    writeModels,
    writeReply: (reply, options) => writeReply(reply, options),
    writeError: writeErrorAnswer,
  },
  provider: {
    writeRequest,
    streamReader: (context) => createStreamReader(context),
    readReply: (body, context) => readReply(body, context),
    readError: readErrorAnswer,
  },
  edits,
  namesModelInTarget: true,
  withInnerModel: (body, model) => renamedInside(body, "generateContentRequest", model),
  callTarget,
  observe,
  withoutOwnMarks,
};
