/** What every relay (HTTP/1, HTTP/2, plain) is given, and what it knows of the tunnel it lives in. */
import type { ExchangeHandler } from "../base/exchange.ts";
import type { Clock } from "../base/clock.ts";
import type { ClientId, FlowRecorder } from "../base/flow.ts";
import type { HeaderPairs, HttpHandler, RequestHead } from "../base/http.ts";
import type { WireLimits } from "../base/limits.ts";
import type { UpstreamError } from "../base/upstream-error.ts";
import type { Hops } from "./hops.ts";
import type { Dial } from "./upstream/dial.ts";
import type { Lanes } from "./upstream/lanes.ts";

/** A whole answer of our own making, for when no upstream gave one. */
export interface OwnAnswer {
  readonly status: number;
  readonly headers: HeaderPairs;
  readonly body: Uint8Array;
}

export interface RelayDeps {
  readonly recorder: FlowRecorder;
  readonly handler: ExchangeHandler;
  readonly dial: Dial;
  readonly lanes: Lanes;
  /** One request over HTTP/1 to anywhere: the slow road for mixed protocols and the engine's way out. */
  readonly send: HttpHandler;
  readonly timeouts: () => { readonly firstByteMs: number; readonly idleMs: number };
  /** Asked for each connection, exchange or head: a reload holds from the next one on. */
  readonly limits: () => WireLimits;
  readonly clock: Clock;
  readonly identify: (head: RequestHead) => ClientId;
  /** Our words for a failed upstream, in the dialect of the request. */
  readonly failureAnswer: (head: RequestHead, error: UpstreamError) => OwnAnswer;
  /** Counts exchanges in flight, so that a shutdown can wait for them. */
  readonly inFlight: InFlight;
}

export interface Tunnel {
  /** From the CONNECT authority: where the client wants to go, and where we dial. */
  readonly host: string;
  readonly port: number;
  readonly scheme: "http" | "https";
  readonly authorized: boolean;
  /** The run its client belongs to, where it says so. */
  readonly run: string | undefined;
  /** ALPN offered upstream when this connection speaks HTTP/1: what the client itself offered. */
  readonly upstreamAlpn: readonly string[];
  readonly hops: Hops;
  /** Plain HTTP, where the connection is no tunnel: this request may be answered here, and the next one may not. */
  readonly once?: true;
  /** A web page made a browser ask; see `Purpose`. */
  readonly byPage?: boolean;
}

export interface InFlight {
  enter(): void;
  leave(this: void): void;
  readonly count: number;
  /** True once a shutdown began: finish what runs, keep nothing alive. */
  readonly draining: boolean;
}
