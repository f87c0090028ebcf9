/**
 * A name server that knows no name and remembers each it was asked for. In a network of our own (`npm run test:clients`
 * makes one where it may) it is the only one there is, and whoever asks it wanted to go past the proxy.
 */
import { createSocket } from "node:dgram";

export interface NameTrap {
  readonly names: readonly string[];
  close(): void;
}

const nameServerPort = 53;

export async function startNameTrap(): Promise<NameTrap> {
  const names: string[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    names.push(nameIn(query));
    // The question back, marked as an answer: no such name.
    const reply = Buffer.from(query);
    reply.writeUInt16BE(0x8183, 2);
    socket.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(nameServerPort, "127.0.0.1", () => resolve());
  });
  return { names, close: () => void socket.close() };
}

/** The question's name: labels with their lengths, after a head of 12 bytes. */
function nameIn(query: Buffer): string {
  const labels: string[] = [];
  for (let at = 12; at < query.length; ) {
    const length = query[at] ?? 0;
    if (length === 0 || length > 63) break;
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return labels.join(".");
}
