/**
 * The messages of `root_prompt_messages_json`: one blob each, JSON in the AI SDK's vocabulary (`role`, parts of type
 * `text`, `tool-call`, `tool-result`, `reasoning`). Cursor's own backend builds the model's prompt from these, and shows the
 * user the `turns` (read in three public programs, 2026-11; no capture of ours). Read leniently, because nobody promises the
 * spelling; written so that what we wrote is what we read.
 */
import { isRecord, own, parseJson } from "../../../../base/json.ts";
import { unreachable } from "../../../../base/unreachable.ts";
import type { Losses } from "../../../hub/losses.ts";
import type {
  AssistantPart,
  HubMessage,
  ImagePart,
  TextPart,
  ToolResultContent,
  UserPart,
} from "../../../hub/message.ts";
import { textField } from "../../fields.ts";

export function readPromptMessage(bytes: Uint8Array, losses: Losses): readonly HubMessage[] {
  const parsed = parseJson(Buffer.from(bytes).toString("utf8"));
  const messages = parsed.ok ? (Array.isArray(parsed.value) ? parsed.value : [parsed.value]) : [];
  const read = messages.flatMap((message) => readOne(message, losses));
  if (read.length === 0) losses.add("message", "a prompt message that is not in a form known here");
  return read;
}

function readOne(message: unknown, losses: Losses): readonly HubMessage[] {
  const parts = contentOf(own(message, "content"));
  switch (own(message, "role")) {
    case "system":
    case "developer": {
      const texts = parts.flatMap((part) => textPart(part));
      return texts.length === 0 ? [] : [{ role: "system", parts: texts }];
    }
    case "user": {
      const read = parts.flatMap((part) => userPart(part, losses));
      return read.length === 0 ? [] : [{ role: "user", parts: read }];
    }
    case "assistant": {
      const read = parts.flatMap((part) => assistantPart(part, losses));
      return read.length === 0 ? [] : [{ role: "assistant", parts: read }];
    }
    case "tool":
      return parts.flatMap((part) => toolResult(part, losses));
    default:
      return [];
  }
}

function contentOf(content: unknown): readonly unknown[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  return Array.isArray(content) ? content : [];
}

function textPart(part: unknown): readonly TextPart[] {
  const text = textField(part, "text");
  return own(part, "type") === "text" && text !== undefined && text !== "" ? [{ type: "text", text }] : [];
}

function userPart(part: unknown, losses: Losses): readonly UserPart[] {
  const type = own(part, "type");
  if (type === "text") return textPart(part);
  if (type === "image" || type === "file") {
    const image = imagePart(part);
    if (image !== null) return [image];
  }
  losses.add("message", `a part of type ${typeName(type)} in the history`);
  return [];
}

function assistantPart(part: unknown, losses: Losses): readonly AssistantPart[] {
  const type = own(part, "type");
  if (type === "text") return textPart(part);
  // Its signature is not in here; the ledger gives thinking back with it where it remembers the turn.
  if (type === "reasoning" || type === "redacted-reasoning") return [];
  const id = textField(part, "toolCallId");
  const name = textField(part, "toolName");
  if (type === "tool-call" && id !== undefined && name !== undefined) {
    const input = own(part, "args") ?? own(part, "input") ?? {};
    const written = typeof input === "string" ? input : JSON.stringify(input);
    return [{ type: "tool-call", id, name, arguments: written, kind: "function" }];
  }
  losses.add("message", `a part of type ${typeName(type)} in the history`);
  return [];
}

function toolResult(part: unknown, losses: Losses): readonly HubMessage[] {
  const callId = textField(part, "toolCallId");
  if (callId === undefined) {
    losses.add("tool-result", "one in the history that names no call");
    return [];
  }
  const output = own(part, "result") ?? own(part, "output") ?? own(part, "content");
  const kind = textField(output, "type") ?? "";
  const isError = own(part, "isError") === true || kind.startsWith("error");
  return [{ role: "tool", callId, parts: resultParts(output), isError }];
}

function resultParts(output: unknown): readonly ToolResultContent[] {
  const inner = isRecord(output) && "value" in output ? output["value"] : output;
  if (typeof inner === "string") return [{ type: "text", text: inner }];
  if (inner === undefined || inner === null) return [{ type: "text", text: "" }];
  if (Array.isArray(inner)) {
    const parts = inner.flatMap((item): readonly ToolResultContent[] => {
      const image = imagePart(item);
      return image === null ? textPart(item) : [image];
    });
    if (parts.length > 0) return parts;
  }
  return [{ type: "text", text: JSON.stringify(inner) }];
}

function imagePart(part: unknown): ImagePart | null {
  const data = own(part, "image") ?? own(part, "data");
  const mediaType = textField(part, "mediaType") ?? textField(part, "mimeType") ?? "image/png";
  if (typeof data !== "string" || data === "" || !mediaType.startsWith("image/")) return null;
  return /^https?:/.test(data)
    ? { type: "image", source: { kind: "url", url: data } }
    : { type: "image", source: { kind: "base64", mediaType, data: data.replace(/^data:[^,]*,/, "") } };
}

function typeName(type: unknown): string {
  return typeof type === "string" ? type.slice(0, 40) : "unknown";
}

/** One blob for each message. `toolNames`: how the calls were named, for the results that name them too. */
export function writePromptMessage(message: HubMessage, toolNames: ReadonlyMap<string, string>): Uint8Array {
  return Buffer.from(JSON.stringify(written(message, toolNames)));
}

function written(message: HubMessage, toolNames: ReadonlyMap<string, string>): object {
  switch (message.role) {
    case "system":
    case "developer":
      return { role: "system", content: message.parts.map(({ text }) => text).join("\n\n") };
    case "user":
      return { role: "user", content: message.parts.flatMap((part) => plainPart(part)) };
    case "assistant":
      return { role: "assistant", content: message.parts.flatMap((part) => spoken(part)) };
    case "tool": {
      const parts = message.parts.flatMap((part) => plainPart(part));
      const [only] = parts;
      const isPlain = parts.length === 1 && own(only, "type") === "text";
      return {
        role: "tool",
        content: [
          {
            type: "tool-result",
            toolCallId: message.callId,
            toolName: toolNames.get(message.callId) ?? "",
            result: isPlain ? own(only, "text") : parts,
            ...(message.isError ? { isError: true } : {}),
          },
        ],
      };
    }
    default:
      return unreachable(message);
  }
}

function plainPart(part: ToolResultContent): readonly object[] {
  if (part.type === "text") return [{ type: "text", text: part.text }];
  if (part.type !== "image") return [];
  const { source } = part;
  return source.kind === "url"
    ? [{ type: "image", image: source.url }]
    : [{ type: "image", image: source.data, mediaType: source.mediaType }];
}

function spoken(part: AssistantPart): readonly object[] {
  switch (part.type) {
    case "text":
    case "refusal":
      return [{ type: "text", text: part.text }];
    case "thinking":
      return part.text === "" ? [] : [{ type: "reasoning", text: part.text }];
    case "tool-call": {
      const parsed = parseJson(part.arguments === "" ? "{}" : part.arguments);
      const args = parsed.ok ? parsed.value : part.arguments;
      return [{ type: "tool-call", toolCallId: part.id, toolName: part.name, args }];
    }
    case "redacted-thinking":
    case "image":
    case "opaque":
      return [];
    default:
      return unreachable(part);
  }
}
