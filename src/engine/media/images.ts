/** A client's call for images as one or several calls to a back end. Three ways: OpenAI's, Gemini's, and in pixels. */
import type { Fields } from "../formats/fields.ts";
import type { Result } from "../formats/format.ts";
import { createLosses, type Losses } from "../hub/losses.ts";
import { geminiImagePath, writeGeminiImages } from "./image-gemini.ts";
import { readImageWish, type ImageWish } from "./image-in.ts";
import { writeOpenaiImages } from "./image-openai.ts";
import { pixelBackend, writePixelImages } from "./image-pixels.ts";
import { failed, jsonBytes, type MediaOptions, type MediaRequest } from "./media.ts";

export interface ImageContext {
  readonly kind: "images";
  readonly wish: ImageWish;
  readonly way: "openai" | "pixels" | "gemini";
  /** The upstream's name for the model. */
  readonly model: string;
  readonly createdAt: number;
}

interface Written {
  readonly way: ImageContext["way"];
  readonly path: string;
  readonly bodies: readonly Fields[];
}

export function writeImages(
  body: unknown,
  options: MediaOptions,
): Result<MediaRequest & { readonly context: ImageContext }> {
  const read = readImageWish(body, options.target);
  if (!read.ok) return read;
  const wish = read.value;
  const losses = createLosses();
  const written = write(wish, options, losses);
  if (!written.ok) return written;
  const { way, path, bodies } = written.value;
  const { model, createdAt } = options;
  return {
    ok: true,
    value: {
      path,
      bodies: bodies.map(jsonBytes),
      streams: wish.stream,
      losses: losses.list(),
      context: { kind: "images", wish, way, model, createdAt },
    },
  };
}

function write(wish: ImageWish, options: MediaOptions, losses: Losses): Result<Written> {
  const { provider, model } = options;
  switch (provider.format) {
    case "gemini":
    case "gemini-cli":
    case "antigravity": {
      if (wish.stream) return noStream(options);
      const bodies = writeGeminiImages(wish, options, losses);
      return { ok: true, value: { way: "gemini", path: geminiImagePath(options), bodies } };
    }
    case "openai-chat":
    case "openai-responses": {
      // Both make pictures as a tool within an answer, not as a call of its own.
      if (provider.variant === "codex" || provider.variant === "copilot") return noImages(options);
      const backend = pixelBackend(provider.id, provider.server);
      if (backend !== null) {
        if (wish.stream) return noStream(options);
        const bodies = writePixelImages(wish, model, backend, losses);
        return { ok: true, value: { way: "pixels", path: "/images/generations", bodies } };
      }
      const { bodies, canStream } = writeOpenaiImages(wish, model, losses);
      if (wish.stream && !canStream) return noStream(options);
      return { ok: true, value: { way: "openai", path: "/images/generations", bodies } };
    }
    case "claude":
    case "kiro":
    case "cursor":
      return noImages(options);
  }
}

function noImages({ provider }: MediaOptions): Result<never> {
  return failed("unsupported", `${provider.id} makes no images in the dialect it speaks`);
}

function noStream({ provider, model }: MediaOptions): Result<never> {
  return failed("unsupported", `${model} at ${provider.id} sends no images in parts; leave out \`stream\``);
}
