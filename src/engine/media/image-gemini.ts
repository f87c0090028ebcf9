/**
 * Images from Gemini's image models: a conversation of one turn that asks for pictures. Code Assist's two envelopes
 * (Gemini CLI, Antigravity) carry the same body.
 */
import { own } from "../../base/json.ts";
import { listField, optional, recordField, textField, type Fields } from "../formats/fields.ts";
import type { Losses } from "../hub/losses.ts";
import { nearestShape, pixelsOf, said, seedFor, wantedFormat, type ImageWish, type Pixels } from "./image-in.ts";
import { geminiModelPath, type MediaOptions } from "./media.ts";

interface Ratio extends Pixels {
  readonly word: string;
}

const ratios: readonly [Ratio, ...Ratio[]] = [
  { word: "1:1", width: 1, height: 1 },
  { word: "2:3", width: 2, height: 3 },
  { word: "3:2", width: 3, height: 2 },
  { word: "3:4", width: 3, height: 4 },
  { word: "4:3", width: 4, height: 3 },
  { word: "4:5", width: 4, height: 5 },
  { word: "5:4", width: 5, height: 4 },
  { word: "9:16", width: 9, height: 16 },
  { word: "16:9", width: 16, height: 9 },
  { word: "21:9", width: 21, height: 9 },
];

/** Where 1K ends and 2K ends, in pixels: half way between their areas on a scale of doublings. */
const above1K = 2_100_000;
const above2K = 8_400_000;

export function geminiImagePath({ provider, model }: MediaOptions): string {
  return provider.format === "gemini" ? `${geminiModelPath(model)}:generateContent` : "/v1internal:generateContent";
}

/** One picture each call: a model asked for several in words draws as many as it likes. */
export function writeGeminiImages(wish: ImageWish, options: MediaOptions, losses: Losses): readonly Fields[] {
  const imageConfig = configFor(wish, options.model, losses);
  for (const [field, value] of Object.entries(wish.body)) {
    if (!handled.has(field) && value !== null && !isUsual(value)) losses.add("parameter", field);
  }
  return Array.from({ length: wish.count }, (_, index) =>
    enveloped(
      {
        contents: [{ role: "user", parts: [{ text: wish.prompt }] }],
        generationConfig: {
          responseModalities: ["TEXT", "IMAGE"],
          ...optional("imageConfig", imageConfig),
          ...optional("seed", seedFor(wish.body, index)),
        },
      },
      options,
      index,
    ),
  );
}

/** `output_format` is compared with what comes back. */
const handled: ReadonlySet<string> = new Set([
  "model",
  "prompt",
  "n",
  "size",
  "aspect_ratio",
  "response_format",
  "output_format",
  "seed",
  "stream",
]);

/** Words for "as usual": nothing is lost with them. */
function isUsual(value: unknown): boolean {
  return value === "auto" || value === "standard";
}

function configFor({ size, body }: ImageWish, model: string, losses: Losses): Fields | undefined {
  const asked = textField(body, "aspect_ratio");
  const ratio = ratios.find(({ word }) => word === (asked ?? size));
  if (ratio !== undefined) return { aspectRatio: ratio.word };
  if (asked !== undefined) losses.add("parameter", `aspect_ratio: ${asked}`);
  const pixels = pixelsOf(size);
  if (pixels === null) {
    if (size !== null && size !== "auto") losses.add("parameter", `size: ${size}`);
    return undefined;
  }
  const { word } = nearestShape(pixels, ratios);
  const area = pixels.width * pixels.height;
  // The models before Gemini 3 draw at one size only.
  const imageSize = !/gemini-3/.test(model) || area <= above1K ? undefined : area <= above2K ? "2K" : "4K";
  if (size !== "1024x1024") {
    losses.add(
      "parameter",
      `size: ${size ?? ""} became aspect ratio ${word}${imageSize === undefined ? "" : `, ${imageSize}`}`,
    );
  }
  return { aspectRatio: word, ...optional("imageSize", imageSize) };
}

function enveloped(request: Fields, { provider, model, project, callId }: MediaOptions, index: number): Fields {
  const name = index === 0 ? callId : `${callId}-${index + 1}`;
  if (provider.format === "gemini-cli") {
    return { model, ...optional("project", project), user_prompt_id: name, request };
  }
  if (provider.format === "antigravity") {
    const kind = { userAgent: "antigravity", requestType: "image_gen" };
    return { ...optional("project", project), model, ...kind, requestId: name, request };
  }
  return request;
}

export interface GeminiImages {
  readonly images: readonly { readonly mediaType: string; readonly data: string }[];
  readonly text: string;
  /** Why there are none, in Gemini's word. */
  readonly reason: string | null;
  readonly usage: Fields | undefined;
  readonly model: string | null;
}

export function readGeminiImages(reply: unknown): GeminiImages {
  const body = recordField(reply, "response") ?? reply;
  const candidates = listField(body, "candidates") ?? [];
  const images: { mediaType: string; data: string }[] = [];
  const texts: string[] = [];
  for (const part of candidates.flatMap((candidate) => listField(own(candidate, "content"), "parts") ?? [])) {
    // A thinking model shows its drafts as thoughts (Gemini 3, late 2026).
    if (own(part, "thought") === true) continue;
    const inline = recordField(part, "inlineData") ?? recordField(part, "inline_data");
    const data = textField(inline, "data");
    const mediaType = textField(inline, "mimeType") ?? textField(inline, "mime_type") ?? "image/png";
    if (data !== undefined && data !== "" && mediaType.startsWith("image/")) images.push({ mediaType, data });
    const text = textField(part, "text");
    if (text !== undefined && text.trim() !== "") texts.push(text);
  }
  const finish = candidates.map((one) => textField(one, "finishReason")).find((word) => word !== undefined);
  return {
    images,
    text: texts.join(""),
    reason: textField(own(body, "promptFeedback"), "blockReason") ?? finish ?? null,
    usage: recordField(body, "usageMetadata"),
    model: textField(body, "modelVersion") ?? null,
  };
}

/** The picture's format as OpenAI names it, beside the one that was asked for; null where nobody minds. */
export function formatMismatch(mediaType: string, wish: ImageWish): string | null {
  const wanted = wantedFormat(wish.body);
  const came = mediaType.replace(/^image\//, "");
  return !said(wish.body, "output_format") || wanted === came
    ? null
    : `the image came as ${came}, not as ${wanted ?? ""}`;
}
