/** Cursor as a back end: its agent service, as docs/formats/cursor.md has it. Answers are streams, whatever was asked. */
import type { ProviderSide } from "../format.ts";
import { readUnaryError } from "./errors.ts";
import { writeRequest } from "./upstream/request-out.ts";
import { createStreamReader } from "./upstream/stream-in.ts";

export const provider: ProviderSide = {
  writeRequest,
  streamReader: createStreamReader,
  readReply: () => ({
    ok: false,
    error: { kind: "protocol", message: "Cursor answered with JSON instead of a stream" },
  }),
  readError: readUnaryError,
};
