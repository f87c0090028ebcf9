/** Model, usage and stop reason of a passed-through Kiro reply: the stream is read as a provider's and nothing kept of it. */
import { createEventFrameReader, type EventFrame } from "../../codecs/aws-event-stream.ts";
import { FramingError } from "../../codecs/framing-error.ts";
import { parseJson } from "../../../base/json.ts";
import { textField } from "../fields.ts";
import type { Observed } from "../format.ts";
import { createStreamReader } from "./stream-in.ts";

export function observe(body: Uint8Array, contentType: string): Observed {
  if (contentType.toLowerCase().includes("json")) return nothing;
  let seen = nothing;
  const reader = createStreamReader();
  for (const event of [...reader.push(body), ...reader.end()]) {
    if (event.type === "reply-start") seen = { ...seen, model: event.model };
    // An estimate without knowing the model would be ours and not the provider's word.
    if (event.type === "usage" && !event.usage.estimated) seen = { ...seen, usage: event.usage };
  }
  return { ...seen, finish: stopReasonIn(body) };
}

const nothing: Observed = { model: null, usage: null, finish: null };

function stopReasonIn(body: Uint8Array): string | null {
  let found: string | null = null;
  for (const frame of framesOf(body)) {
    if (frame.name !== "metadataEvent" && frame.name !== "messageStopEvent") continue;
    const parsed = parseJson(Buffer.from(frame.payload).toString("utf8"));
    if (parsed.ok) found = textField(parsed.value, "stopReason") ?? found;
  }
  return found;
}

function framesOf(body: Uint8Array): readonly EventFrame[] {
  try {
    return createEventFrameReader().push(body);
  } catch (error) {
    if (error instanceof FramingError) return [];
    throw error;
  }
}
