/**
 * The reply where client and provider speak the same dialect: bytes untouched, only read along on. A stream is still
 * held to its first useful event and a whole reply to its end, so that an error inside a 200 can be made good elsewhere.
 */
import { connectionBound, headerValue } from "../../base/headers.ts";
import { bodyOf, type HeaderPairs, type HttpReply } from "../../base/http.ts";
import { isRecord, own, parseJson } from "../../base/json.ts";
import { limitText, type WireLimits } from "../../base/limits.ts";
import { codings } from "../codecs/compression.ts";
import { formats } from "../formats/table.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { fromUnknown } from "../errors/from-unknown.ts";
import type { Format, Result, StreamReader } from "../formats/format.ts";
import type { StreamEvent } from "../hub/stream.ts";
import type { OpenInput } from "./attempt.ts";
import { closable, openStream, type StreamLane } from "./open-stream.ts";
import { readWhole } from "./read-body.ts";
import type { ClientCall } from "./read-client.ts";
import { createSkim } from "./skim.ts";

/** A reply that has to be held and is larger than what is held: an upstream that sends so much is not answering. */
export function endless(limits: WireLimits): EngineError {
  return { kind: "protocol", message: `the upstream's reply is larger than ${limitText("reply_body_bytes", limits)}` };
}

const untouched: StreamLane = {
  out: (_, bytes) => (bytes === null ? [] : [bytes]),
  keepAlive: null,
  readsAlong: true,
};

export async function openLossless(input: OpenInput): Promise<Result<HttpReply>> {
  const { reply, call } = input;
  const headers = passedHeaders(reply.headers);
  const isPacked = codings(headerValue(reply.headers, "content-encoding")).length > 0;
  if (isPacked) return { ok: true, value: { ...reply, headers, body: passedOn(input) } };
  if (isStream(call.format, reply.headers, call.stream) || streamsJson(call)) return openBytes(input, headers);
  return openWhole(input, headers);
}

/** Is this reply of that dialect a stream? A binary dialect has no other kind; its content types say little. */
export function isStream({ framing }: Format, headers: HeaderPairs, asked: boolean): boolean {
  if (framing === "binary") return !(headerValue(headers, "content-type") ?? "").toLowerCase().includes("json");
  return isEventStream(headers, asked);
}

/** `asked`: what to believe where the content type says nothing. */
export function isEventStream(headers: HeaderPairs, asked: boolean): boolean {
  const type = (headerValue(headers, "content-type") ?? "").toLowerCase();
  return type.includes("event-stream") || (asked && !type.includes("json"));
}

/** Gemini's stream without `alt=sse` is one JSON list that grows. */
function streamsJson({ format, stream, target }: ClientCall): boolean {
  if (!stream) return false;
  return (headerValue(format.client.streamHeaders(target), "content-type") ?? "").includes("json");
}

async function openBytes(input: OpenInput, headers: HeaderPairs): Promise<Result<HttpReply>> {
  const { reply, exchange, tools, meter, onEnd, abandon } = input;
  const opened = await openStream({
    body: reply.body,
    onBytes(bytes) {
      exchange.tap.chunk("upstream-reply", bytes);
      meter.passed(bytes);
    },
    reader: harmless(readerFor(formats[input.provider.format], reply.headers)),
    lane: untouched,
    // Reading along is no translation: its time is not counted as such.
    meter: { ...meter, timed: (work) => work() },
    after: tools.after,
    onEnd,
    abandon,
  });
  if (!opened.ok) return opened;
  exchange.tap.tell({ type: "reply-started", status: reply.status });
  return {
    ok: true,
    value: {
      status: reply.status,
      headers,
      body: opened.body,
      ...(reply.trailers === undefined ? {} : { trailers: reply.trailers }),
    },
  };
}

function readerFor(format: Format, headers: HeaderPairs): StreamReader {
  const type = headerValue(headers, "content-type") ?? "";
  const isText = format.framing !== "binary" && type.includes("event-stream");
  return isText ? createSkim(format, type) : format.provider.streamReader();
}

