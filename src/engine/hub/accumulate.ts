/** A stream of hub events as one whole reply: for clients that asked for no stream, and for tests. */
import type { EngineError } from "../errors/engine-error.ts";
import { unreachable } from "../../base/unreachable.ts";
import type { AssistantPart, Citation, Provenance } from "./message.ts";
import { loss } from "./losses.ts";
import type { HubReply } from "./reply.ts";
import type { StreamEvent } from "./stream.ts";

export type Accumulated =
  | { readonly ok: true; readonly value: HubReply }
  | { readonly ok: false; readonly error: EngineError };

interface Accumulator {
  push(event: StreamEvent): void;
  /** The reply, or why there is none: the stream's own error, or that it had no end. */
  result(): Accumulated;
}

function createAccumulator(): Accumulator {
  let id: string | null = null;
  let model: string | null = null;
  const parts: AssistantPart[] = [];
  const losses: string[] = [];
  let open = "";
  let citations: Citation[] = [];
  let call: { id: string; name: string; kind: "function" | "custom" } | null = null;
  let outcome: Accumulated | null = null;

  const end = (part: AssistantPart): void => {
    parts.push(part);
    open = "";
    citations = [];
    call = null;
  };

  return {
    push(event) {
      if (outcome !== null) return;
      switch (event.type) {
        case "reply-start":
          id = event.id;
          model = event.model;
          return;
        case "text-start":
        case "thinking-start":
        case "refusal-start":
          open = "";
          return;
        case "tool-start":
          open = "";
          call = { id: event.id, name: event.name, kind: event.kind };
          return;
        case "text-delta":
        case "thinking-delta":
        case "refusal-delta":
        case "tool-delta":
          open += event.text;
          return;
        case "text-end":
          return end({
            type: "text",
            text: open,
            ...(citations.length === 0 ? {} : { citations }),
            ...signed(event),
          });
        case "citation":
          citations.push(event.citation);
          return;
        case "thinking-end":
          return end({
            type: "thinking",
            text: open,
            ...signed(event),
          });
        case "refusal-end":
          return end({ type: "refusal", text: open });
        case "tool-end":
          if (call !== null) end({ type: "tool-call", ...call, arguments: open, ...signed(event) });
          return;
        case "redacted-thinking":
          return end({ type: "redacted-thinking", data: event.data, from: event.from });
        case "opaque":
        case "image":
          return end(event.part);
        case "usage":
          return;
        case "dropped":
          losses.push(loss("reply", event.what));
          return;
        case "reply-end":
          outcome = { ok: true, value: { id, model, parts, finish: event.finish, usage: event.usage, losses } };
          return;
        case "error":
          outcome = { ok: false, error: event.error };
          return;
        default:
          return unreachable(event);
      }
    },
    result: () =>
      outcome ?? { ok: false, error: { kind: "truncated", message: "the reply ended before its end was announced" } },
  };
}

/** What a block's end says about whose it is; absent fields stay absent. */
function signed(event: Signed): Signed {
  return {
    ...(event.signature === undefined ? {} : { signature: event.signature }),
    ...(event.from === undefined ? {} : { from: event.from }),
    ...(event.itemId === undefined ? {} : { itemId: event.itemId }),
  };
}

interface Signed {
  readonly signature?: string;
  readonly from?: Provenance;
  readonly itemId?: string;
}

export function accumulate(events: Iterable<StreamEvent>): Accumulated {
  const accumulator = createAccumulator();
  for (const event of events) accumulator.push(event);
  return accumulator.result();
}
