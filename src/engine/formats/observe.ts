/** The walk over a passed-through answer that all formats share: which frames to look into is theirs to say. */
import { parseJson } from "../../base/json.ts";
import { createSseReader, type SseEvent } from "../codecs/sse.ts";
import type { Observed } from "./format.ts";

export interface Observer {
  whole(body: unknown): Observed;
  /** Called for each frame with what is known so far; must be cheap for frames of no interest. Null: it is not JSON. */
  frame(seen: Observed, event: string, data: string): Observed | null;
}

/** A whole answer beyond this is not looked at. */
const maxObservedBytes = 16 * 1024 * 1024;
/**
 * Of a stream only so much of its beginning (the model) and of its end (the usage) is. It is read in one go, and whatever
 * the relay carries waits meanwhile: a stream of the smallest frames there are costs 100 ms for each MB.
 */
const edgeBytes = 1024 * 1024;
/** Frames that are not JSON, after which it is no stream of this dialect: to find that out costs ten times a good frame. */
const maxForeignFrames = 64;

const nothing: Observed = { model: null, usage: null, finish: null };

export function observeBody(body: Uint8Array, contentType: string, observer: Observer): Observed {
  if (!contentType.toLowerCase().includes("event-stream")) {
    if (body.byteLength > maxObservedBytes) return nothing;
    const parsed = parseJson(new TextDecoder().decode(body));
    return parsed.ok ? observer.whole(parsed.value) : nothing;
  }
  const pieces = body.byteLength <= 2 * edgeBytes ? [body] : [body.subarray(0, edgeBytes), body.subarray(-edgeBytes)];
  let seen = nothing;
  for (const piece of pieces) {
    const reader = createSseReader();
    let foreign = 0;
    const take = (events: readonly SseEvent[]): void => {
      for (const { event, data } of events) {
        if (foreign > maxForeignFrames) return;
        const next = observer.frame(seen, event, data);
        if (next === null) foreign += 1;
        else seen = next;
      }
    };
    take(reader.push(piece));
    take(reader.end());
  }
  return seen;
}
