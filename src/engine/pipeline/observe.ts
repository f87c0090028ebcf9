/** What a passed-through call was about, read from its captured bodies after it was over. */
import type { ClientId, FlowFact } from "../../base/flow.ts";
import type { RequestHead } from "../../base/http.ts";
import { isRecord, own, parseJson } from "../../base/json.ts";
import type { Format, Observed, SeenRequest } from "../formats/format.ts";
import { formats } from "../formats/table.ts";
import { detectCall } from "./detect-call.ts";
import { countFrames, estimatedUsage, saysNothing } from "./estimate-usage.ts";
import { sessionOf, sessionOfName } from "./session.ts";

export interface ObservedReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
}

export interface Observation {
  readonly facts: readonly FlowFact[];
  /**
   * This request is one of several that make one call together: what it knows of the call is true of the others as well.
   * `answers`: its reply is the answer; there is one of it.
   */
  readonly call?: { readonly id: string; readonly part: "says" | "answers"; readonly facts: readonly FlowFact[] };
}

type Head = RequestHead & { readonly client: ClientId };

const unseen: Observed = { model: null, usage: null, finish: null };

export function observe(head: Head, requestBody: Uint8Array, reply: ObservedReply): Observation {
  const detected = detectCall(head);
  if (detected === null) return { facts: [] };
  const format = formats[detected.format];
  const { session, ...asked } = seenBinary(format, head, requestBody) ?? seenJson(format, head, requestBody);
  const seen = reply.status < 400 ? format.observe(reply.body, reply.contentType, head.target) : unseen;
  const usage = usageOf(format, seen, requestBody, reply);
  const shared: readonly FlowFact[] = [
    ...(asked.model === null ? [] : [{ type: "described", model: { asked: asked.model } } as const]),
    ...(session === null ? [] : [{ type: "described", session } as const]),
  ];
  return {
    facts: [
      {
        type: "described",
        formats: { client: format.id, upstream: format.id },
        model: { asked: asked.model, served: seen.model },
        ...(session === null ? {} : { session }),
        ...(seen.error === undefined ? {} : { error: seen.error }),
      },
      ...(usage === null ? [] : [{ type: "usage", usage } as const]),
    ],
    ...(asked.call === undefined ? {} : { call: { ...asked.call, facts: shared } }),
  };
}

function seenBinary(format: Format, head: Head, body: Uint8Array): SeenRequest | null {
  const seen = format.seenRequest?.(body, head);
  if (seen === undefined) return null;
  return { ...seen, session: seen.session === null ? null : sessionOfName(head, seen.session) };
}

function seenJson(format: Format, head: Head, body: Uint8Array): SeenRequest {
  const parsed = parseJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
  if (!parsed.ok || !isRecord(parsed.value)) return { model: null, session: null };
  const model = own(parsed.value, "model");
  return {
    model: typeof model === "string" ? model : modelInside(format, head, parsed.value),
    session: sessionOf(head, parsed.value),
  };
}

/** Binary dialects have their model further inside; of the others what stands at the top is what was asked for. */
function modelInside(format: Format, head: Head, body: unknown): string | null {
  return format.framing === "binary" ? format.client.shape(body, head.target).model : null;
}

function usageOf(format: Format, seen: Observed, requestBody: Uint8Array, reply: ObservedReply): Observed["usage"] {
  // What a frame of a binary stream holds is no token.
  const isText = format.framing !== "binary" && reply.contentType.includes("event-stream");
  return reply.status < 400 && isText && saysNothing(seen.usage) && seen.finish !== null
    ? estimatedUsage(requestBody.byteLength, countFrames(reply.body))
    : seen.usage;
}
