/**
 * A provider's reply in one dialect as a client of another gets it. Bytes in, bytes out, stream or whole on either side;
 * what the input is shows in its first bytes. A stream is never held: what comes in goes out.
 */
import { isRecord, own, parseJson } from "../../base/json.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { policy } from "../errors/policy.ts";
import type { FormatId, StreamReader, StreamWriter, WriterOptions } from "../formats/format.ts";
import { formats } from "../formats/table.ts";
import { accumulate } from "../hub/accumulate.ts";
import { loss } from "../hub/losses.ts";
import { replay } from "../hub/replay.ts";
import type { HubReply } from "../hub/reply.ts";
import type { StreamEvent } from "../hub/stream.ts";
import { createSniffer, type InputKind } from "./input-kind.ts";
import { usualTarget } from "./usual-target.ts";

export interface ReplyOptions {
  readonly from: FormatId;
  readonly to: FormatId;
  /** What the client is told that answered; without it what the reply says. */
  readonly model?: string;
  /** The client asked for a stream. */
  readonly stream: boolean;
  /** The address the client called; without it the usual one. */
  readonly target?: string;
  /** Seconds since the epoch, for dialects that stamp their frames. */
  readonly createdAt: number;
  /** The largest reply that is taken as one piece. */
  readonly maxWholeBytes: number;
}

/** How it ended. What was to be told of it to a client is in the bytes already. */
export type ReplyOutcome =
  | { readonly kind: "done" }
  /** The provider's own error, translated. */
  | { readonly kind: "error"; readonly error: EngineError; readonly status: number }
  /** The reply was cut, or turned into something else on the way. */
  | { readonly kind: "broken"; readonly error: EngineError }
  /** It is no reply of this dialect. Nothing was written. */
  | { readonly kind: "unreadable"; readonly error: EngineError };

export interface ReplyTranslator {
  push(bytes: Uint8Array): Uint8Array;
  /** The input is over. */
  end(): Uint8Array;
  /** Nothing that still comes can change what is said. */
  isOver(): boolean;
  /** Null before it is known. */
  outcome(): ReplyOutcome | null;
  losses(): readonly string[];
}

const nothing = new Uint8Array();

