/** The frames of a Kiro reply, one function each: JSON in AWS's event stream framing, three headers on every frame. */
import { createEventEncoder } from "../../codecs/aws-event-stream.ts";
import type { Fields } from "../fields.ts";

export type FrameWriter = (payload: Fields) => Uint8Array;

function frame(eventType: string, contentType?: string): FrameWriter {
  const encode = createEventEncoder(eventType, contentType);
  return (payload) => encode(Buffer.from(JSON.stringify(payload)));
}

export const frames = {
  /** AWS's JSON protocol: the reply object without its stream. A call by path has no such frame. */
  initialResponse: frame("initial-response", "application/x-amz-json-1.0"),
  messageMetadata: frame("messageMetadataEvent"),
  reasoning: frame("reasoningContentEvent"),
  text: frame("assistantResponseEvent"),
  webLinks: frame("supplementaryWebLinksEvent"),
  toolUse: frame("toolUseEvent"),
  metadata: frame("metadataEvent"),
  contextUsage: frame("contextUsageEvent"),
  metering: frame("meteringEvent"),
} as const satisfies Readonly<Record<string, FrameWriter>>;
