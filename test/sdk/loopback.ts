/** A provider on loopback for the official SDKs: plays what it is given and keeps what it was asked. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { HeaderPairs } from "../../src/base/http.ts";
import type { Loose } from "../../src/engine/formats/__fixtures__/harness.ts";

interface Play {
  readonly status?: number;
  readonly headers: HeaderPairs;
  readonly body: Uint8Array;
  /** Sent in pieces of this many bytes, so that frames do not arrive whole. */
  readonly pieceBytes?: number;
}

export interface Loopback {
  readonly url: string;
  /** What the next request is answered with. */
  play(play: Play): void;
  /** The body of the last request. */
  asked(): Loose;
  close(): Promise<void>;
}

export async function startLoopback(): Promise<Loopback> {
  let next: Play | null = null;
  let asked: Loose = {};
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      asked = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Loose;
      const play = next;
      if (play === null) {
        response.writeHead(500).end();
        return;
      }
      response.writeHead(play.status ?? 200, play.headers.flat());
      const size = play.pieceBytes ?? play.body.length;
      for (let at = 0; at < play.body.length; at += size) response.write(play.body.subarray(at, at + size));
      response.end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  // A listening TCP server's address is never a string or null.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    play: (play) => void (next = play),
    asked: () => asked,
    close: () => stop(server),
  };
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
