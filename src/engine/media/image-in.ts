/** A client's wish for images, read from OpenAI's body; sizes and what cannot be told from it stay as they were said. */
import { isRecord, own } from "../../base/json.ts";
import { numberField, textField, type Fields } from "../formats/fields.ts";
import type { Result } from "../formats/format.ts";
import { failed } from "./media.ts";
import { mediaModel } from "./target.ts";

export type ImageSpelling = "url" | "b64_json";

export interface ImageWish {
  readonly prompt: string;
  readonly count: number;
  /** `1024x1536`, `auto`, or what other servers take (`2K`, `16:9`). */
  readonly size: string | null;
  /** How the client wants its images; null where any spelling will do. */
  readonly wants: ImageSpelling | null;
  readonly stream: boolean;
  readonly body: Fields;
}

/** OpenAI's bound; dall-e-3 makes one at a time. */
const maxImages = 10;

export function readImageWish(body: unknown, target: string): Result<ImageWish> {
  if (!isRecord(body)) return bad("the body must be a JSON object");
  const prompt = own(body, "prompt");
  if (typeof prompt !== "string" || prompt.trim() === "") return bad("`prompt` must be a text that is not empty");
  const count = own(body, "n") ?? 1;
  if (typeof count !== "number" || !Number.isInteger(count) || count < 1 || count > maxImages) {
    return bad(`\`n\` must be a whole number from 1 to ${maxImages}`);
  }
  const size = own(body, "size") ?? null;
  if (size !== null && typeof size !== "string") return bad("`size` must be a text like `1024x1024`");
  const said = own(body, "response_format") ?? null;
  if (said !== null && said !== "url" && said !== "b64_json") {
    return bad("`response_format` must be `url` or `b64_json`");
  }
  const value: ImageWish = {
    prompt,
    count,
    size,
    wants: said ?? usual(mediaModel(target, body) ?? "dall-e-2"),
    stream: own(body, "stream") === true,
    body,
  };
  return { ok: true, value };
}

/** What a client expects that says nothing, from the model it thinks it asks. */
function usual(model: string): ImageSpelling | null {
  if (model.startsWith("dall-e")) return "url";
  return /^(gpt-image|chatgpt-image)/.test(model) ? "b64_json" : null;
}

export interface Pixels {
  readonly width: number;
  readonly height: number;
}

/** Null for `auto` and every other word. */
export function pixelsOf(size: string | null): Pixels | null {
  const match = /^(\d{1,5})[x*](\d{1,5})$/i.exec(size ?? "");
  const pixels = { width: Number(match?.[1]), height: Number(match?.[2]) };
  return pixels.width > 0 && pixels.height > 0 ? pixels : null;
}

/** The one whose shape is nearest; of equal shapes, the one whose area is. */
export function nearestShape<T extends Pixels>(wanted: Pixels, offered: readonly [T, ...T[]]): T {
  const distance = (one: Pixels): number => Math.abs(Math.log(one.width / one.height / (wanted.width / wanted.height)));
  const area = (one: Pixels): number => Math.abs(Math.log((one.width * one.height) / (wanted.width * wanted.height)));
  return offered.reduce((best, one) => {
    const nearer = distance(one) - distance(best);
    return nearer < -1e-9 || (Math.abs(nearer) <= 1e-9 && area(one) < area(best)) ? one : best;
  });
}

/** A field with a value; `null` is how the SDKs say nothing. */
export function said(body: Fields, field: string): boolean {
  return (own(body, field) ?? null) !== null;
}

/** The seed of the n-th image: the same one would draw the same picture again. */
export function seedFor(body: Fields, index: number): number | undefined {
  const seed = numberField(body, "seed");
  return seed === undefined ? undefined : seed + index;
}

/** `png`, `jpeg`, `webp`, as the client wants it. */
export function wantedFormat(body: Fields): string | null {
  const format = textField(body, "output_format")?.toLowerCase() ?? null;
  return format === "jpg" ? "jpeg" : format;
}

function bad(message: string): Result<never> {
  return failed("bad-request", message);
}
