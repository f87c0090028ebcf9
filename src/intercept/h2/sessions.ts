/**
 * HTTP/2 sessions to upstreams. A client connection holds one while it lives, so flow control and GOAWAY mean to the
 * client what they mean to the upstream; a clean session is lent on for a short while, as HTTP/1 lanes are.
 */
import { defaultLimits, type WireLimits } from "../../base/limits.ts";
import type { Hops } from "../hops.ts";
import type { Dial, DialTarget } from "../upstream/dial.ts";
import type { Lanes } from "../upstream/lanes.ts";
import { openWire } from "./open-wire.ts";
import { errorCodes } from "./wire/codes.ts";
import type { SessionListener, WireSession } from "./wire/session.ts";

export interface UpstreamSession {
  readonly key: string;
  readonly session: WireSession;
  /** Null when it was lent and no connecting was needed. */
  readonly connected: { readonly connectMs: number; readonly tlsMs: number | null } | null;
}

export interface SessionTarget {
  readonly host: string;
  readonly port: number;
  /** What the client offered, in its order. */
  readonly alpn: readonly string[];
  readonly hops: Hops;
}

export type Opened = { readonly protocol: "h2"; readonly session: UpstreamSession } | { readonly protocol: "http/1.1" };

export interface UpstreamSessions {
  /** Connects and learns which protocol the upstream chose. An HTTP/1 connection goes to the lanes, ready for use. */
  open(target: SessionTarget): Promise<Opened>;
  giveBack(session: UpstreamSession): void;
  close(): void;
}

const maxIdleMs = 3_000;
const maxIdlePerOrigin = 8;
/** An upstream sends its SETTINGS at once; we wait this long before we tell the client ours without knowing them. */
const settingsWaitMs = 1_000;

export function createUpstreamSessions(
  dial: Dial,
  lanes: Lanes,
  limits: () => WireLimits = () => defaultLimits,
): UpstreamSessions {
  const idle = new Map<string, { held: UpstreamSession; timer: NodeJS.Timeout }[]>();
  let closed = false;

  const lend = (key: string): UpstreamSession | null => {
    const waiting = idle.get(key);
    for (let entry = waiting?.pop(); entry !== undefined; entry = waiting?.pop()) {
      clearTimeout(entry.timer);
      if (!entry.held.session.isClosed) {
        return { ...entry.held, connected: null };
      }
    }
    idle.delete(key);
    return null;
  };

  return {
    async open(target) {
      const { host, port, hops } = target;
      const asked: DialTarget = { host, port, tls: { alpn: target.alpn }, purpose: "client", hops };
      const keyBy = (way: string): string => `${host}:${port}|${target.alpn.join()}|${way}`;
      const lent = lend(keyBy(dial.wayTo(asked)));
      if (lent !== null) return { protocol: "h2", session: lent };
      const connection = await dial(asked);
      if (connection.alpn !== "h2") {
        const alpn = target.alpn.filter((offer) => offer !== "h2");
        lanes.giveBack({ ...asked, tls: { alpn } }, connection);
        return { protocol: "http/1.1" };
      }
      const session = await openWire(connection.socket, limits, settingsWaitMs);
      return {
        protocol: "h2",
        session: {
          key: keyBy(connection.way),
          session,
          connected: { connectMs: connection.connectMs, tlsMs: connection.tlsMs },
        },
      };
    },
    giveBack(held) {
      const { session, key } = held;
      session.listener = nobody;
      // Somebody's request that its upstream answered and does not read: nobody waits for it any more.
      if (session.openStreams > 0) session.destroy(errorCodes.noError);
      const waiting = idle.get(key) ?? [];
      if (closed || session.isClosed || waiting.length >= maxIdlePerOrigin) {
        session.close();
        return;
      }
      const timer = setTimeout(() => {
        idle.set(
          key,
          (idle.get(key) ?? []).filter((entry) => entry.held !== held),
        );
        session.close();
      }, maxIdleMs);
      timer.unref();
      waiting.push({ held, timer });
      idle.set(key, waiting);
    },
    close() {
      closed = true;
      for (const waiting of idle.values()) {
        for (const entry of waiting) {
          clearTimeout(entry.timer);
          entry.held.session.close();
        }
      }
      idle.clear();
    },
  };
}

const nobody: SessionListener = { onClose() {} };
