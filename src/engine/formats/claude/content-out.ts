/** Hub messages as Claude's alternating turns: results first in their user turn, roles merged, foreign thinking gone. */
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
import { optional } from "../fields.ts";
import { parsedInput, writeCache, type WireBlock, type WireMessage } from "./wire.ts";

export interface ContentOptions {
  readonly names: NameMap;
  readonly ids: NameMap;
  readonly losses: Losses;
  /** The target takes `system` messages between turns and the client wrote them that way. */
  readonly keepMidSystem: boolean;
}

/** The text a conversation starts with when its first turn is the model's: the API wants a user's. */
const openingText = "(The conversation begins with your reply.)";

export function writeMessages(messages: readonly HubMessage[], options: ContentOptions): readonly WireMessage[] {
  const written: WireMessage[] = [];
  const add = (role: WireMessage["role"], content: readonly WireBlock[]): void => {
    const before = written[written.length - 1];
    if (content.length === 0) return;
    if (before?.role !== role || role === "system") written.push({ role, content });
    else written[written.length - 1] = { role, content: [...before.content, ...content] };
  };
  for (const [index, message] of messages.entries()) {
    switch (message.role) {
      case "user":
        add(
          "user",
          message.parts.flatMap((part) => writeUserPart(part, options.losses)),
        );
        break;
      case "tool":
        add("user", [writeToolResult(message, options)]);
        break;
      case "assistant":
        add("assistant", writeAssistantParts(message.parts, options));
        break;
      case "system":
      case "developer": {
        const after = messages[index + 1]?.role;
        const isLegal = written[written.length - 1]?.role === "user" && (after === undefined || after === "assistant");
        const blocks = message.parts.map(
          (part): WireBlock => ({
            type: "text",
            text: part.text,
            ...writeCache(part.cache),
          }),
        );
        if (options.keepMidSystem && isLegal) add("system", blocks);
        else {
          options.losses.add(
            "system-message",
            "a system message in mid-conversation became a reminder in the user's turn",
          );
          add(
            "user",
            blocks.map((block) => ({
              ...block,
              text: `<system-reminder>\n${String(block["text"])}\n</system-reminder>`,
            })),
          );
        }
        break;
      }
      default:
        unreachable(message);
    }
  }
  if (written[0]?.role !== "assistant") return trimmedEnd(written);
  options.losses.add("message", "an opening user turn was added");
  return trimmedEnd([{ role: "user", content: [{ type: "text", text: openingText }] }, ...written]);
}

/** A prefill that ends in white space is refused. */
function trimmedEnd(messages: readonly WireMessage[]): readonly WireMessage[] {
  const last = messages[messages.length - 1];
  const block = last?.content[last.content.length - 1];
  const text = block?.["text"];
  if (last?.role !== "assistant" || block?.type !== "text" || typeof text !== "string") return messages;
  if (text.trimEnd() === text) return messages;
  return [
    ...messages.slice(0, -1),
    { ...last, content: [...last.content.slice(0, -1), { ...block, text: text.trimEnd() }] },
  ];
}

function writeToolResult(message: Extract<HubMessage, { role: "tool" }>, { ids, losses }: ContentOptions): WireBlock {
  const content = message.parts.flatMap((part) => writeUserPart(part, losses));
  return {
    type: "tool_result",
    tool_use_id: ids.toWire(message.callId),
    // An empty text block is refused; a result without content is not.
    ...(content.length === 0 ? {} : { content: onlyText(content) }),
    ...(message.isError ? { is_error: true } : {}),
    ...writeCache(message.cache),
  };
}

/** The short form for the common case, as clients write it themselves. */
function onlyText(content: readonly WireBlock[]): string | readonly WireBlock[] {
  const [first] = content;
  const text = first?.["text"];
  return content.length === 1 &&
    typeof text === "string" &&
    first?.cache_control === undefined &&
    first?.type === "text"
    ? text
    : content;
}

function writeUserPart(part: UserPart | ToolResultContent, losses: Losses): readonly WireBlock[] {
  switch (part.type) {
    case "text":
      return [{ type: "text", text: part.text, ...writeCache(part.cache) }];
    case "image":
      return [writeImage(part)];
    case "document":
      return [writeDocument(part)];
    case "opaque":
      if (part.from === "claude" && isRecord(part.raw)) return [{ type: part.name, ...part.raw }];
      losses.add(
        "server-block",
        `a ${part.name} block of ${part.from} was ${part.text === undefined ? "left out" : "put into words"}`,
      );
      return part.text === undefined || part.text === "" ? [] : [{ type: "text", text: part.text }];
    default:
      return unreachable(part);
  }
}

function writeImage(part: ImagePart): WireBlock {
  const source =
    part.source.kind === "url"
      ? { type: "url", url: part.source.url }
      : { type: "base64", media_type: part.source.mediaType, data: part.source.data };
  return { type: "image", source, ...writeCache(part.cache) };
}

function writeDocument(part: DocumentPart): WireBlock {
  const source =
    part.source.kind === "url"
      ? { type: "url", url: part.source.url }
      : part.source.kind === "text"
        ? { type: "text", media_type: "text/plain", data: part.source.text }
        : { type: "base64", media_type: part.source.mediaType, data: part.source.data };
  return {
    type: "document",
    source,
    ...optional("title", part.title),
    ...optional("context", part.context),
    ...writeCache(part.cache),
  };
}

/** Thinking, then text, then calls: the API takes nothing of the model's after a call in the same turn. */
function writeAssistantParts(parts: readonly AssistantPart[], options: ContentOptions): readonly WireBlock[] {
  const before: WireBlock[] = [];
  const calls: WireBlock[] = [];
  for (const part of parts) {
    if (part.type === "tool-call") {
      calls.push(writeCall(part, options));
      continue;
    }
    const blocks = writeSpoken(part, options.losses);
    if (calls.length > 0 && blocks.length > 0)
      options.losses.add("message-order", "text after a tool call was moved before it");
    before.push(...blocks);
  }
  return [...before, ...calls];
}

function writeSpoken(part: Exclude<AssistantPart, { type: "tool-call" }>, losses: Losses): readonly WireBlock[] {
  switch (part.type) {
    case "text":
      return [{ type: "text", text: part.text, ...writeCache(part.cache) }];
    case "refusal":
      return part.text.trim() === "" ? [] : [{ type: "text", text: part.text }];
    case "thinking":
      if (part.from?.format === "claude" && part.signature !== undefined && part.signature !== "") {
        return [{ type: "thinking", thinking: part.text, signature: part.signature }];
      }
      losses.add("thinking", "thinking without Claude's own signature was left out of the history");
      return [];
    case "redacted-thinking":
      if (part.from.format === "claude") return [{ type: "redacted_thinking", data: part.data }];
      losses.add("thinking", "encrypted thinking of another provider was left out of the history");
      return [];
    case "opaque":
      return writeUserPart(part, losses);
    default:
      return unreachable(part);
  }
}

function writeCall(
  part: Extract<AssistantPart, { type: "tool-call" }>,
  { names, ids, losses }: ContentOptions,
): WireBlock {
  const text = part.kind === "custom" ? wrapCustomInput(part.arguments) : part.arguments;
  const { input, isValid } = parsedInput(text);
  if (!isValid)
    losses.add("tool-arguments", `the arguments of a call of ${part.name} are not a JSON object; sent empty`);
  return {
    type: "tool_use",
    id: ids.toWire(part.id),
    name: names.toWire(part.name),
    input,
    ...writeCache(part.cache),
  };
}
