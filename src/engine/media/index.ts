/** The door to embeddings and image generation: which calls they are, how they are asked and how they are answered. */
import type { Result } from "../formats/format.ts";
import { readEmbeddings } from "./embedding-reply.ts";
import { writeEmbeddings, type EmbeddingContext } from "./embeddings.ts";
import { readImages } from "./image-reply.ts";
import { writeImages, type ImageContext } from "./images.ts";
import type { MediaAnswer, MediaKind, MediaOptions, MediaRequest } from "./media.ts";

export { embeddingModels } from "./embedding-backends.ts";
export type { MediaAnswer, MediaKind, MediaOptions, MediaProvider, MediaRequest } from "./media.ts";
export { mediaError } from "./errors.ts";
export { streamedUsage } from "./image-reply.ts";
export { mediaCall, mediaDialect, mediaModel } from "./target.ts";

/** What reading the replies needs to know of the call; nobody else looks into it. */
export type MediaContext = EmbeddingContext | ImageContext;

/** `body`: the client's, parsed. */
export function writeMedia(
  kind: MediaKind,
  body: unknown,
  options: MediaOptions,
): Result<MediaRequest & { readonly context: MediaContext }> {
  return kind === "embeddings" ? writeEmbeddings(body, options) : writeImages(body, options);
}

/** `replies`: the parsed bodies of all calls, in order. */
export function readMedia(replies: readonly unknown[], context: MediaContext): Result<MediaAnswer> {
  return context.kind === "embeddings" ? readEmbeddings(replies, context) : readImages(replies, context);
}
