/** The half of Kiro's dialect that its clients see: the IDE and kiro-cli. */
import type { HeaderPairs } from "../../../base/http.ts";
import type { ClientSide } from "../format.ts";
import { writeErrorAnswer } from "./errors-out.ts";
import { writeModels } from "./models-out.ts";
import { readRequest } from "./request-in.ts";
import { createStreamWriter, writeReply } from "./stream-out.ts";
import { shape } from "./target.ts";

const streamHeaders: HeaderPairs = [
  ["content-type", "application/vnd.amazon.eventstream"],
  ["cache-control", "no-cache"],
];

export const client: ClientSide = {
  shape,
  readRequest,
  streamHeaders: () => streamHeaders,
  requestIdHeader: "x-amzn-requestid",
  streamWriter: createStreamWriter,
  writeModels,
  writeReply,
  writeError: writeErrorAnswer,
};
