/** One try with one provider and one account: request made, sent, and its reply opened up to the commit point. */
import type { Exchange } from "../../base/exchange.ts";
import { headerValue } from "../../base/headers.ts";
import type { HeaderPairs, HttpReply } from "../../base/http.ts";
import { type CallLog, noCallLog } from "../../base/request-log.ts";
import { decodeBody, DecodeError } from "../codecs/compression.ts";
import type { Secret } from "../../base/secret.ts";
import type { Credential } from "../accounts/credential.ts";
import type { Lease } from "../accounts/pool.ts";
import type { AccountConfig, Config } from "../config/schema.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { fromUnknown } from "../errors/from-unknown.ts";
import { policy } from "../errors/policy.ts";
import { formats } from "../formats/table.ts";
import type { Result, WholeAnswer } from "../formats/format.ts";
import type { Provider } from "../providers/provider.ts";
import { withoutSecrets } from "./answer-error.ts";
import { createOpenBody, type OpenBody } from "./open-body.ts";
import { loggedReply, loggedTap, openCallLog } from "./logged.ts";
import { openLossless } from "./lossless.ts";
import type { Thinking } from "../hub/request.ts";
import { createMeter, type Meter } from "./meter.ts";
import { outboundFor } from "./outbound.ts";
import { readWhole } from "./read-body.ts";
import type { ClientCall } from "./read-client.ts";
import { reportOn } from "./report.ts";
import { sendTo } from "./send.ts";
import type { Tools } from "./tools.ts";
import { openTranslated, prepareTranslated, type HubRead } from "./translated.ts";
import { canStayAsIs, bodyChanges, refersToOurs } from "./lane.ts";
import type { Remedy } from "./remedy.ts";
import { losslessCall, type UpstreamCall } from "./upstream-call.ts";

export interface AttemptInput {
  readonly tools: Tools;
  readonly config: Config;
  readonly exchange: Exchange;
  readonly call: ClientCall;
  readonly provider: Provider;
  readonly account: AccountConfig | null;
  readonly credential: Credential | null;
  readonly lease: Lease;
  /** The conversation, as the pool knows it. */
  readonly session: string | null;
  readonly combo: string | null;
  /** The upstream's name for the model. */
  readonly model: string;
  /** What the target's name said about thinking (`gpt-5(high)`); null when nothing. */
  readonly thinking: Thinking | null;
  /** The client's request in the hub; read on first use, because the lossless lane never needs it. */
  readonly hub: HubRead;
  /** What the try before failed on and what is put right this time. */
  readonly remedy: Remedy | null;
}

export type AttemptResult =
  | { readonly ok: true; readonly reply: HttpReply }
  | {
      readonly ok: false;
      readonly error: EngineError;
      /** The upstream's own error answer, where it is in the client's dialect already. */
      readonly whole: WholeAnswer | null;
      /** False when nothing was sent: there was no call to count. */
      readonly wasSent: boolean;
      /** Still open: the answer that the client gets of it may be its last entry. */
      readonly log?: CallLog;
    };

/** A try under way. */
export interface TryInput extends AttemptInput {
  readonly log: CallLog;
}

/** What a lane needs to open a reply. */
export interface OpenInput extends TryInput {
  readonly reply: HttpReply;
  readonly meter: Meter;
  /** The request's body where it is still open: what the reader says to the upstream goes there. */
  readonly open: OpenBody | null;
  readonly onEnd: (error: EngineError | null) => void;
  readonly abandon: () => void;
}

interface Lane {
  readonly upstream: UpstreamCall;
  readonly losses: readonly string[];
  open(input: OpenInput): Promise<Result<HttpReply>>;
}

/** An error page larger than this says nothing more. */
const maxErrorBytes = 256 * 1024;

export async function attempt(given: AttemptInput): Promise<AttemptResult> {
  const log = openCallLog(given);
  const tapped = log === noCallLog ? given.exchange.tap : loggedTap(given.exchange.tap, log);
  const input: TryInput = { ...given, exchange: { ...given.exchange, tap: tapped }, log };
  const { exchange, provider, account, credential, model, tools } = input;
  const { tap } = exchange;
  const meter = createMeter(tap, tools.clock, input.call.operation === "reply" ? input.call.body.byteLength : null);
  const lane = chooseLane(input, meter);
  const fail = (
    failed: { readonly error: EngineError; readonly whole: WholeAnswer | null },
    wasSent: boolean,
  ): AttemptResult => {
    log.stage("6_error", () => failed.error);
    return { ok: false, ...failed, wasSent, log };
  };
  if (!lane.ok) return fail({ error: lane.error, whole: null }, false);
  tap.tell({ type: "attempt-started", provider: provider.id, account: account?.name ?? null, model });
  const report = reportOn(input, meter);
  const via = outboundFor(input.config.settings.networkProxy, provider.id, account, input.combo);
  const connection = linkedAbort(exchange.signal);
  const open = lane.value.upstream.staysOpen === true ? createOpenBody() : null;
  let status: number | null = null;
  const end = (error: EngineError | null): void => {
    connection.unlink();
    open?.close();
    const told = error === null ? {} : { error: `${error.kind}: ${clean(error, credential).message}` };
    tap.tell({ type: "attempt-ended", status, ...told });
    if (error !== null) log.stage("6_error", () => clean(error, credential));
    report.over(error);
  };
  try {
    const reply = await sendTo({
      tools,
      tap,
      provider,
      credential,
      call: lane.value.upstream,
      open,
      signal: connection.signal,
      via,
    });
    status = reply.status;
    report.replied(reply);
    if (status < 200 || status > 299) {
      const failed = await readFailure(input, reply);
      connection.abort();
      end(failed.error);
      return { ok: false, ...failed, wasSent: true, log };
    }
    meter.lost(lane.value.losses);
    const opened = await lane.value.open({
      ...input,
      reply,
      meter,
      open,
      onEnd: (error) => {
        meter.close();
        // The provider's own error, told politely to the end: nothing else of this call says that it failed.
        if (error !== null && !policy[error.kind].breaksStream) {
          tap.tell({ type: "described", error: clean(error, credential).message });
        }
        end(error);
      },
      abandon: connection.abort,
    });
    if (opened.ok) {
      report.committed();
      tap.tell({
        type: "described",
        provider: provider.id,
        account: account?.name ?? null,
        formats: { upstream: provider.format },
      });
      return { ok: true, reply: log === noCallLog ? opened.value : loggedReply(opened.value, log) };
    }
    connection.abort();
    const error = clean(opened.error, credential);
    end(error);
    return { ok: false, error, whole: null, wasSent: true, log };
  } catch (thrown) {
    connection.abort();
    const error = clean(thrown instanceof DecodeError ? undecodable(thrown) : fromUnknown(thrown), credential);
    end(error);
    return { ok: false, error, whole: null, wasSent: true, log };
  }
}

