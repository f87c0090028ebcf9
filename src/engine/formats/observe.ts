/** The walk over a passed-through answer that all formats share: which frames to look into is theirs to say. */
import { parseJson } from "../../base/json.ts";
import { createSseReader, type SseEvent } from "../codecs/sse.ts";
import type { Observed } from "./format.ts";

export interface Observer {
  whole(body: unknown): Observed;
  /** Called for each frame with what is known so far; must be cheap for frames of no interest. */
  frame(seen: Observed, event: string, data: string): Observed;
}

/** Beyond this only the beginning (the model) and the end (the usage) of a stream are looked at. */
const maxObservedBytes = 16 * 1024 * 1024;
const edgeBytes = 1024 * 1024;

const nothing: Observed = { model: null, usage: null, finish: null };

export function observeBody(body: Uint8Array, contentType: string, observer: Observer): Observed {
  if (!contentType.toLowerCase().includes("event-stream")) {
    if (body.byteLength > maxObservedBytes) return nothing;
    const parsed = parseJson(new TextDecoder().decode(body));
    return parsed.ok ? observer.whole(parsed.value) : nothing;
  }
  const pieces =
    body.byteLength <= maxObservedBytes ? [body] : [body.subarray(0, edgeBytes), body.subarray(-edgeBytes)];
  let seen = nothing;
  for (const piece of pieces) {
    const reader = createSseReader();
    const take = (events: readonly SseEvent[]): void => {
      for (const { event, data } of events) seen = observer.frame(seen, event, data);
    };
    take(reader.push(piece));
    take(reader.end());
  }
  return seen;
}
