/** `conversation_history` of a user's message: the transcript itself, without blobs (seen in one public source, 2026-11). */
import type { Losses } from "../../../hub/losses.ts";
import type { AssistantPart, HubMessage, ImagePart, TextPart } from "../../../hub/message.ts";
import type { Message } from "../wire/schema.ts";
import { flag, list, sub, text } from "./fields.ts";

export function readInlineHistory(history: Message | undefined, losses: Losses): readonly HubMessage[] {
  return list(history, "messages").flatMap((message): readonly HubMessage[] => {
    const user = sub(message, "user");
    if (user !== undefined) {
      const parts = list(user, "content").flatMap(plain);
      return parts.length === 0 ? [] : [{ role: "user", parts }];
    }
    const assistant = sub(message, "assistant");
    if (assistant !== undefined) {
      const parts = list(assistant, "content").flatMap((content) => spoken(content, losses));
      return parts.length === 0 ? [] : [{ role: "assistant", parts }];
    }
    const tool = sub(message, "tool");
    if (tool !== undefined) {
      const parts = list(tool, "content").flatMap(plain);
      return [{ role: "tool", callId: text(tool, "toolCallId"), parts, isError: flag(tool, "isError") }];
    }
    losses.add("message", "a kind of message in the inline history that is not known here");
    return [];
  });
}

function plain(content: Message): readonly (TextPart | ImagePart)[] {
  const image = sub(content, "image");
  if (image !== undefined) {
    const mediaType = text(image, "mimeType") || "image/png";
    return [{ type: "image", source: { kind: "base64", mediaType, data: text(image, "data") } }];
  }
  const said = text(sub(content, "text"), "text");
  return said === "" ? [] : [{ type: "text", text: said }];
}

function spoken(content: Message, losses: Losses): readonly AssistantPart[] {
  const call = sub(content, "toolCall");
  if (call !== undefined) {
    const written = text(call, "argsJson") || "{}";
    return [
      {
        type: "tool-call",
        id: text(call, "toolCallId"),
        name: text(call, "toolName"),
        arguments: written,
        kind: "function",
      },
    ];
  }
  if (sub(content, "reasoning") !== undefined || sub(content, "redactedReasoning") !== undefined) {
    losses.add("thinking", "of the inline history: whose it is, the history does not say");
    return [];
  }
  const said = text(sub(content, "text"), "text");
  return said === "" ? [] : [{ type: "text", text: said }];
}
