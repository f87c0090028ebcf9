/**
 * A reply as a person reads it: text, thinking, tool calls, usage, and how it ended. From a client's or a provider's bytes in
 * any dialect, stream or whole; of a reply that was cut, what there is.
 */
import { isRecord, own, parseJson } from "../../base/json.ts";
import { unreachable } from "../../base/unreachable.ts";
import type { FormatId } from "../formats/format.ts";
import { formats } from "../formats/table.ts";
import { replay } from "../hub/replay.ts";
import type { StreamEvent } from "../hub/stream.ts";
import type { Usage } from "../hub/usage.ts";
import { createSniffer } from "./input-kind.ts";

export interface ReadablePart {
  readonly kind: "text" | "thinking" | "refusal" | "tool-call" | "image" | "other";
  /** Of a tool call, its arguments. */
  readonly text: string;
  /** Of a tool call, the tool. */
  readonly name?: string;
}

export interface ReadableReply {
  readonly model: string | null;
  readonly parts: readonly ReadablePart[];
  /** Why it ended, in the provider's word; null where it did not say. */
  readonly finish: string | null;
  readonly usage: Usage | null;
  /** The error that stood in the reply, or how it was cut. */
  readonly error: string | null;
}

/** Null: the bytes are no reply of this dialect. */
export function readReply(format: FormatId, bytes: Uint8Array): ReadableReply | null {
  const sniffer = createSniffer();
  const { kind } = sniffer.push(bytes) ?? sniffer.end();
  if (kind === "stream") {
    const events = streamed(format, bytes);
    return events.length === 0 ? null : fold(events);
  }
  if (kind !== "whole") return null;
  const parsed = parseJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
  // Google's stream without `alt=sse`: a list, whole or cut.
  if (startsList(bytes) && (!parsed.ok || Array.isArray(parsed.value)) && !saysError(parsed)) {
    return fold(streamed(format, bytes));
  }
  if (!parsed.ok) return null;
  const { provider } = formats[format];
  if (saysError(parsed)) {
    const { message } = provider.readError(200, [], bytes);
    return { model: null, parts: [], finish: null, usage: null, error: message };
  }
  const read = provider.readReply(parsed.value);
  return read.ok ? fold(replay(read.value)) : null;
}

function streamed(format: FormatId, bytes: Uint8Array): readonly StreamEvent[] {
  const { provider, replyReader } = formats[format];
  const reader = replyReader?.() ?? provider.streamReader();
  return [...reader.push(bytes), ...reader.end()];
}

function startsList(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 64)).toString("latin1").trimStart().startsWith("[");
}

function saysError(parsed: ReturnType<typeof parseJson>): boolean {
  if (!parsed.ok) return false;
  const outer: unknown = Array.isArray(parsed.value) ? parsed.value[0] : parsed.value;
  const error = own(outer, "error");
  if (isRecord(error) || (typeof error === "string" && error !== "") || own(outer, "type") === "error") return true;
  // Bare: AWS names the exception in `__type` or gives a `reason`, Connect gives a `code`.
  const isNamed = ["__type", "reason", "code"].some((name) => typeof own(outer, name) === "string");
  return isNamed && typeof own(outer, "message") === "string";
}

/** Blocks never overlap: what comes belongs to the last one that began. */
function fold(events: readonly StreamEvent[]): ReadableReply {
  const parts: { -readonly [Key in keyof ReadablePart]: ReadablePart[Key] }[] = [];
  let model: string | null = null;
  let finish: string | null = null;
  let usage: Usage | null = null;
  let error: string | null = null;
  const begin = (kind: ReadablePart["kind"], text = "", name?: string): void => {
    parts.push({ kind, text, ...(name === undefined ? {} : { name }) });
  };
  for (const event of events) {
    switch (event.type) {
      case "reply-start":
        model = event.model;
        usage = event.usage ?? null;
        break;
      case "text-start":
        begin("text");
        break;
      case "thinking-start":
        begin("thinking");
        break;
      case "refusal-start":
        begin("refusal");
        break;
      case "tool-start":
        begin("tool-call", "", event.name);
        break;
      case "text-delta":
      case "thinking-delta":
      case "refusal-delta":
      case "tool-delta": {
        const last = parts.at(-1);
        if (last !== undefined) last.text += event.text;
        break;
      }
      case "redacted-thinking":
        begin("thinking", "(encrypted)");
        break;
      case "image":
        begin("image", event.part.source.kind === "url" ? event.part.source.url : "(inline)");
        break;
      case "opaque":
        begin("other", event.part.text ?? "", event.part.name);
        break;
      case "text-end":
      case "thinking-end":
      case "refusal-end":
      case "tool-end":
      case "citation":
      case "dropped":
        break;
      case "usage":
        usage = event.usage;
        break;
      case "reply-end":
        finish = event.finish.raw ?? event.finish.reason;
        usage = event.usage;
        break;
      case "error":
        error = event.error.message;
        break;
      default:
        unreachable(event);
    }
  }
  return { model, parts, finish, usage, error };
}
