/**
 * A question of a conversation as a call of its own, so that targets, accounts, failover, remedies and the ledger are those
 * of every rerouted call. Its "dialect" is the hub itself: the request is there already, and what its writer gives out is one
 * byte for each event, which tells the reader how many have come; the events go beside them, unserialized.
 */
import { emptyBody, type HeaderPairs } from "../../../base/http.ts";
import type { Exchange } from "../../../base/exchange.ts";
import type { FlowFact, FlowTap, Usage } from "../../../base/flow.ts";
import type { ClientSide, Format, StreamWriter } from "../../formats/format.ts";
import { formats } from "../../formats/table.ts";
import type { HubRequest } from "../../hub/request.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import { addUsage } from "../../hub/usage.ts";
import type { ClientCall } from "../read-client.ts";

export interface InnerCall {
  readonly call: ClientCall;
  /** The events that these bytes of the reply's body stand for. */
  events(bytes: Uint8Array): readonly StreamEvent[];
}

const eventMark = 1;
const keepAliveMark = 0;
const oneEvent = Uint8Array.of(eventMark);

export interface Asked {
  readonly request: HubRequest;
  readonly losses: readonly string[];
  /** The conversation, as the client names it. */
  readonly session: string | null;
  readonly target: string;
}

export function createInnerCall({ request, losses, session, target }: Asked): InnerCall {
  const waiting: StreamEvent[] = [];
  const { cursor } = formats;
  const client: ClientSide = {
    ...cursor.client,
    readRequest: () => ({ ok: true, value: { request, losses } }),
    streamHeaders: () => [],
    streamWriter: () => createHubWriter(waiting),
  };
  const { requestIdHeader: _, ...plain } = client;
  const format: Format = { ...cursor, client: plain };
  // A value that says what sessions and needs are read from; its bytes are what a guess at the tokens is made of.
  const value = {
    model: request.model,
    messages: request.messages,
    tools: request.tools,
    ...(session === null ? {} : { prompt_cache_key: session }),
  };
  return {
    call: {
      operation: "reply",
      model: request.model,
      stream: true,
      format,
      // Another object than `format`: the bytes of a conversation are never those of a request upstream.
      reads: { ...format },
      variant: null,
      target,
      body: Buffer.from(JSON.stringify(value)),
      value,
    },
    events: (bytes) =>
      waiting.splice(
        0,
        bytes.reduce((sum, mark) => sum + (mark === eventMark ? 1 : 0), 0),
      ),
  };
}

/** Everything gets through: what the client's own form has no place for is named by the backend that writes it. */
function createHubWriter(waiting: StreamEvent[]): StreamWriter {
  return {
    push(event) {
      waiting.push(event);
      return [oneEvent];
    },
    keepAlive: () => Uint8Array.of(keepAliveMark),
    losses: () => [],
  };
}

/** What is known of the conversation's model calls together. */
export interface Sums {
  add(usage: Usage): Usage;
  addCost(usd: number): number;
  /** Those that were not told yet. */
  fresh(losses: readonly string[]): readonly string[];
}

export function createSums(): Sums {
  let total: Usage | null = null;
  let cost = 0;
  const told = new Set<string>();
  return {
    add(usage) {
      total = total === null ? usage : addUsage(total, usage);
      return total;
    },
    addCost: (usd) => (cost += usd),
    fresh(losses) {
      const news = losses.filter((one) => !told.has(one));
      for (const one of news) told.add(one);
      return news;
    },
  };
}

/** The exchange as one of its questions sees it: what is summed is summed, and the client's reply is the driver's to report. */
export function innerExchange(exchange: Exchange, sums: Sums, signal: AbortSignal): Exchange {
  const { tap } = exchange;
  const summed: FlowTap = {
    id: tap.id,
    head: (side, head) => tap.head(side, head),
    chunk: (side, bytes) => tap.chunk(side, bytes),
    tell(fact) {
      const told = summedFact(fact, sums);
      if (told !== null) tap.tell(told);
    },
  };
  return { ...exchange, headers: withoutSession(exchange.headers), body: emptyBody, signal, tap: summed };
}

function summedFact(fact: FlowFact, sums: Sums): FlowFact | null {
  if (fact.type === "reply-started") return null;
  if (fact.type === "usage") return { type: "usage", usage: sums.add(fact.usage) };
  if (fact.type === "cost") return { type: "cost", usd: sums.addCost(fact.usd) };
  if (fact.type !== "losses") return fact;
  const losses = sums.fresh(fact.losses);
  return losses.length === 0 ? null : { type: "losses", losses };
}

/** Cursor's `x-session-id` names a run of the program; the conversation has a better name. */
function withoutSession(headers: HeaderPairs): HeaderPairs {
  return headers.filter(([name]) => name.toLowerCase() !== "x-session-id");
}
