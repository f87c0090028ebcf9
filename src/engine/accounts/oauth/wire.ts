/**
 * The one way from here to a login service: `send` (verified TLS, `connect_to`) as a question with a whole answer, and as
 * the fetch that the OAuth library wants. Replies are bounded, redirects are never followed, refusals become failures.
 */
import { headerValue } from "../../../base/headers.ts";
import { bodyOf, emptyBody, type HeaderPairs, type HttpHandler } from "../../../base/http.ts";
import { isRecord, own, parseJson } from "../../../base/json.ts";
import { createRedactor } from "../../../base/redact.ts";
import { safeLine } from "../../../base/safe-text.ts";
import type { Secret } from "../../../base/secret.ts";
import { OAuthFault } from "./failure.ts";

export interface WireCall {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What is in it that no message may repeat. */
  readonly secrets: readonly Secret[];
  /** For messages: `Claude (platform.claude.com)`. */
  readonly who: string;
}

/** A yes: status 2xx and a JSON object. */
export type WireReply = Readonly<Record<string, unknown>>;

export interface Wire {
  /** Rejects with `OAuthFault` or `UpstreamError`; `failureOf` reads both. */
  ask(call: WireCall, signal: AbortSignal): Promise<WireReply>;
}

/** A token reply with three JWTs is about 10 KB. */
const maxReplyBytes = 256 * 1024;
const maxSaidLength = 200;
/** Longer waits than this are not believed. */
const maxRetryAfterMs = 3_600_000;

export function createWire(send: HttpHandler): Wire {
  return {
    async ask(call, signal) {
      const url = new URL(call.url);
      const body = call.body === undefined ? null : Buffer.from(call.body, "utf8");
      const reply = await send({
        method: call.method,
        scheme: url.protocol === "http:" ? "http" : "https",
        host: url.hostname.replace(/^\[|\]$/g, ""),
        port: url.port === "" ? (url.protocol === "http:" ? 80 : 443) : Number(url.port),
        target: `${url.pathname}${url.search}`,
        headers: [
          ["host", url.host],
          // Honest about who asks: GitHub refuses requests without it.
          ["user-agent", "switchyard"],
          ["accept", "application/json"],
          ["accept-encoding", "identity"],
          ...Object.entries(call.headers ?? {}),
          ...(body === null ? [] : [["content-length", String(body.byteLength)] as const]),
        ],
        body: body === null ? emptyBody : bodyOf(body),
        signal,
        once: true,
      });
      const text = await wholeText(reply.body, call.who);
      const parsed = parseJson(text);
      const value = parsed.ok && isRecord(parsed.value) ? parsed.value : null;
      const code = codeOf(value);
      const isYes = reply.status >= 200 && reply.status < 300;
      if (!isYes || code !== null || own(value, "success") === false) {
        throw refusal(call, reply.status, code, value, reply.headers);
      }
      if (value === null) {
        throw new OAuthFault({ kind: "reply", message: `${call.who} answered with something that is not JSON` });
      }
      return value;
    },
  };
}

function refusal(
  call: WireCall,
  status: number,
  code: string | null,
  value: WireReply | null,
  headers: HeaderPairs,
): OAuthFault {
  const redactor = createRedactor();
  for (const secret of call.secrets) redactor.register(secret.reveal());
  const said = saidIn(value);
  const where = status >= 300 && status < 400 ? "a redirect, which is not followed" : `HTTP ${status}`;
  const words = [code, said].filter((part) => part !== null).join(": ");
  const shown = words === "" ? "" : ` (${safeLine(redactor.text(words).slice(0, maxSaidLength))})`;
  return new OAuthFault({
    kind: "refused",
    status,
    code,
    message: `${call.who} answered ${where}${shown}`,
    retryAfterMs: retryAfterMs(headers),
  });
}

/** RFC 6749's `error`, OpenAI's and Anthropic's error objects. GitHub says no with a 200. Only words pass. */
function codeOf(value: WireReply | null): string | null {
  const error = own(value, "error");
  const code = isRecord(error) ? (own(error, "code") ?? own(error, "type")) : error;
  return typeof code === "string" && /^[\w.-]{1,64}$/.test(code) ? code : null;
}

function saidIn(value: WireReply | null): string | null {
  const candidates = [own(value, "error_description"), own(own(value, "error"), "message"), own(value, "message")];
  const said = candidates.find((text) => typeof text === "string" && text !== "");
  return typeof said === "string" ? said : null;
}

function retryAfterMs(headers: HeaderPairs): number | null {
  const said = headerValue(headers, "retry-after");
  if (said === undefined || !/^\d{1,9}$/.test(said.trim())) return null;
  return Math.min(Number(said) * 1_000, maxRetryAfterMs);
}

async function wholeText(body: AsyncIterable<Uint8Array>, who: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  for await (const chunk of body) {
    byteCount += chunk.byteLength;
    if (byteCount > maxReplyBytes) {
      throw new OAuthFault({ kind: "reply", message: `${who} answered with more than ${maxReplyBytes} bytes` });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
