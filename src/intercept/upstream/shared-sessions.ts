/**
 * HTTP/2 sessions for the engine's own calls. Unlike the relay's (h2/sessions.ts), which belong to one client connection,
 * these are shared: a session carries as many calls at once as its server allows, and is kept for a moment afterwards.
 */
import { constants, type ClientHttp2Session } from "node:http2";
import { defaultLimits, type WireLimits } from "../../base/limits.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import { openSession } from "../h2/open-session.ts";
import type { Dial, DialTarget } from "./dial.ts";

export interface SharedSession {
  readonly session: ClientHttp2Session;
  /** True when another call used it before: it may turn out to be closing. */
  readonly reused: boolean;
  /** Null when no connecting was needed. */
  readonly connected: { readonly connectMs: number; readonly tlsMs: number | null } | null;
  /** The last stream of a session that is no longer lent that the server says it acted on; null: it said nothing. */
  lastProcessed(): number | null;
  /** Says that this call is over, once. `isSpent`: the session is good for nothing more. */
  release(isSpent: boolean): void;
}

export interface SharedSessions {
  /** `fresh`: over a session that nobody has used, and nobody else will. Rejects with an `UpstreamError`. */
  take(target: DialTarget, signal: AbortSignal, fresh: boolean): Promise<SharedSession>;
  close(): void;
  readonly openCount: number;
}

/** How long a session without calls is kept. A server that closes earlier says so (GOAWAY). */
const maxIdleMs = 10_000;
/** What a server that has not told its limit is believed to take (RFC 9113 §6.5.2 asks for at least 100). */
const usualStreams = 100;

interface Entry {
  readonly key: string;
  readonly session: ClientHttp2Session;
  active: number;
  lastProcessed: number | null;
  lendable: boolean;
  idle: NodeJS.Timeout | null;
}

export function createSharedSessions(dial: Dial, limits: () => WireLimits = () => defaultLimits): SharedSessions {
  const entries = new Set<Entry>();
  let closed = false;

  const forget = (entry: Entry): void => {
    entry.lendable = false;
    if (entry.idle !== null) clearTimeout(entry.idle);
    entry.idle = null;
  };

  const lent = (entry: Entry, connected: SharedSession["connected"]): SharedSession => {
    if (entry.idle !== null) clearTimeout(entry.idle);
    entry.idle = null;
    entry.active += 1;
    let released = false;
    return {
      session: entry.session,
      reused: connected === null,
      connected,
      lastProcessed: () => entry.lastProcessed,
      release(isSpent) {
        if (released) return;
        released = true;
        entry.active -= 1;
        if (isSpent) forget(entry);
        if (entry.active > 0) return;
        if (closed || !entry.lendable) {
          entry.session.close();
          return;
        }
        entry.idle = setTimeout(() => {
          forget(entry);
          entry.session.close();
        }, maxIdleMs);
        entry.idle.unref();
      },
    };
  };

  const open = async (target: DialTarget, signal: AbortSignal, lendable: boolean): Promise<SharedSession> => {
    const { host, port } = target;
    const connection = await dial(target, signal);
    if (target.tls !== undefined && connection.alpn !== "h2") {
      connection.socket.on("error", () => {});
      connection.socket.destroy();
      throw new UpstreamError("protocol", "connect", `${host}:${port} does not speak HTTP/2`);
    }
    const scheme = target.tls === undefined ? "http" : "https";
    const session = openSession(connection, { scheme, host, port }, limits);
    const key = keyOf(target, connection.way);
    const entry: Entry = { key, session, active: 0, lastProcessed: null, lendable, idle: null };
    session.on("error", () => forget(entry));
    session.on("goaway", (code: number, lastStream: number) => {
      forget(entry);
      // One that says good-bye in anger after a polite one takes nothing back of what that one promised.
      if (code === constants.NGHTTP2_NO_ERROR) entry.lastProcessed = lastStream;
    });
    session.on("close", () => {
      forget(entry);
      entries.delete(entry);
    });
    entries.add(entry);
    return lent(entry, { connectMs: connection.connectMs, tlsMs: connection.tlsMs });
  };

  return {
    async take(target, signal, fresh) {
      if (fresh) return open(target, signal, false);
      const key = keyOf(target, dial.wayTo(target));
      for (const entry of entries) if (entry.key === key && hasRoom(entry)) return lent(entry, null);
      return open(target, signal, true);
    },
    close() {
      closed = true;
      for (const entry of entries) {
        forget(entry);
        if (entry.active === 0) entry.session.close();
      }
    },
    get openCount() {
      return entries.size;
    },
  };
}

/** The way is part of it: a proxy that was taken out of the settings, or put in, holds from the next call on. */
function keyOf(target: DialTarget, way: string): string {
  const scheme = target.tls === undefined ? "http" : "https";
  return `${scheme}|${target.host}:${target.port}|${target.purpose}|${target.via ?? ""}|${way}`;
}

function hasRoom({ session, lendable, active }: Entry): boolean {
  if (!lendable || session.closed || session.destroyed) return false;
  const limit = session.connecting ? usualStreams : (session.remoteSettings?.maxConcurrentStreams ?? usualStreams);
  return active < limit;
}
