/** The lane through the hub: the client's request rewritten for the provider, the reply rewritten for the client. */
import { headerValue, withHeader } from "../../base/headers.ts";
import { bodyOf, type HttpReply } from "../../base/http.ts";
import { isRecord, own, parseJson } from "../../base/json.ts";
import { noCallLog } from "../../base/request-log.ts";
import { codings, decodeBody } from "../codecs/compression.ts";
import { formats } from "../formats/table.ts";
import type { Result, StreamWriter, WriterOptions } from "../formats/format.ts";
import { accumulate } from "../hub/accumulate.ts";
import { replay } from "../hub/replay.ts";
import type { HubReply } from "../hub/reply.ts";
import type { StreamEvent } from "../hub/stream.ts";
import type { HubRequest } from "../hub/request.ts";
import type { ReplyContext } from "../hub/restore.ts";
import type { OpenInput, TryInput } from "./attempt.ts";
import { endless, isStream, tapped } from "./lossless.ts";
import type { Meter } from "./meter.ts";
import { openStream } from "./open-stream.ts";
import { startTalk, type Talking } from "./talk.ts";
import { readWhole } from "./read-body.ts";
import { prepareRequest } from "./prepare.ts";
import { createReplyKeeper, keepWhole } from "./keep-reply.ts";
import type { HubAsked } from "./read-asked.ts";
import { itemNotFound, type ReplyPlace } from "./response-memory.ts";
import { translatedCall, type UpstreamCall } from "./upstream-call.ts";
import { writerOptionsFor } from "./writer-options.ts";

export type HubRead = () => Result<HubAsked>;

export interface Prepared {
  readonly upstream: UpstreamCall;
  readonly losses: readonly string[];
  readonly context: TranslatedContext;
}

export interface TranslatedContext {
  readonly request: HubRequest;
  readonly replyContext: ReplyContext;
  /** Where the reply is to be remembered, for requests that refer to it. */
  readonly place: ReplyPlace | null;
}

export function prepareTranslated(input: TryInput, meter: Meter): Result<Prepared> {
  const { exchange, call, provider, model, hub } = input;
  return meter.timed(() => {
    const read = hub();
    if (!read.ok) return read;
    const { losses, missing, place } = read.value;
    if (missing[0] !== undefined && provider.format !== call.reads.id) {
      return { ok: false, error: itemNotFound(missing[0]) };
    }
    const request = prepareRequest(input, read.value);
    input.log.stage("3_req_openai", () => request);
    const written = formats[provider.format].provider.writeRequest(request, {
      ...provider.writeOptions(model),
      callId: exchange.tap.id,
    });
    if (!written.ok) return written;
    return {
      ok: true,
      value: {
        upstream: translatedCall(exchange, call, request, written.value, provider),
        losses: [...losses, ...written.value.losses],
        context: {
          request,
          replyContext: { origin: provider.id, limits: input.config.limits, ...written.value.replyContext },
          place,
        },
      },
    };
  });
}

export async function openTranslated(input: OpenInput, context: TranslatedContext): Promise<Result<HttpReply>> {
  const { limits } = input.config;
  const encoding = headerValue(input.reply.headers, "content-encoding");
  const isPacked = codings(encoding).length > 0;
  const streams = isStream(formats[input.provider.format], input.reply.headers, context.request.stream);
  // The usual stream, unpacked, goes straight to the reader: each generator in between costs on every delta.
  if (streams && context.request.stream && !isPacked) {
    const { tap } = input.exchange;
    return streamToStream(input, context, input.reply.body, (bytes) => tap.chunk("upstream-reply", bytes));
  }
  const body = decodeBody(tapped(input), encoding, {
    maxBytes: limits.decompressedBytes,
    maxRatio: limits.decompressionRatio,
    key: "decompressed_bytes",
  });
  if (streams && context.request.stream) return streamToStream(input, context, body, () => {});
  if (streams && input.open !== null) return talkToWhole(input, context, body);
  const whole = await readWhole(body, limits.replyBodyBytes);
  if (!whole.ok) return { ok: false, error: endless(limits) };
  const reply = input.meter.timed(() =>
    streams ? replyFromStream(input, context, whole.bytes) : replyFromJson(input, context, whole.bytes),
  );
  if (!reply.ok) return reply;
  note(input, reply.value);
  return context.request.stream
    ? wholeToStream(input, context, reply.value)
    : wholeToWhole(input, context, reply.value);
}

function note(input: OpenInput, reply: HubReply): void {
  input.meter.served(reply.model);
  input.meter.usage(reply.usage);
  input.meter.lost(reply.losses);
  input.tools.ledger.record(reply);
  if (input.log !== noCallLog) input.log.events(replay(reply));
}

/** An upstream that is talked with, for a client that asked for no stream. */
async function talkToWhole(
  input: OpenInput,
  context: TranslatedContext,
  body: AsyncIterable<Uint8Array>,
): Promise<Result<HttpReply>> {
  const { reader, body: said } = talkWith(input, context, body);
  const events: StreamEvent[] = [];
  let size = 0;
  for await (const bytes of said) {
    size += bytes.byteLength;
    if (size > input.config.limits.replyBodyBytes) return { ok: false, error: endless(input.config.limits) };
    events.push(...input.meter.timed(() => reader.push(bytes)));
    if (events.some(endsReply)) break;
  }
  if (!events.some(endsReply)) events.push(...reader.end());
  const reply = accumulate(events);
  if (!reply.ok) return reply;
  note(input, reply.value);
  return wholeToWhole(input, context, reply.value);
}

