/** A back end's images as OpenAI's answer. Links are never followed: what only came as a link stays one, by name. */
import { isRecord, parseJson } from "../../base/json.ts";
import {
  countField,
  listField,
  numberField,
  optional,
  recordField,
  textField,
  type Fields,
} from "../formats/fields.ts";
import { readDataUrl, writeDataUrl } from "../formats/data-url.ts";
import type { Result } from "../formats/format.ts";
import { createLosses, type Losses } from "../hub/losses.ts";
import { addUsage, noUsage, type Usage } from "../hub/usage.ts";
import { formatMismatch, readGeminiImages, type GeminiImages } from "./image-gemini.ts";
import type { ImageWish } from "./image-in.ts";
import type { ImageContext } from "./images.ts";
import { failed, jsonBytes, type MediaAnswer } from "./media.ts";

/** `replies` may be fewer than the calls that were wanted: images that were made are not thrown away. */
export function readImages(replies: readonly unknown[], context: ImageContext): Result<MediaAnswer> {
  const losses = createLosses();
  return context.way === "gemini" ? fromGemini(replies, context, losses) : fromOpenai(replies, context, losses);
}

function fromOpenai(replies: readonly unknown[], context: ImageContext, losses: Losses): Result<MediaAnswer> {
  const { wish, way, model, createdAt } = context;
  const items = replies.flatMap((reply) => listField(reply, "data") ?? listField(reply, "images") ?? []);
  if (!items.some(isImage)) return failed("protocol", "the upstream's reply holds no images");
  const data = items.map((item) => spelled(item, wish, losses));
  const [only] = replies;
  const counted = replies.map((reply) => recordField(reply, "usage")).filter((one) => one !== undefined);
  const usage = counted.length === 0 ? null : counted.map(openaiUsage).reduce(addUsage);
  const told = { usage, model };
  missing(data.length, wish, losses);
  if (replies.length === 1 && way === "openai" && isRecord(only)) {
    const isChanged = data.some((item, index) => item !== items[index]);
    const body = isChanged ? jsonBytes({ ...only, data }) : null;
    return { ok: true, value: { ...told, body, losses: losses.list() } };
  }
  const created = replies.map((reply) => numberField(reply, "created")).find((time) => time !== undefined);
  const body = jsonBytes({ created: created ?? createdAt, data, ...optional("usage", wireUsage(usage)) });
  return { ok: true, value: { ...told, body, losses: losses.list() } };
}

function fromGemini(replies: readonly unknown[], context: ImageContext, losses: Losses): Result<MediaAnswer> {
  const { wish, createdAt } = context;
  const read = replies.map(readGeminiImages);
  const images = read.flatMap((reply) => reply.images);
  if (images.length === 0) return noImages(read);
  if (read.some(({ text }) => text !== "")) losses.add("reply", "text that came with the image");
  for (const { mediaType } of images) {
    const mismatch = formatMismatch(mediaType, wish);
    if (mismatch !== null) losses.add("reply", mismatch);
  }
  missing(images.length, wish, losses);
  const counted = read.map((reply) => reply.usage).filter((one) => one !== undefined);
  const usage = counted.length === 0 ? null : counted.map(geminiUsage).reduce(addUsage);
  const data = images.map((image) => (wish.wants === "url" ? { url: writeDataUrl(image) } : { b64_json: image.data }));
  const body = jsonBytes({ created: createdAt, data, ...optional("usage", wireUsage(usage)) });
  const model = read.map((reply) => reply.model).find((name) => name !== null) ?? context.model;
  return { ok: true, value: { body, usage, model, losses: losses.list() } };
}

/** Gemini's words for "not this picture": nobody else behind the same filter would draw it. */
const filtered = /SAFETY|PROHIBITED|BLOCKLIST|SPII|RECITATION|JAILBREAK|MODEL_ARMOR/;
const maxQuotedChars = 500;

function noImages(replies: readonly GeminiImages[]): Result<never> {
  const reason = replies.map((reply) => reply.reason).find((word) => word !== null) ?? null;
  const said = replies
    .map(({ text }) => text)
    .join(" ")
    .trim()
    .slice(0, maxQuotedChars);
  const why = [reason, said].filter((text) => text !== null && text !== "").join(": ");
  const message = `the model made no image${why === "" ? "" : ` (${why})`}`;
  return failed(reason !== null && filtered.test(reason) ? "content-policy" : "malformed-reply", message);
}

function isImage(item: unknown): boolean {
  return textField(item, "b64_json") !== undefined || textField(item, "url") !== undefined;
}

/** An image in the spelling the client wants; the item itself where nothing has to change. */
function spelled(item: unknown, { wants, body }: ImageWish, losses: Losses): unknown {
  const data = textField(item, "b64_json");
  const url = textField(item, "url");
  if (!isRecord(item) || wants === null) return item;
  const { b64_json: _, url: __, ...rest } = item;
  if (wants === "url" && url === undefined && data !== undefined) {
    return { ...rest, url: writeDataUrl({ mediaType: mediaTypeOf(data, body), data }) };
  }
  if (wants === "b64_json" && data === undefined && url !== undefined) {
    const inline = readDataUrl(url);
    if (inline !== null) return { ...rest, b64_json: inline.data };
    losses.add("response-format", "the provider sent a link to the image, not its bytes");
  }
  return item;
}

/** Beginnings of files, in base64. */
const beginnings = [
  ["iVBORw0KGgo", "image/png"],
  ["/9j/", "image/jpeg"],
  ["UklGR", "image/webp"],
] as const;

function mediaTypeOf(data: string, body: Fields): string {
  const known = beginnings.find(([beginning]) => data.startsWith(beginning))?.[1];
  return known ?? `image/${textField(body, "output_format") ?? "png"}`;
}

function missing(count: number, wish: ImageWish, losses: Losses): void {
  if (count < wish.count) losses.add("reply", `${count} of ${wish.count} images were made`);
}

/** What the last event of a stream of partial images counted; null for every other event. */
export function streamedUsage(event: string, data: string): Usage | null {
  if (event !== "image_generation.completed") return null;
  const parsed = parseJson(data);
  const usage = parsed.ok ? recordField(parsed.value, "usage") : undefined;
  return usage === undefined ? null : openaiUsage(usage);
}

function openaiUsage(usage: Fields): Usage {
  return {
    ...noUsage,
    input: countField(usage, "input_tokens") || countField(usage, "prompt_tokens"),
    output: countField(usage, "output_tokens") || countField(usage, "completion_tokens"),
  };
}

function geminiUsage(usage: Fields): Usage {
  const reasoning = countField(usage, "thoughtsTokenCount");
  return {
    ...noUsage,
    input: countField(usage, "promptTokenCount"),
    output: countField(usage, "candidatesTokenCount") + reasoning,
    cacheRead: countField(usage, "cachedContentTokenCount"),
    reasoning,
  };
}

/** The prompt of these calls is text and nothing else. */
function wireUsage(usage: Usage | null): Fields | undefined {
  if (usage === null) return undefined;
  return {
    input_tokens: usage.input,
    output_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    input_tokens_details: { text_tokens: usage.input, image_tokens: 0 },
  };
}
