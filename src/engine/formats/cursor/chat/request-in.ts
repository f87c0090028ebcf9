/**
 * A request of Cursor's ChatService as a hub request. The conversation is in it whole; what only Cursor's servers have (blobs
 * of text, earlier messages, their own prompt) is not, and the caller is told when that is needed.
 */
import { isRecord, parseJson } from "../../../../base/json.ts";
import { createLosses, type Losses } from "../../../hub/losses.ts";
import type { HubRequest, Thinking } from "../../../hub/request.ts";
import type { HubTool } from "../../../hub/tools.ts";
import { chatModel } from "../decode-request.ts";
import { booleanField, listField, optional, recordField, textField, type Fields } from "../../fields.ts";
import type { Result } from "../../format.ts";
import { builtInTools } from "./built-in-tools.ts";
import { readContext } from "./context-in.ts";
import { readConversation } from "./conversation-in.ts";
import { createToolNames, namedTool, type McpTool, type ToolNames } from "./tool-names.ts";

export interface ChatAsked {
  readonly request: HubRequest;
  readonly losses: readonly string[];
  readonly names: ToolNames;
  /** The conversation's name; null where the client gave none. */
  readonly session: string | null;
  /** Why nobody but Cursor's servers can answer this; null: it can be answered. */
  readonly needs: string | null;
}

/** `value`: a `ChatClientMessage` as `decodeMessage` gives it. */
export function readChat(value: unknown): Result<ChatAsked> {
  const chat = recordField(value, "chatRequest");
  if (chat === undefined) return bad("this message of the chat service is no request");
  const model = chatModel(value);
  if (model === null) return bad("the request names no model");
  const losses = createLosses();
  const declared = (listField(chat, "mcpTools") ?? []).flatMap((tool) => declaredTool(tool));
  const names = createToolNames(declared.map(({ tool }) => tool));
  const tools = declared.map((one) => writeTool(one, names, losses));
  const context = readContext(chat, losses);
  const messages = readConversation(listField(chat, "conversation") ?? [], names, losses);
  const missing = builtInTools(listField(chat, "supportedTools") ?? []);
  if (missing.length > 0) {
    losses.add("tool", `tools of Cursor's own are not offered to the model: ${missing.join(", ")}`);
  }
  const isClosed = booleanField(chat, "shouldDisableTools") === true;
  const request: HubRequest = {
    model,
    messages: context === "" ? messages : [{ role: "system", parts: [{ type: "text", text: context }] }, ...messages],
    tools,
    ...(isClosed && tools.length > 0 ? { toolChoice: { type: "none" } } : {}),
    stream: true,
    wantsStreamUsage: true,
    stop: [],
    ...optional("thinking", readThinking(chat)),
    extras: declared.length === 0 ? {} : { cursor: { clientTools: declared.map(({ tool }) => tool) } },
  };
  const session = textField(chat, "conversationId") ?? "";
  return {
    ok: true,
    value: {
      request,
      losses: losses.list(),
      names,
      session: session === "" ? null : session,
      needs: needsOf(chat, tools.length, missing),
    },
  };
}

/** The names a request was read with, for who has the request alone. */
export function namesOf(request: HubRequest): ToolNames {
  return createToolNames((listField(request.extras.cursor, "clientTools") ?? []).flatMap((tool) => declaredAs(tool)));
}

/** As `readChat` keeps it: our own names of both. */
function declaredAs(tool: unknown): readonly McpTool[] {
  const name = textField(tool, "name");
  return name === undefined ? [] : [{ server: textField(tool, "server") ?? "", name }];
}

function bad(message: string): Result<never> {
  return { ok: false, error: { kind: "bad-request", message } };
}

interface Declared {
  readonly tool: McpTool;
  readonly description: string;
  readonly schema: string;
}

function declaredTool(value: unknown): readonly Declared[] {
  const tool = namedTool(value);
  if (tool === null) return [];
  return [{ tool, description: textField(value, "description") ?? "", schema: textField(value, "parameters") ?? "" }];
}

function writeTool({ tool, description, schema }: Declared, names: ToolNames, losses: Losses): HubTool {
  const parsed = schema === "" ? null : parseJson(schema);
  const isSchema = parsed !== null && parsed.ok && isRecord(parsed.value);
  if (parsed !== null && !isSchema) losses.add("tool", `the parameters of ${tool.name} are no JSON schema`);
  return {
    kind: "function",
    name: names.toHub(tool),
    ...(description === "" ? {} : { description }),
    parameters: isSchema && isRecord(parsed.value) ? parsed.value : { type: "object", properties: {} },
  };
}

function readThinking(chat: Fields): Thinking | undefined {
  const level = thinkingLevels[textField(chat, "thinkingLevel") ?? ""];
  return level === undefined ? undefined : { mode: "level", level, show: true };
}

const thinkingLevels: Readonly<Record<string, "medium" | "high">> = {
  CHAT_THINKING_MEDIUM: "medium",
  CHAT_THINKING_HIGH: "high",
};

function needsOf(chat: Fields, offered: number, builtIn: readonly string[]): string | null {
  const conversation = listField(chat, "conversation") ?? [];
  if (conversation.length === 0) return "it has no messages";
  if (conversation.some((one) => isElsewhere(one))) return "the text of a message lies in a blob of Cursor's servers";
  const here = new Set(conversation.map((one) => textField(one, "bubbleId") ?? ""));
  const headers = listField(chat, "fullConversationHeadersOnly") ?? [];
  const hasSummary = recordField(chat, "conversationSummary") !== undefined;
  if (!hasSummary && headers.some((one) => !here.has(textField(one, "bubbleId") ?? ""))) {
    return "earlier messages of the conversation are kept by Cursor's servers";
  }
  const isAgent = booleanField(chat, "isAgentic") === true && booleanField(chat, "shouldDisableTools") !== true;
  if (isAgent && builtIn.length > 0 && offered === 0) {
    return "an agent whose only tools are Cursor's own, which cannot be called from here";
  }
  return null;
}

function isElsewhere(message: unknown): boolean {
  const hasBlob =
    isRecord(message) && message["textBlobId"] instanceof Uint8Array && message["textBlobId"].byteLength > 0;
  return hasBlob && (textField(message, "text") ?? "") === "";
}
