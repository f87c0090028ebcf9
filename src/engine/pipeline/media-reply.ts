/** What one upstream call of an embeddings or images call came to: its body as JSON, or what it says went wrong. */
import type { Exchange } from "../../base/exchange.ts";
import { headerValue } from "../../base/headers.ts";
import type { HeaderPairs, HttpReply } from "../../base/http.ts";
import { isRecord, own, parseJson } from "../../base/json.ts";
import { limitText, type WireLimits } from "../../base/limits.ts";
import { decodeBody, DecodeError } from "../codecs/compression.ts";
import type { Secret } from "../../base/secret.ts";
import type { Credential } from "../accounts/credential.ts";
import type { Lease } from "../accounts/pool.ts";
import type { AccountConfig } from "../config/schema.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { fromUnknown } from "../errors/from-unknown.ts";
import type { WholeAnswer } from "../formats/format.ts";
import { formats } from "../formats/table.ts";
import { mediaDialect } from "../media/index.ts";
import type { Provider } from "../providers/provider.ts";
import { withoutSecrets } from "./answer-error.ts";
import type { AttemptResult } from "./attempt.ts";
import { readWhole } from "./read-body.ts";
import type { Tools } from "./tools.ts";

export interface MediaAsked {
  readonly tools: Tools;
  readonly exchange: Exchange;
  readonly provider: Provider;
  readonly account: AccountConfig | null;
  readonly credential: Credential | null;
  readonly lease: Lease;
  readonly session: string | null;
  readonly limits: WireLimits;
}

export type MediaFailure = Extract<AttemptResult, { readonly ok: false }>;
export interface MediaReply {
  readonly ok: true;
  readonly reply: HttpReply;
  readonly bytes: Buffer;
  readonly value: unknown;
}

/** An error page larger than this says nothing more. */
const maxErrorBytes = 256 * 1024;

export async function hearReply(input: MediaAsked, reply: HttpReply): Promise<MediaReply | MediaFailure> {
  const { provider, credential, tools, limits } = input;
  const whole = await unpacked(input, reply, isSuccess(reply) ? limits.mediaReplyBytes : maxErrorBytes);
  if (whole === null) {
    const message = `the upstream's reply is larger than ${limitText("media_reply_bytes", limits)}`;
    return failure({ kind: "protocol", message });
  }
  const { bytes } = whole;
  if (reply.status >= 300 && reply.status < 400) {
    const message = `${provider.id} answered ${reply.status} (a redirect); check its endpoint ${provider.origin.authority}`;
    return failure({ kind: "upstream", message, status: reply.status });
  }
  const parsed = parseJson(bytes.toString("utf8"));
  const value = parsed.ok ? parsed.value : undefined;
  if (!isSuccess(reply) || isRecord(own(value, "error"))) {
    const side = formats[provider.format].provider;
    const error = clean(side.readError(reply.status, reply.headers, bytes, tools.clock.now()), credential);
    return { ...failure(error), whole: ownWords(input, reply, bytes, value) };
  }
  if (parsed.ok) return { ok: true, reply, bytes, value };
  return failure({ kind: "protocol", message: `the upstream's reply is not JSON: ${parsed.why}` });
}

/** Null when it is larger than the bound. Of an error that cannot be unpacked its status is enough. */
async function unpacked({ exchange }: MediaAsked, reply: HttpReply, maxBytes: number) {
  const tapped = (async function* () {
    for await (const chunk of reply.body) {
      exchange.tap.chunk("upstream-reply", chunk);
      yield chunk;
    }
  })();
  try {
    const body = decodeBody(tapped, headerValue(reply.headers, "content-encoding"), { maxBytes });
    const whole = await readWhole(body, maxBytes);
    if (whole.ok) return whole;
  } catch (error) {
    if (isSuccess(reply) || !(error instanceof DecodeError)) throw error;
  }
  return isSuccess(reply) ? null : { bytes: Buffer.alloc(0) };
}

/** The upstream's own error answer, where it is in the client's dialect already. */
function ownWords(input: MediaAsked, reply: HttpReply, bytes: Buffer, value: unknown): WholeAnswer | null {
  const { exchange, provider, credential } = input;
  const dialect = mediaDialect(exchange.target) === "gemini" ? "gemini" : "openai-chat";
  if (reply.status < 400 || provider.format !== dialect || !isRecord(own(value, "error"))) return null;
  const text = withoutSecrets(bytes.toString("utf8"), secretsOf(credential));
  const headers: HeaderPairs = [["content-type", "application/json"], ...toldHeaders(reply.headers)];
  return { status: reply.status, headers, body: Buffer.from(text) };
}

/** What a client acts on or quotes to its provider; the rest of a foreign head stays behind. */
const toldFields: ReadonlySet<string> = new Set(["retry-after", "retry-after-ms", "request-id", "x-request-id"]);

export function toldHeaders(headers: HeaderPairs): HeaderPairs {
  return headers.filter(([name]) => {
    const field = name.toLowerCase();
    return toldFields.has(field) || field.startsWith("x-ratelimit-");
  });
}

export function isSuccess({ status }: HttpReply): boolean {
  return status >= 200 && status < 300;
}

export function failure(error: EngineError, wasSent = true): MediaFailure {
  return { ok: false, error, whole: null, wasSent };
}

export function clean(error: EngineError, credential: Credential | null): EngineError {
  return { ...error, message: withoutSecrets(error.message, secretsOf(credential)) };
}

function secretsOf(credential: Credential | null): readonly Secret[] {
  return credential === null ? [] : [credential.secret];
}

/** Whatever was thrown on the way. */
export function failureOf(thrown: unknown, credential: Credential | null): MediaFailure {
  const error: EngineError =
    thrown instanceof DecodeError
      ? { kind: "protocol", message: `the upstream's reply cannot be unpacked: ${thrown.message}` }
      : fromUnknown(thrown);
  return failure(clean(error, credential));
}
