/** A question to a provider besides its model calls: bounded, timed, with the credential only where one is given. */
import { headerValue } from "../../base/headers.ts";
import { bodyOf, emptyBody, type HeaderPairs, type HttpHandler } from "../../base/http.ts";
import { parseJson } from "../../base/json.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { Credential } from "../accounts/credential.ts";
import { decodeBody, DecodeError } from "../codecs/compression.ts";
import { fromUnknown } from "../errors/from-unknown.ts";
import type { Origin, Provider } from "./provider.ts";

export interface AskDeps {
  /** Follows no redirect, so that a key cannot be led elsewhere. */
  readonly send: HttpHandler;
  readonly clock: Clock;
  readonly random: Random;
}

export interface Question {
  readonly provider: Provider;
  /** Null: asked without one. */
  readonly credential: Credential | null;
  readonly method: "GET" | "HEAD" | "POST";
  /** JSON, of a POST. */
  readonly body?: string;
  /** Where it is asked, when that is not where its model calls go. */
  readonly origin?: Origin;
  /** Path and query as they go out. */
  readonly target: string;
  readonly headers?: HeaderPairs;
  readonly signal: AbortSignal;
}

export type AskResult =
  | { readonly ok: true; readonly status: number; readonly body: unknown }
  /** `status`: null where there was no answer. */
  | { readonly ok: false; readonly status: number | null; readonly message: string };

/** For the whole of a question, its body included. */
export const askTimeoutMs = 10_000;
/** OpenRouter's list, the longest known, is under a megabyte. */
const maxAnswerBytes = 8 * 1024 * 1024;

const userAgent = "switchyard";

export async function ask(deps: AskDeps, question: Question): Promise<AskResult> {
  const { provider, credential, method, target, body = null } = question;
  const bound = credential === null ? null : (provider.originFor?.(credential.facts) ?? null);
  const { scheme, host, port, authority } = question.origin ?? bound ?? provider.origin;
  // Aborted at the end in any case: a body that was not read to its end gives its connection back.
  const end = new AbortController();
  const signal = AbortSignal.any([question.signal, AbortSignal.timeout(askTimeoutMs), end.signal]);
  try {
    const reply = await deps.send({
      method,
      scheme,
      host,
      port,
      target,
      headers: [
        ["host", authority],
        ["accept", "application/json"],
        ["accept-encoding", "identity"],
        ["user-agent", userAgent],
        ...(body === null
          ? []
          : ([
              ["content-type", "application/json"],
              ["content-length", String(Buffer.byteLength(body))],
            ] as const)),
        ...(question.headers ?? []),
        ...(credential === null
          ? []
          : provider.authorize(credential, { clock: deps.clock, random: deps.random, userAgent })),
      ],
      body: body === null ? emptyBody : bodyOf(body),
      signal,
      // The way of its model calls, and of those alone.
      ...(question.origin === undefined && provider.over !== undefined ? { over: provider.over } : {}),
    });
    if (method === "HEAD") return { ok: true, status: reply.status, body: null };
    if (reply.status < 200 || reply.status > 299) {
      return { ok: false, status: reply.status, message: `${authority} answered ${reply.status}` };
    }
    const coding = headerValue(reply.headers, "content-encoding");
    const text = await readText(decodeBody(reply.body, coding, { maxBytes: maxAnswerBytes }));
    if (text === null) return { ok: false, status: reply.status, message: `${authority} answered with too many bytes` };
    const parsed = parseJson(text);
    return parsed.ok
      ? { ok: true, status: reply.status, body: parsed.value }
      : { ok: false, status: reply.status, message: `${authority} did not answer with JSON` };
  } catch (thrown) {
    if (question.signal.aborted) return { ok: false, status: null, message: "the question was given up" };
    if (signal.aborted)
      return { ok: false, status: null, message: `${authority} did not answer in ${askTimeoutMs} ms` };
    const why = thrown instanceof DecodeError ? thrown.message : fromUnknown(thrown).message;
    return { ok: false, status: null, message: `${authority}: ${why}` };
  } finally {
    end.abort();
  }
}

/** Null: longer than the bound. */
async function readText(body: AsyncIterable<Uint8Array>): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxAnswerBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
