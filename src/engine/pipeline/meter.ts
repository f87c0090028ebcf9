/** Reads along on one reply and tells the flow: first token, model served, usage, losses, time spent translating. */
import type { Clock } from "../../base/clock.ts";
import type { FlowTap, Usage } from "../../base/flow.ts";
import { countFrames, estimatedUsage, saysNothing } from "./estimate-usage.ts";
import type { StreamEvent } from "../hub/stream.ts";

/** About four Latin letters. */
const lettersPerToken = 4;

export interface Meter {
  note(events: readonly StreamEvent[]): void;
  /** Bytes of a stream that are passed on unread. */
  passed(bytes: Uint8Array): void;
  /** Runs a piece of translation on the clock. */
  timed<T>(work: () => T): T;
  lost(losses: readonly string[]): void;
  served(model: string | null): void;
  usage(usage: Usage): void;
  /** What is known of it now. */
  used(): Usage | null;
  servedModel(): string | null;
  /** Tells what is known once the reply is over; a second call tells nothing. */
  close(): void;
}

/** @param requestBytes of the question to a model, for a guess where its provider tells no figures; null: no guess */
export function createMeter(tap: FlowTap, clock: Clock, requestBytes: number | null = null): Meter {
  let hasToken = false;
  let shownLength = 0;
  let frames = 0;
  let usage: Usage | null = null;
  let translatedMs: number | null = null;
  let isClosed = false;
  const losses = new Set<string>();

  let servedName: string | null = null;
  const served = (model: string | null): void => {
    servedName = model ?? servedName;
    if (model !== null) tap.tell({ type: "described", model: { served: model } });
  };
  return {
    note(events) {
      for (const event of events) {
        if ("text" in event) shownLength += event.text.length;
        if (!hasToken && isToken(event)) {
          hasToken = true;
          tap.tell({ type: "first-token" });
        }
        if (event.type === "reply-start") {
          served(event.model);
          usage = event.usage ?? usage;
        } else if (event.type === "usage" || event.type === "reply-end") usage = event.usage;
        else if (event.type === "dropped") losses.add(event.what);
      }
    },
    passed(bytes) {
      frames += countFrames(bytes);
    },
    timed(work) {
      const from = clock.monotonic();
      try {
        return work();
      } finally {
        translatedMs = (translatedMs ?? 0) + clock.monotonic() - from;
      }
    },
    lost(more) {
      for (const loss of more) losses.add(loss);
    },
    served,
    usage(known) {
      usage = known;
    },
    used: () => usage,
    servedModel: () => servedName,
    close() {
      if (isClosed) return;
      isClosed = true;
      if (requestBytes !== null && hasToken && saysNothing(usage)) {
        usage = estimatedUsage(requestBytes, Math.max(frames, shownLength / lettersPerToken));
      }
      if (usage !== null) tap.tell({ type: "usage", usage });
      if (losses.size > 0) tap.tell({ type: "losses", losses: [...losses] });
      if (translatedMs !== null) tap.tell({ type: "translated", ms: translatedMs });
    },
  };
}

/** What a reader of the answer would see move. */
function isToken(event: StreamEvent): boolean {
  return (
    event.type === "text-delta" ||
    event.type === "thinking-delta" ||
    event.type === "refusal-delta" ||
    event.type === "tool-start" ||
    event.type === "tool-delta"
  );
}
