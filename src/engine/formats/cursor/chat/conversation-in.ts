/** The messages of a chat request as hub messages: text, pictures, thinking, calls of tools and what came of them. */
import { readCarrier } from "../../../hub/carrier.ts";
import type { Losses } from "../../../hub/losses.ts";
import type {
  AssistantPart,
  HubMessage,
  ImagePart,
  TextPart,
  ToolCallPart,
  ToolResultContent,
  UserPart,
} from "../../../hub/message.ts";
import { listField, numberField, recordField, textField } from "../../fields.ts";
import { imageType } from "../image-type.ts";
import { fenced, rules } from "./context-in.ts";
import { namedTool, readCallId, type ToolNames } from "./tool-names.ts";

export function readConversation(
  conversation: readonly unknown[],
  names: ToolNames,
  losses: Losses,
): readonly HubMessage[] {
  const messages: HubMessage[] = [];
  for (const message of conversation) {
    const turns = (listField(message, "toolResults") ?? []).map((result) => readTurn(result, names, losses));
    const calls = turns.map(({ call }) => call);
    const answers = turns.flatMap(({ answer }) => (answer === null ? [] : [answer]));
    if (textField(message, "type") === "CHAT_ROLE_AI") {
      const parts: readonly AssistantPart[] = [...readThinking(message), ...text(textField(message, "text")), ...calls];
      if (parts.length > 0) messages.push({ role: "assistant", parts });
      messages.push(...answers);
      continue;
    }
    // Some clients hang the results on the user's message that brings them.
    if (calls.length > 0) messages.push({ role: "assistant", parts: calls }, ...answers);
    const parts = readUser(message, losses);
    if (parts.length > 0) messages.push({ role: "user", parts });
  }
  return joinedCalls(messages);
}

/** Calls that came on a message of their own belong to the assistant's message right before them. */
function joinedCalls(messages: readonly HubMessage[]): readonly HubMessage[] {
  const joined: HubMessage[] = [];
  for (const message of messages) {
    const before = joined[joined.length - 1];
    if (message.role === "assistant" && before?.role === "assistant") {
      joined[joined.length - 1] = { role: "assistant", parts: [...before.parts, ...message.parts] };
    } else joined.push(message);
  }
  return joined;
}

function text(value: string | undefined): readonly TextPart[] {
  return value === undefined || value === "" ? [] : [{ type: "text", text: value }];
}

function readUser(message: unknown, losses: Losses): readonly UserPart[] {
  const chunks = (listField(message, "attachedCodeChunks") ?? []).map(readChunk);
  const summary = textField(recordField(message, "conversationSummary"), "summary") ?? "";
  const own = rules(listField(message, "cursorRules"));
  if ((listField(message, "attachedFolders") ?? []).length > 0) losses.add("document", "folders the user attached");
  return [
    ...text(summary === "" ? "" : `Summary of the conversation so far:\n${summary}`),
    ...text(own === "" ? "" : `Rules:\n${own}`),
    ...chunks.flatMap(text),
    ...readImages(message, losses),
    ...text(textField(message, "text")),
  ];
}

function readChunk(chunk: unknown): string {
  const lines = (listField(chunk, "lines") ?? []).filter((line) => typeof line === "string");
  const path = textField(chunk, "relativeWorkspacePath") ?? "";
  const start = numberField(chunk, "startLineNumber") ?? 0;
  const heading = start > 0 ? `${path}, from line ${start}:` : `${path}:`;
  return `${heading}\n${fenced(lines.join("\n"), textField(chunk, "languageIdentifier") ?? "")}`;
}

function readImages(from: unknown, losses: Losses): readonly ImagePart[] {
  return (listField(from, "images") ?? []).flatMap((image): ImagePart[] => {
    const data = image !== null && typeof image === "object" && "data" in image ? image.data : null;
    const mediaType = data instanceof Uint8Array ? imageType(data) : null;
    if (!(data instanceof Uint8Array) || mediaType === null) {
      losses.add("image", "a picture of a kind that is not known here");
      return [];
    }
    return [{ type: "image", source: { kind: "base64", mediaType, data: Buffer.from(data).toString("base64") } }];
  });
}

