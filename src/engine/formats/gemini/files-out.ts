/** Pictures, documents, sound and film as `inlineData` or `fileData`; and what cannot be sent at all, said beforehand. */
import { isRecord } from "../../../base/json.ts";
import { unreachable } from "../../../base/unreachable.ts";
import type { Losses } from "../../hub/losses.ts";
import type { DocumentPart, HubMessage, ImagePart, MediaPart, OpaquePart } from "../../hub/message.ts";
import type { Target } from "./backend.ts";
import { isYouTube, mediaTypeOf } from "./media-types.ts";
import type { WirePart } from "./wire.ts";

export type FilePart = ImagePart | DocumentPart | MediaPart;

/** Why a request cannot be said here; null when it can. Saying less would answer another question than the one asked. */
export function refusedFile(messages: readonly HubMessage[], target: Target): string | null {
  for (const message of messages) {
    for (const part of message.parts) {
      const why =
        part.type === "opaque"
          ? refusedOpaque(part)
          : part.type === "image" || part.type === "document" || part.type === "media"
            ? refused(part, target)
            : null;
      if (why !== null) return why;
    }
  }
  return null;
}

function refusedOpaque(part: OpaquePart): string | null {
  if (part.essential !== true || isGoogles(part)) return null;
  return `a ${part.name} part cannot be sent to Gemini: it lives at its own provider`;
}

function refused(part: FilePart, { urls, model }: Target): string | null {
  if (part.type === "media" && model.family === "claude") return "sound and film cannot be sent to a Claude model";
  if (part.source.kind !== "url" || (urls && isFetchable(part.source.url))) return null;
  const what = part.type === "media" ? "sound or film" : part.type === "image" ? "an image" : "a document";
  return `${what} given by its address cannot be sent to this backend, which fetches none: ${shortened(part.source.url)}`;
}

function isFetchable(url: string): boolean {
  return /^(https?|gs):\/\//i.test(url);
}

function shortened(url: string): string {
  return url.length <= 100 ? url : `${url.slice(0, 100)}…`;
}

/** Parts of the shared service come back as they were, whichever of its formats read them. */
function isGoogles(part: OpaquePart): boolean {
  return part.from === "gemini" || part.from === "gemini-cli" || part.from === "antigravity";
}

export function writeOpaque(part: OpaquePart, losses: Losses): readonly WirePart[] {
  if (isGoogles(part) && isRecord(part.raw)) return [part.raw];
  const isSaid = part.text !== undefined && part.text !== "";
  losses.add("server-block", `a ${part.name} block of ${part.from} was ${isSaid ? "put into words" : "left out"}`);
  return isSaid ? [{ text: part.text }] : [];
}

export function writeFile(part: FilePart): readonly WirePart[] {
  switch (part.type) {
    case "image":
    case "media":
      return [writeSource(part.source)];
    case "document": {
      const head = [part.title, part.context].filter((text) => text !== undefined && text !== "");
      const label = head.length === 0 ? "[document]" : `[document: ${head.join(" – ")}]`;
      if (part.source.kind === "text") return [{ text: `${label}\n${part.source.text}` }];
      return [...(head.length === 0 ? [] : [{ text: label }]), writeSource(part.source)];
    }
    default:
      return unreachable(part);
  }
}

type Source =
  | { readonly kind: "base64"; readonly mediaType: string; readonly data: string }
  | { readonly kind: "url"; readonly url: string; readonly mediaType?: string };

function writeSource(source: Source): WirePart {
  if (source.kind === "base64") return { inlineData: { mimeType: source.mediaType, data: source.data } };
  const mimeType = source.mediaType ?? mediaTypeOf(source.url);
  // A film's address needs no type, and a made-up one is refused (`image/*`).
  const isTyped = mimeType !== undefined && !isYouTube(source.url);
  return { fileData: { ...(isTyped ? { mimeType } : {}), fileUri: source.url } };
}
