/** The translator alone: no network, no configuration, no account. What `switchyard translate` runs. */
export { translateRequest } from "./request.ts";
export { createReplyTranslator, type ReplyOutcome } from "./reply.ts";
export { createSniffer } from "./input-kind.ts";
export { type ReadableReply, readReply } from "./readable.ts";
export { formatIds, type FormatId } from "../formats/format.ts";
