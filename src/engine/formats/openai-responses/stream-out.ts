/**
 * Hub events → the Responses event stream, in the order that the official client's accumulator, the AI SDK and Codex all
 * take: an item is added before its deltas and done once, its number is its place in `output`, and one terminal event
 * carries everything again. An error is a failed response: Codex pays no heed to `error` events.
 */
import { unreachable } from "../../../base/unreachable.ts";
import { isRecord } from "../../../base/json.ts";
import { sseComment } from "../../codecs/sse.ts";
import { createLosses } from "../../hub/losses.ts";
import type { Citation, ImagePart, OpaquePart } from "../../hub/message.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import type { Usage } from "../../hub/usage.ts";
import { textField, type Fields } from "../fields.ts";
import type { StreamWriter, WriterOptions } from "../format.ts";
import { clientToolsOf } from "./client-tools.ts";
import { writeFailure } from "./errors.ts";
import { writeFinish } from "./finish.ts";
import { createFrames } from "./frames-out.ts";
import { createCallWriter } from "./call-out.ts";
import { createMessageWriter } from "./message-out.ts";
import { drawingItem } from "./items-out.ts";
import { createReasoningWriter } from "./reasoning-out.ts";
import { writeResponse, type ResponseState } from "./response-out.ts";
import { idStem, shownBlob, shownRedacted } from "./wire.ts";

const none: readonly Uint8Array[] = [];

export function createStreamWriter(options: WriterOptions): StreamWriter {
  const writer = createResponseWriter(options);
  return {
    push: (event) => writer.push(event),
    keepAlive: () => sseComment,
    losses: () => writer.losses(),
    written: () => writer.written(),
  };
}

export interface ResponseWriter extends Pick<StreamWriter, "push" | "losses"> {
  /** The whole response object; null until its end was pushed. */
  final(): Fields | null;
  /** With everything that clients have seen of its items, whole or cut. */
  written(): Fields | null;
}

export function createResponseWriter(options: WriterOptions): ResponseWriter {
  const losses = createLosses();
  const frames = createFrames();
  const message = createMessageWriter(frames);
  const reasoning = createReasoningWriter(frames);
  const call = createCallWriter(frames, clientToolsOf(options.request));
  // Codex knows text parts only: a message with any other part is dropped whole (read in its source, late 2026).
  const refusalKind = options.variant === "codex" ? "text" : "refusal";
  let id = "";
  let usage: Usage | null = null;
  let refused = false;
  let isOver = false;
  let last: Fields | null = null;

  const begin = (given: string | null): readonly Uint8Array[] => {
    const replyId = options.kept?.id ?? (given === null || given === "" ? options.fallbackId : given);
    id = replyId.startsWith("resp_") ? replyId : `resp_${replyId}`;
    frames.begin(idStem(replyId));
    const response = writeResponse(id, options, { status: "in_progress", output: [], usage: null });
    return [frames.event("response.created", { response }), frames.event("response.in_progress", { response })];
  };

  const terminal = (type: string, state: ResponseState): Uint8Array => {
    isOver = true;
    last = writeResponse(id, options, state);
    return frames.event(type, { response: last });
  };

  const text = (words: string): readonly Uint8Array[] => [
    ...message.start("text"),
    ...message.delta(words),
    ...message.endPart(),
  ];

  const cite = (citation: Citation): readonly Uint8Array[] => {
    const written = message.cite(citation);
    if (written === null) losses.add("citation", "of a document, which this dialect names by an id of its own store");
    return written ?? none;
  };

  const draw = ({ source }: ImagePart): readonly Uint8Array[] => {
    if (source.kind === "url") {
      losses.add("image", "a picture given by its address became a link");
      return text(`![image](${source.url})`);
    }
    const closing = message.close();
    const itemId = frames.nextId("ig");
    const { index, frame } = frames.add(drawingItem(itemId, source.mediaType, null));
    return [...closing, frame, frames.done(index, drawingItem(itemId, source.mediaType, source.data))];
  };

  const opaque = (part: OpaquePart): readonly Uint8Array[] => {
    if (part.from === "openai-responses" && isRecord(part.raw)) {
      const item = part.raw;
      return [...message.close(), ...frames.whole(item, textField(item, "id") === undefined ? "item" : null)];
    }
    losses.add("server-block", `a ${part.name} block of the upstream has no form here`);
    return part.text === undefined ? none : text(part.text);
  };

  const write = (event: StreamEvent): readonly Uint8Array[] => {
    switch (event.type) {
      case "text-delta":
      case "refusal-delta":
        return message.delta(event.text);
      case "thinking-delta":
        return reasoning.delta(event.text);
      case "tool-delta":
        return call.delta(event.text);
      case "reply-start":
        return begin(event.id);
      case "text-start":
        return message.start("text");
      case "refusal-start":
        refused = true;
        return message.start(refusalKind);
      case "text-end":
        if (event.signature !== undefined)
          losses.add("thinking-signature", "of a text, which this dialect does not sign");
        return message.endPart();
      case "refusal-end":
        return message.endPart();
      case "citation":
        return cite(event.citation);
      case "thinking-start":
        reasoning.start();
        return message.close();
      case "thinking-end":
        return reasoning.end(shownBlob(event.signature, event.from));
      case "redacted-thinking":
        reasoning.start();
        return [...message.close(), ...reasoning.end(shownRedacted(event.data, event.from))];
      case "tool-start":
        return [...message.close(), ...call.start(event)];
      case "tool-end":
        if (event.signature !== undefined)
          losses.add("thinking-signature", "of a call, which this dialect does not sign");
        return call.end();
      case "image":
        return draw(event.part);
      case "opaque":
        return opaque(event.part);
      case "usage":
        ({ usage } = event);
        return none;
      case "dropped":
        return none;
      case "reply-end": {
        const { finish } = event;
        const why = finish.reason === "content-filter" && !refused ? finish.explanation : undefined;
        const said =
          why === undefined ? none : [...message.start(refusalKind), ...message.delta(why), ...message.endPart()];
        const closing = message.close();
        const end = writeFinish(finish);
        return [
          ...said,
          ...closing,
          terminal(`response.${end.status}`, {
            status: end.status,
            output: frames.output(),
            usage: event.usage,
            incompleteDetails: end.incomplete_details,
          }),
        ];
      }
      case "error": {
        // A response that fails before it began still begins: Codex knows a failure by its response only.
        const begun = id === "" ? begin(null) : none;
        const output = [...frames.output(), ...message.cut()];
        const error = writeFailure(event.error);
        return [...begun, terminal("response.failed", { status: "failed", output, usage, error })];
      }
      default:
        return unreachable(event);
    }
  };

  return {
    push: (event) => (isOver ? none : write(event)),
    losses: () => losses.list(),
    final: () => last,
    written() {
      if (id === "") return null;
      const response = last ?? writeResponse(id, options, { status: "incomplete", output: [], usage });
      return { ...response, output: [...frames.output(), ...reasoning.cut(), ...message.cut()] };
    },
  };
}
