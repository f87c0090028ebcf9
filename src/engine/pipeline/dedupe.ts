/**
 * `settings.dedupe`: equal calls for whole replies share one upstream call while it runs, and its good reply for a moment
 * after. Opt-in, never for streams. What failed is nobody else's failure. (The memory for thinking signatures is
 * hub/signature-ledger.ts.)
 */
import { createHash } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import type { HeaderPairs } from "../../base/http.ts";
import type { FormatId, Variant } from "../hub/format-id.ts";

/** Read only: every caller that shares it gets the same bytes. */
export interface WholeReply {
  readonly status: number;
  readonly headers: HeaderPairs;
  readonly body: Uint8Array;
}

export interface SharedReply {
  readonly reply: WholeReply;
  /** True when another call had asked for it. */
  readonly shared: boolean;
}

export interface Dedupe {
  /**
   * `make` is given a signal that ends when nobody waits for the reply any more; `signal` is this caller's own, and
   * ends its wait alone.
   */
  run(
    key: string,
    windowMs: number,
    make: (signal: AbortSignal) => Promise<WholeReply>,
    signal?: AbortSignal,
  ): Promise<SharedReply>;
}

export interface DedupeOptions {
  readonly clock: Clock;
  readonly maxEntries?: number;
  readonly maxBytes?: number;
}

const defaults = { maxEntries: 256, maxBytes: 16 * 1024 * 1024 };

interface Kept {
  readonly reply: WholeReply;
  readonly until: number;
}

/** One upstream call and those who wait for it. */
interface Flight {
  /** Until the reply is there or `signal` ends; rejects with the signal's reason then. */
  wait(signal: AbortSignal | undefined): Promise<WholeReply>;
}

export function createDedupe(options: DedupeOptions): Dedupe {
  const { clock } = options;
  const maxEntries = options.maxEntries ?? defaults.maxEntries;
  const maxBytes = options.maxBytes ?? defaults.maxBytes;
  const flights = new Map<string, Flight>();
  /** Oldest first. */
  const kept = new Map<string, Kept>();
  let bytes = 0;

  const drop = (key: string): void => {
    bytes -= kept.get(key)?.reply.body.byteLength ?? 0;
    kept.delete(key);
  };
  const keep = (key: string, reply: WholeReply, windowMs: number): void => {
    if (reply.body.byteLength > maxBytes) return;
    const now = clock.monotonic();
    drop(key);
    kept.set(key, { reply, until: now + windowMs });
    bytes += reply.body.byteLength;
    for (const [oldest, { until }] of kept) {
      if (until < now || kept.size > maxEntries || bytes > maxBytes) drop(oldest);
    }
  };
  const fresh = (key: string): WholeReply | null => {
    const found = kept.get(key);
    if (found === undefined) return null;
    if (clock.monotonic() <= found.until) return found.reply;
    drop(key);
    return null;
  };
  const start = (key: string, windowMs: number, make: (signal: AbortSignal) => Promise<WholeReply>): Flight => {
    const leave = (): void => {
      if (flights.get(key) === flight) flights.delete(key);
    };
    const flight = createFlight(async (signal) => {
      const reply = await make(signal);
      if (isGood(reply)) keep(key, reply, windowMs);
      return reply;
    }, leave);
    if (!flights.has(key)) flights.set(key, flight);
    return flight;
  };

  return {
    async run(key, windowMs, make, signal) {
      signal?.throwIfAborted();
      const known = fresh(key);
      if (known !== null) return { reply: known, shared: true };
      // Twice: of several callers whose shared call failed, one asks again and the others wait for that. Then each asks
      // for itself.
      for (let round = 0; round < 2; round += 1) {
        const flight = flights.get(key);
        if (flight === undefined) break;
        const reply = await flight.wait(signal).catch(() => null);
        signal?.throwIfAborted();
        if (reply !== null && isGood(reply)) return { reply, shared: true };
      }
      return { reply: await start(key, windowMs, make).wait(signal), shared: false };
    },
  };
}

/** `onOver`: nobody may join any more. Called once the reply is there, before anybody hears of it, or when all have left. */
function createFlight(make: (signal: AbortSignal) => Promise<WholeReply>, onOver: () => void): Flight {
  const connection = new AbortController();
  let waiting = 0;
  let isOver = false;
  const over = (): void => {
    isOver = true;
    onOver();
  };
  const reply = make(connection.signal).finally(over);
  return {
    async wait(signal) {
      waiting += 1;
      const leaving = abortOf(signal);
      try {
        return await Promise.race([reply, leaving.promise]);
      } finally {
        leaving.unlink();
        waiting -= 1;
        if (waiting === 0 && !isOver) {
          over();
          connection.abort();
        }
      }
    },
  };
}

/** A promise that rejects when the signal ends, and never does otherwise. */
function abortOf(signal: AbortSignal | undefined): { readonly promise: Promise<never>; readonly unlink: () => void } {
  let unlink = (): void => {};
  const promise = new Promise<never>((_, reject) => {
    if (signal === undefined) return;
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    unlink = () => signal.removeEventListener("abort", onAbort);
  });
  return { promise, unlink: () => unlink() };
}

function isGood({ status }: WholeReply): boolean {
  return status >= 200 && status <= 299;
}

export interface DedupeKeyParts {
  /** The client's dialect and its accent: an answer is bytes of one dialect. */
  readonly format: FormatId;
  readonly variant?: Variant;
  /** Path and query, with the method where it is not POST. */
  readonly target: string;
  readonly model: string | null;
  /** The caller showed the proxy token, so stored keys may have paid for the answer. */
  readonly authorized: boolean;
  /** Whatever else tells callers apart: the rule that was chosen, the credential they brought. */
  readonly who: readonly string[];
  readonly body: Uint8Array;
}

/** Equal only for calls that any of the callers could have made itself. */
export function dedupeKey({ format, variant, target, model, authorized, who, body }: DedupeKeyParts): string {
  const head = JSON.stringify([format, variant ?? null, target, model, authorized, who]);
  // JSON has no bare line break, so the head ends where the body begins.
  return createHash("sha256").update(head).update("\n").update(body).digest("hex");
}
