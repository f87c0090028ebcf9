/**
 * A hub request for Cursor's ChatService as upstream: one `ChatClientMessage` with the whole conversation in it. The service
 * has no field for a system prompt, so it stands before the first words of the user (what every public client does, 2026);
 * tools are declared as those of one server of ours. Nothing is said about the machine the request comes from.
 */
import { repairHistory } from "../../../hub/repair.ts";
import { wrapCustomInput, wrapCustomTool } from "../../../hub/custom-tools.ts";
import { createLosses, type Losses } from "../../../hub/losses.ts";
import type { AssistantPart, HubMessage, ToolResultContent, UserPart } from "../../../hub/message.ts";
import { isMadeBy } from "../../../hub/provenance.ts";
import type { HubRequest } from "../../../hub/request.ts";
import type { ReplyContext } from "../../../hub/restore.ts";
import { wishedLevel } from "../../../hub/thinking-levels.ts";
import type { Message } from "../wire/schema.ts";
import { mcpToolNumber, wireName } from "./tool-names.ts";

export interface ChatWriteOptions {
  readonly model: string;
  /** The configured provider's name: signatures go back only where they came from. */
  readonly origin?: string;
  /** Names for messages and the conversation; any stable word will do. */
  readonly newId: () => string;
}

export interface WrittenChat {
  /** A `ChatClientMessage`. */
  readonly message: Message;
  readonly losses: readonly string[];
  readonly replyContext: ReplyContext;
}

const server = "switchyard";

export function writeChat(request: HubRequest, options: ChatWriteOptions): WrittenChat {
  const losses = createLosses();
  const repaired = repairHistory(request.messages);
  const conversation = writeConversation(repaired.messages, options, losses);
  const tools = writeTools(request, losses);
  const isAgent = tools.length > 0;
  nameUnsaid(request, losses);
  const chatRequest = {
    conversation,
    explicitContext: {},
    modelDetails: { modelName: options.model },
    conversationId: options.newId(),
    isAgentic: isAgent,
    supportedTools: isAgent ? [mcpToolNumber] : [],
    fullConversationHeadersOnly: conversation.map(({ bubbleId, type }) => ({ bubbleId, type })),
    mcpTools: tools,
    unifiedMode: isAgent ? "CHAT_MODE_AGENT" : "CHAT_MODE_CHAT",
    unifiedModeName: isAgent ? "Agent" : "Ask",
    shouldDisableTools: !isAgent || request.toolChoice?.type === "none",
    thinkingLevel: thinkingLevel(request),
  };
  const custom = request.tools.filter(({ kind }) => kind === "custom").map(({ name }) => name);
  return {
    message: { chatRequest },
    losses: [...repaired.losses, ...losses.list()],
    replyContext: { model: options.model, ...(custom.length === 0 ? {} : { customTools: new Set(custom) }) },
  };
}

interface WrittenMessage {
  readonly bubbleId: string;
  readonly type: string;
  readonly [field: string]: unknown;
}

function writeConversation(
  messages: readonly HubMessage[],
  { newId, origin }: ChatWriteOptions,
  losses: Losses,
): readonly WrittenMessage[] {
  const answers = new Map(messages.flatMap((one) => (one.role === "tool" ? [[one.callId, one] as const] : [])));
  const written: WrittenMessage[] = [];
  let prompt = messages
    .flatMap((one) => (one.role === "system" || one.role === "developer" ? one.parts.map(({ text }) => text) : []))
    .join("\n\n");
  const user = (parts: readonly UserPart[]): void => {
    const { text, images } = writeParts(parts, losses);
    const all = [prompt, text].filter((one) => one !== "").join("\n\n");
    prompt = "";
    const pictures = images.length === 0 ? {} : { images: images.map((data) => ({ data, uuid: newId() })) };
    written.push({ text: all, type: "CHAT_ROLE_HUMAN", bubbleId: newId(), ...pictures });
  };
  if (prompt !== "") losses.add("system-message", "it stands before the user's first words");
  if (prompt !== "" && !messages.some(({ role }) => role === "user")) user([]);
  for (const message of messages) {
    if (message.role === "user") user(message.parts);
    if (message.role === "assistant") {
      const maker = { format: "cursor" as const, ...(origin === undefined ? {} : { origin }) };
      written.push({
        type: "CHAT_ROLE_AI",
        bubbleId: newId(),
        ...writeAssistant(message.parts, (part) => isMadeBy(part.from, maker), losses),
        toolResults: message.parts.flatMap((part, index) =>
          part.type === "tool-call" ? [writeCall(part, index, answers.get(part.id), losses, newId)] : [],
        ),
      });
    }
  }
  return written;
}

