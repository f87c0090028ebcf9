/**
 * Hub events → messages of the chat service. A call is announced when it begins (a display event) and comes whole, once,
 * when its arguments are all there: only that frame (top-level field 1) makes the client run anything, and whether
 * fragments of it replace or continue each other is not attested.
 */
import { unreachable } from "../../../../base/unreachable.ts";
import { envelope } from "../../../codecs/connect.ts";
import { writeCarrier } from "../../../hub/carrier.ts";
import type { Losses } from "../../../hub/losses.ts";
import type { Provenance } from "../../../hub/message.ts";
import type { Finish, StreamEvent } from "../../../hub/stream.ts";
import { encodeMessage, type Message } from "../wire/schema.ts";
import { nameUnsaid } from "../unsaid.ts";
import { mcpToolNumber, type McpTool, type ToolNames, wireName } from "./tool-names.ts";

/** What is sent where nothing is to be said: a message without a case, which a reader has nothing to do with. */
export const silence: Uint8Array = envelope(new Uint8Array());

export interface ChatWriterOptions {
  readonly names: ToolNames;
  readonly losses: Losses;
  /** What the call answers with, where that is not `ChatServerMessage` itself. */
  readonly reply?: string;
  /** Calls of tools that nobody declared are not shown: the client could not run them, and would not say so. */
  readonly hidesUnknownTools?: boolean;
}

export interface ChatWriter {
  /** Envelopes. None for `reply-end` and `error`: how a stream ends is the caller's to say. */
  push(event: StreamEvent): readonly Uint8Array[];
}

interface OpenCall {
  readonly id: string;
  readonly tool: McpTool | null;
  readonly name: string;
  readonly index: number;
  arguments: string;
}

const none: readonly Uint8Array[] = [];

export function createChatWriter({ names, losses, reply, hidesUnknownTools = false }: ChatWriterOptions): ChatWriter {
  let open: OpenCall | null = null;
  let calls = 0;
  let modelCallId: string | null = null;

  const say = (message: Message): readonly Uint8Array[] => {
    if (reply === "ChatServerMessageIdempotent") return [envelope(encodeMessage(reply, { serverChunk: message }))];
    return [envelope(encodeMessage("ChatServerMessage", message))];
  };
  const respond = (response: Message): readonly Uint8Array[] =>
    reply === "ChatResponse" ? [envelope(encodeMessage(reply, response))] : say({ chatResponse: response });
  const named = (): Message => (modelCallId === null ? {} : { modelCallId });

  const beginCall = (id: string, name: string): readonly Uint8Array[] => {
    const tool = names.fromHub(name);
    open = { id, tool, name, index: calls, arguments: "" };
    calls += 1;
    if (tool === null && hidesUnknownTools) return none;
    const partialToolCall = {
      tool: mcpToolNumber,
      toolCallId: id,
      name: tool === null ? name : wireName(tool),
      toolIndex: open.index,
      ...named(),
    };
    return respond({ partialToolCall });
  };

  const endCall = (): readonly Uint8Array[] => {
    const call = open;
    open = null;
    if (call === null || (call.tool === null && hidesUnknownTools)) return none;
    if (reply === "ChatResponse") {
      losses.add("tool", "a call of a tool, which this call of Cursor's cannot carry");
      return none;
    }
    if (call.tool === null) losses.add("tool", `the model called ${call.name}, which the client did not declare`);
    const tool = call.tool ?? { server: "", name: call.name };
    const parameters = call.arguments === "" ? "{}" : call.arguments;
    return say({
      toolCall: {
        tool: mcpToolNumber,
        toolCallId: call.id,
        name: call.tool === null ? call.name : wireName(tool),
        rawArgs: parameters,
        isLastMessage: true,
        mcpParams: { tools: [{ name: tool.name, parameters, serverName: tool.server }] },
        toolIndex: call.index,
        ...named(),
      },
    });
  };

  return {
    push(event) {
      switch (event.type) {
        case "reply-start":
          // The name of the model's turn, where it has one: it is true, and calls of one turn share it.
          modelCallId = event.id === "" ? null : event.id;
          return none;
        case "text-delta":
        case "refusal-delta":
          return event.text === "" ? none : respond({ text: event.text });
        case "thinking-delta":
          return event.text === "" ? none : respond({ thinking: { text: event.text } });
        case "thinking-end":
          return respond({ thinking: { ...signature(event), isLastThinkingChunk: true } });
        case "redacted-thinking":
          return respond({ thinking: { redactedThinking: shown(event.data, event.from), isLastThinkingChunk: true } });
        case "tool-start":
          return beginCall(event.id, event.name);
        case "tool-delta":
          if (open !== null) open.arguments += event.text;
          return none;
        case "tool-end":
          if (event.signature !== undefined)
            losses.add("thinking-signature", "the signature of a call has no field here");
          return endCall();
        case "citation":
        case "image":
          nameUnsaid(event, losses);
          return none;
        case "opaque":
          nameUnsaid(event, losses);
          return event.part.text === undefined || event.part.text === "" ? none : respond({ text: event.part.text });
        case "text-end":
          if (event.signature !== undefined)
            losses.add("thinking-signature", "the signature of a text has no field here");
          return none;
        case "reply-end":
          nameFinish(event.finish, losses);
          return none;
        case "text-start":
        case "thinking-start":
        case "refusal-start":
        case "refusal-end":
        // The client is told of its context window only, and how large that is nobody knows here.
        case "usage":
        case "dropped":
        case "error":
          return none;
        default:
          return unreachable(event);
      }
    },
  };
}

/** The field is handed back with the history: what another maker signed wears our tag there. */
function shown(data: string | undefined, from: Provenance): string {
  if (from.format === "cursor" && from.origin === undefined) return data ?? "";
  return writeCarrier({ from, ...(data === undefined ? {} : { signature: data }) });
}

function signature(event: Extract<StreamEvent, { type: "thinking-end" }>): Message {
  if (event.from === undefined) return event.signature === undefined ? {} : { signature: event.signature };
  return { signature: shown(event.signature, event.from) };
}

/** The end frame says that a turn is over and no more than that. */
function nameFinish({ reason }: Finish, losses: Losses): void {
  if (reason === "length") losses.add("reply", "that the model stopped at its limit");
  if (reason === "content-filter") losses.add("reply", "that the provider declined to go on");
}
