import type { Format } from "../format.ts";
import { client } from "./client.ts";
import { observe } from "./observe.ts";
import { provider } from "./provider.ts";
import { seenRequest } from "./view/call.ts";

export const cursor: Format = {
  id: "cursor",
  framing: "binary",
  client,
  provider,
  edits: { systemPrompt: (body) => body, thinking: (body) => body, withoutBlobs: (body) => body },
  callTarget: (target) => target,
  observe,
  seenRequest,
  withoutOwnMarks: () => null,
};