function chooseLane(input: TryInput, meter: Meter): Result<Lane> {
  const { exchange, call, provider, model } = input;
  if (canStayAsIs(call, provider, input.remedy) && !refersToOurs(input)) {
    const { upstream, changed } = losslessCall(exchange, call, provider, model, bodyChanges(input));
    input.log.bytesLeftAlone();
    for (const text of changed) exchange.tap.tell({ type: "why", step: { stage: "translate", text } });
    return { ok: true, value: { upstream, losses: [], open: openLossless } };
  }
  if (call.operation === "other") return { ok: false, error: ownDialectOnly(call.format.id) };
  const prepared = prepareTranslated(input, meter);
  if (!prepared.ok) return prepared;
  const { upstream, losses, context } = prepared.value;
  return { ok: true, value: { upstream, losses, open: (opening) => openTranslated(opening, context) } };
}

function ownDialectOnly(format: string): EngineError {
  return { kind: "unsupported", message: `only a provider that speaks ${format} itself can do what this call asks` };
}

async function readFailure(
  input: AttemptInput,
  reply: HttpReply,
): Promise<{ readonly error: EngineError; readonly whole: WholeAnswer | null }> {
  const { exchange, call, provider, credential, tools } = input;
  const packed = await readWhole(reply.body, maxErrorBytes, (bytes) => exchange.tap.chunk("upstream-reply", bytes));
  const bytes = packed.ok ? await unpackError(packed.bytes, reply.headers) : Buffer.alloc(0);
  if (reply.status < 400) {
    // Followed nowhere: the credential belongs to this origin only.
    const message = `${provider.id} answered ${reply.status} (a redirect); check its endpoint ${provider.origin.authority}`;
    return { error: { kind: "upstream", message, status: reply.status }, whole: null };
  }
  const read = formats[provider.format].provider.readError(reply.status, reply.headers, bytes, tools.clock.now());
  const error = clean(read, credential);
  if (provider.format !== call.format.id || bytes.byteLength === 0) return { error, whole: null };
  const text = withoutSecrets(bytes.toString("utf8"), secretsOf(credential));
  return { error, whole: { status: reply.status, headers: errorHeaders(reply.headers), body: Buffer.from(text) } };
}

async function unpackError(bytes: Buffer, headers: HeaderPairs): Promise<Buffer> {
  try {
    const limits = { maxBytes: maxErrorBytes };
    const body = decodeBody(
      (async function* () {
        yield bytes;
      })(),
      headerValue(headers, "content-encoding"),
      limits,
    );
    const whole = await readWhole(body, maxErrorBytes);
    return whole.ok ? whole.bytes : Buffer.alloc(0);
  } catch (error) {
    // The status alone says what class of failure this is.
    if (error instanceof DecodeError) return Buffer.alloc(0);
    throw error;
  }
}

/** What a client acts on; the rest of a foreign head (cookies, framing, coding) stays behind. */
const errorFields: ReadonlySet<string> = new Set([
  "content-type",
  "retry-after",
  "retry-after-ms",
  "x-should-retry",
  "request-id",
  "x-request-id",
]);

function errorHeaders(headers: HeaderPairs): HeaderPairs {
  return headers.filter(([name]) => {
    const field = name.toLowerCase();
    return errorFields.has(field) || field.startsWith("anthropic-ratelimit-") || field.startsWith("x-ratelimit-");
  });
}

function clean(error: EngineError, credential: Credential | null): EngineError {
  return { ...error, message: withoutSecrets(error.message, secretsOf(credential)) };
}

function secretsOf(credential: Credential | null): readonly Secret[] {
  if (credential === null) return [];
  const { secret, machine } = credential;
  if (machine === undefined) return [secret];
  return [secret, machine.id, ...(machine.mac === null ? [] : [machine.mac])];
}

function undecodable(error: DecodeError): EngineError {
  return { kind: "protocol", message: `the upstream's reply cannot be unpacked: ${error.message}` };
}

/** A signal of our own that also follows the client's. */
function linkedAbort(signal: AbortSignal): { signal: AbortSignal; abort: () => void; unlink: () => void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  return { signal: controller.signal, abort, unlink: () => signal.removeEventListener("abort", abort) };
}