export function createReplyTranslator(options: ReplyOptions): ReplyTranslator {
  const { from, to, maxWholeBytes } = options;
  const source = formats[from];
  // Clients of binary dialects know no reply in one piece.
  const asStream = options.stream || formats[to].framing === "binary";
  const client = formats[to].client;
  const sniffer = createSniffer();
  const held: Uint8Array[] = [];
  let heldBytes = 0;
  let events: StreamEvent[] = [];
  const losses = new Set<string>();
  let kind: InputKind | null = null;
  let reader: StreamReader | null = null;
  let writer: StreamWriter | null = null;
  let outcome: ReplyOutcome | null = null;

  const finish = (given: ReplyOutcome): void => {
    outcome ??= given;
  };

  function isFailed(): boolean {
    return outcome !== null && outcome.kind !== "done";
  }

  /** A stream between two sides of the same dialect: the bytes are left alone. */
  function isPassedOn(): boolean {
    return asStream && from === to && kind === "stream";
  }

  function writerOptions(served: string | null): WriterOptions {
    const model = options.model ?? served ?? "unknown";
    return {
      model,
      request: { model, messages: [], tools: [], stream: asStream, wantsStreamUsage: true, stop: [], extras: {} },
      usageBuffer: 0,
      fallbackId: "translated",
      createdAt: options.createdAt,
      target: options.target ?? usualTarget(to, { model, stream: asStream }),
    };
  }

  /** A writer is made for the model's name, which the first event tells. */
  function write(event: StreamEvent): readonly Uint8Array[] {
    writer ??= client.streamWriter(writerOptions(event.type === "reply-start" ? event.model : null));
    return writer.push(event);
  }

  function take(fresh: readonly StreamEvent[], bytes: Uint8Array): Uint8Array {
    const out: Uint8Array[] = [];
    for (const event of fresh) {
      if (event.type === "dropped") losses.add(loss("reply", event.what));
      if (event.type === "reply-end") finish({ kind: "done" });
      if (event.type === "error") {
        const { error } = event;
        const answer = client.writeError(error);
        finish(
          policy[error.kind].breaksStream ? { kind: "broken", error } : { kind: "error", error, status: answer.status },
        );
      }
      if (!asStream) events.push(event);
      else if (!isPassedOn()) out.push(...write(event));
    }
    return isPassedOn() ? bytes : Buffer.concat(out);
  }

  function takeStream(bytes: Uint8Array | null): Uint8Array {
    reader ??= source.replyReader?.() ?? source.provider.streamReader();
    const out = take(bytes === null ? reader.end() : reader.push(bytes), bytes ?? nothing);
    if (bytes !== null) return out;
    return asStream ? out : wholeOf(accumulate(events));
  }

  function wholeOf(reply: ReturnType<typeof accumulate>): Uint8Array {
    events = [];
    if (!reply.ok) return client.writeError(reply.error).body;
    for (const one of reply.value.losses) losses.add(one);
    return client.writeReply(reply.value, writerOptions(reply.value.model));
  }

  function takeWhole(bytes: Buffer): Uint8Array {
    const parsed = parseJson(bytes.toString("utf8"));
    if (!parsed.ok) return refuse(`it is not JSON: ${parsed.why}`);
    // Of a binary dialect, a document in place of a stream is an error.
    if (hasError(parsed.value) || source.framing === "binary") {
      const error = source.provider.readError(200, [], bytes);
      const answer = client.writeError(error);
      finish({ kind: "error", error, status: answer.status });
      return from === to ? bytes : answer.body;
    }
    if (Array.isArray(parsed.value)) return takeList(bytes);
    const read = source.provider.readReply(parsed.value);
    if (!read.ok) {
      const { error } = read;
      if (error.kind === "protocol" || error.kind === "bad-request") return refuse(error.message);
      const answer = client.writeError(error);
      finish({ kind: "error", error, status: answer.status });
      return from === to ? bytes : answer.body;
    }
    finish({ kind: "done" });
    if (from === to && !asStream) return bytes;
    return asStream ? streamOf(read.value) : wholeOf(read);
  }

  /** A stream that was sent as one JSON list (Google's, without `alt=sse`). */
  function takeList(bytes: Buffer): Uint8Array {
    const list = source.provider.streamReader();
    const told = [...list.push(bytes), ...list.end()];
    if (told[0]?.type !== "reply-start") return refuse(`it is a list, and that is no reply in ${from}`);
    kind = "stream";
    const out = take(told, bytes);
    return asStream ? out : wholeOf(accumulate(events));
  }

  function streamOf(reply: HubReply): Uint8Array {
    for (const one of reply.losses) losses.add(one);
    return Buffer.concat(replay({ ...reply, losses: [] }).flatMap((event) => write(event)));
  }

  function refuse(message: string): Uint8Array {
    finish({ kind: "unreadable", error: { kind: "protocol", message } });
    return nothing;
  }

  function pushKnown(bytes: Uint8Array): Uint8Array {
    if (kind === "empty") return refuse("it is empty");
    if (kind === "unknown") return refuse("it begins like nothing that a provider sends");
    if (kind === "stream" && asStream) return takeStream(bytes);
    heldBytes += bytes.byteLength;
    if (heldBytes > maxWholeBytes) {
      return refuse(`it is larger than ${Math.floor(maxWholeBytes / 1024 / 1024)} MiB, too much for one piece`);
    }
    if (kind === "stream") return takeStream(bytes);
    held.push(bytes);
    return nothing;
  }

  return {
    push(bytes) {
      // Bytes that are left alone go on to their end, whatever was said in them.
      if (isFailed()) return isPassedOn() ? bytes : nothing;
      if (kind !== null) return pushKnown(bytes);
      const sniffed = sniffer.push(bytes);
      if (sniffed === null) return nothing;
      kind = sniffed.kind;
      return pushKnown(sniffed.bytes);
    },
    end() {
      if (isFailed()) return ended();
      let before: Uint8Array = nothing;
      if (kind === null) {
        const sniffed = sniffer.end();
        kind = sniffed.kind;
        before = pushKnown(sniffed.bytes);
        if (isFailed()) return Buffer.concat([before, ended()]);
      }
      if (kind === "whole") return takeWhole(Buffer.concat(held));
      const rest = takeStream(null);
      return before.byteLength === 0 ? rest : Buffer.concat([before, rest]);
    },
    isOver: () => isFailed() && !isPassedOn(),
    outcome: () => outcome,
    losses: () => [...new Set([...losses, ...(writer?.losses() ?? [])])],
  };

  /** After an error in a stream: a client that wanted one piece gets the error as one. */
  function ended(): Uint8Array {
    const isTold = outcome === null || outcome.kind === "unreadable" || outcome.kind === "done" || asStream;
    if (isTold || kind !== "stream") return nothing;
    return wholeOf(accumulate(events));
  }
}

/** `{"error": …}` as most write it, Google's list around it, Claude's `type`. */
function hasError(value: unknown): boolean {
  const outer: unknown = Array.isArray(value) ? value[0] : value;
  const error = own(outer, "error");
  return isRecord(error) || (typeof error === "string" && error !== "") || own(outer, "type") === "error";
}
