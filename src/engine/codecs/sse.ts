/**
 * Server-sent events, read and written (WHATWG HTML §9.2). The reader takes bytes in any split and is as tolerant as
 * clients are: any line end, byte order mark, comments, several `data` lines, a last event without its blank line.
 * It knows nothing of JSON or of dialects.
 */
import { defaultLimits } from "../../base/limits.ts";
import type { EngineError } from "../errors/engine-error.ts";

export interface SseEvent {
  /** The `event` field, empty when the dialect does not use it. */
  readonly event: string;
  readonly data: string;
}

export interface SseReader {
  push(bytes: Uint8Array): readonly SseEvent[];
  /** The bytes are over: yields an event that still lacked its blank line. */
  end(): readonly SseEvent[];
  /** Set once one event outgrew the bound; from then on the reader yields nothing. */
  failure(): EngineError | null;
}

/** One event's lines. JSON stands in one; somebody's pretty-printed answer has some hundred. */
const maxSseEventLines = 100_000;

const none: readonly SseEvent[] = [];

/** `maxEventChars`: one event's size in UTF-16 units. */
export function createSseReader(maxEventChars: number = defaultLimits.sseEventBytes): SseReader {
  const decoder = new TextDecoder();
  let partialLine = "";
  let data: string | null = null;
  let event = "";
  let dataLines = 0;
  let lineFeedBelongsToLast = false;
  let failure: EngineError | null = null;

  const takeLine = (line: string, out: SseEvent[]): void => {
    if (line === "") {
      if (data !== null) out.push({ event, data });
      data = null;
      event = "";
      dataLines = 0;
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    if (field !== "data" && field !== "event") return;
    const value = colon < 0 ? "" : line.slice(line.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1);
    if (field === "event") event = value;
    else {
      dataLines += 1;
      data = data === null ? value : `${data}\n${value}`;
    }
  };

  const takeText = (text: string): readonly SseEvent[] => {
    if (text === "" || failure !== null) return none;
    let start = 0;
    if (lineFeedBelongsToLast) {
      if (text.charCodeAt(0) === 0x0a) start = 1;
      lineFeedBelongsToLast = false;
    }
    const out: SseEvent[] = [];
    // Each new character is looked at once per kind of line end; held text is never scanned again.
    let feed = text.indexOf("\n", start);
    let carriage = text.indexOf("\r", start);
    while (feed >= 0 || carriage >= 0) {
      const stop = feed < 0 || (carriage >= 0 && carriage < feed) ? carriage : feed;
      const piece = text.slice(start, stop);
      takeLine(partialLine === "" ? piece : partialLine + piece, out);
      partialLine = "";
      start = stop + 1;
      if (stop === carriage) {
        if (feed === start) start += 1;
        else if (start === text.length) lineFeedBelongsToLast = true;
        carriage = text.indexOf("\r", start);
      }
      if (feed >= 0 && feed < start) feed = text.indexOf("\n", start);
      if (isTooLarge(0)) return out;
    }
    if (start < text.length) partialLine += start === 0 ? text : text.slice(start);
    isTooLarge(partialLine.length);
    return out;
  };

  const isTooLarge = (lineChars: number): boolean => {
    const chars = (data === null ? 0 : data.length) + event.length + lineChars;
    if (chars <= maxEventChars && dataLines <= maxSseEventLines) return false;
    const bound = chars > maxEventChars ? `limits.sse_event_bytes (${maxEventChars})` : `${maxSseEventLines} lines`;
    failure = { kind: "too-large", message: `one event of the stream is larger than ${bound}` };
    partialLine = "";
    data = null;
    return true;
  };

  return {
    push: (bytes) => takeText(decoder.decode(bytes, { stream: true })),
    end() {
      const out = [...takeText(decoder.decode())];
      if (failure !== null) return out;
      if (partialLine !== "") takeLine(partialLine, out);
      partialLine = "";
      takeLine("", out);
      return out;
    },
    failure: () => failure,
  };
}

/** A frame with its data line only; `data` must not hold line ends (JSON text never does). */
export function sseData(data: string): Uint8Array {
  return Buffer.from(`data: ${data}\n\n`);
}

/** A frame with its `event` line, for dialects whose clients ignore frames without one. */
export function sseEvent(event: string, data: string): Uint8Array {
  return Buffer.from(`event: ${event}\ndata: ${data}\n\n`);
}

/** A comment: every SSE client ignores it. */
export const sseComment: Uint8Array = Buffer.from(": keep-alive\n\n");
