/**
 * How things that a Claude reply has no form for are shown to a Claude client, in streams and whole messages alike.
 * What another provider made wears our tag (hub/carrier.ts) in the field that the client keeps and hands back.
 */
import { isRecord } from "../../../base/json.ts";
import { writeCarrier } from "../../hub/carrier.ts";
import type { Losses } from "../../hub/losses.ts";
import type { ImagePart, OpaquePart, Provenance } from "../../hub/message.ts";
import type { HubRequest } from "../../hub/request.ts";
import type { Fields } from "../fields.ts";

/** `display: omitted`: the client wants thinking as a signature only, without its words. */
export function hidesThinking({ thinking }: HubRequest): boolean {
  return thinking !== undefined && thinking.mode !== "off" && thinking.show === false;
}

/** The real signature, or the tag that says whose thinking it was. `hidden`: the words that are not shown. */
export function shownSignature(signature: string | undefined, from: Provenance | undefined, hidden: string): string {
  if (from === undefined || isClients(from)) return signature ?? "";
  return writeCarrier({ from, ...(signature === undefined ? {} : { signature }), text: hidden });
}

export function shownRedacted(data: string, from: Provenance): Fields {
  return { type: "redacted_thinking", data: isClients(from) ? data : writeCarrier({ from, signature: data }) };
}

/** Made where the client itself would ask: nothing in between needs to be remembered. */
function isClients(from: Provenance): boolean {
  return from.format === "claude" && from.origin === undefined;
}

export function shownPicture({ source }: ImagePart, losses?: Losses): string {
  losses?.add("image", "a picture the model drew cannot be shown to a Claude client");
  return source.kind === "url" ? `[a picture: ${source.url}]` : `[a picture (${source.mediaType}), not shown here]`;
}

/** The block as Claude wrote it, or what it says in words; null when it says nothing. */
export function shownOpaque(part: OpaquePart, losses?: Losses): Fields | string | null {
  if (part.from === "claude" && isRecord(part.raw)) return part.raw;
  losses?.add("server-block", `a ${part.name} block of the upstream has no form here`);
  return part.text ?? null;
}
