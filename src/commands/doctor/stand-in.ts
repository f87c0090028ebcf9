/**
 * A provider for a moment: an HTTPS server on loopback with an authority of its own, made for this one look and gone with
 * it. It sends every body back, with its digest as it arrived.
 */
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:https";
import { type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { openAuthority } from "../../intercept/ca/authority.ts";

export interface StandIn {
  readonly port: number;
  /** The root it is vouched for by, in PEM: nobody else's, and nobody else knows it. */
  readonly rootPem: string;
  /** Digests of the bodies that came in, in order. */
  readonly received: readonly string[];
  close(): Promise<void>;
}

/** `names`: whom it may claim to be. */
export async function startStandIn(names: readonly string[], deps: { clock: Clock; random: Random }): Promise<StandIn> {
  const folder = await mkdtemp(join(tmpdir(), "switchyard-doctor-"));
  try {
    const authority = await openAuthority({ dir: join(folder, "certs"), scope: names, ...deps });
    const received: string[] = [];
    const sockets = new Set<Socket>();
    const server = createServer(
      { SNICallback: (name, answer) => answer(null, authority.inScope(name) ? authority.contextFor(name) : undefined) },
      (request, reply) => {
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
          const body = Buffer.concat(chunks);
          received.push(digestOf(body));
          reply.writeHead(200, { "content-type": "application/octet-stream", "content-length": body.byteLength });
          reply.end(body);
        });
      },
    );
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => sockets.delete(socket));
    });
    // Whoever breaks off is seen from the other side.
    server.on("tlsClientError", () => {});
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    return {
      port: (server.address() as AddressInfo).port, // a TCP listener has an AddressInfo
      rootPem: authority.rootPem,
      received,
      async close() {
        for (const socket of sockets) socket.destroy();
        await new Promise<void>((resolve) => server.close(() => resolve()));
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
