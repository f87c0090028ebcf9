/** Sound and film in a Chat message: `input_audio` (OpenAI's) and `video_url` (OpenRouter, Qwen, vLLM; 2026). */
import type { MediaPart } from "../../hub/message.ts";
import { readDataUrl, writeDataUrl } from "../data-url.ts";
import { optional, recordField, textField, type Fields } from "../fields.ts";

/** Names of the `format` field whose media type is spelled otherwise. */
const typeOfFormat: Readonly<Record<string, string>> = { mp3: "audio/mpeg", m4a: "audio/mp4", pcm16: "audio/pcm" };
const formatOfType: Readonly<Record<string, string>> = {
  "audio/mpeg": "mp3",
  "audio/x-wav": "wav",
  "audio/wave": "wav",
  "audio/mp4": "m4a",
  "audio/x-m4a": "m4a",
  "audio/pcm": "pcm16",
};

export function readAudio(part: unknown): MediaPart | null {
  const audio = recordField(part, "input_audio");
  const data = textField(audio, "data");
  if (data === undefined) return null;
  const format = (textField(audio, "format") ?? "wav").toLowerCase();
  const mediaType = Object.hasOwn(typeOfFormat, format) ? typeOfFormat[format] : undefined;
  return { type: "media", source: { kind: "base64", mediaType: mediaType ?? `audio/${format}`, data } };
}

export function readVideo(part: unknown): MediaPart | null {
  const url = textField(recordField(part, "video_url"), "url") ?? textField(part, "video_url");
  if (url === undefined) return null;
  const data = readDataUrl(url);
  if (data !== null) return { type: "media", source: { kind: "base64", ...data } };
  return { type: "media", source: { kind: "url", url, ...optional("mediaType", typeOfAddress(url)) } };
}

const endings: readonly (readonly [RegExp, string])[] = [
  [/\.mp4($|[?#])/i, "video/mp4"],
  [/\.webm($|[?#])/i, "video/webm"],
  [/\.(mov|qt)($|[?#])/i, "video/quicktime"],
  [/\.mpe?g($|[?#])/i, "video/mpeg"],
];

function typeOfAddress(url: string): string | undefined {
  return endings.find(([ending]) => ending.test(url))?.[1];
}

/** Null for sound given by its address: this dialect takes its bytes only. */
export function writeMedia({ source }: MediaPart): Fields | null {
  const isSound = source.mediaType?.startsWith("audio/") ?? false;
  if (source.kind === "url") return isSound ? null : { type: "video_url", video_url: { url: source.url } };
  if (!isSound) return { type: "video_url", video_url: { url: writeDataUrl(source) } };
  const bare = source.mediaType.split(";")[0] ?? "";
  const format = Object.hasOwn(formatOfType, bare) ? formatOfType[bare] : undefined;
  return { type: "input_audio", input_audio: { data: source.data, format: format ?? bare.slice("audio/".length) } };
}