function writeAssistant(
  parts: readonly AssistantPart[],
  isOwn: (part: Extract<AssistantPart, { type: "thinking" | "redacted-thinking" }>) => boolean,
  losses: Losses,
): Message {
  const texts: string[] = [];
  const thinking: Message[] = [];
  for (const part of parts) {
    switch (part.type) {
      case "text":
      case "refusal":
        texts.push(part.text);
        break;
      case "thinking":
        if (isOwn(part)) thinking.push({ text: part.text, signature: part.signature ?? "" });
        else losses.add("thinking", "thinking of another provider is not replayed");
        break;
      case "redacted-thinking":
        if (isOwn(part)) thinking.push({ redactedThinking: part.data });
        else losses.add("thinking", "encrypted thinking of another provider is not replayed");
        break;
      case "image":
        losses.add("image", "a picture the model drew");
        break;
      case "opaque":
        losses.add("server-block", `a ${part.name} block of another provider`);
        if (part.text !== undefined) texts.push(part.text);
        break;
      case "tool-call":
        break;
    }
  }
  const last = thinking[thinking.length - 1];
  return {
    text: texts.join("\n\n"),
    ...(last === undefined ? {} : { thinking: last, allThinkingBlocks: thinking }),
  };
}

function writeCall(
  call: Extract<AssistantPart, { type: "tool-call" }>,
  toolIndex: number,
  answer: HubMessage | undefined,
  losses: Losses,
  newId: () => string,
): Message {
  const rawArgs = call.kind === "custom" ? wrapCustomInput(call.arguments) : call.arguments;
  const tool = mcpToolNumber;
  const shared = { toolCallId: call.id, toolIndex };
  const name = wireName({ server, name: call.name });
  const toolCall = {
    ...shared,
    tool,
    name,
    rawArgs,
    mcpParams: { tools: [{ name: call.name, parameters: rawArgs, serverName: server }] },
  };
  const written = { ...shared, toolName: name, rawArgs, toolCall };
  if (answer?.role !== "tool") return written;
  const { text, images } = writeParts(answer.parts, losses);
  const result = answer.isError
    ? { ...shared, tool, error: { clientVisibleErrorMessage: text, modelVisibleErrorMessage: text } }
    : { ...shared, tool, mcpResult: { selectedTool: call.name, result: text } };
  return {
    ...written,
    result,
    ...(images.length === 0 ? {} : { images: images.map((data) => ({ data, uuid: newId() })) }),
  };
}

interface Written {
  readonly text: string;
  readonly images: readonly Uint8Array[];
}

function writeParts(parts: readonly (UserPart | ToolResultContent)[], losses: Losses): Written {
  const texts: string[] = [];
  const images: Uint8Array[] = [];
  for (const part of parts) {
    switch (part.type) {
      case "text":
        texts.push(part.text);
        break;
      case "image":
        if (part.source.kind === "base64") images.push(Buffer.from(part.source.data, "base64"));
        else losses.add("image", "a picture that is given by its address");
        break;
      case "document":
        if (part.source.kind === "text") texts.push(part.source.text);
        else losses.add("document", "a document that is no text");
        break;
      case "media":
        losses.add("document", "sound or film");
        break;
      case "opaque":
        losses.add("server-block", `a ${part.name} block of another provider`);
        if (part.text !== undefined) texts.push(part.text);
        break;
    }
  }
  return { text: texts.join("\n\n"), images };
}

function writeTools(request: HubRequest, losses: Losses): readonly Message[] {
  return request.tools.flatMap((tool) => {
    if (tool.kind === "server") {
      losses.add("server-tool", `${tool.name} is run by its own provider`);
      return [];
    }
    const { name, description = "", parameters } = tool.kind === "custom" ? wrapCustomTool(tool) : tool;
    return [{ name, description, parameters: JSON.stringify(parameters), serverName: server }];
  });
}

/** Two steps are all there is. */
function thinkingLevel({ thinking }: HubRequest): string {
  if (thinking === undefined || thinking.mode === "off") return "CHAT_THINKING_UNSPECIFIED";
  const level = wishedLevel(thinking);
  const isHigh = level === "high" || level === "xhigh" || level === "max";
  return isHigh ? "CHAT_THINKING_HIGH" : "CHAT_THINKING_MEDIUM";
}

const fields = [
  "maxTokens",
  "temperature",
  "topP",
  "topK",
  "seed",
  "presencePenalty",
  "frequencyPenalty",
  "verbosity",
  "logprobs",
  "parallelToolCalls",
] as const satisfies (keyof HubRequest)[];

function nameUnsaid(request: HubRequest, losses: Losses): void {
  for (const field of fields) {
    if (request[field] !== undefined) losses.add("parameter", `${field}: Cursor's chat has no such field`);
  }
  if (request.stop.length > 0) losses.add("stop-sequences", "Cursor's chat has no such field");
  const format = request.responseFormat;
  if (format !== undefined && format.type !== "text")
    losses.add("response-format", `${format.type} cannot be asked for`);
  const choice = request.toolChoice?.type;
  if (choice !== undefined && choice !== "auto" && choice !== "none") {
    losses.add("tool-choice", "Cursor's chat leaves the choice to the model");
  }
}
