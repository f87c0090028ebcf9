/**
 * Kiro's event stream → hub events (facts of 2026-11). Usage and credits come after everything that looks like an end, so
 * the reply is over when the connection is: whole when a stop reason was said, or when one of the events that follow an
 * answer (metadata, context usage, metering) came behind its last word; cut otherwise.
 */
import { parseJson } from "../../../base/json.ts";
import { createEventFrameReader, type EventFrame } from "../../codecs/aws-event-stream.ts";
import { FramingError } from "../../codecs/framing-error.ts";
import type { EngineError } from "../../errors/engine-error.ts";
import { settleFinish } from "../../hub/finish.ts";
import type { Provenance } from "../../hub/message.ts";
import type { ReplyContext } from "../../hub/restore.ts";
import { createSegments } from "../../hub/segments.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import { noUsage, type Usage } from "../../hub/usage.ts";
import { optional, recordField, textField } from "../fields.ts";
import type { StreamReader } from "../format.ts";
import { withContext } from "../reader-stages.ts";
import { readStreamError } from "./errors-in.ts";
import { readFinish } from "./finish.ts";
import { createInlineThinking } from "./inline-thinking.ts";
import { createToolCalls } from "./tool-calls-in.ts";
import { readLooseUsage, readPercentage, readTokenUsage, usageFromPercentage } from "./usage-in.ts";

/** What may wait behind an unfinished call. */
const maxHeldChars = 16 * 1024 * 1024;

export function createStreamReader(context?: ReplyContext): StreamReader {
  return withContext(createReader(context), context);
}

