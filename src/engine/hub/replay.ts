/** A whole reply as a stream of hub events: for clients that asked for a stream of an upstream that answered at once. */
import { unreachable } from "../../base/unreachable.ts";
import type { AssistantPart, Provenance } from "./message.ts";
import type { HubReply } from "./reply.ts";
import type { StreamEvent } from "./stream.ts";

export function replay(reply: HubReply): readonly StreamEvent[] {
  return [
    { type: "reply-start", id: reply.id, model: reply.model, usage: reply.usage },
    ...reply.losses.map((what): StreamEvent => ({ type: "dropped", what })),
    ...reply.parts.flatMap(eventsOf),
    { type: "reply-end", finish: reply.finish, usage: reply.usage },
  ];
}

function eventsOf(part: AssistantPart, block: number): readonly StreamEvent[] {
  switch (part.type) {
    case "text":
      return [
        { type: "text-start", block },
        ...deltas("text-delta", block, part.text),
        ...(part.citations ?? []).map((citation): StreamEvent => ({ type: "citation", block, citation })),
        { type: "text-end", block, ...signed(part) },
      ];
    case "thinking":
      return [
        { type: "thinking-start", block },
        ...deltas("thinking-delta", block, part.text),
        { type: "thinking-end", block, ...signed(part) },
      ];
    case "redacted-thinking":
      return [{ type: "redacted-thinking", block, data: part.data, from: part.from }];
    case "refusal":
      return [
        { type: "refusal-start", block },
        ...deltas("refusal-delta", block, part.text),
        { type: "refusal-end", block },
      ];
    case "tool-call":
      return [
        { type: "tool-start", block, id: part.id, name: part.name, kind: part.kind },
        ...deltas("tool-delta", block, part.arguments),
        { type: "tool-end", block, ...signed(part) },
      ];
    case "opaque":
      return [{ type: "opaque", block, part }];
    case "image":
      return [{ type: "image", block, part }];
    default:
      return unreachable(part);
  }
}

interface Signed {
  readonly signature?: string;
  readonly from?: Provenance;
  readonly itemId?: string;
}

function signed(part: Signed): Signed {
  return {
    ...(part.signature === undefined ? {} : { signature: part.signature }),
    ...(part.from === undefined ? {} : { from: part.from }),
    ...(part.itemId === undefined ? {} : { itemId: part.itemId }),
  };
}

function deltas(
  type: "text-delta" | "thinking-delta" | "refusal-delta" | "tool-delta",
  block: number,
  text: string,
): readonly StreamEvent[] {
  return text === "" ? [] : [{ type, block, text }];
}
