/**
 * A streamed answer's bytes as the JSON texts it is made of. With `alt=sse` those are server-sent events, without it the
 * elements of one JSON list, cut anywhere. An error in the middle of an event stream comes bare, without `data:`
 * (late 2026, the official client looks for it too), so bare JSON is found there as well.
 */
import { createSseReader, type SseEvent, type SseReader } from "../../codecs/sse.ts";
import type { EngineError } from "../../errors/engine-error.ts";

/** A picture comes whole in one chunk, as base64. */
const maxFrameChars = 32 * 1024 * 1024;

const none: readonly SseEvent[] = [];

export function createFrameReader(maxChars = maxFrameChars): SseReader {
  const sse = createSseReader(maxChars);
  const list = createListReader(maxChars);
  let form: "unknown" | "events" | "list" = "unknown";
  let endedLine = true;

  const push = (bytes: Uint8Array): readonly SseEvent[] => {
    if (form === "list") return list.push(bytes);
    if (form === "unknown") {
      const start = bytes.findIndex((byte) => !skipped.has(byte));
      if (start < 0) return none;
      form = isBracket(bytes[start]) ? "list" : "events";
      return push(bytes.subarray(start));
    }
    const bare = bareJsonAt(bytes, endedLine);
    endedLine = bytes[bytes.length - 1] === lineFeed || (bytes.length === 0 && endedLine);
    if (bare < 0) return sse.push(bytes);
    form = "list";
    return [...sse.push(bytes.subarray(0, bare)), ...list.push(bytes.subarray(bare))];
  };

  return {
    push,
    end: () => [...sse.end(), ...list.end()],
    failure: () => sse.failure() ?? list.failure(),
  };
}

/** White space and the byte order mark. */
const skipped: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);
const lineFeed = 0x0a;

function isBracket(byte: number | undefined): boolean {
  return byte === 0x5b || byte === 0x7b;
}

/** Where a line begins with a bracket; no field of an event stream does. */
function bareJsonAt(bytes: Uint8Array, startsLine: boolean): number {
  if (startsLine && isBracket(bytes[0])) return 0;
  for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) {
    if (isBracket(bytes[at + 1])) return at + 1;
  }
  return -1;
}

/** The objects of a list, or objects one behind the other; whatever stands between them is passed over. */
function createListReader(maxChars: number): SseReader {
  const decoder = new TextDecoder();
  let held = "";
  let depth = 0;
  let inString = false;
  let escaped = false;
  let failure: EngineError | null = null;

  const take = (text: string): readonly SseEvent[] => {
    if (failure !== null) return none;
    const out: SseEvent[] = [];
    let start = 0;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (inString) {
        if (escaped) escaped = false;
        else if (code === 0x5c) escaped = true;
        else if (code === 0x22) inString = false;
      } else if (code === 0x22) inString = depth > 0;
      else if (code === 0x7b || (code === 0x5b && depth > 0)) {
        if (depth === 0) start = index;
        depth += 1;
      } else if ((code === 0x7d || code === 0x5d) && depth > 0) {
        depth -= 1;
        if (depth > 0) continue;
        out.push({ event: "", data: held + text.slice(start, index + 1) });
        held = "";
      }
    }
    if (depth > 0) held += text.slice(start);
    if (held.length > maxChars) {
      failure = { kind: "too-large", message: `one chunk of the stream is larger than ${maxChars} characters` };
      held = "";
    }
    return out;
  };

  return {
    push: (bytes) => take(decoder.decode(bytes, { stream: true })),
    end: () => take(decoder.decode()),
    failure: () => failure,
  };
}
