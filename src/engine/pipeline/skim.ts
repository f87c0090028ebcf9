/**
 * Reads along on a stream whose bytes are only passed on: closely up to its first useful event, because until then
 * another target may still be asked, and after that its end alone. Parsing every delta of a stream that nobody rewrites
 * took most of this lane's time (measured, late 2026).
 */
import type { EngineError } from "../errors/engine-error.ts";
import type { Format, StreamReader } from "../formats/format.ts";
import type { StreamEvent } from "../hub/stream.ts";
import { noUsage, type Usage } from "../hub/usage.ts";
import { isUseful } from "./useful.ts";

/** The last frame of a Responses stream repeats the whole answer; nothing else comes near. */
const maxTailBytes = 1024 * 1024;
/** So many frames hold the end of every dialect's stream: finish, figures, terminal. */
const lastFrames = 4;

const none: readonly StreamEvent[] = [];

/** For server-sent events; other framings cannot be picked up in the middle. */
export function createSkim(format: Format, contentType: string): StreamReader {
  const opening = format.provider.streamReader();
  let isOpen = true;
  let usage = noUsage;
  let tail: Uint8Array[] = [];
  let tailBytes = 0;
  let dropped = 0;

  const note = (events: readonly StreamEvent[]): readonly StreamEvent[] => {
    for (const event of events) {
      if (event.type === "usage" || event.type === "reply-end") usage = event.usage;
      else if (event.type === "reply-start") usage = event.usage ?? usage;
    }
    return events;
  };

  return {
    push(bytes) {
      tail.push(bytes);
      tailBytes += bytes.byteLength;
      if (isOpen) {
        const events = note(opening.push(bytes));
        // A stream that is over already needs no second look, and an error is for the caller to act on.
        if (!events.some(isUseful) || events.some(isEnd)) return events;
        isOpen = false;
        return events;
      }
      while (tailBytes - (tail[dropped]?.byteLength ?? 0) > maxTailBytes) {
        tailBytes -= tail[dropped]?.byteLength ?? 0;
        dropped += 1;
      }
      if (dropped > 256) {
        tail = tail.slice(dropped);
        dropped = 0;
      }
      return none;
    },
    end: () =>
      isOpen ? note(opening.end()) : readTail(format, contentType, Buffer.concat(tail.slice(dropped)), usage),
  };
}

function isEnd(event: StreamEvent): boolean {
  return event.type === "reply-end" || event.type === "error";
}

function readTail(format: Format, contentType: string, tail: Buffer, before: Usage): readonly StreamEvent[] {
  const from = startOfLast(tail, lastFrames);
  const near = from === null ? null : ending(format, contentType, tail.subarray(from), before);
  return near ?? ending(format, contentType, fromFrame(tail), before) ?? [{ type: "error", error: truncated }];
}

/** Where the last frames begin, found from the end; null when there are not so many. */
function startOfLast(tail: Buffer, frames: number): number | null {
  let at = tail.length;
  // The blank line behind the last frame counts as well.
  for (let seen = 0; seen <= frames; seen += 1) {
    const feed = tail.lastIndexOf("\n\n", at - 1);
    const carriage = tail.lastIndexOf("\r\n\r\n", at - 1);
    at = Math.max(feed, carriage);
    if (at <= 0) return null;
  }
  return at + (tail[at] === 0x0d ? 4 : 2);
}

const truncated: EngineError = {
  kind: "truncated",
  message: "the upstream closed the stream before the reply was finished",
};

/** How these last frames end the reply; null when they do not. */
function ending(format: Format, contentType: string, frames: Buffer, before: Usage): readonly StreamEvent[] | null {
  const seen = format.observe(frames, contentType);
  // The dialects' errors all have this word in them, and few answers have.
  if (seen.finish === null || frames.includes('"error"')) {
    const reader = format.provider.streamReader();
    const events = [...reader.push(frames), ...reader.end()];
    const last = events[events.length - 1];
    if (last?.type === "reply-end") return [{ ...last, usage: merged(before, last.usage) }];
    // What a reader makes of a stream's second half is no finding: only an error that the provider itself sent is one.
    if (last?.type === "error" && last.error.kind !== "truncated" && last.error.kind !== "protocol") return [last];
  }
  if (seen.finish === null) return null;
  return [{ type: "reply-end", finish: { reason: "unknown", raw: seen.finish }, usage: merged(before, seen.usage) }];
}

/** Claude counts the question in its first frame and the answer in its last. */
function merged(before: Usage, after: Usage | null): Usage {
  if (after === null) return before;
  if (after.input > 0) return after;
  return { ...after, input: before.input, cacheRead: before.cacheRead, cacheWrite: before.cacheWrite };
}

/** From behind the first end of a frame; all of it when there is none. */
function fromFrame(bytes: Buffer): Buffer {
  const ends = [bytes.indexOf("\n\n"), bytes.indexOf("\r\n\r\n"), bytes.indexOf("\r\r")].filter((at) => at >= 0);
  if (ends.length === 0) return bytes;
  const at = Math.min(...ends);
  return bytes.subarray(at + (bytes[at] === 0x0d && bytes[at + 1] === 0x0a ? 4 : 2));
}
