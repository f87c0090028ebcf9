/** What reader and writers of the Responses wire share: ids of items, and thinking of other providers in a reasoning item. */
import { createHash } from "node:crypto";
import { writeCarrier, type Carried } from "../../hub/carrier.ts";
import type { Provenance, RedactedThinkingPart } from "../../hub/message.ts";

/** Beyond this the API refuses an id of an item; a prefix and a number are put around it. */
const maxIdChars = 48;

/** The reply's own id as a piece of other ids: the API takes letters, digits, `_` and `-` in them, and 64 characters. */
export function idStem(replyId: string): string {
  const plain = replyId.replace(/^resp_/, "").replace(/[^A-Za-z0-9_-]/g, "_");
  return plain.length <= maxIdChars && plain !== ""
    ? plain
    : createHash("sha256").update(replyId).digest("hex").slice(0, 32);
}

/** Inside our own tag only: real signatures hold no colon. */
const redactedMark = "redacted:";

/** `encrypted_content` of a reasoning item: OpenAI's own blob, or the tag that says openly whose thinking it is. */
export function shownBlob(signature: string | undefined, from: Provenance | undefined): string | undefined {
  if (from === undefined || from.format === "openai-responses") return signature;
  return writeCarrier({ from, ...(signature === undefined ? {} : { signature }) });
}

/** Thinking that is encrypted as a whole travels in the same tag. */
export function shownRedacted(data: string, from: Provenance): string {
  return from.format === "openai-responses" ? data : writeCarrier({ from, signature: redactedMark + data });
}

export function readRedacted({ from, signature }: Carried): RedactedThinkingPart | null {
  if (signature?.startsWith(redactedMark) !== true) return null;
  return { type: "redacted-thinking", data: signature.slice(redactedMark.length), from };
}