function createReader(context: ReplyContext | undefined): StreamReader {
  const frames = createEventFrameReader(optional("maxPayloadBytes", context?.limits?.frameBytes));
  const from: Provenance = {
    format: "kiro",
    ...optional("model", context?.model),
    ...optional("origin", context?.origin),
  };
  let signature: string | undefined;
  let replyId: string | null = null;
  let model: string | null = null;
  const segments = createSegments({
    ordinalSeed: () => replyId ?? "",
    from: () => from,
    signThinking: () => {
      const worn = signature;
      signature = undefined;
      return worn;
    },
  });
  const tools = createToolCalls(segments);
  const inline = context?.inlineThinking === true ? createInlineThinking() : null;
  let proseChars = 0;
  let stopReason: string | null = null;
  let counted: Usage | null = null;
  let loose: Usage | null = null;
  let percentage: number | null = null;
  let hasFrames = false;
  let hasBytes = false;
  let isStarted = false;
  let isSettled = false;
  let isOver = false;
  const unsaid: StreamEvent[] = [];

  const fail = (out: StreamEvent[], error: EngineError): void => {
    isOver = true;
    out.push({ type: "error", error });
  };

  /** The first thing of the answer itself; until then its ids and its model may still be named. */
  const begin = (out: StreamEvent[]): void => {
    isSettled = false;
    if (isStarted) return;
    isStarted = true;
    out.push({ type: "reply-start", id: replyId, model }, ...unsaid.splice(0));
  };

  const drop = (out: StreamEvent[], what: string): void => {
    // Nothing may be told of a reply that has not begun.
    (isStarted ? out : unsaid).push({ type: "dropped", what });
  };

  const say = (out: StreamEvent[], kind: "text" | "thinking", text: string): void => {
    if (text === "") return;
    begin(out);
    proseChars += text.length;
    out.push(...segments.prose(kind, text));
  };

  const takeText = (out: StreamEvent[], payload: unknown): void => {
    model ??= textField(payload, "modelId") ?? null;
    const text = textField(payload, "content") ?? "";
    if (inline === null) say(out, "text", text);
    else for (const piece of inline.push(text)) say(out, piece.kind, piece.text);
  };

  const flushInline = (out: StreamEvent[]): void => {
    for (const piece of inline?.end() ?? []) say(out, piece.kind, piece.text);
  };

  const takeReasoning = (out: StreamEvent[], payload: unknown): void => {
    const text = textField(payload, "text") ?? "";
    // Behind a signature another piece of thinking begins, with a signature of its own.
    if (text !== "" && signature !== undefined && segments.last() === "thinking") out.push(...segments.close());
    say(out, "thinking", text);
    const signed = textField(payload, "signature");
    if (signed !== undefined && signed !== "") {
      if (segments.last() === "thinking") signature = signed;
      else drop(out, "a thinking signature without its thinking");
    }
    const data = textField(payload, "redactedContent");
    if (data === undefined || data === "") return;
    begin(out);
    out.push(...segments.whole((block) => ({ type: "redacted-thinking", block, data, from })));
  };

  const takeMetadata = (out: StreamEvent[], payload: unknown): void => {
    counted = readTokenUsage(payload) ?? counted;
    percentage = readPercentage(recordField(payload, "tokenUsage")) ?? percentage;
    stopReason = textField(payload, "stopReason") ?? stopReason;
    isSettled = true;
    if (counted !== null && isStarted) out.push({ type: "usage", usage: counted });
  };

  const takeEvent = (out: StreamEvent[], name: string, payload: unknown): void => {
    switch (name) {
      case "initial-response":
        replyId ??= textField(payload, "conversationId") ?? null;
        return;
      case "messageMetadataEvent":
        replyId = textField(payload, "utteranceId") ?? textField(payload, "conversationId") ?? replyId;
        return;
      case "assistantResponseEvent":
      case "codeEvent":
        return takeText(out, payload);
      case "reasoningContentEvent":
        return takeReasoning(out, payload);
      case "toolUseEvent":
        flushInline(out);
        begin(out);
        return tools.take(out, payload);
      case "metadataEvent":
        return takeMetadata(out, payload);
      case "contextUsageEvent":
        percentage = readPercentage(payload) ?? percentage;
        isSettled = true;
        return;
      case "meteringEvent":
        isSettled = true;
        return;
      case "messageStopEvent":
      case "metricsEvent":
      case "usageEvent":
        loose = readLooseUsage(payload) ?? loose;
        stopReason ??= textField(payload, "stopReason") ?? null;
        return;
      default:
        if (isErrorName(name)) return fail(out, readStreamError(name, payload));
        drop(out, textField(droppedWords, name) ?? `an event named ${shownName(name)}`);
    }
  };

  const takeFrame = (out: StreamEvent[], frame: EventFrame): void => {
    hasFrames = true;
    const { messageType, texts } = frame;
    const name = frame.name ?? "";
    if (messageType === "error") return fail(out, readStreamError(name, undefined, texts[":error-message"]));
    const parsed = frame.payload.byteLength === 0 ? null : parseJson(Buffer.from(frame.payload).toString("utf8"));
    const payload = parsed?.ok === true ? parsed.value : undefined;
    if (messageType === "exception") return fail(out, readStreamError(name, payload));
    if (parsed?.ok === false && known.has(name)) {
      return fail(out, { kind: "protocol", message: `the stream holds a ${name} whose payload is not JSON` });
    }
    takeEvent(out, name, payload);
    if (!isOver && segments.heldChars() > maxHeldChars) {
      fail(out, {
        kind: "too-large",
        message: `more than ${maxHeldChars} characters wait behind an unfinished tool call`,
      });
    }
  };

  const usage = (): Usage => {
    const said = counted ?? loose;
    if (said !== null) return said;
    const chars = proseChars + tools.chars();
    return percentage === null || percentage === 0
      ? noUsage
      : usageFromPercentage(percentage, context?.model ?? model, chars);
  };

  const endReply = (out: StreamEvent[]): void => {
    flushInline(out);
    const open = tools.openNames();
    if (open.length > 0) {
      return fail(out, { kind: "truncated", message: `the stream ended inside a call of ${open.join(", ")}` });
    }
    if (stopReason === null && !isSettled) {
      return fail(out, {
        kind: "truncated",
        message: "the stream ended without a stop reason or anything else that follows an answer",
      });
    }
    const broken = tools.broken();
    if (broken !== null) {
      return fail(out, { kind: "malformed-reply", message: `the model's call of ${broken} is no JSON object` });
    }
    if (!isStarted && stopReason === null) {
      return fail(out, { kind: "malformed-reply", message: "the model said nothing at all" });
    }
    begin(out);
    out.push(...segments.close());
    isOver = true;
    const finish = settleFinish(readFinish(stopReason), segments.toolCount());
    out.push({ type: "reply-end", finish, usage: usage() });
  };

  const unreadable = (out: StreamEvent[], error: FramingError): void => {
    // A page of HTML that is shorter than a frame's prelude is no cut stream.
    const isCut = error.reason === "truncated" && hasFrames;
    const message = hasFrames ? error.message : `the answer is no AWS event stream: ${error.message}`;
    fail(out, { kind: isCut ? "truncated" : "protocol", message });
  };

  const guarded = (out: StreamEvent[], work: () => void): readonly StreamEvent[] => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      unreadable(out, error);
    }
    return out;
  };

  return {
    push(bytes) {
      const out: StreamEvent[] = [];
      if (isOver) return out;
      hasBytes ||= bytes.byteLength > 0;
      return guarded(out, () => {
        for (const frame of frames.push(bytes)) if (!isOver) takeFrame(out, frame);
      });
    },
    end() {
      const out: StreamEvent[] = [];
      if (isOver) return out;
      return guarded(out, () => {
        if (!hasBytes) fail(out, { kind: "truncated", message: "the answer has no body" });
        else {
          frames.end();
          endReply(out);
        }
      });
    },
  };
}

/** Seen inside streams as ordinary events; each ends the answer. */
function isErrorName(name: string): boolean {
  return name === "error" || /(Error|Exception)$/.test(name);
}

/** Events whose payload must be JSON, or nothing can be said of the answer. */
const known: ReadonlySet<string> = new Set([
  "assistantResponseEvent",
  "codeEvent",
  "reasoningContentEvent",
  "toolUseEvent",
  "metadataEvent",
]);

/** Events of the service's model that say something the hub has no word for. */
const droppedWords: Readonly<Record<string, string>> = {
  followupPromptEvent: "a suggested next question",
  supplementaryWebLinksEvent: "links that go with the answer",
  citationEvent: "a citation",
  codeReferenceEvent: "references of code to its licences",
  intentsEvent: "intents",
  interactionComponentsEvent: "interface components",
  toolResultEvent: "a tool result of the service's own",
  dryRunSucceedEvent: "the news that a dry run succeeded",
  invalidStateEvent: "the news that the task's plan is invalid",
};

function shownName(name: string): string {
  return name.replace(/[^\w.-]/g, "?").slice(0, 60) || "nothing";
}
