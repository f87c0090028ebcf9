/**
 * How things that Kiro has no form for are shown to its clients. What another maker thought wears our tag
 * (hub/carrier.ts) in the field that the client keeps and hands back.
 */
import { writeCarrier } from "../../hub/carrier.ts";
import type { Losses } from "../../hub/losses.ts";
import type { Citation, ImagePart, Provenance } from "../../hub/message.ts";
import type { HubRequest } from "../../hub/request.ts";
import { optional, type Fields } from "../fields.ts";

/** The client wants thinking as a signature only, without its words (`display: omitted`). */
export function hidesThinking({ thinking }: HubRequest): boolean {
  return thinking !== undefined && thinking.mode !== "off" && thinking.show === false;
}

/** The real signature, a tag in its place, or null where there is nothing to keep. `hidden`: the words not shown. */
export function shownSignature(
  signature: string | undefined,
  from: Provenance | undefined,
  hidden: string,
): string | null {
  if (from === undefined || isClients(from)) return signature === undefined || signature === "" ? null : signature;
  if ((signature === undefined || signature === "") && hidden === "") return null;
  return writeCarrier({ from, ...optional("signature", signature), text: hidden });
}

/** A field of base64: clients decode it, so the tag is packed as well. */
export function shownRedacted(data: string, from: Provenance): string {
  return isClients(from) ? data : Buffer.from(writeCarrier({ from, signature: data })).toString("base64");
}

/** Made where the client itself would ask: nothing in between needs to be remembered. */
function isClients(from: Provenance): boolean {
  return from.format === "kiro" && from.origin === undefined;
}

export function shownPicture({ source }: ImagePart, losses: Losses): string {
  losses.add("image", "a picture the model drew cannot be shown to a Kiro client");
  return source.kind === "url" ? `[a picture: ${source.url}]` : `[a picture (${source.mediaType}), not shown here]`;
}

/** A page as Kiro shows pages beside an answer: without the place in the text it stands for. */
export function shownLink({ url, title, text }: Citation, losses: Losses): Fields | null {
  if (url === undefined) {
    losses.add("citation", "a citation without an address has no form here");
    return null;
  }
  losses.add("citation", "links stand beside the answer, not at the words they belong to");
  return { url, title: title ?? url, ...optional("snippet", text) };
}
