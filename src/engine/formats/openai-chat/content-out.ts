/**
 * Hub messages in the plainest Chat form: strings wherever there is only text, results right after their calls, images
 * of results in a user message behind them. Many servers read nothing richer.
 */
import { isRecord } from "../../../base/json.ts";
import { unreachable } from "../../../base/unreachable.ts";
import type { Losses } from "../../hub/losses.ts";
import type { AssistantPart, DocumentPart, HubMessage, ToolResultContent, UserPart } from "../../hub/message.ts";
import { writeDataUrl } from "../data-url.ts";
import type { Fields } from "../fields.ts";
import { writeAssistant, type AssistantOptions } from "./assistant-out.ts";
import { writeImage } from "./images.ts";
import { writeMedia } from "./media.ts";

export interface ContentOptions extends AssistantOptions {
  /** The target understands the `developer` role. */
  readonly developerRole: boolean;
}

type Role = HubMessage["role"];
type ToolMessage = Extract<HubMessage, { role: "tool" }>;

export function writeMessages(messages: readonly HubMessage[], options: ContentOptions): readonly Fields[] {
  const written: Fields[] = [];
  const callNames = namesOfCalls(messages);
  // Results of one turn stand together; what they carry besides text, and what the model drew, follows the last of them.
  let attachments: Fields[] = [];
  const flush = (): void => {
    if (attachments.length > 0) written.push({ role: "user", content: attachments });
    attachments = [];
  };
  for (const message of messages) {
    if (message.role !== "tool") flush();
    switch (message.role) {
      case "system":
        written.push({ role: "system", content: joined(message.parts.map((part) => part.text)) });
        break;
      case "developer": {
        const role: Role = options.developerRole ? "developer" : "system";
        written.push({ role, content: joined(message.parts.map((part) => part.text)) });
        break;
      }
      case "user":
        written.push({
          role: "user",
          content: compact(message.parts.flatMap((part) => writePart(part, options.losses))),
        });
        break;
      case "assistant":
        written.push(writeAssistant(message.parts, options));
        attachments.push(...picturesIn(message.parts, options.losses));
        break;
      case "tool": {
        const label = callNames.get(message.callId) ?? "unknown";
        const result = writeToolResult(message, label, options);
        written.push(result.message);
        attachments.push(...result.attachments);
        break;
      }
      default:
        unreachable(message);
    }
  }
  // After a last turn of the model nobody speaks any more: a user's turn behind it would be a question of its own.
  if (messages[messages.length - 1]?.role !== "assistant") flush();
  return written;
}

/** No Chat server is known to take pictures in an assistant message. */
function picturesIn(parts: readonly AssistantPart[], losses: Losses): readonly Fields[] {
  const pictures = parts.filter((part) => part.type === "image");
  if (pictures.length > 0) losses.add("image", "a picture the model drew stands in the user's turn after it");
  return pictures.flatMap((picture) => [
    { type: "text", text: "[the picture that the assistant drew]" },
    writeImage(picture),
  ]);
}

function joined(texts: readonly string[]): string {
  return texts.join("\n\n");
}

/** One string when all parts are text; a list only where there is something else. */
function compact(parts: readonly Fields[]): string | readonly Fields[] {
  return parts.every((part) => part["type"] === "text") ? joined(parts.map((part) => String(part["text"]))) : parts;
}

function namesOfCalls(messages: readonly HubMessage[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const message of messages) {
    for (const part of message.parts) if (part.type === "tool-call") names.set(part.id, part.name);
  }
  return names;
}

function writeToolResult(
  message: ToolMessage,
  toolName: string,
  { ids, losses }: ContentOptions,
): { readonly message: Fields; readonly attachments: readonly Fields[] } {
  const parts = message.parts.flatMap((part) => writePart(part, losses));
  const texts = parts.filter((part) => part["type"] === "text").map((part) => String(part["text"]));
  const others = parts.filter((part) => part["type"] !== "text");
  if (others.length > 0) {
    losses.add("tool-result", "images and files of tool results follow in a user message");
    texts.push(
      `[${others.length === 1 ? "its attachment follows" : "its attachments follow"} in the next user message]`,
    );
  }
  const text = texts.join("\n");
  const attachments = others.flatMap((part): readonly Fields[] => [
    { type: "text", text: `[${part["type"] === "image_url" ? "image" : "file"} from tool ${toolName}]` },
    part,
  ]);
  return {
    message: {
      role: "tool",
      tool_call_id: ids.toWire(message.callId),
      content: message.isError ? `Error: ${text}` : text,
    },
    attachments,
  };
}

function writePart(part: UserPart | ToolResultContent, losses: Losses): readonly Fields[] {
  switch (part.type) {
    case "text":
      return [{ type: "text", text: part.text }];
    case "image":
      return [writeImage(part)];
    case "document":
      return [writeDocument(part, losses)];
    case "media": {
      // Sound given by its address is refused before anything is written (unsaid.ts).
      const media = writeMedia(part);
      return media === null ? [] : [media];
    }
    case "opaque":
      if (part.from === "openai-chat" && isRecord(part.raw)) return [part.raw];
      losses.add(
        "server-block",
        `a ${part.name} block of ${part.from} was ${part.text === undefined ? "left out" : "put into words"}`,
      );
      return part.text === undefined || part.text === "" ? [] : [{ type: "text", text: part.text }];
    default:
      return unreachable(part);
  }
}

function writeDocument(part: DocumentPart, losses: Losses): Fields {
  const { source } = part;
  switch (source.kind) {
    case "text": {
      const head = [part.title, part.context].filter((text) => text !== undefined && text !== "");
      const label = head.length === 0 ? "[document]" : `[document: ${head.join(" – ")}]`;
      return { type: "text", text: `${label}\n${source.text}` };
    }
    case "url":
      losses.add("document", "a document given by its address: the model sees the address only");
      return { type: "text", text: `[document${part.title === undefined ? "" : ` ${part.title}`}: ${source.url}]` };
    case "base64":
      return {
        type: "file",
        file: {
          filename: part.title ?? (source.mediaType === "application/pdf" ? "document.pdf" : "document"),
          file_data: writeDataUrl(source),
        },
      };
    default:
      return unreachable(source);
  }
}
