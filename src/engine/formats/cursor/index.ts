import type { Format } from "../format.ts";
import { createAnyReader } from "./any-reply.ts";
import { client } from "./client.ts";
import { decodeRequest } from "./decode-request.ts";
import { observe } from "./observe.ts";
import { provider } from "./provider.ts";
import { seenRequest } from "./view/call.ts";

export const cursor: Format = {
  id: "cursor",
  framing: "binary",
  client,
  provider,
  replyReader: createAnyReader,
  decodeRequest,
  // Messages keep their bytes: there is no field for a prompt of ours that Cursor's servers are known to heed.
  edits: { systemPrompt: (body) => body, thinking: (body) => body, withoutBlobs: (body) => body },
  callTarget: (target) => target,
  observe,
  seenRequest,
  withoutOwnMarks: () => null,
};