function endsReply({ type }: StreamEvent): boolean {
  return type === "reply-end" || type === "error";
}

function talkWith(input: OpenInput, context: TranslatedContext, body: AsyncIterable<Uint8Array>): Talking {
  const reader = formats[input.provider.format].provider.streamReader(context.replyContext);
  const { open, exchange, tools } = input;
  if (open === null) return { reader, body };
  const onSaid = (bytes: Uint8Array): void => exchange.tap.chunk("upstream-request", bytes);
  return startTalk({ reader, body, open, after: tools.after, onSaid });
}

async function streamToStream(
  input: OpenInput,
  context: TranslatedContext,
  body: AsyncIterable<Uint8Array>,
  onBytes: (bytes: Uint8Array) => void,
): Promise<Result<HttpReply>> {
  const { call, tools, meter, onEnd, abandon } = input;
  const writer = call.format.client.streamWriter(writerOptions(input, context));
  const recorder = tools.ledger.recorder();
  const keeper = createReplyKeeper(context.place, writer);
  const opened = await openStream({
    ...talkWith(input, context, body),
    onBytes,
    lane: {
      out(events) {
        recorder.note(events);
        input.log.events(events);
        const frames =
          events.length === 1 && events[0] !== undefined
            ? writer.push(events[0])
            : events.flatMap((event) => writer.push(event));
        keeper.note(events);
        return frames;
      },
      keepAlive: () => writer.keepAlive(),
      readsAlong: false,
    },
    meter,
    after: tools.after,
    onEnd: (error) => {
      keeper.end();
      meter.lost(writer.losses());
      onEnd(error);
    },
    abandon,
  });
  if (!opened.ok) return opened;
  return started(input, { status: 200, headers: call.format.client.streamHeaders(call.target), body: opened.body });
}

/** An upstream that answered at once although a stream was asked for. */
function wholeToStream(input: OpenInput, context: TranslatedContext, reply: HubReply): Result<HttpReply> {
  const { call, meter } = input;
  const writer = call.format.client.streamWriter(writerOptions(input, context));
  const frames = meter.timed(() => replay(reply).flatMap((event) => writer.push(event)));
  createReplyKeeper(context.place, writer).end();
  meter.lost(writer.losses());
  input.onEnd(null);
  return started(input, {
    status: 200,
    headers: call.format.client.streamHeaders(call.target),
    body: bodyOf(Buffer.concat(frames)),
  });
}

function wholeToWhole(input: OpenInput, context: TranslatedContext, reply: HubReply): Result<HttpReply> {
  const { call, meter } = input;
  const options = writerOptions(input, context);
  const body = meter.timed(() => call.format.client.writeReply(reply, options));
  keepWhole(context.place, body);
  meter.lost(lossesOf(reply, () => call.format.client.streamWriter(options)));
  input.onEnd(null);
  return started(input, {
    status: 200,
    headers: [
      ["content-type", "application/json"],
      ["content-length", String(body.byteLength)],
    ],
    body: bodyOf(body),
  });
}

/** What the client's dialect has no word for is known by its stream writer; plain text and calls it can all say. */
function lossesOf(reply: HubReply, makeWriter: () => StreamWriter): readonly string[] {
  const isPlain = reply.parts.every(
    (part) =>
      (part.type === "text" && part.citations === undefined) ||
      (part.type === "tool-call" && part.signature === undefined),
  );
  if (isPlain) return [];
  const writer = makeWriter();
  for (const event of replay(reply)) writer.push(event);
  return writer.losses();
}

function started({ exchange, call }: OpenInput, reply: HttpReply): Result<HttpReply> {
  const { tap } = exchange;
  tap.tell({ type: "reply-started", status: reply.status });
  const name = call.format.client.requestIdHeader;
  // The flow's own id: what a client's log names can be looked up with `flows show`.
  const headers = name === undefined ? reply.headers : withHeader(reply.headers, name, `req_${tap.id}`);
  return { ok: true, value: { ...reply, headers } };
}

function replyFromJson(input: OpenInput, context: TranslatedContext, bytes: Buffer): Result<HubReply> {
  const side = formats[input.provider.format].provider;
  const parsed = parseJson(bytes.toString("utf8"));
  if (!parsed.ok) {
    return { ok: false, error: { kind: "protocol", message: `the upstream's reply is not JSON: ${parsed.why}` } };
  }
  if (isRecord(own(parsed.value, "error"))) {
    const { status, headers } = input.reply;
    return { ok: false, error: side.readError(status, headers, bytes, input.tools.clock.now()) };
  }
  return side.readReply(parsed.value, context.replyContext);
}

/** An upstream that streamed although a whole reply was asked for. */
function replyFromStream(input: OpenInput, context: TranslatedContext, bytes: Buffer): Result<HubReply> {
  const reader = formats[input.provider.format].provider.streamReader(context.replyContext);
  return accumulate([...reader.push(bytes), ...reader.end()]);
}

function writerOptions({ tools, exchange, call, config }: OpenInput, context: TranslatedContext): WriterOptions {
  const { request, place } = context;
  const options = writerOptionsFor(tools, exchange, call, request, config.settings.usageBuffer);
  return place === null ? options : { ...options, kept: { id: place.id, previous: place.previous } };
}
