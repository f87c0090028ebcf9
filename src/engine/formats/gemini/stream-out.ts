/**
 * Hub events → a stream of `GenerateContentResponse` chunks: server-sent events for calls with `alt=sse` (no `event:`
 * line, no `[DONE]`: the official client fails on both), else one JSON list that is closed with the reply. A call is one
 * part, told when it is whole. The last chunk always has a part and a role: without them the official client throws the
 * turn away (measured with 2.32, late 2026).
 */
import type { HeaderPairs } from "../../../base/http.ts";
import { unreachable } from "../../../base/unreachable.ts";
import { sseComment } from "../../codecs/sse.ts";
import { createLosses } from "../../hub/losses.ts";
import type { Citation } from "../../hub/message.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import { eventStreamHeaders } from "../event-stream.ts";
import type { StreamWriter, WriterOptions } from "../format.ts";
import { ownMetadata, writeGrounding, type PlacedCitation } from "./citations.ts";
import { writeErrorBody } from "./errors.ts";
import { writeEnd } from "./finish.ts";
import { callPart, createStep, hidesThoughts, imagePart, opaquePart, signatureField } from "./parts-out.ts";
import { wantsSse } from "./target.ts";
import { writeUsage } from "./usage.ts";

/** Plain as Google's own API answers, or each chunk in Code Assist's envelope. */
export type Envelope = "plain" | "code-assist";

const none: readonly Uint8Array[] = [];
const lineBreak: Uint8Array = Buffer.from("\n");

const listHeaders: HeaderPairs = [
  ["content-type", "application/json; charset=utf-8"],
  ["cache-control", "no-cache"],
  ["x-accel-buffering", "no"],
];

export function streamHeaders(target: string): HeaderPairs {
  return wantsSse(target) ? eventStreamHeaders : listHeaders;
}

/** What stands around each chunk's own fields. */
export function enveloped(envelope: Envelope, traceId: string): { readonly head: string; readonly tail: string } {
  if (envelope === "plain") return { head: "", tail: "" };
  return { head: '{"response":', tail: `,"traceId":${JSON.stringify(traceId)}}` };
}

