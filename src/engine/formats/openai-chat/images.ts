/** Pictures the model drew: `images` of a message or delta, an extension that OpenRouter and Gemini gateways share (2026). */
import type { ImagePart } from "../../hub/message.ts";
import { readDataUrl, writeDataUrl } from "../data-url.ts";
import { listField, optional, recordField, textField, type Fields } from "../fields.ts";

export function readImages(message: unknown): readonly ImagePart[] {
  return (listField(message, "images") ?? []).flatMap((image) => readImage(image) ?? []);
}

/** An `image_url` part, in the user's turn or of a picture; null when there is no address in it. */
export function readImage(part: unknown): ImagePart | null {
  const image = recordField(part, "image_url");
  const url = textField(image, "url") ?? textField(part, "image_url");
  if (url === undefined) return null;
  const data = readDataUrl(url);
  const source = data === null ? ({ kind: "url", url } as const) : ({ kind: "base64", ...data } as const);
  return { type: "image", source, ...optional("detail", textField(image, "detail")) };
}

export function writeImage({ source, detail }: ImagePart): Fields {
  const url = source.kind === "url" ? source.url : writeDataUrl(source);
  return { type: "image_url", image_url: detail === undefined ? { url } : { url, detail } };
}
