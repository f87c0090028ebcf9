/**
 * Messages of the chat service → hub events: for answers that are passed through, and for the chat service as upstream.
 * A call is shown up to four times over; only frames of top-level field 1 are the call itself. It comes out whole, when it
 * is: its fragments continue each other in `mcp_params`, and `raw_args` of the last one may repeat all of it.
 */
import { createEnvelopeReader, endFlag, envelopeLimits } from "../../../codecs/connect.ts";
import { FramingError } from "../../../codecs/framing-error.ts";
import { isRecord, parseJson } from "../../../../base/json.ts";
import type { EngineError } from "../../../errors/engine-error.ts";
import type { Provenance } from "../../../hub/message.ts";
import type { ReplyContext } from "../../../hub/restore.ts";
import { createSegments } from "../../../hub/segments.ts";
import type { StreamEvent } from "../../../hub/stream.ts";
import { noUsage, type Usage } from "../../../hub/usage.ts";
import { booleanField, countField, listField, optional, recordField, textField, type Fields } from "../../fields.ts";
import type { StreamReader } from "../../format.ts";
import { withContext } from "../../reader-stages.ts";
import { readEnd, readStrayFault } from "../end-frame.ts";
import { decodeMessage, MessageError } from "../wire/schema.ts";
import { namedTool, readCallId } from "./tool-names.ts";

/** All that calls may hold before they are whole. */
const maxHeldChars = 16 * 1024 * 1024;

export interface ChatReaderOptions {
  readonly context?: ReplyContext;
  /** What `connect-content-encoding` of the answer said. */
  readonly encoding?: string | null;
  /** Messages stand inside `ChatServerMessageIdempotent`; or, without tools, are a `ChatResponse` alone. */
  readonly reply?: "ChatServerMessage" | "ChatServerMessageIdempotent" | "ChatResponse";
}

interface HeldCall {
  name: string;
  raw: string;
  fragments: string;
}

export function createChatReader(options: ChatReaderOptions = {}): StreamReader {
  return withContext(createReader(options), options.context);
}

