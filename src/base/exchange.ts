/**
 * The seam between intercept (sockets) and engine (meaning). Intercept asks `wants` of every request head; a no
 * means the bytes are relayed as they come and the engine is never waited for.
 */
import type { ClientId, FlowTap } from "./flow.ts";
import type { HttpReply, HttpRequest, Protocol, RequestHead } from "./http.ts";

export interface ExchangeHead extends RequestHead {
  readonly client: ClientId;
  readonly protocol: Protocol;
  /** The caller proved itself with the per-install proxy token (or none is asked for): stored credentials may be used. */
  readonly authorized: boolean;
  /**
   * Set for a call to the port itself: there is no provider it was meant for, so nothing to hand it back to. `provider`:
   * the address names the one it is for.
   */
  readonly gateway?: { readonly provider: string | null };
}

export interface Exchange extends ExchangeHead, HttpRequest {
  readonly tap: FlowTap;
}

/** The engine looked and found nothing to do: intercept sends the request, body included, on to where it was going. */
export const passThrough = Symbol("pass-through");

export interface ExchangeHandler {
  /** Could any rule apply to requests to this host? Then we choose the ALPN ourselves instead of asking the upstream. */
  wantsHost(host: string): boolean;
  /** Could a rule apply to this request? Synchronous and cheap (≤ 50 µs): it stands on the relay path. */
  wants(head: ExchangeHead): boolean;
  /**
   * Answers the exchange, or hands it back untouched. Never rejects: errors are replies in the client's dialect.
   * Reports on `exchange.tap` everything but the client sides' heads and chunks and `ended`, which intercept sees itself.
   */
  handle(exchange: Exchange): Promise<HttpReply | typeof passThrough>;
}

/**
 * Who may ask the port for something. `tools`: programs, and no web page. `local`: the same from this machine alone, and
 * nothing that a browser marked. `page`: as `local`, and besides them a browser that shows a page of ours.
 */
export type Audience = "tools" | "local" | "page";

/** The port itself as a server, for tools that take a base URL. What reaches it has been let in by its audience. */
export interface GatewayHandler {
  /** Told by the address alone, before anything else is looked at. */
  audience(head: RequestHead): Audience;
  /** Is it a call that belongs into the flow log? Questions about models and providers do not. */
  isCall(head: RequestHead): boolean;
  /** `authorized` is false: the client key is for the handler to check. Never rejects. */
  handle(exchange: Exchange): Promise<HttpReply>;
}
