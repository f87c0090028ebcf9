/**
 * One request to one provider: credential added, addressed to that provider's own origin, shown to the flow. Redirects
 * are not followed, so a key cannot be led elsewhere.
 */
import { headerList, headerValue, withHeader } from "../../base/headers.ts";
import type { FlowTap } from "../../base/flow.ts";
import { bodyOf, type HeaderPairs, type HttpReply } from "../../base/http.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import type { Credential } from "../accounts/credential.ts";
import type { Origin, Provider } from "../providers/provider.ts";
import type { OpenBody } from "./open-body.ts";
import type { Tools } from "./tools.ts";
import { betaField, joinedLists, type UpstreamCall } from "./upstream-call.ts";

export interface SendInput {
  readonly tools: Pick<Tools, "send" | "clock" | "random">;
  readonly tap: FlowTap;
  readonly provider: Provider;
  readonly credential: Credential | null;
  readonly call: UpstreamCall;
  /** Says what comes after the call's own bytes; null: nothing does. */
  readonly open?: OpenBody | null;
  readonly signal: AbortSignal;
  /** The outbound proxy; undefined: as everything goes. */
  readonly via: string | undefined;
}

/**
 * A provider with several addresses is asked at the next one where an address cannot be reached or says that it cannot
 * serve now. Once a request was on its way and nothing came back, it may have been answered, and is not sent again.
 */
export async function sendTo(input: SendInput): Promise<HttpReply> {
  const { tap, provider, signal } = input;
  const origins = provider.origins;
  for (const [index, origin] of origins.entries()) {
    const next = origins[index + 1];
    if (next === undefined) return sendAt(input, origin, signal);
    const one = new AbortController();
    try {
      const reply = await sendAt(input, origin, AbortSignal.any([signal, one.signal]));
      const stays = await settled(provider, reply);
      if (stays !== null) return stays;
      one.abort();
      why(tap, `${origin.host} answered ${reply.status}: on to ${next.host}`);
    } catch (error) {
      if (signal.aborted || !(error instanceof UpstreamError) || error.phase !== "connect") throw error;
      why(tap, `${error.message}: on to ${next.host}`);
    }
  }
  return sendAt(input, provider.origin, signal);
}

/** The reply to go on with; null: this address says that another one should be asked. */
async function settled(provider: Provider, reply: HttpReply): Promise<HttpReply | null> {
  if (provider.goesElsewhere === undefined) return isElsewhere(reply.status) ? null : reply;
  if (reply.status < 400) return reply;
  const iterator = reply.body[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  let size = 0;
  while (size < maxRefusalBytes) {
    const step = await iterator.next();
    if (step.done === true) break;
    read.push(step.value);
    size += step.value.byteLength;
  }
  if (provider.goesElsewhere(reply.status, Buffer.concat(read))) return null;
  // Whoever asked still wants to read it.
  return { ...reply, body: again(read, iterator) };
}

/** What is said of an address is said in a line. */
const maxRefusalBytes = 64 * 1024;

async function* again(
  read: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* read;
  for (;;) {
    const step = await rest.next();
    if (step.done === true) return;
    yield step.value;
  }
}

/** Statuses of an address, not of the request: what is said of the request is the same at all of them. */
function isElsewhere(status: number): boolean {
  return status === 404 || status === 408 || status === 429 || (status >= 500 && status <= 599);
}

function why(tap: FlowTap, text: string): void {
  tap.tell({ type: "why", step: { stage: "attempt", text } });
}

async function sendAt(
  { tools, tap, provider, credential, call, open = null, via }: SendInput,
  origin: Origin,
  signal: AbortSignal,
): Promise<HttpReply> {
  const { scheme, host, port, authority } = origin;
  const target = provider.target(call.path, origin);
  const userAgent = headerValue(call.headers, "user-agent") ?? null;
  const options = { clock: tools.clock, random: tools.random, userAgent };
  const own = credential === null ? [] : provider.authorize(credential, options);
  const tried = Math.max(0, provider.origins.indexOf(origin));
  const placed = (provider.originHeaders?.(origin, call.path, tried) ?? []).reduce(
    (all: HeaderPairs, [name, value]) =>
      value === null ? all.filter(([other]) => other.toLowerCase() !== name) : withHeader(all, name, value),
    call.headers,
  );
  const headers: HeaderPairs = [
    ["host", authority],
    // Streams must be readable as they come, and Node 20 cannot unpack everything clients accept.
    ...authorized([...placed, ["accept-encoding", "identity"]], own),
    ...(open === null ? [["content-length", String(call.body.byteLength)] as const] : []),
  ];
  tap.head("upstream-request", { line: `POST ${scheme}://${authority}${target}`, headers });
  tap.chunk("upstream-request", call.body);
  const reply = await tools.send({
    method: "POST",
    scheme,
    host,
    port,
    target,
    headers,
    body: open === null ? bodyOf(call.body) : open.after(call.body),
    signal,
    ...(provider.over === undefined ? {} : { over: provider.over }),
    ...(via === undefined ? {} : { via }),
  });
  if (reply.connected !== undefined) tap.tell({ type: "connected", ...reply.connected });
  tap.head("upstream-reply", { line: String(reply.status), headers: reply.headers });
  return reply;
}

/** A login's own words replace the client's, but for what is a list: there both hold. */
function authorized(headers: HeaderPairs, own: HeaderPairs): HeaderPairs {
  let all = headers;
  for (const [name, value] of own) {
    const said = name === betaField ? headerList(all, betaField) : undefined;
    all = withHeader(all, name, said === undefined ? value : joinedLists(said, value));
  }
  return all;
}
