/** Kiro as a provider: `GenerateAssistantResponse` and its event stream. */
import type { ProviderSide } from "../format.ts";
import { readErrorAnswer } from "./errors-in.ts";
import { readReply } from "./reply-in.ts";
import { writeRequest } from "./request-out.ts";
import { createStreamReader } from "./stream-in.ts";

export const provider: ProviderSide = {
  writeRequest,
  streamReader: createStreamReader,
  readReply,
  readError: readErrorAnswer,
};