/** Every block where the client kept them all, else the one it shows. */
function readThinking(message: unknown): readonly AssistantPart[] {
  const all = listField(message, "allThinkingBlocks") ?? [];
  const blocks = all.length > 0 ? all : [recordField(message, "thinking")];
  return blocks.flatMap((block): AssistantPart[] => {
    const said = textField(block, "text") ?? "";
    const signature = textField(block, "signature") ?? "";
    const redacted = textField(block, "redactedThinking") ?? "";
    const parts: AssistantPart[] = [];
    if (said !== "" || signature !== "") {
      const carried = readCarrier(signature) ?? {
        from: { format: "cursor" },
        ...(signature === "" ? {} : { signature }),
      };
      parts.push({
        type: "thinking",
        text: said,
        from: carried.from,
        ...(carried.signature === undefined ? {} : { signature: carried.signature }),
      });
    }
    if (redacted !== "") {
      const carried = readCarrier(redacted);
      parts.push({
        type: "redacted-thinking",
        data: carried?.signature ?? redacted,
        from: carried?.from ?? { format: "cursor" },
      });
    }
    return parts;
  });
}

interface Turn {
  readonly call: ToolCallPart;
  /** Null: the call was never answered. */
  readonly answer: HubMessage | null;
}

function readTurn(result: unknown, names: ToolNames, losses: Losses): Turn {
  const made = recordField(result, "toolCall");
  const inner = (listField(recordField(made, "mcpParams"), "tools") ?? [])[0];
  const told = namedTool(inner);
  const wire = first(textField(result, "toolName"), textField(made, "name"), "unknown");
  const { id } = readCallId(first(textField(result, "toolCallId"), textField(made, "toolCallId"), ""));
  const call: ToolCallPart = {
    type: "tool-call",
    id,
    name: told === null ? names.fromWire(wire) : names.toHub(told),
    arguments: first(
      textField(result, "rawArgs"),
      textField(result, "args"),
      textField(made, "rawArgs"),
      textField(inner, "parameters"),
      "{}",
    ),
    kind: "function",
  };
  const read = readToolResult(recordField(result, "result"), {
    error: recordField(result, "error"),
    content: textField(result, "content"),
    images: readImages(result, losses),
  });
  if (read === null) return { call, answer: null };
  if (read.parts.length === 0)
    losses.add("tool-result", `the result of ${call.name} has a form that is not known here`);
  return { call, answer: { role: "tool", callId: id, ...read } };
}

export interface ReadResult {
  readonly parts: readonly ToolResultContent[];
  readonly isError: boolean;
}

interface BesideResult {
  readonly error?: unknown;
  readonly content?: string | undefined;
  readonly images?: readonly ImagePart[];
}

/** What the client's tool gave. Null: there is no result; without parts: there is one, of a kind not known here. */
export function readToolResult(result: unknown, beside: BesideResult = {}): ReadResult | null {
  const { content, images = [] } = beside;
  const error = recordField(result, "error") ?? beside.error;
  if (error !== undefined) {
    const message = first(
      textField(error, "modelVisibleErrorMessage"),
      textField(error, "clientVisibleErrorMessage"),
      "the tool failed",
    );
    return { parts: [{ type: "text", text: message }], isError: true };
  }
  const mcp = recordField(result, "mcpResult");
  const said = mcp === undefined ? content : (textField(mcp, "result") ?? "");
  if (result === undefined && said === undefined && images.length === 0) return null;
  return { parts: [...(said === undefined ? [] : [{ type: "text", text: said } as const]), ...images], isError: false };
}

/** The first that is there and not empty; the last one in any case. */
function first(...texts: readonly [...(string | undefined)[], string]): string {
  return texts.find((one) => one !== undefined && one !== "") ?? "";
}
