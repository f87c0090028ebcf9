/**
 * A guess at token counts, for places where no provider has spoken yet: `count_tokens` answers and the live counter of
 * a stream's first frame. Counts everything that is sent (system, tools, all kinds of parts): a counter that saw text
 * only never made Claude Code compact its context.
 */
import { unreachable } from "../../base/unreachable.ts";
import type { AssistantPart, HubMessage, ToolResultContent, UserPart } from "./message.ts";
import type { HubRequest } from "./request.ts";
import type { HubTool } from "./tools.ts";

/** Providers scale images down to about this many tokens whatever their bytes. */
const tokensPerImage = 1600;
/** A PDF page of text is about 2,000 tokens and, compressed, about 40 KB. */
const documentBytesPerToken = 20;
const minTokensPerDocument = 1500;
/** Role, separators and field names around each message, tool and call. */
const tokensPerFrame = 5;

export function estimateTokens(request: HubRequest): number {
  let tokens = 0;
  for (const message of request.messages) tokens += tokensPerFrame + messageTokens(message);
  for (const tool of request.tools) tokens += tokensPerFrame + toolTokens(tool);
  return Math.ceil(tokens);
}

/** About four Latin letters to a token; other scripts take nearly one token for each character. */
function textTokens(text: string): number {
  let other = 0;
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x24f) other += 1;
  return (text.length - other) / 4 + other / 1.5;
}

function messageTokens(message: HubMessage): number {
  let tokens = 0;
  for (const part of message.parts) tokens += partTokens(part);
  return message.role === "tool" ? tokens + textTokens(message.callId) : tokens;
}

export function partTokens(part: UserPart | AssistantPart | ToolResultContent): number {
  switch (part.type) {
    case "text":
    case "thinking":
    case "refusal":
      return textTokens(part.text);
    case "image":
      return tokensPerImage;
    case "document":
      if (part.source.kind === "text") return textTokens(part.source.text);
      if (part.source.kind === "url") return minTokensPerDocument;
      return Math.max(minTokensPerDocument, (part.source.data.length * 0.75) / documentBytesPerToken);
    case "media":
      return part.source.kind === "url" ? tokensPerImage : mediaTokens(part.source.mediaType, part.source.data.length);
    case "redacted-thinking":
      return part.data.length / 4;
    case "tool-call":
      return tokensPerFrame + textTokens(part.name) + textTokens(part.arguments);
    case "opaque":
      return textTokens(JSON.stringify(part.raw) ?? "");
    default:
      return unreachable(part);
  }
}

/** Gemini counts 32 tokens for a second of sound and 258 for one of film; a second is some 16 and 250 KB of bytes. */
function mediaTokens(mediaType: string, base64Chars: number): number {
  const bytes = base64Chars * 0.75;
  return mediaType.startsWith("audio/") ? bytes / 500 : bytes / 1000;
}

function toolTokens(tool: HubTool): number {
  switch (tool.kind) {
    case "function":
      return (
        textTokens(tool.name) + textTokens(tool.description ?? "") + textTokens(JSON.stringify(tool.parameters) ?? "")
      );
    case "custom":
      return textTokens(tool.name) + textTokens(tool.description ?? "") + textTokens(JSON.stringify(tool.format) ?? "");
    case "server":
      return textTokens(JSON.stringify(tool.raw) ?? "");
    default:
      return unreachable(tool);
  }
}
