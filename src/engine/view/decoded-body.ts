/**
 * A binary body as text for people and their tools: streams as server-sent events, one for each frame, messages as JSON. What
 * cannot be decoded is shown in hexadecimal. Made when somebody looks, of what was captured; it never throws. Nothing in it
 * is masked yet.
 */
import { parseJson } from "../../base/json.ts";
import { createEventFrameReader, type EventFrame } from "../codecs/aws-event-stream.ts";
import { binaryKind } from "../codecs/binary-kind.ts";
import { FramingError } from "../codecs/framing-error.ts";
import { eventOf } from "../formats/cursor/view/event.ts";
import { hexOf, plainFields, readableText } from "../formats/cursor/view/plain.ts";
import { messageNames, readEnvelopes, readMessage } from "../formats/cursor/view/read-body.ts";

export interface BinaryBody {
  /** Without its content-encoding. */
  readonly bytes: Uint8Array;
  readonly contentType: string | null;
  /** What `connect-content-encoding` said. */
  readonly envelopeEncoding?: string | null;
  /** Path and query of the call. */
  readonly target: string;
  readonly side: "request" | "reply";
}

export interface DecodedBody {
  /** `events`: server-sent events; `json`: one document. */
  readonly as: "events" | "json";
  readonly text: string;
  /** Of events: where each of them ended in the bytes. */
  readonly ends: readonly number[];
}

/** Decoding is synchronous: beyond this much of it the rest stays undecoded, and a note says so. */
const maxDecodedBytes = 2 * 1024 * 1024;
const maxDecodedFrames = 20_000;

/** Null: no binary body that is known here. */
export function decodedBody(body: BinaryBody): DecodedBody | null {
  const pieces = piecesOf(body);
  if (pieces === null) return null;
  const out: string[] = [];
  const ends: number[] = [];
  for (const { text, end, isEvent } of pieces.shown) {
    out.push(text);
    if (isEvent) ends.push(end);
  }
  return { as: pieces.as, text: out.join(""), ends };
}

/** The same text, decoded one frame after the other as it is asked for: for whoever lets others have their turn in between. */
export function decodedPieces(body: BinaryBody): Iterable<string> | null {
  const pieces = piecesOf(body);
  return pieces === null ? null : textsOf(pieces.shown);
}

function* textsOf(shown: Iterable<Shown>): Generator<string, void> {
  for (const { text } of shown) yield text;
}

function piecesOf(body: BinaryBody): { readonly as: DecodedBody["as"]; readonly shown: Iterable<Shown> } | null {
  if (body.bytes.byteLength === 0) return null;
  const kind = binaryKind(body.bytes, body.contentType);
  if (kind === null) return null;
  const isCut = body.bytes.byteLength > maxDecodedBytes;
  if (kind !== "message") return { as: "events", shown: frames(kind, body) };
  if (isCut) return null;
  return { as: "json", shown: [{ text: messageText(body.bytes, body), end: body.bytes.byteLength, isEvent: false }] };
}

function* frames(kind: "aws-events" | "envelopes", body: BinaryBody): Generator<Shown, void> {
  const bytes = body.bytes.subarray(0, maxDecodedBytes);
  let count = 0;
  for (const frame of kind === "aws-events" ? eventFrames(bytes) : envelopes(bytes, body)) {
    count += 1;
    if (count > maxDecodedFrames) {
      yield { text: comment(`the first ${maxDecodedFrames} messages are decoded`), end: frame.end, isEvent: false };
      break;
    }
    yield frame;
  }
  if (bytes.byteLength === body.bytes.byteLength) return;
  const text = comment(`the first ${maxDecodedBytes} bytes are decoded`);
  yield { text, end: bytes.byteLength, isEvent: false };
}

interface Shown {
  readonly text: string;
  readonly end: number;
  readonly isEvent: boolean;
}

function* eventFrames(bytes: Uint8Array): Generator<Shown, void> {
  const reader = createEventFrameReader();
  let at = 0;
  try {
    while (at < bytes.byteLength) {
      const end = frameEnd(bytes, at);
      const frames = reader.push(bytes.subarray(at, end));
      at = end;
      for (const frame of frames) yield { ...shownFrame(frame), end, isEvent: true };
    }
    reader.end();
  } catch (error) {
    if (!(error instanceof FramingError)) throw error;
    yield { text: trouble(error), end: bytes.byteLength, isEvent: error.reason !== "truncated" };
  }
}

function frameEnd(bytes: Uint8Array, at: number): number {
  if (at + 4 > bytes.byteLength) return bytes.byteLength;
  const length = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0);
  return Math.min(bytes.byteLength, at + Math.max(length, 4));
}

function shownFrame({ messageType, name, texts, payload }: EventFrame): { readonly text: string } {
  const isEvent = messageType === null || messageType === "event";
  const title = [isEvent ? null : messageType, name ?? "frame"].filter((word) => word !== null).join(" ");
  if (payload.byteLength > 0) return { text: event(title, oneLine(readableText(payload) ?? hexOf(payload))) };
  const said = texts[":error-message"];
  return { text: event(title, said === undefined ? "{}" : JSON.stringify({ message: said })) };
}

function* envelopes(bytes: Uint8Array, { target, side, envelopeEncoding }: BinaryBody): Generator<Shown, void> {
  for (const { seen, end } of readEnvelopes(bytes, messageNames(target, side), envelopeEncoding ?? null)) {
    if (seen.kind === "broken") {
      yield { text: seen.isCut ? comment(seen.why) : event("undecodable", seen.why), end, isEvent: !seen.isCut };
      continue;
    }
    const { name, data } = eventOf(seen);
    yield { text: event(name, data), end, isEvent: true };
  }
}

function messageText(bytes: Uint8Array, { target, side }: BinaryBody): string {
  const seen = readMessage(bytes, messageNames(target, side));
  if (seen.kind === "message") return eventOf(seen, "whole").data;
  return JSON.stringify(plainFields(bytes) ?? { undecodable: hexOf(bytes) });
}

function trouble(error: FramingError): string {
  return error.reason === "truncated" ? comment(error.message) : event("undecodable", error.message);
}

function event(name: string, data: string): string {
  return `event: ${oneLine(name)}\ndata: ${data}\n\n`;
}

function comment(text: string): string {
  return `: ${oneLine(text)}\n\n`;
}

/** A JSON document with line breaks in it keeps its meaning without them. */
function oneLine(text: string): string {
  if (!/[\r\n]/.test(text)) return text;
  const parsed = parseJson(text);
  return parsed.ok ? JSON.stringify(parsed.value) : text.replaceAll(/[\r\n]+/g, " ");
}
