/** Stop sequences the upstream could not be told about: the text is cut where the first of them begins. */
import type { AssistantPart } from "./message.ts";
import type { HubReply } from "./reply.ts";
import type { EventStage } from "./restore.ts";
import type { Finish, StreamEvent } from "./stream.ts";

/** Everything after the cut is swallowed; the usage of the whole reply is still told at the end. */
export function createStopCut(stops: readonly string[]): EventStage {
  let held = "";
  let hit: string | null = null;
  return (event) => {
    if (hit !== null) return afterCut(event, hit);
    if (event.type === "text-delta") {
      const text = held + event.text;
      const found = firstStop(text, stops);
      if (found !== null) {
        hit = found.stop;
        held = "";
        return [...delta(event.block, text.slice(0, found.at)), { type: "text-end", block: event.block }];
      }
      const keep = startedStop(text, stops);
      held = text.slice(text.length - keep);
      return delta(event.block, text.slice(0, text.length - keep));
    }
    if (event.type === "text-end" && held !== "") {
      const text = held;
      held = "";
      return [...delta(event.block, text), event];
    }
    return [event];
  };
}

export function cutReply(reply: HubReply, stops: readonly string[]): HubReply {
  if (stops.length === 0) return reply;
  const parts: AssistantPart[] = [];
  for (const part of reply.parts) {
    const found = part.type === "text" ? firstStop(part.text, stops) : null;
    if (part.type !== "text" || found === null) {
      parts.push(part);
      continue;
    }
    if (found.at > 0) parts.push({ ...part, text: part.text.slice(0, found.at) });
    return { ...reply, parts, finish: cutFinish(reply.finish, found.stop) };
  }
  return reply;
}

function delta(block: number, text: string): readonly StreamEvent[] {
  return text === "" ? [] : [{ type: "text-delta", block, text }];
}

function afterCut(event: StreamEvent, stop: string): readonly StreamEvent[] {
  if (event.type === "reply-end") return [{ ...event, finish: cutFinish(event.finish, stop) }];
  return event.type === "error" || event.type === "usage" ? [event] : [];
}

function cutFinish(finish: Finish, stop: string): Finish {
  return { reason: "stop-sequence", raw: finish.raw, stopSequence: stop };
}

function firstStop(text: string, stops: readonly string[]): { at: number; stop: string } | null {
  let first: { at: number; stop: string } | null = null;
  for (const stop of stops) {
    const at = text.indexOf(stop);
    if (at >= 0 && (first === null || at < first.at)) first = { at, stop };
  }
  return first;
}

/** Length of the longest tail that could still become a stop sequence. */
function startedStop(text: string, stops: readonly string[]): number {
  let longest = 0;
  for (const stop of stops) {
    for (let size = Math.min(stop.length - 1, text.length); size > longest; size -= 1) {
      if (text.endsWith(stop.slice(0, size))) longest = size;
    }
  }
  return longest;
}
