/** Content parts of a Responses item as hub parts. What only OpenAI can read stays whole as an opaque part. */
import { isRecord } from "../../../base/json.ts";
import { isCarrier, readCarrier } from "../../hub/carrier.ts";
import type {
  AssistantPart,
  CacheMark,
  Citation,
  DocumentPart,
  ImagePart,
  MediaPart,
  OpaquePart,
  TextPart,
  UserPart,
} from "../../hub/message.ts";
import { readDataUrl } from "../data-url.ts";
import { listField, numberField, optional, recordField, textField, type Fields } from "../fields.ts";
import { readRedacted } from "./wire.ts";

/** A string, or a list of parts; anything else is no content. */
function partsOf(content: unknown): readonly Fields[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "input_text", text: content }];
  if (!Array.isArray(content)) return [];
  return content.flatMap((part: unknown) =>
    isRecord(part) ? [part] : typeof part === "string" ? [{ type: "input_text", text: part }] : [],
  );
}

export function readUserContent(content: unknown): readonly UserPart[] {
  return partsOf(content).map((part): UserPart => {
    switch (part["type"]) {
      case "input_image":
        return readImage(part) ?? { ...opaque(part), essential: true };
      case "input_file":
        return readFile(part) ?? { ...opaque(part), essential: true };
      case "input_audio":
        return readAudio(part) ?? { ...opaque(part), essential: true };
      default:
        return textField(part, "text") === undefined ? { ...opaque(part), essential: true } : readText(part);
    }
  });
}

export function readTextContent(content: unknown): readonly TextPart[] {
  return partsOf(content).flatMap((part) => (textField(part, "text") === undefined ? [] : [readText(part)]));
}

export function readAssistantContent(content: unknown): readonly AssistantPart[] {
  return partsOf(content).map((part): AssistantPart => {
    if (part["type"] === "refusal") return { type: "refusal", text: textField(part, "refusal") ?? "" };
    return textField(part, "text") === undefined ? opaque(part) : readText(part);
  });
}

function readText(part: Fields): TextPart {
  const citations = (listField(part, "annotations") ?? []).filter(isRecord).map(readAnnotation);
  return {
    type: "text",
    text: textField(part, "text") ?? "",
    ...(citations.length === 0 ? {} : { citations }),
    ...readCache(part),
  };
}

export function readAnnotation(annotation: Fields): Citation {
  return {
    ...optional("url", textField(annotation, "url")),
    ...optional("title", textField(annotation, "title") ?? textField(annotation, "filename")),
    ...optional("start", numberField(annotation, "start_index")),
    ...optional("end", numberField(annotation, "end_index")),
    from: "openai-responses",
    raw: annotation,
  };
}

function readImage(part: Fields): ImagePart | null {
  // Some clients send Chat's object instead of the string.
  const url = textField(part, "image_url") ?? textField(recordField(part, "image_url"), "url");
  if (url === undefined) return null;
  const data = readDataUrl(url);
  const source = data === null ? ({ kind: "url", url } as const) : ({ kind: "base64", ...data } as const);
  return { type: "image", source, ...optional("detail", textField(part, "detail")), ...readCache(part) };
}

function readFile(part: Fields): DocumentPart | null {
  const title = optional("title", textField(part, "filename"));
  const given = textField(part, "file_data");
  const url = textField(part, "file_url");
  if (given !== undefined) {
    const data = readDataUrl(given) ?? { mediaType: "application/pdf", data: given };
    return { type: "document", source: { kind: "base64", ...data }, ...title, ...readCache(part) };
  }
  return url === undefined ? null : { type: "document", source: { kind: "url", url }, ...title, ...readCache(part) };
}

function readAudio(part: Fields): MediaPart | null {
  const audio = recordField(part, "input_audio");
  const data = textField(audio, "data");
  if (data === undefined) return null;
  const format = textField(audio, "format") ?? "wav";
  return {
    type: "media",
    source: { kind: "base64", mediaType: format === "mp3" ? "audio/mpeg" : `audio/${format}`, data },
    ...readCache(part),
  };
}

function readCache(part: Fields): { readonly cache?: CacheMark } {
  return recordField(part, "prompt_cache_breakpoint") === undefined ? {} : { cache: {} };
}

/** A reasoning item. Ours comes back under its real owner; null when nothing is left of it. */
export function readReasoning(item: Fields): AssistantPart | null {
  const content = textsOf(listField(item, "content"));
  const text = content === "" ? textsOf(listField(item, "summary")) : content;
  const blob = textField(item, "encrypted_content") ?? "";
  if (isCarrier(blob)) {
    const carried = readCarrier(blob);
    return carried === null
      ? text === ""
        ? null
        : { type: "thinking", text }
      : (readRedacted(carried) ?? { type: "thinking", text, ...carried });
  }
  if (text === "" && blob === "") return null;
  return {
    type: "thinking",
    text,
    ...(blob === "" ? {} : { signature: blob }),
    from: { format: "openai-responses" },
    ...optional("itemId", textField(item, "id")),
  };
}

/** The parts of a summary are paragraphs of one thought. */
export function textsOf(parts: readonly unknown[] | undefined): string {
  return (parts ?? [])
    .map((part) => textField(part, "text") ?? "")
    .filter((text) => text !== "")
    .join("\n\n");
}

export function opaque(part: Fields, text?: string): OpaquePart {
  const name = textField(part, "type") ?? "unknown";
  return { type: "opaque", from: "openai-responses", name, raw: part, ...optional("text", text) };
}
