/**
 * Hub messages in the plainest Chat form: strings wherever there is only text, results right after their calls, images
 * of results in a user message behind them. Many servers read nothing richer.
 */
import { isRecord } from "../../../base/json.ts";
import { unreachable } from "../../../base/unreachable.ts";
import { wrapCustomInput } from "../../hub/custom-tools.ts";
import type { Losses } from "../../hub/losses.ts";
import type {
  AssistantPart,
  DocumentPart,
  HubMessage,
  ImagePart,
  ToolResultContent,
  UserPart,
} from "../../hub/message.ts";
import type { NameMap } from "../../hub/tool-ids.ts";
import { textField, type Fields } from "../fields.ts";
import type { WriteOptions } from "../format.ts";
import type { ChatModel } from "./models.ts";

export interface ContentOptions {
  readonly names: NameMap;
  readonly ids: NameMap;
  readonly losses: Losses;
  readonly model: ChatModel;
  /** The upstream's model: reasoning is handed back to the model that wrote it. */
  readonly modelName: string;
  readonly replayReasoning: NonNullable<WriteOptions["replayReasoning"]>;
}

type Role = HubMessage["role"];
type ToolMessage = Extract<HubMessage, { role: "tool" }>;

export function writeMessages(messages: readonly HubMessage[], options: ContentOptions): readonly Fields[] {
  const written: Fields[] = [];
  const callNames = namesOfCalls(messages);
  // Results of one turn stand together; what they carry besides text follows after the last of them.
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
        const role: Role = options.model.developerRole ? "developer" : "system";
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
  flush();
  return written;
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

function writeImage(part: ImagePart): Fields {
  const { source } = part;
  const url = source.kind === "url" ? source.url : `data:${source.mediaType};base64,${source.data}`;
  return { type: "image_url", image_url: part.detail === undefined ? { url } : { url, detail: part.detail } };
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
          file_data: `data:${source.mediaType};base64,${source.data}`,
        },
      };
    default:
      return unreachable(source);
  }
}

function writeAssistant(parts: readonly AssistantPart[], options: ContentOptions): Fields {
  const calls: Fields[] = [];
  const refusals: string[] = [];
  let thought = "";
  let text = "";
  let callsAtLastText = 0;
  const say = (more: string): void => {
    // Blocks of one text belong together; a call between them is a pause.
    if (text !== "" && calls.length > callsAtLastText) text += "\n\n";
    if (calls.length > 0) options.losses.add("message-order", "text after a tool call stands before it");
    text += more;
    callsAtLastText = calls.length;
  };
  for (const part of parts) {
    switch (part.type) {
      case "text":
        say(part.text);
        break;
      case "refusal":
        refusals.push(part.text);
        break;
      case "thinking":
        thought += part.text;
        break;
      case "redacted-thinking":
        options.losses.add("thinking", "encrypted thinking was left out of the history");
        break;
      case "tool-call":
        calls.push(writeCall(part, options));
        break;
      case "opaque":
        for (const written of writePart(part, options.losses)) say(textField(written, "text") ?? "");
        break;
      default:
        unreachable(part);
    }
  }
  return {
    role: "assistant",
    content: text === "" ? (calls.length > 0 || refusals.length > 0 ? null : "") : text,
    ...(refusals.length === 0 ? {} : { refusal: refusals.join("\n") }),
    ...(thought !== "" && isReplayed(parts, calls.length > 0, options) ? { reasoning_content: thought } : {}),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

/**
 * DeepSeek and Kimi refuse a tool turn without the reasoning that led to it; other servers refuse the field. Whoever
 * sent it takes it back, so by default it returns to the model that wrote it, and only with calls.
 */
function isReplayed(parts: readonly AssistantPart[], hasCalls: boolean, options: ContentOptions): boolean {
  const isOwn = parts.every(
    (part) =>
      part.type !== "thinking" ||
      (part.signature === undefined &&
        (part.from === undefined ||
          (part.from.format === "openai-chat" && (part.from.model ?? options.modelName) === options.modelName))),
  );
  const replayed = options.replayReasoning === "always" || (options.replayReasoning === "own" && isOwn && hasCalls);
  if (!replayed) options.losses.add("thinking", "thinking in the history was left out");
  return replayed;
}

function writeCall(part: Extract<AssistantPart, { type: "tool-call" }>, { names, ids }: ContentOptions): Fields {
  const text = part.kind === "custom" ? wrapCustomInput(part.arguments) : part.arguments;
  return {
    id: ids.toWire(part.id),
    type: "function",
    function: { name: names.toWire(part.name), arguments: text.trim() === "" ? "{}" : text },
  };
}
