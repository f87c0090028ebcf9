/** An HTTP/2 session on a connection that was just made, set up the same way for the relay and for the engine's own calls. */
import { connect as http2Connect, constants, type ClientHttp2Session } from "node:http2";
import type { WireLimits } from "../../base/limits.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import type { Connection } from "../upstream/dial.ts";
import { watchControlFrames } from "./flood.ts";

/** `:status`. */
const pseudoFields = 1;

export interface SessionOrigin {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
}

/** Whoever uses the session learns of its end through its streams. @throws UpstreamError when the connection is gone already. */
export function openSession(
  { socket }: Pick<Connection, "socket">,
  { scheme, host, port }: SessionOrigin,
  limits: () => WireLimits,
): ClientHttp2Session {
  const { responseHeadBytes, headerFields, connectionWindowBytes } = limits();
  // HTTP/2 has no half-closed connections: with half-open allowed, Node's session never notices that its peer left.
  socket.allowHalfOpen = false;
  const session = http2Connect(`${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`, {
    createConnection: () => socket,
    settings: { enablePush: false, maxHeaderListSize: responseHeadBytes },
    maxHeaderListPairs: headerFields + pseudoFields,
    maxSessionMemory: 32,
  });
  // The error itself has no other reader.
  session.on("error", () => {});
  watchControlFrames(session, {
    limit: () => limits().controlFramesPer10s,
    now: () => performance.now(),
    // Without an error Node takes no notice of the code (20.20).
    onFlood: () => session.destroy(new Error("too many control frames"), constants.NGHTTP2_ENHANCE_YOUR_CALM),
  });
  try {
    session.setLocalWindowSize(connectionWindowBytes);
  } catch (error) {
    // It throws on a session whose socket died between its handshake and here.
    session.destroy();
    throw new UpstreamError("reset", "connect", `the connection to ${host}:${port} broke as soon as it stood`, error);
  }
  return session;
}
