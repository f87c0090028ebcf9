/** Hub messages as Claude's alternating turns: results first in their user turn, roles merged, order kept where legal. */
import { unreachable } from "../../../base/unreachable.ts";
import type { Losses } from "../../hub/losses.ts";
import type { DocumentPart, HubMessage, ImagePart, ToolResultContent, UserPart } from "../../hub/message.ts";
import { optional } from "../fields.ts";
import { writeOpaque, writeTurn, type AssistantOptions } from "./assistant-out.ts";
import { writeCache, type WireBlock, type WireMessage } from "./wire.ts";

export interface ContentOptions extends AssistantOptions {
  /** The target takes `system` messages between turns and the client wrote them that way. */
  readonly keepMidSystem: boolean;
  /** The target goes on from a last assistant message. */
  readonly prefill: boolean;
}

/** The text a conversation starts with when its first turn is the model's: the API wants a user's. */
const openingText = "(The conversation begins with your reply.)";
/** What follows a last assistant message where the model cannot go on from one. */
const goOnText = "(Go on from where your reply ends.)";

export function writeMessages(messages: readonly HubMessage[], options: ContentOptions): readonly WireMessage[] {
  const { losses } = options;
  const written: WireMessage[] = [];
  const add = (role: WireMessage["role"], content: readonly WireBlock[]): void => {
    const before = written[written.length - 1];
    if (content.length === 0) return;
    if (before?.role !== role || role === "system") written.push({ role, content });
    else written[written.length - 1] = { role, content: [...before.content, ...content] };
  };
  // Pictures the model drew: only a user's turn can hold them, and its results come first in it.
  let pictures: readonly WireBlock[] = [];
  for (let index = 0; index < messages.length; index += 1) {
    const message = messages[index];
    if (message === undefined) break;
    if (message.role !== "tool") {
      add("user", pictures);
      pictures = [];
    }
    switch (message.role) {
      case "user":
        add(
          "user",
          message.parts.flatMap((part) => writeUserPart(part, losses)),
        );
        break;
      case "tool":
        add("user", [writeToolResult(message, options)]);
        break;
      case "assistant": {
        const results = resultsAfter(messages, index);
        const goesOn = index + results.length + 1 < messages.length;
        const turn = writeTurn(message.parts, goesOn, options);
        for (const step of turn.steps) {
          add("assistant", step.blocks);
          const own = results.filter((result) => step.callIds.has(result.callId));
          add(
            "user",
            own.map((result) => writeToolResult(result, options)),
          );
        }
        index += results.length;
        pictures = turn.pictures.flatMap((picture) => [
          { type: "text", text: "[the picture that the assistant drew]" },
          writeImage(picture),
        ]);
        break;
      }
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
          losses.add("system-message", "a system message in mid-conversation became a reminder in the user's turn");
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
  if (written[written.length - 1]?.role === "user") add("user", pictures);
  if (written[0]?.role === "assistant") {
    losses.add("message", "an opening user turn was added");
    written.unshift({ role: "user", content: [{ type: "text", text: openingText }] });
  }
  if (!options.prefill && written[written.length - 1]?.role === "assistant") {
    losses.add("prefill", "this model cannot go on from a given text; it was asked to in words");
    add("user", [{ type: "text", text: goOnText }]);
  }
  return trimmedEnd(written);
}

type ToolMessage = Extract<HubMessage, { role: "tool" }>;

/** The results right behind a turn; the history repair has put all of them there. */
function resultsAfter(messages: readonly HubMessage[], index: number): readonly ToolMessage[] {
  const results: ToolMessage[] = [];
  for (let at = index + 1; ; at += 1) {
    const message = messages[at];
    if (message?.role !== "tool") return results;
    results.push(message);
  }
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

function writeToolResult(message: ToolMessage, { ids, losses }: ContentOptions): WireBlock {
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
    case "media":
      // A request with one is refused before it is written (request-out.ts).
      return [];
    case "opaque":
      return writeOpaque(part, losses);
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
        : writeBytes(part.source);
  return {
    type: "document",
    source,
    ...optional("title", part.title),
    ...optional("context", part.context),
    ...writeCache(part.cache),
  };
}

/** Bytes are taken of PDFs only; a text is a text. */
function writeBytes({ mediaType, data }: { readonly mediaType: string; readonly data: string }): object {
  return mediaType.startsWith("text/")
    ? { type: "text", media_type: "text/plain", data: Buffer.from(data, "base64").toString("utf8") }
    : { type: "base64", media_type: mediaType, data };
}
