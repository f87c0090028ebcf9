/**
 * What the client asks, read as far as routing needs it: dialect, body, model. Whatever cannot be read is handed on
 * untouched; only a body beyond the bound is refused, because it can neither be held nor, half read, be handed on.
 */
import type { Exchange } from "../../base/exchange.ts";
import type { WhyStep } from "../../base/flow.ts";
import { headerList, headerValue } from "../../base/headers.ts";
import { bodyOf } from "../../base/http.ts";
import { isRecord, parseJson } from "../../base/json.ts";
import { defaultLimits, limitText, type WireLimits } from "../../base/limits.ts";
import { decodeBody, DecodeError } from "../codecs/compression.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { detect, type Detected } from "../formats/detect.ts";
import type { CallShape, Format, JsonObject, Variant } from "../formats/format.ts";
import { formats } from "../formats/table.ts";
import { detectCall, isModelAddress, mayTellInBody } from "./detect-call.ts";
import { readWhole } from "./read-body.ts";

export interface ClientCall extends CallShape {
  /** The dialect of the answer. */
  readonly format: Format;
  /** The dialect of the body: almost always the same. */
  readonly reads: Format;
  readonly variant: Variant | null;
  /** Path and query as sent. */
  readonly target: string;
  /** Unpacked, otherwise as sent. */
  readonly body: Uint8Array;
  readonly value: JsonObject;
}

export type ClientRead =
  | { readonly kind: "call"; readonly call: ClientCall; readonly why: WhyStep }
  /** A model call by its address, but its body says nothing to us. */
  | { readonly kind: "unreadable"; readonly format: Format; readonly why: WhyStep }
  | { readonly kind: "refused"; readonly format: Format; readonly error: EngineError }
  | { readonly kind: "unknown"; readonly why: WhyStep };

export async function readClient(exchange: Exchange, limits: WireLimits = defaultLimits): Promise<ClientRead> {
  const byHead = detectCall(exchange);
  if (byHead === null && !mayTellInBody(exchange)) return unknown;
  const read = await readBody(exchange, byHead, limits);
  if (!read.ok) {
    if (byHead === null) return unknown;
    const format = formats[byHead.format];
    return read.reason === "too-large"
      ? { kind: "refused", format, error: tooLarge(limits) }
      : { kind: "unreadable", format, why: unreadable(format, read.why) };
  }
  // Asked again with the body: it may say which of two dialects with one address this is.
  const detected = detect(exchange, read.value);
  if (detected === null) return unknown;
  const found = callOf(exchange, detected, read);
  // The dialect was told by other things than the address, and the address does not say what is asked.
  return found.call.operation === "other" && !isModelAddress(exchange) ? unknown : found;
}

const unknown: ClientRead = {
  kind: "unknown",
  why: { stage: "detect", text: "not a model call that is known here: passed through" },
};

function callOf(exchange: Exchange, detected: Detected, read: JsonBody): Extract<ClientRead, { kind: "call" }> {
  const format = formats[detected.format];
  const reads = detected.reads === undefined ? format : formats[detected.reads];
  return {
    kind: "call",
    call: {
      ...reads.client.shape(read.value, exchange.target),
      format,
      reads,
      variant: detected.variant ?? null,
      target: exchange.target,
      body: read.bytes,
      value: read.value,
    },
    why: { stage: "detect", text: `${format.id}: ${detected.why}` },
  };
}

export function tooLarge(limits: WireLimits): EngineError {
  return { kind: "too-large", message: `the request is larger than ${limitText("request_body_bytes", limits)}` };
}

function unreadable(format: Format, why: string): WhyStep {
  return { stage: "detect", text: `${format.id} by its address, but ${why}` };
}

/** The request's body as its values, in whatever form its dialect writes it. */
async function readBody(exchange: Exchange, byHead: Detected | null, limits: WireLimits): Promise<JsonRead> {
  const decode = byHead === null ? undefined : formats[byHead.format].decodeRequest;
  if (decode === undefined) return readJson(exchange, limits);
  const read = await readBytes(exchange, limits);
  if (!read.ok) return read;
  const decoded = decode(read.bytes, exchange);
  return decoded.ok
    ? { ok: true, bytes: read.bytes, value: decoded.value }
    : { ok: false, reason: "unreadable", why: decoded.error.message };
}

export interface JsonBody {
  readonly bytes: Buffer;
  readonly value: JsonObject;
}

export type JsonRead =
  | (JsonBody & { readonly ok: true })
  | { readonly ok: false; readonly reason: "too-large" | "unreadable"; readonly why: string };

/** The request's body, unpacked and parsed, within the bound. */
export async function readJson(exchange: Exchange, limits: WireLimits = defaultLimits): Promise<JsonRead> {
  const unpacked = await readBytes(exchange, limits);
  if (!unpacked.ok) return unpacked;
  const parsed = parseJson(unpacked.bytes.toString("utf8"), limits.jsonDepth);
  if (!parsed.ok) return { ok: false, reason: "unreadable", why: notJson(parsed.why, limits) };
  if (!isRecord(parsed.value)) return { ok: false, reason: "unreadable", why: "the body is not a JSON object" };
  return { ok: true, bytes: unpacked.bytes, value: parsed.value };
}

/** Only our own words: the parser's quote the body. */
function notJson(why: string, limits: WireLimits): string {
  return why.startsWith("JSON is nested")
    ? `the body's ${why}: ${limitText("json_depth", limits)}`
    : "the body is not JSON";
}

async function readBytes(exchange: Exchange, limits: WireLimits): Promise<Unpacked> {
  // Said beforehand: then it need not come first.
  const said = Number(headerValue(exchange.headers, "content-length") ?? 0);
  const whole = said > limits.requestBodyBytes ? null : await readWhole(exchange.body, limits.requestBodyBytes);
  if (whole?.ok !== true) return { ok: false, reason: "too-large", why: "" };
  return unpack(whole.bytes, headerList(exchange.headers, "content-encoding"), limits);
}

type Unpacked =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly reason: "too-large" | "unreadable"; readonly why: string };

async function unpack(bytes: Buffer, contentEncoding: string | undefined, limits: WireLimits): Promise<Unpacked> {
  const { requestBodyBytes: maxBytes, decompressionRatio: maxRatio } = limits;
  try {
    const whole = await readWhole(decodeBody(bodyOf(bytes), contentEncoding, { maxBytes, maxRatio }), maxBytes);
    return whole.ok ? whole : { ok: false, reason: "too-large", why: "" };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { ok: false, reason: error.reason === "too-large" ? "too-large" : "unreadable", why: error.message };
  }
}
