/**
 * Tells "this client does not trust our certificate" from other failures. OpenSSL, Go and rustls clients send an
 * alert; Node and Bun clients just close (measured 2026-11), which looks like a pre-connection — so for those it takes
 * two in a row within ten seconds with no success before them.
 */
import type { TLSSocket } from "node:tls";
import type { Bus } from "../base/bus.ts";
import type { Clock } from "../base/clock.ts";
import type { CoreEvent } from "../base/events.ts";

export interface RefusalDetector {
  onHandshakeError(host: string, error: Error): void;
  /**
   * A finished handshake: call what is returned when the client has sent its first request bytes; a close without them
   * is suspicious.
   */
  watch(host: string, socket: TLSSocket): () => void;
}

const suspicionWindowMs = 10_000;
const suspicionsNeeded = 2;
/** One notice per host in this time; a client that retries for ever must not flood the screen. */
const quietMs = 30_000;
const maxHosts = 512;

const fix =
  'Start the client with `switchyard run -- COMMAND`, or set its variables with `eval "$(switchyard env)"`; ' +
  "a client that reads only the system store needs `switchyard ca path` installed there.";

export function createRefusalDetector(bus: Bus<CoreEvent>, clock: Clock): RefusalDetector {
  const hosts = new Map<string, { succeeded: boolean; suspicions: number[]; saidAt: number }>();

  const stateOf = (host: string): { succeeded: boolean; suspicions: number[]; saidAt: number } => {
    let state = hosts.get(host);
    if (state === undefined) {
      state = { succeeded: false, suspicions: [], saidAt: Number.NEGATIVE_INFINITY };
      hosts.set(host, state);
      const oldest = hosts.keys().next();
      if (hosts.size > maxHosts && oldest.done !== true) hosts.delete(oldest.value);
    }
    return state;
  };
  const say = (host: string, cause: "alert" | "closed"): void => {
    const state = stateOf(host);
    const now = clock.monotonic();
    if (now - state.saidAt < quietMs) return;
    state.saidAt = now;
    const message =
      cause === "alert"
        ? `A client refused our certificate for ${host}: it does not trust the Switchyard CA.`
        : `Clients keep closing right after the TLS handshake for ${host}: probably they do not trust the Switchyard CA.`;
    bus.publish({ type: "certificate-refused", host, cause, message, fix });
  };
  const suspect = (host: string): void => {
    const state = stateOf(host);
    if (state.succeeded) return;
    const now = clock.monotonic();
    state.suspicions = [...state.suspicions.filter((at) => now - at < suspicionWindowMs), now];
    if (state.suspicions.length >= suspicionsNeeded) say(host, "closed");
  };

  return {
    onHandshakeError(host, error) {
      const code = "code" in error ? String(error.code) : "";
      if (/ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN)/.test(code)) say(host, "alert");
      else if (code === "ECONNRESET" || code === "") suspect(host);
    },
    watch(host, socket) {
      let heard = false;
      let alerted = false;
      // TLS 1.3: the client's verdict arrives after our side of the handshake is done.
      socket.once("error", (error) => {
        if (heard) return;
        alerted = true;
        const code = "code" in error ? String(error.code) : "";
        if (code.includes("ALERT")) say(host, "alert");
        else suspect(host);
      });
      socket.once("close", () => {
        if (!heard && !alerted) suspect(host);
      });
      return () => {
        heard = true;
        stateOf(host).succeeded = true;
      };
    },
  };
}
