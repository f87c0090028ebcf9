/** A whole response: read from an upstream, written for a client that asked for no stream. Both through the stream's own code. */
import { own } from "../../../base/json.ts";
import { accumulate } from "../../hub/accumulate.ts";
import type { HubReply } from "../../hub/reply.ts";
import { replay } from "../../hub/replay.ts";
import { restoreReply, type ReplyContext } from "../../hub/restore.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import { listField, textField } from "../fields.ts";
import type { Result, WriterOptions } from "../format.ts";
import { readError } from "./errors.ts";
import { createEventReader } from "./events-in.ts";
import { createResponseWriter } from "./stream-out.ts";

export function readReply(body: unknown, context: ReplyContext = {}): Result<HubReply> {
  const error = own(body, "error");
  const hasError = error !== undefined && error !== null;
  if (listField(body, "output") === undefined) {
    if (hasError) return { ok: false, error: readError(undefined, [], body, "") };
    return { ok: false, error: { kind: "protocol", message: "the upstream's reply has no output list" } };
  }
  const status = textField(body, "status");
  if (status === "queued" || status === "in_progress") {
    return { ok: false, error: { kind: "protocol", message: `the upstream's reply is not finished: ${status}` } };
  }
  const events: StreamEvent[] = [];
  createEventReader(context).take(events, { response: body }, "response.completed");
  const read = accumulate(events);
  return read.ok ? { ok: true, value: restoreReply(read.value, context) } : read;
}

export function writeReply(reply: HubReply, options: WriterOptions): Uint8Array {
  const writer = createResponseWriter(options);
  for (const event of replay(reply)) writer.push(event);
  return Buffer.from(JSON.stringify(writer.final() ?? {}));
}