async function openWhole(input: OpenInput, headers: HeaderPairs): Promise<Result<HttpReply>> {
  const { reply, exchange, provider, meter, onEnd, tools } = input;
  const format = formats[provider.format];
  const whole = await readWhole(tapped(input), input.config.limits.replyBodyBytes);
  if (!whole.ok) return { ok: false, error: endless(input.config.limits) };
  const parsed = parseJson(whole.bytes.toString("utf8"));
  if (parsed.ok && isRecord(own(parsed.value, "error"))) {
    const error = format.provider.readError(reply.status, reply.headers, whole.bytes, tools.clock.now());
    return { ok: false, error };
  }
  if (input.call.operation === "reply" && !(parsed.ok && isRecord(parsed.value))) {
    // A captive portal, a load balancer's page: its 200 is no answer of the model.
    const what = whole.bytes.byteLength === 0 ? "is empty" : "is not JSON";
    return { ok: false, error: { kind: "protocol", message: `the upstream's reply ${what}, though it said 200` } };
  }
  const unusable = parsed.ok && input.call.operation === "reply" ? unusableReply(format, parsed.value) : null;
  if (unusable !== null) return { ok: false, error: unusable };
  const seen = format.observe(whole.bytes, headerValue(reply.headers, "content-type") ?? "application/json");
  meter.served(seen.model);
  if (seen.usage !== null) meter.usage(seen.usage);
  exchange.tap.tell({ type: "reply-started", status: reply.status });
  onEnd(null);
  return { ok: true, value: { status: reply.status, headers, body: bodyOf(whole.bytes) } };
}

/** The model wrote nonsense or nothing: the one thing in a whole reply that asking again may mend. */
function unusableReply(format: Format, body: unknown): EngineError | null {
  try {
    const read = format.provider.readReply(body);
    return !read.ok && read.error.kind === "malformed-reply" ? read.error : null;
  } catch {
    // Reading along must not be able to hurt; what cannot be read here is passed on.
    return null;
  }
}

/** Reading along must not be able to hurt: a reader that fails is asked no more. */
function harmless(reader: StreamReader): StreamReader {
  let hasFailed = false;
  const safely = (read: () => readonly StreamEvent[]): readonly StreamEvent[] => {
    if (hasFailed) return [];
    try {
      return read();
    } catch {
      hasFailed = true;
      return [];
    }
  };
  return { push: (bytes) => safely(() => reader.push(bytes)), end: () => safely(() => reader.end()) };
}

/** Packed though we asked for plain bytes: the client can unpack it (it said so to its own provider), we only pass it on. */
function passedOn(input: OpenInput): AsyncIterable<Uint8Array> {
  const { onEnd, abandon, exchange, reply } = input;
  exchange.tap.tell({ type: "reply-started", status: reply.status });
  const bytes = async function* (): AsyncGenerator<Uint8Array> {
    let error: EngineError | null = null;
    let isOver = false;
    try {
      yield* tapped(input);
      isOver = true;
    } catch (thrown) {
      error = fromUnknown(thrown);
      throw thrown;
    } finally {
      onEnd(error);
      if (!isOver) abandon();
    }
  };
  return closable(bytes(), () => {
    onEnd(null);
    abandon();
  });
}

/** The upstream's bytes, shown to the flow as they go by. */
export async function* tapped(input: OpenInput): AsyncGenerator<Uint8Array> {
  for await (const chunk of input.reply.body) {
    input.exchange.tap.chunk("upstream-reply", chunk);
    yield chunk;
  }
}

/** Cookies and protocol offers are between that provider and us; the client talks to another host. */
const heldBack: ReadonlySet<string> = new Set(["set-cookie", "alt-svc", "strict-transport-security"]);

function passedHeaders(headers: HeaderPairs): HeaderPairs {
  const bound = connectionBound(headers);
  return headers.filter(([name]) => {
    const field = name.toLowerCase();
    return !bound.has(field) && !heldBack.has(field);
  });
}
