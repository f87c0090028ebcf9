/** Says how a stream of hub events breaks the grammar of stream.ts. For the contract suite and for fakes in tests. */
import { unreachable } from "../../../base/unreachable.ts";
import type { StreamEvent } from "../stream.ts";
import type { Usage } from "../usage.ts";

/** Every violation in order, in words; empty when the stream is well formed. */
export function checkStream(events: readonly StreamEvent[]): readonly string[] {
  const faults: string[] = [];
  let started = false;
  let over = false;
  let next = 0;
  let open: { readonly kind: string; readonly block: number } | null = null;

  const begin = (kind: string, block: number): void => {
    if (open !== null) faults.push(`${kind} ${block} begins while ${open.kind} ${open.block} is open`);
    if (block !== next) faults.push(`${kind} has number ${block}, expected ${next}`);
    next = block + 1;
    open = { kind, block };
  };
  const inside = (kind: string, block: number): void => {
    if (open === null || open.kind !== kind || open.block !== block) faults.push(`${kind} ${block} is not open`);
  };

  for (const [at, event] of events.entries()) {
    if (over) faults.push(`${event.type} after the end`);
    if (!started && event.type !== "reply-start" && !(event.type === "error" && at === 0)) {
      faults.push(`${event.type} before reply-start`);
    }
    switch (event.type) {
      case "reply-start":
        if (started) faults.push("a second reply-start");
        started = true;
        break;
      case "text-start":
      case "thinking-start":
      case "refusal-start":
        begin(event.type.slice(0, -"-start".length), event.block);
        break;
      case "tool-start":
        begin("tool", event.block);
        if (event.id === "") faults.push(`tool ${event.block} has no id`);
        if (event.name === "") faults.push(`tool ${event.block} has no name`);
        break;
      case "text-delta":
      case "thinking-delta":
      case "refusal-delta":
      case "tool-delta":
        inside(event.type.slice(0, -"-delta".length), event.block);
        break;
      case "text-end":
      case "thinking-end":
      case "refusal-end":
      case "tool-end":
        inside(event.type.slice(0, -"-end".length), event.block);
        open = null;
        break;
      case "citation":
        inside("text", event.block);
        break;
      case "redacted-thinking":
      case "image":
      case "opaque":
        begin(event.type, event.block);
        open = null;
        break;
      case "usage":
        faults.push(...checkUsage(event.usage));
        break;
      case "dropped":
        break;
      case "reply-end":
        if (open !== null) faults.push("reply-end while a block is open");
        faults.push(...checkUsage(event.usage));
        over = true;
        break;
      case "error":
        over = true;
        break;
      default:
        unreachable(event);
    }
  }
  if (!over) faults.push("neither reply-end nor error");
  return faults;
}

function checkUsage(usage: Usage): readonly string[] {
  const faults: string[] = [];
  for (const key of ["input", "output", "cacheRead", "cacheWrite", "reasoning"] as const) {
    const count = usage[key];
    if (!Number.isSafeInteger(count) || count < 0) faults.push(`usage ${key} is ${count}`);
  }
  return faults;
}
