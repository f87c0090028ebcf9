/** HTTP/2 origins: trailers, bidirectional echo, extended CONNECT (RFC 8441), and streams that are cut. */
import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import type { Identity } from "./fake-ca.ts";

interface H2Seen {
  readonly headers: IncomingHttpHeaders;
  /** Resolves with the reset code once the stream is over; 0 is a clean end. */
  readonly over: Promise<number>;
}

export type H2Script = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

export interface H2Origin {
  readonly port: number;
  readonly seen: readonly H2Seen[];
  readonly sessions: () => number;
  play(script: H2Script): void;
  /** Kills every connection without a word. */
  cutConnections(): void;
  close(): Promise<void>;
}

export async function startH2Origin(identity: Identity, first: H2Script = echo): Promise<H2Origin> {
  const seen: H2Seen[] = [];
  const sessions = new Set<ServerHttp2Session>();
  let script = first;
  let opened = 0;
  const server: Http2SecureServer = createSecureServer({
    key: identity.key,
    cert: identity.cert,
    allowHTTP1: false,
    settings: { enableConnectProtocol: true },
  });
  server.on("session", (session) => {
    opened += 1;
    sessions.add(session);
    session.on("error", () => {});
    session.on("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    const over = new Promise<number>((resolve) => stream.on("close", () => resolve(stream.rstCode)));
    seen.push({ headers, over });
    script(stream, headers);
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port, // a TCP listener has an AddressInfo
    seen,
    sessions: () => opened,
    play(next) {
      script = next;
    },
    cutConnections() {
      for (const session of sessions) session.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const session of sessions) session.destroy();
      }),
  };
}

/** Sends every byte back at once, and trailers at the end: what a gRPC bidi call looks like on the wire. */
export function echo(stream: ServerHttp2Stream): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc", "x-kept": "yes" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0", "grpc-message": "fine" }));
  stream.pipe(stream);
}
