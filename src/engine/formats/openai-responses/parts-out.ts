/** Parts of users' messages and of tool results as input content: text, pictures, files and sound. */
import { isRecord } from "../../../base/json.ts";
import { unreachable } from "../../../base/unreachable.ts";
import type { Losses } from "../../hub/losses.ts";
import type { DocumentPart, ImagePart, MediaPart, ToolResultContent, UserPart } from "../../hub/message.ts";
import { writeDataUrl } from "../data-url.ts";
import { optional, type Fields } from "../fields.ts";

export interface PartOptions {
  readonly losses: Losses;
  /** The backend fetches pictures and files that are given by their address (chatgpt.com's does not). */
  readonly fetchesUrls: boolean;
  /** A tool's result holds text, pictures and files only. */
  readonly inResult?: boolean;
}

export function writeInputPart(part: UserPart | ToolResultContent, options: PartOptions): readonly Fields[] {
  switch (part.type) {
    case "text":
      return [inputText(part.text)];
    case "image":
      return [writeImage(part, options)];
    case "document":
      return writeDocument(part, options);
    case "media":
      return [writeMedia(part, options)];
    case "opaque":
      if (part.from === "openai-responses" && isRecord(part.raw)) return [part.raw];
      options.losses.add(
        "server-block",
        `a ${part.name} block of ${part.from} was ${part.text === undefined ? "left out" : "put into words"}`,
      );
      return part.text === undefined || part.text === "" ? [] : [inputText(part.text)];
    default:
      return unreachable(part);
  }
}

function inputText(text: string): Fields {
  return { type: "input_text", text };
}

function writeImage({ source, detail }: ImagePart, { losses, fetchesUrls }: PartOptions): Fields {
  if (source.kind === "url" && !fetchesUrls) {
    losses.add("image", "this backend fetches nothing: the model sees the picture's address only");
    return inputText(`[image: ${source.url}]`);
  }
  const url = source.kind === "url" ? source.url : writeDataUrl(source);
  return { type: "input_image", image_url: url, ...optional("detail", detail) };
}

function writeDocument(part: DocumentPart, { losses, fetchesUrls }: PartOptions): readonly Fields[] {
  const { source, title, context } = part;
  const told = context === undefined || context === "" ? [] : [inputText(`[about the next document: ${context}]`)];
  switch (source.kind) {
    case "text": {
      const head = [title, context].filter((text) => text !== undefined && text !== "");
      const label = head.length === 0 ? "[document]" : `[document: ${head.join(" – ")}]`;
      return [inputText(`${label}\n${source.text}`)];
    }
    case "url":
      if (fetchesUrls) return [...told, { type: "input_file", file_url: source.url }];
      losses.add("document", "this backend fetches nothing: the model sees the document's address only");
      return [...told, inputText(`[document${title === undefined ? "" : ` ${title}`}: ${source.url}]`)];
    case "base64": {
      const filename = title ?? (source.mediaType === "application/pdf" ? "document.pdf" : "document");
      return [...told, { type: "input_file", filename, file_data: writeDataUrl(source) }];
    }
    default:
      return unreachable(source);
  }
}

/** What the API takes as sound. */
const audioFormats: Readonly<Record<string, "mp3" | "wav">> = {
  "audio/mpeg": "mp3",
  "audio/mp3": "mp3",
  "audio/wav": "wav",
  "audio/x-wav": "wav",
  "audio/wave": "wav",
};

function writeMedia({ source }: MediaPart, { losses, inResult }: PartOptions): Fields {
  if (source.kind === "base64" && inResult !== true) {
    const format = Object.hasOwn(audioFormats, source.mediaType) ? audioFormats[source.mediaType] : undefined;
    if (format !== undefined) return { type: "input_audio", input_audio: { data: source.data, format } };
  }
  const type = source.mediaType ?? "media";
  losses.add("document", `${type}: this API takes sound as mp3 or wav in messages, and nothing else that moves`);
  return inputText(source.kind === "url" ? `[${type}: ${source.url}]` : `[${type} that cannot be shown]`);
}
