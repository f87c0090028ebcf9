/**
 * Servers of diffusion models: OpenAI's path and reply, but width and height as numbers and their own words for the
 * rest (`negative_prompt`, steps, seed go through under the client's name for them or theirs). Nebius is the pattern.
 * From public code (Nebius) and from memory (Together, SiliconFlow); none was called from here.
 */
import { own } from "../../base/json.ts";
import { optional, textField, type Fields } from "../formats/fields.ts";
import type { Losses } from "../hub/losses.ts";
import { pixelsOf, said, seedFor, wantedFormat, type ImageSpelling, type ImageWish } from "./image-in.ts";

export interface PixelBackend {
  readonly ids: readonly string[];
  readonly server: RegExp;
  readonly steps: string;
  /** The file format's field and its words; null where there is none. */
  readonly format: { readonly field: string; readonly words: Readonly<Record<string, string>> } | null;
  readonly spellings: Readonly<Record<ImageSpelling, string>> | null;
  /** The field that says how many, and the most; null: one each call. */
  readonly count: { readonly field: string; readonly most: number } | null;
  /** Two numbers, or one text. */
  readonly size: "width-height" | "image_size";
}

const pixelBackends: readonly PixelBackend[] = [
  {
    ids: ["nebius"],
    server: /^api\.(studio|tokenfactory)\.nebius\.(com|ai)\//,
    steps: "num_inference_steps",
    format: { field: "response_extension", words: { png: "png", jpeg: "jpg", webp: "webp" } },
    spellings: { url: "url", b64_json: "b64_json" },
    count: null,
    size: "width-height",
  },
  {
    ids: ["together"],
    server: /^api\.together\.(xyz|ai)\//,
    steps: "steps",
    format: { field: "output_format", words: { png: "png", jpeg: "jpeg" } },
    spellings: { url: "url", b64_json: "base64" },
    count: { field: "n", most: 4 },
    size: "width-height",
  },
  {
    ids: ["siliconflow"],
    server: /^api\.siliconflow\.(cn|com)\//,
    steps: "num_inference_steps",
    format: null,
    spellings: null,
    count: { field: "batch_size", most: 4 },
    size: "image_size",
  },
];

/** By address, then by name; null for a server that takes OpenAI's own fields. */
export function pixelBackend(id: string, server: string): PixelBackend | null {
  const byServer = pixelBackends.find((row) => row.server.test(server));
  return byServer ?? pixelBackends.find((row) => row.ids.includes(id)) ?? null;
}

/** OpenAI's fields, which are said another way or not at all; everything else is taken as meant for the server. */
const openaiFields: ReadonlySet<string> = new Set([
  "model",
  "prompt",
  "n",
  "size",
  "response_format",
  "output_format",
  "quality",
  "background",
  "style",
  "moderation",
  "output_compression",
  "partial_images",
  "stream",
  "user",
  "seed",
  "steps",
  "num_inference_steps",
]);
const unsayable = ["background", "style", "moderation", "output_compression", "user"] as const;

export function writePixelImages(
  wish: ImageWish,
  model: string,
  backend: PixelBackend,
  losses: Losses,
): readonly Fields[] {
  const { body, prompt, wants } = wish;
  for (const field of unsayable) if (said(body, field) && own(body, field) !== "auto") losses.add("parameter", field);
  const quality = own(body, "quality");
  if (quality !== undefined && quality !== null && quality !== "auto" && quality !== "standard") {
    losses.add("parameter", "quality");
  }
  const passed = Object.entries(body).filter(([field, value]) => !openaiFields.has(field) && value !== null);
  const steps = own(body, "num_inference_steps") ?? own(body, "steps");
  const shared: Fields = {
    ...Object.fromEntries(passed),
    model,
    prompt,
    ...sizeFields(wish, backend, losses),
    ...optional(backend.steps, steps ?? undefined),
    ...formatField(wish, backend, losses),
    ...(backend.spellings !== null && wants !== null ? { response_format: backend.spellings[wants] } : {}),
  };
  return callsFor(wish, backend).map(({ count, from }) => ({
    ...shared,
    ...optional("seed", seedFor(body, from)),
    ...(backend.count !== null && count > 1 ? { [backend.count.field]: count } : {}),
  }));
}

/** `from`: the number of the first image of the call. */
function callsFor({ count }: ImageWish, backend: PixelBackend): readonly { count: number; from: number }[] {
  const most = backend.count?.most ?? 1;
  return Array.from({ length: Math.ceil(count / most) }, (_, call) => ({
    count: Math.min(most, count - call * most),
    from: call * most,
  }));
}

function sizeFields({ size, body }: ImageWish, backend: PixelBackend, losses: Losses): Fields {
  const pixels = pixelsOf(size);
  if (pixels === null) {
    if (size !== null && size !== "auto") losses.add("parameter", `size: ${size}`);
    return {};
  }
  if (backend.size === "image_size") return { image_size: `${pixels.width}x${pixels.height}` };
  // The server's own fields win over OpenAI's when a client sends both.
  return { width: own(body, "width") ?? pixels.width, height: own(body, "height") ?? pixels.height };
}

function formatField({ body }: ImageWish, { format }: PixelBackend, losses: Losses): Fields {
  const wanted = wantedFormat(body);
  if (wanted === null) return {};
  const word = format !== null && Object.hasOwn(format.words, wanted) ? format.words[wanted] : undefined;
  if (format === null || word === undefined) {
    losses.add("parameter", `output_format: ${textField(body, "output_format") ?? ""}`);
    return {};
  }
  return { [format.field]: word };
}
