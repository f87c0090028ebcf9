/** Messages of a Chat request as hub messages, in every shape clients are known to send. */
import { isRecord, own } from "../../../base/json.ts";
import type { Losses } from "../../hub/losses.ts";
import type {
  AssistantPart,
  CacheMark,
  DocumentPart,
  HubMessage,
  OpaquePart,
  TextPart,
  ToolCallPart,
  UserPart,
} from "../../hub/message.ts";
import { madeToolId } from "../../hub/tool-ids.ts";
import { readDataUrl } from "../data-url.ts";
import { listField, optional, recordField, textField, type Fields } from "../fields.ts";
import { readAnnotations } from "./annotations.ts";
import { readImage, readImages } from "./images.ts";
import { readAudio, readVideo } from "./media.ts";
import { detailsIn, packDetails, textOfDetails } from "./reasoning-details.ts";
import { readThoughtSignature } from "./thought-signature.ts";

export interface MessageReader {
  /** Null when the role is unknown. */
  read(message: unknown): HubMessage | null;
}

export function createMessageReader(losses: Losses): MessageReader {
  // The old function dialect has no ids: a call gets one, and the next `function` message answers it.
  let legacyCalls = 0;
  const legacyId = (): string => madeToolId("function_call", legacyCalls);
  return {
    read(message) {
      if (textField(message, "name") !== undefined && own(message, "role") !== "function") {
        losses.add("message", "names of message authors");
      }
      const content = own(message, "content");
      switch (own(message, "role")) {
        case "system":
          return { role: "system", parts: readTextParts(content) };
        case "developer":
          return { role: "developer", parts: readTextParts(content) };
        case "user":
          return { role: "user", parts: readUserParts(content) };
        case "tool":
          return {
            role: "tool",
            callId: textField(message, "tool_call_id") ?? "",
            parts: readUserParts(content),
            isError: false,
          };
        case "function":
          return { role: "tool", callId: legacyId(), parts: readUserParts(content), isError: false };
        case "assistant": {
          if (recordField(message, "audio") !== undefined)
            losses.add("message", "what the model spoke is at its provider");
          for (const type of readAnnotations(message).unknown) {
            losses.add("citation", `an annotation of type ${type} in the history`);
          }
          const legacy = recordField(message, "function_call");
          if (legacy !== undefined) legacyCalls += 1;
          const parts = readAssistantParts(message);
          if (legacy === undefined) return { role: "assistant", parts };
          return { role: "assistant", parts: [...parts, readFunction(legacy, legacyId())] };
        }
        default:
          return null;
      }
    },
  };
}

function readAssistantParts(message: unknown): readonly AssistantPart[] {
  const refusal = textField(message, "refusal") ?? "";
  return [
    ...readReasoning(message),
    ...readAssistantContent(message),
    ...(refusal === "" ? [] : [{ type: "refusal", text: refusal } as const]),
    ...readImages(message),
    ...(listField(message, "tool_calls") ?? []).filter(isRecord).map(readToolCall),
  ];
}

/** Chat clients that keep reasoning hand it back as they got it: from some Chat upstream. */
function readReasoning(message: unknown): readonly AssistantPart[] {
  const from = { format: "openai-chat" } as const;
  const details = detailsIn(message);
  const packed = details.length === 0 ? undefined : packDetails(details);
  const text = textField(message, "reasoning_content") || textField(message, "reasoning") || textOfDetails(details);
  if (text !== "") return [{ type: "thinking", text, ...optional("signature", packed), from }];
  return packed === undefined ? [] : [{ type: "redacted-thinking", data: packed, from }];
}

function readAssistantContent(message: unknown): readonly AssistantPart[] {
  const parts = partsOf(own(message, "content")).map((part): AssistantPart => {
    if (part["type"] === "refusal") return { type: "refusal", text: textField(part, "refusal") ?? "" };
    return part["type"] === "text" ? readText(part) : opaque(part);
  });
  const { citations } = readAnnotations(message);
  const signed = readThoughtSignature(message);
  const last = parts.findLastIndex((part) => part.type === "text");
  if (last < 0 || (citations.length === 0 && signed === null)) return parts;
  // Places count from the beginning of the whole text; clients keep it in one part.
  return parts.map((part, index) =>
    index !== last || part.type !== "text"
      ? part
      : { ...part, ...(citations.length === 0 ? {} : { citations }), ...signed },
  );
}

function readToolCall(call: Fields): AssistantPart {
  const id = textField(call, "id") ?? "";
  const custom = recordField(call, "custom");
  if (custom !== undefined) {
    const text = textField(custom, "input") ?? "";
    return { type: "tool-call", id, name: textField(custom, "name") ?? "", arguments: text, kind: "custom" };
  }
  return { ...readFunction(recordField(call, "function"), id), ...readThoughtSignature(call) };
}

function readFunction(called: unknown, id: string): ToolCallPart {
  const given = own(called, "arguments");
  // Some servers and clients send the object itself.
  const text = typeof given === "string" ? given : given === undefined || given === null ? "" : JSON.stringify(given);
  return { type: "tool-call", id, name: textField(called, "name") ?? "", arguments: text, kind: "function" };
}

function partsOf(content: unknown): readonly Fields[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  if (!Array.isArray(content)) return [];
  return content.flatMap((part: unknown) =>
    isRecord(part) ? [part] : typeof part === "string" ? [{ type: "text", text: part }] : [],
  );
}

function readTextParts(content: unknown): readonly TextPart[] {
  return partsOf(content).flatMap((part) => (part["type"] === "text" ? [readText(part)] : []));
}

function readUserParts(content: unknown): readonly UserPart[] {
  return partsOf(content).map((part) => {
    switch (part["type"]) {
      case "text":
      case "input_text":
        return readText(part);
      case "image_url": {
        const image = readImage(part);
        return image === null ? { ...opaque(part), essential: true } : { ...image, ...readCache(part) };
      }
      case "file":
        return readFile(part) ?? { ...opaque(part), essential: true };
      case "input_audio":
        return readAudio(part) ?? { ...opaque(part), essential: true };
      case "video_url":
        return readVideo(part) ?? { ...opaque(part), essential: true };
      default:
        return { ...opaque(part), essential: true };
    }
  });
}

function readText(part: Fields): TextPart {
  return { type: "text", text: textField(part, "text") ?? "", ...readCache(part) };
}

function readFile(part: Fields): DocumentPart | null {
  const file = recordField(part, "file");
  const given = textField(file, "file_data");
  if (given === undefined) return null;
  const data = readDataUrl(given) ?? { mediaType: "application/pdf", data: given };
  return {
    type: "document",
    source: { kind: "base64", ...data },
    ...optional("title", textField(file, "filename")),
    ...readCache(part),
  };
}

/** OpenRouter's clients mark parts for Claude's cache the way Claude's own do. */
function readCache(part: Fields): { readonly cache?: CacheMark } {
  const control = recordField(part, "cache_control");
  if (control === undefined) return {};
  const ttl = control["ttl"];
  return { cache: ttl === "5m" || ttl === "1h" ? { ttl } : {} };
}

function opaque(part: Fields): OpaquePart {
  return { type: "opaque", from: "openai-chat", name: textField(part, "type") ?? "unknown", raw: part };
}