export function createStreamWriter(options: WriterOptions, envelope: Envelope = "plain"): StreamWriter {
  const losses = createLosses();
  const hides = hidesThoughts(options.request);
  const step = createStep();
  const isSse = wantsSse(options.target);
  const frameTail = isSse ? "\n\n" : "\n";
  let frameHead = isSse ? "data: " : "[";
  let outer = enveloped(envelope, options.fallbackId);
  let shared = "";
  let candidateHead = "";
  let chunkTail = "";
  let call: { id: string; name: string; kind: "function" | "custom"; arguments: string } | null = null;
  let malformedCall: string | null = null;
  let hasRefused = false;
  let hasSaid = false;
  let hasWords = false;
  let isOver = false;
  let text = "";
  let blockStart = 0;
  const foreign: PlacedCitation[] = [];
  const shown = new Set<unknown>();

  /** `body` has been through `line`. */
  const frame = (body: string, tail = frameTail): Uint8Array => {
    const bytes = Buffer.from(frameHead + body + tail);
    if (!isSse) frameHead = ",\n";
    return bytes;
  };
  const line = isSse ? onOneLine : (json: string): string => json;
  const lastTail = isSse ? frameTail : "]\n";

  const begin = (id: string | null): void => {
    const responseId = id === null || id === "" ? options.fallbackId : id;
    outer = enveloped(envelope, responseId);
    shared = JSON.stringify({ modelVersion: options.model, responseId }).slice(1, -1);
    candidateHead = `${outer.head}{"candidates":[{"content":{"parts":[`;
    chunkTail = line(`],"role":"model"},"index":0}],${shared}}${outer.tail}`);
  };

  const whole = (fields: object): string =>
    line(`${outer.head}${JSON.stringify(fields).slice(0, -1)},${shared}}${outer.tail}`);
  const thought = (part: string): Uint8Array => {
    hasSaid = true;
    return frame(candidateHead + line(part) + chunkTail);
  };
  const chunk = (part: string): Uint8Array => {
    hasWords = true;
    return thought(part);
  };
  const maybe = (part: string | null): readonly Uint8Array[] => (part === null ? none : [chunk(part)]);

  /** Google's own metadata at once and whole; others' citations wait until the text they stand in is complete. */
  const cite = (citation: Citation): readonly Uint8Array[] => {
    const own = ownMetadata(citation);
    if (own === null) {
      foreign.push({ citation, text: "", blockStart });
      if (citation.url === undefined && citation.title === undefined) {
        losses.add("citation", "a citation that names no source has no form here");
      }
      return none;
    }
    if (shown.has(citation.raw)) return none;
    shown.add(citation.raw);
    const content = { parts: [{ text: "" }], role: "model" };
    return [frame(whole({ candidates: [{ content, index: 0, ...own }] }))];
  };

  const endCall = (event: Extract<StreamEvent, { type: "tool-end" }>): readonly Uint8Array[] => {
    if (call === null) return none;
    const part = callPart({ ...call, ...event }, step, losses);
    if (part === null) {
      losses.add("tool-arguments", `the arguments of ${call.name} are no JSON object; the call was left out`);
      malformedCall = `${call.name}(${call.arguments.slice(0, 300)})`;
    }
    call = null;
    return maybe(part);
  };

  const end = (event: Extract<StreamEvent, { type: "reply-end" }>): readonly Uint8Array[] => {
    const told = { refusal: hasRefused, malformedCall, anything: hasSaid, words: hasWords };
    const { candidate, text: why, promptFeedback } = writeEnd(event.finish, told);
    const usageMetadata = writeUsage(event.usage, options.usageBuffer);
    if (candidate === null) return [frame(whole({ promptFeedback, usageMetadata }), lastTail)];
    const groundingMetadata = writeGrounding(foreign.map((placed) => ({ ...placed, text })));
    const grounded = groundingMetadata === null ? {} : { groundingMetadata };
    const content = { parts: [{ text: why }], role: "model" };
    return [frame(whole({ candidates: [{ content, ...candidate, index: 0, ...grounded }], usageMetadata }), lastTail)];
  };

  const write = (event: StreamEvent): readonly Uint8Array[] => {
    switch (event.type) {
      case "reply-start":
        begin(event.id);
        return none;
      case "text-start":
        blockStart = text.length;
        return none;
      case "refusal-delta":
        hasRefused = true;
        text += event.text;
        return [chunk(`{"text":${JSON.stringify(event.text)}}`)];
      case "text-delta":
        text += event.text;
        return [chunk(`{"text":${JSON.stringify(event.text)}}`)];
      case "thinking-delta":
        return hides ? none : [thought(`{"text":${JSON.stringify(event.text)},"thought":true}`)];
      case "text-end":
      case "thinking-end": {
        step.note(event.from);
        const signature = signatureField(event, losses);
        if (signature === "") return none;
        return event.type === "text-end"
          ? [chunk(`{"text":""${signature}}`)]
          : [thought(`{"text":"","thought":true${signature}}`)];
      }
      case "citation":
        return cite(event.citation);
      case "tool-start":
        call = { id: event.id, name: event.name, kind: event.kind, arguments: "" };
        return none;
      case "tool-delta":
        if (call !== null) call.arguments += event.text;
        return none;
      case "tool-end":
        return endCall(event);
      case "redacted-thinking":
        losses.add("thinking", "encrypted thinking has no form here");
        return none;
      case "image":
        step.note(event.part.from);
        return [chunk(imagePart(event.part, losses))];
      case "opaque":
        step.note({ format: event.part.from });
        return maybe(opaquePart(event.part, losses));
      case "thinking-start":
      case "refusal-start":
      case "refusal-end":
      case "usage":
      case "dropped":
        return none;
      case "reply-end":
        isOver = true;
        return end(event);
      case "error":
        isOver = true;
        return [frame(line(writeErrorBody(event.error)), lastTail)];
      default:
        return unreachable(event);
    }
  };

  return {
    push: (event) => (isOver ? none : write(event)),
    keepAlive: () => (isSse ? sseComment : lineBreak),
    losses: () => losses.list(),
  };
}

/** Python's `splitlines`, with which HTTP clients read events, ends lines at these too; JSON need not hold them bare. */
const lineEnds = [
  ["\u2028", "\\u2028"],
  ["\u2029", "\\u2029"],
  ["\u0085", "\\u0085"],
] as const;

function onOneLine(json: string): string {
  let line = json;
  for (const [bare, escaped] of lineEnds) if (line.includes(bare)) line = line.replaceAll(bare, escaped);
  return line;
}
