/**
 * One asking of an account's usage: the credential, the call, its answer read. A refused login is renewed and tried once
 * more. Never throws; what it says of a failure holds no secret and nothing that the provider said.
 */
import { durationText } from "../../base/duration.ts";
import { headerValue } from "../../base/headers.ts";
import { bodyOf, emptyBody, type HttpHandler } from "../../base/http.ts";
import type { Credential, Credentials } from "../accounts/credential.ts";
import { decodeBody, DecodeError } from "../codecs/compression.ts";
import type { AccountConfig, ProviderConfig } from "../config/schema.ts";
import { fromUnknown } from "../errors/from-unknown.ts";
import type { QuotaEndpoint, QuotaRead, QuotaReply, QuotaRequest } from "./endpoints/endpoint.ts";

/** Runs once after `ms` unless it is called off. */
export type After = (ms: number, run: () => void) => () => void;

export interface AskDeps {
  readonly send: HttpHandler;
  readonly credentials: Pick<Credentials, "get" | "renew">;
  readonly after: After;
  readonly now: () => number;
}

export interface Asking {
  readonly account: AccountConfig;
  readonly provider: ProviderConfig;
  readonly endpoint: QuotaEndpoint;
  readonly signal: AbortSignal;
}

/** For each call, its body included. */
const callTimeoutMs = 10_000;
/** A renewal may take its time; it times out by itself after 30 s. */
const credentialTimeoutMs = 35_000;
/** The longest report seen is 40 kB (Antigravity's models). */
const maxReplyBytes = 1024 * 1024;

export async function askQuota(deps: AskDeps, asking: Asking): Promise<QuotaRead> {
  const { account, endpoint } = asking;
  const { credentials } = deps;
  const held = await timed(deps, asking.signal, credentialTimeoutMs, "this account's login", (signal) =>
    credentials.get(account, signal),
  );
  if (!held.ok) return held;
  const first = await askWith(deps, asking, held.credential);
  const isRefusedLogin = !first.ok && first.error.status === 401 && held.credential.kind === "token";
  if (!isRefusedLogin || endpoint.isRenewable === false) return first;
  const renewed = await timed(
    deps,
    asking.signal,
    credentialTimeoutMs,
    "the renewal of this account's login",
    (signal) => credentials.renew(account, held.credential, signal),
  );
  return renewed.ok ? askWith(deps, asking, renewed.credential) : renewed;
}

async function askWith(deps: AskDeps, asking: Asking, credential: Credential): Promise<QuotaRead> {
  const { endpoint, provider } = asking;
  const place = { endpoint: new URL(provider.endpoint), project: provider.project ?? null };
  const read = async (from: QuotaEndpoint): Promise<QuotaRead> => {
    const request = from.request(credential, place);
    if (request === null) return { ok: false, error: { kind: "unsupported", message: from.unasked } };
    const host = request.url.host;
    const answer = await timed(deps, asking.signal, callTimeoutMs, `the usage address at ${host}`, async (signal) => ({
      ok: true as const,
      reply: await exchange(deps.send, request, signal),
    }));
    return answer.ok ? from.read(answer.reply, deps.now()) : answer;
  };
  const first = await read(endpoint);
  if (!first.ok) return first;
  const plan = first.figures.plan ?? credential.facts.plan ?? null;
  const more = endpoint.more?.(first.figures) ?? null;
  const second = more === null ? null : await read(more);
  // What the second one refuses is no loss: it was asked for what the first one does not know.
  const windows = second?.ok === true ? [...first.figures.windows, ...second.figures.windows] : first.figures.windows;
  return { ok: true, figures: { windows, plan } };
}

async function exchange(send: HttpHandler, request: QuotaRequest, signal: AbortSignal): Promise<QuotaReply> {
  const { method, url, body } = request;
  const reply = await send({
    method,
    scheme: url.protocol === "http:" ? "http" : "https",
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? (url.protocol === "http:" ? 80 : 443) : Number(url.port),
    target: `${url.pathname}${url.search}`,
    headers: [
      ["host", url.host],
      ["user-agent", "switchyard"],
      ["accept", "application/json"],
      ["accept-encoding", "gzip, br"],
      ...request.headers,
      ...(body === null ? [] : [["content-length", String(Buffer.byteLength(body))] as const]),
    ],
    body: body === null ? emptyBody : bodyOf(body),
    signal,
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  const encoding = headerValue(reply.headers, "content-encoding");
  for await (const chunk of decodeBody(reply.body, encoding, { maxBytes: maxReplyBytes })) {
    size += chunk.byteLength;
    if (size > maxReplyBytes) throw new DecodeError("too-large", "the report is too large");
    chunks.push(chunk);
  }
  return { status: reply.status, headers: reply.headers, text: Buffer.concat(chunks).toString("utf8") };
}

/** `what` with a limit to it. Whatever it throws becomes an error in words. */
async function timed<Result extends { readonly ok: boolean }>(
  { after }: AskDeps,
  signal: AbortSignal,
  timeoutMs: number,
  what: string,
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result | (QuotaRead & { readonly ok: false })> {
  const limit = new AbortController();
  const callOff = after(timeoutMs, () => limit.abort());
  try {
    return await run(AbortSignal.any([signal, limit.signal]));
  } catch (thrown) {
    if (limit.signal.aborted) {
      const message = `${what} did not answer within ${durationText(timeoutMs)}; it is asked again later`;
      return { ok: false, error: { kind: "timeout", message } };
    }
    if (thrown instanceof DecodeError) {
      return { ok: false, error: { kind: "protocol", message: `${what} sent a body that cannot be read` } };
    }
    return { ok: false, error: fromUnknown(thrown) };
  } finally {
    callOff();
  }
}
