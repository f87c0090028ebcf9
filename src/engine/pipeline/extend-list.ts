/**
 * `settings.extend_model_lists`: a client that asks Kiro or Cursor which models there are is answered by the one it asked, with
 * the models that rules route added at the end. The request goes on as it came; whatever cannot be read, and every error,
 * comes back as it is.
 */
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { type Exchange, type ExchangeHead, passThrough } from "../../base/exchange.ts";
import { connectionBound, headerValue, withHeader, withoutHeaders } from "../../base/headers.ts";
import { bodyOf, type HttpReply, type HttpRequest } from "../../base/http.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import { codings, decodeBody, DecodeError } from "../codecs/compression.ts";
import { extendedList } from "../model-lists/extend.ts";
import { offeredModels } from "../model-lists/offered.ts";
import { callPlaces, type ListShape, listShape, mayListModels } from "../model-lists/which.ts";
import { readWhole } from "./read-body.ts";
import type { Answer } from "./say.ts";
import type { Tools } from "./tools.ts";
import type { View } from "./view.ts";

/** Questions are a few dozen bytes. */
const maxRequestBytes = 256 * 1024;
/** Lists are some ten kilobytes; beyond this it is something else. */
const maxListBytes = 8 * 1024 * 1024;
/** How Cursor's agent hosts answer HTTP/1.1 (AWS load balancers, facts of 2026-11): the relay asks again where we did not ask by h2. */
const wantsOtherHttp = 464;

export function extendsList(view: View, head: ExchangeHead): ListShape | null {
  return view.config.settings.extendModelLists && head.protocol !== "websocket" ? listShape(head) : null;
}

export function mayExtendLists(view: View, host: string): boolean {
  return view.config.settings.extendModelLists && mayListModels(host);
}

export async function extendList(tools: Tools, view: View, exchange: Exchange, shape: ListShape): Promise<Answer> {
  const { client } = exchange;
  const places = callPlaces(shape, exchange.host).map((place) => ({ client, ...place }));
  const models = offeredModels({ config: view.config, rules: view.rules, availability: tools.availability() }, places);
  if (models.length === 0) return passThrough;
  const asked = await readWhole(exchange.body, maxRequestBytes);
  if (!asked.ok) return passThrough;
  const reply = await ask(tools, exchange, asked.bytes);
  if (reply === null) return passThrough;
  return reply.status === 200 ? extended(exchange, shape, models, reply) : reply;
}

/** Null: it is for the relay to send, and to say what went wrong. */
async function ask(tools: Tools, exchange: Exchange, body: Uint8Array): Promise<HttpReply | null> {
  const { method, scheme, host, port, target, signal } = exchange;
  const bound = connectionBound(exchange.headers);
  const headers = withoutHeaders(exchange.headers, new Set([...bound, "expect"]));
  try {
    const request = { method, scheme, host, port, target, headers, signal };
    // By the protocol the client speaks: hosts that take HTTP/2 only have clients that know it.
    const reply =
      exchange.protocol === "h2"
        ? await overH2(tools, request, body)
        : await tools.send({ ...request, body: bodyOf(body) });
    if (reply.status !== wantsOtherHttp) return reply;
    for await (const _ of reply.body) break;
    return null;
  } catch (error) {
    if (error instanceof UpstreamError && !signal.aborted) return null;
    throw error;
  }
}

/** A client may speak HTTP/2 to us where the host itself does not. */
async function overH2(tools: Tools, request: Omit<HttpRequest, "body">, body: Uint8Array): Promise<HttpReply> {
  try {
    return await tools.send({ ...request, body: bodyOf(body), over: "h2" });
  } catch (error) {
    const isOther = error instanceof UpstreamError && error.failure === "protocol" && error.phase === "connect";
    if (!isOther || request.signal.aborted) throw error;
    return tools.send({ ...request, body: bodyOf(body) });
  }
}

async function extended(
  { tap }: Exchange,
  shape: ListShape,
  models: readonly string[],
  reply: HttpReply,
): Promise<HttpReply> {
  const whole = await readUpTo(reply.body, maxListBytes);
  if (whole.rest !== null) return { ...reply, body: joined(whole.bytes, whole.rest) };
  const asItCame = { ...reply, body: bodyOf(whole.bytes) };
  const encoding = headerValue(reply.headers, "content-encoding");
  const packing = packings(codings(encoding));
  const plain = packing === null ? null : await unpacked(whole.bytes, encoding);
  const list =
    plain === null ? null : extendedList(shape, plain, headerValue(reply.headers, "content-type") ?? "", models);
  if (list === null || packing === null) {
    tap.tell({
      type: "why",
      step: { stage: "translate", text: "the list of models came back as it was: nothing could be added" },
    });
    return asItCame;
  }
  tap.tell({
    type: "why",
    step: {
      stage: "translate",
      text: `models that rules route were added to the list: ${models.slice(0, 8).join(", ")}`,
    },
  });
  const body = packing(list);
  const headers =
    headerValue(reply.headers, "content-length") === undefined
      ? reply.headers
      : withHeader(reply.headers, "content-length", String(body.byteLength));
  return { ...reply, headers, body: bodyOf(body) };
}

type Packing = (bytes: Uint8Array) => Uint8Array;

/** How it is packed again; null: it is packed in a way that cannot be made here. */
function packings(applied: readonly string[]): Packing | null {
  const [coding, ...others] = applied;
  if (others.length > 0) return null;
  switch (coding) {
    case undefined:
      return (bytes) => bytes;
    case "gzip":
    case "x-gzip":
      return (bytes) => gzipSync(bytes);
    case "br":
      return (bytes) => brotliCompressSync(bytes);
    case "deflate":
      return (bytes) => deflateSync(bytes);
    default:
      return null;
  }
}

async function unpacked(bytes: Uint8Array, encoding: string | undefined): Promise<Uint8Array | null> {
  try {
    const whole = await readWhole(decodeBody(bodyOf(bytes), encoding, { maxBytes: maxListBytes }), maxListBytes);
    return whole.ok ? whole.bytes : null;
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

interface UpTo {
  readonly bytes: Uint8Array;
  /** What comes behind them; null: nothing does. */
  readonly rest: AsyncIterator<Uint8Array> | null;
}

async function readUpTo(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<UpTo> {
  const iterator = body[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) {
    chunks.push(step.value);
    size += step.value.byteLength;
    if (size > maxBytes) return { bytes: Buffer.concat(chunks), rest: iterator };
  }
  return { bytes: Buffer.concat(chunks), rest: null };
}

async function* joined(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* { [Symbol.asyncIterator]: () => rest };
}
