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
  let refused: HttpReply | null = null;
  for (const [index, origin] of origins.entries()) {
    const next = origins[index + 1];
    if (next === undefined && refused === null) return sendAt(placed(input, origin), origin, signal);
    const one = new AbortController();
    const onward = next === undefined ? "no other address is left" : `on to ${next.host}`;
    try {
      const reply = await sendAt(placed(input, origin), origin, AbortSignal.any([signal, one.signal]));
      if (next === undefined) return reply;
      const { isFinal, seen } = await judged(provider, reply);
      if (isFinal) return seen;
      if (provider.goesElsewhere !== undefined) refused = seen;
      one.abort();
      why(tap, `${origin.host} answered ${reply.status}: ${onward}`);
    } catch (error) {
      if (signal.aborted || !(error instanceof UpstreamError) || error.phase !== "connect") throw error;
      why(tap, `${error.message}: ${onward}`);
    }
  }
  // An address that cannot be reached takes nothing back of what another one said.
  return refused ?? sendAt(placed(input, provider.origin), provider.origin, signal);
}

/** The call as one of the addresses wants it. */
function placed(input: SendInput, origin: Origin): SendInput {
  const { provider, call } = input;
  if (provider.originHeaders === undefined) return input;
  const headers = provider
    .originHeaders(origin, call.path, Math.max(0, provider.origins.indexOf(origin)))
    .reduce(
      (all: HeaderPairs, [name, value]) =>
        value === null ? all.filter(([other]) => other.toLowerCase() !== name) : withHeader(all, name, value),
      call.headers,
    );
  return { ...input, call: { ...call, headers } };
}

/** `isFinal`: there is no other address to ask. `seen`: the reply, whose body may have been read and can still be. */
interface Judged {
  readonly isFinal: boolean;
  readonly seen: HttpReply;
}

async function judged(provider: Provider, reply: HttpReply): Promise<Judged> {
  if (provider.goesElsewhere === undefined) return { isFinal: !isElsewhere(reply.status), seen: reply };
  if (reply.status < 400) return { isFinal: true, seen: reply };
  const iterator = reply.body[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  let size = 0;
  while (size < maxRefusalBytes) {
    const step = await iterator.next();
    if (step.done === true) break;
    read.push(step.value);
    size += step.value.byteLength;
  }
  const body = Buffer.concat(read);
  if (provider.goesElsewhere(reply.status, body)) return { isFinal: false, seen: { ...reply, body: bodyOf(body) } };
  return { isFinal: true, seen: { ...reply, body: again(read, iterator) } };
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
  const headers: HeaderPairs = [
    ["host", authority],
    // Streams must be readable as they come, and Node 20 cannot unpack everything clients accept.
    ...authorized([...call.headers, ["accept-encoding", "identity"]], own),
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