function createReader({ context, encoding = null, reply = "ChatServerMessage" }: ChatReaderOptions): StreamReader {
  const envelopes = createEnvelopeReader(encoding, envelopeLimits(context?.limits));
  const from: Provenance = {
    format: "cursor",
    ...optional("model", context?.model),
    ...optional("origin", context?.origin),
  };
  let signature: string | undefined;
  let replyId: string | null = null;
  const takeSignature = (): string | undefined => {
    const taken = signature;
    signature = undefined;
    return taken;
  };
  const segments = createSegments({
    ordinalSeed: () => replyId ?? "cursor",
    from: () => from,
    signThinking: takeSignature,
  });
  const held = new Map<string, HeldCall>();
  const done = new Set<string>();
  let heldChars = 0;
  let usage: Usage = noUsage;
  let isStarted = false;
  let isOver = false;

  const fail = (out: StreamEvent[], error: EngineError): void => {
    isOver = true;
    out.push({ type: "error", error });
  };

  const emitCall = (out: StreamEvent[], id: string, call: HeldCall): void => {
    held.delete(id);
    done.add(id);
    heldChars -= call.raw.length + call.fragments.length;
    const text = wholeArguments(call) ?? (call.raw === "" ? call.fragments : call.raw);
    out.push(...segments.toolDelta(segments.startTool(), { id, name: call.name, text }));
    if (call.raw === "" && call.fragments === "") {
      out.push({ type: "dropped", what: `the arguments of ${call.name}, a tool of Cursor's own` });
    }
  };

  const takeCall = (out: StreamEvent[], frame: Fields): void => {
    const { id } = readCallId(textField(frame, "toolCallId") ?? "");
    // A whole call that is repeated is no second one.
    if (id === "" || done.has(id)) return;
    const inner = (listField(recordField(frame, "mcpParams"), "tools") ?? [])[0];
    const call = held.get(id) ?? { name: "", raw: "", fragments: "" };
    held.set(id, call);
    // The parameters say the bare name; not every frame has them.
    const bare = namedTool(inner)?.name;
    if (bare !== undefined) call.name = bare;
    else if (call.name === "") call.name = textField(frame, "name") ?? "";
    const raw = textField(frame, "rawArgs") ?? "";
    const fragment = textField(inner, "parameters") ?? "";
    heldChars += raw.length + fragment.length;
    call.raw += raw;
    call.fragments += fragment;
    if (heldChars > maxHeldChars) {
      fail(out, { kind: "too-large", message: `calls of more than ${maxHeldChars} characters are not over` });
      return;
    }
    const isLast = booleanField(frame, "isLastMessage") === true || booleanField(frame, "isStreaming") !== true;
    if (!isLast) return;
    // `raw_args` of the last frame is the whole where it is JSON by itself.
    if (raw !== "" && isObject(raw)) {
      heldChars -= call.raw.length - raw.length;
      call.raw = raw;
    }
    emitCall(out, id, call);
  };

  const takeThinking = (out: StreamEvent[], thinking: Fields): void => {
    out.push(...segments.prose("thinking", textField(thinking, "text") ?? ""));
    const signed = textField(thinking, "signature") ?? "";
    if (signed !== "") signature = (signature ?? "") + signed;
    const data = textField(thinking, "redactedThinking") ?? "";
    if (data !== "") out.push(...segments.whole((block) => ({ type: "redacted-thinking", block, data, from })));
  };

  const takeResponse = (out: StreamEvent[], response: Fields): void => {
    const thinking = recordField(response, "thinking");
    if (thinking !== undefined) takeThinking(out, thinking);
    out.push(...segments.prose("text", textField(response, "text") ?? ""));
    const used = countField(recordField(response, "contextWindowStatus"), "tokensUsed");
    if (used > 0) {
      // What fills the context is what went in; of what came out nothing is counted.
      usage = { ...noUsage, input: used, estimated: true };
      out.push({ type: "usage", usage });
    }
    if (recordField(response, "serviceStatusUpdate") !== undefined) {
      out.push({ type: "dropped", what: "a word of Cursor's servers on how they are" });
    }
  };

  const takeMessage = (out: StreamEvent[], outer: Fields): void => {
    const message = reply === "ChatServerMessageIdempotent" ? (recordField(outer, "serverChunk") ?? {}) : outer;
    const response = reply === "ChatResponse" ? message : recordField(message, "chatResponse");
    const call = reply === "ChatResponse" ? undefined : recordField(message, "toolCall");
    if (!isStarted) {
      isStarted = true;
      replyId = textField(response, "serverBubbleId") ?? null;
      out.push({ type: "reply-start", id: replyId, model: null });
    }
    if (response !== undefined) takeResponse(out, response);
    if (call !== undefined) takeCall(out, call);
    if (recordField(message, "conversationSummary") !== undefined) {
      out.push({ type: "dropped", what: "a summary of the conversation by Cursor's servers" });
    }
  };

  const endReply = (out: StreamEvent[]): void => {
    for (const [id, call] of held) {
      if (wholeArguments(call) === null) {
        out.push(...segments.close());
        fail(out, { kind: "protocol", message: "the upstream ended in the middle of a tool call's arguments" });
        return;
      }
      emitCall(out, id, call);
    }
    out.push(...segments.close());
    // Ended without having said anything at all: a start is still owed.
    if (!isStarted) out.push({ type: "reply-start", id: null, model: null });
    isOver = true;
    const reason = segments.toolCount() > 0 ? "tool-calls" : "stop";
    out.push({ type: "reply-end", finish: { reason, raw: null }, usage });
  };

  const take = (out: StreamEvent[], flags: number, payload: Uint8Array): void => {
    if ((flags & endFlag) !== 0) {
      const error = readEnd(payload);
      if (error === null) endReply(out);
      else fail(out, error);
      return;
    }
    const stray = readStrayFault(payload);
    if (stray !== null) {
      fail(out, stray);
      return;
    }
    try {
      takeMessage(out, decodeMessage(reply, payload));
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      fail(out, { kind: "protocol", message: "a message of Cursor's stream cannot be read" });
    }
  };

  const framed = (out: StreamEvent[], read: () => void): readonly StreamEvent[] => {
    try {
      read();
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      fail(out, { kind: error.reason === "truncated" ? "truncated" : "protocol", message: error.message });
    }
    return out;
  };

  return {
    push(bytes) {
      if (isOver) return [];
      const out: StreamEvent[] = [];
      return framed(out, () => {
        for (const { flags, payload } of envelopes.push(bytes)) if (!isOver) take(out, flags, payload);
      });
    },
    end() {
      if (isOver) return [];
      const out: StreamEvent[] = [];
      return framed(out, () => {
        envelopes.end();
        fail(out, { kind: "truncated", message: "Cursor's stream ended without its last envelope" });
      });
    },
  };
}

/** The arguments of a call as JSON text; null while they are none. Empty ones are for tools without any. */
function wholeArguments({ raw, fragments }: HeldCall): string | null {
  if (raw === "" && fragments === "") return "{}";
  return [raw, fragments].find((text) => text !== "" && isObject(text)) ?? null;
}

function isObject(text: string): boolean {
  const parsed = parseJson(text);
  return parsed.ok && isRecord(parsed.value);
}
