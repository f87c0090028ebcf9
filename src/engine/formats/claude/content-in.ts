/** Content blocks of a Claude request as hub parts. What only Claude knows stays whole as an opaque part. */
import { isRecord } from "../../../base/json.ts";
import type { Losses } from "../../hub/losses.ts";
import type {
  AssistantPart,
  CacheMark,
  DocumentPart,
  HubMessage,
  ImagePart,
  OpaquePart,
  TextPart,
  ToolResultContent,
  UserPart,
} from "../../hub/message.ts";
import { isCarrier, readCarrier } from "../../hub/carrier.ts";
import { decodeToolId } from "../../hub/tool-ids.ts";
import { booleanField, listField, optional, recordField, textField, type Fields } from "../fields.ts";
import { readCitations } from "./citations.ts";

/** A string, or a list of blocks; anything else is no content. */
export function readBlocks(content: unknown): readonly Fields[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return Array.isArray(content) ? content.filter(isRecord) : [];
}

/** A user turn: its tool results as messages of their own, before whatever else it says. */
export function readUserTurn(content: unknown, losses: Losses): readonly HubMessage[] {
  const results: HubMessage[] = [];
  const parts: UserPart[] = [];
  for (const block of readBlocks(content)) {
    if (block["type"] === "tool_result") results.push(readToolResult(block, losses));
    else if (block["type"] !== "thinking" && block["type"] !== "redacted_thinking") {
      parts.push(readUserBlock(block, losses));
    }
  }
  return parts.length === 0 && results.length > 0 ? results : [...results, { role: "user", parts }];
}

export function readTextBlocks(content: unknown): readonly TextPart[] {
  return readBlocks(content).flatMap((block) => (block["type"] === "text" ? [readText(block)] : []));
}

export function readAssistantBlock(block: Fields): AssistantPart {
  switch (block["type"]) {
    case "text": {
      const citations = readCitations(block);
      return { ...readText(block), ...(citations.length === 0 ? {} : { citations }) };
    }
    case "thinking":
      return readThinking(block);
    case "redacted_thinking":
      return readRedacted(textField(block, "data") ?? "");
    case "tool_use":
      return {
        type: "tool-call",
        id: decodeToolId(textField(block, "id") ?? ""),
        name: textField(block, "name") ?? "",
        arguments: JSON.stringify(block["input"] ?? {}),
        kind: "function",
        ...readCache(block),
      };
    default:
      return opaque(block);
  }
}

function readToolResult(block: Fields, losses: Losses): HubMessage {
  return {
    role: "tool",
    callId: decodeToolId(textField(block, "tool_use_id") ?? ""),
    parts: readBlocks(block["content"]).map((inner): ToolResultContent => readUserBlock(inner, losses)),
    isError: booleanField(block, "is_error") ?? false,
    ...readCache(block),
  };
}

function readUserBlock(block: Fields, losses: Losses): UserPart {
  switch (block["type"]) {
    case "text":
      return readText(block);
    case "image":
      return readImage(block) ?? { ...opaque(block), essential: true };
    case "document":
      if (booleanField(recordField(block, "citations"), "enabled") === true) {
        losses.add("citation", "the wish that a document be cited");
      }
      return readDocument(block) ?? { ...opaque(block), essential: true };
    default:
      return opaque(block);
  }
}

function readText(block: Fields): TextPart {
  return { type: "text", text: textField(block, "text") ?? "", ...readCache(block) };
}

/** Ours comes back under its real owner; a blob that is plainly another provider's is nobody's signature here. */
function readThinking(block: Fields): AssistantPart {
  const text = textField(block, "thinking") ?? "";
  const signature = textField(block, "signature") ?? "";
  if (isCarrier(signature)) {
    const carried = readCarrier(signature);
    return { type: "thinking", ...carried, text: text === "" ? (carried?.text ?? "") : text };
  }
  // OpenAI's encrypted reasoning has been seen in this field; Anthropic answers it with a 400.
  if (signature === "" || signature.startsWith("gAAAA")) return { type: "thinking", text };
  return { type: "thinking", text, signature, from: { format: "claude" } };
}

function readRedacted(data: string): AssistantPart {
  if (!isCarrier(data)) return { type: "redacted-thinking", data, from: { format: "claude" } };
  const carried = readCarrier(data);
  // A tag of ours that cannot be read is nobody's: empty thinking, which the history repair takes out.
  if (carried === null) return { type: "thinking", text: "" };
  return { type: "redacted-thinking", data: carried.signature ?? "", from: carried.from };
}

function readImage(block: Fields): ImagePart | null {
  const source = recordField(block, "source");
  const url = textField(source, "url");
  const data = textField(source, "data");
  if (source?.["type"] === "url" && url !== undefined) {
    return { type: "image", source: { kind: "url", url }, ...readCache(block) };
  }
  if (source?.["type"] !== "base64" || data === undefined) return null;
  const mediaType = textField(source, "media_type") ?? "image/png";
  return { type: "image", source: { kind: "base64", mediaType, data }, ...readCache(block) };
}

function readDocument(block: Fields): DocumentPart | null {
  const source = recordField(block, "source");
  const read = readDocumentSource(source);
  if (read === null) return null;
  return {
    type: "document",
    source: read,
    ...optional("title", textField(block, "title")),
    ...optional("context", textField(block, "context")),
    ...readCache(block),
  };
}

function readDocumentSource(source: Fields | undefined): DocumentPart["source"] | null {
  const data = textField(source, "data");
  const url = textField(source, "url");
  switch (source?.["type"]) {
    case "base64":
      if (data === undefined) return null;
      return { kind: "base64", mediaType: textField(source, "media_type") ?? "application/pdf", data };
    case "text":
      return data === undefined ? null : { kind: "text", text: data };
    case "url":
      return url === undefined ? null : { kind: "url", url };
    case "content":
      // A document made of blocks: its text, unless there is something else in it.
      return readBlocks(source["content"]).every((inner) => inner["type"] === "text")
        ? {
            kind: "text",
            text: readTextBlocks(source["content"])
              .map((part) => part.text)
              .join("\n"),
          }
        : null;
    default:
      return null;
  }
}

export function readCache(block: Fields): { readonly cache?: CacheMark } {
  const control = recordField(block, "cache_control");
  if (control === undefined) return {};
  const ttl = control["ttl"];
  return {
    cache: {
      ...(ttl === "5m" || ttl === "1h" ? { ttl } : {}),
      ...optional("scope", textField(control, "scope")),
    },
  };
}

function opaque(block: Fields): OpaquePart {
  const name = textField(block, "type") ?? "unknown";
  return { type: "opaque", from: "claude", name, raw: block, ...optional("text", spokenFor(block)) };
}

/** What another model may read where one of Claude's own blocks stood. */
function spokenFor(block: Fields): string | undefined {
  const title = textField(block, "title");
  switch (block["type"]) {
    case "search_result":
      return [title, textField(block, "source"), ...readTextBlocks(block["content"]).map((part) => part.text)]
        .filter((text) => text !== undefined && text !== "")
        .join("\n");
    case "tool_reference":
      return `[tool: ${textField(block, "tool_name") ?? textField(block, "name") ?? "unknown"}]`;
    case "server_tool_use":
      return `[${textField(block, "name") ?? "server tool"}: ${JSON.stringify(block["input"] ?? {})}]`;
    case "web_search_tool_result":
      return (listField(block, "content") ?? [])
        .map((result) => `${textField(result, "title") ?? ""} ${textField(result, "url") ?? ""}`.trim())
        .join("\n");
    default:
      return undefined;
  }
}
