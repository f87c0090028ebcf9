/** What waits in the kernel's queues of loopback connections: neither the sender's memory nor the proxy's. */
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Bytes in all queues of connections with one of these ports at either end; null where the kernel does not say. */
export function queuedBytes(ports: ReadonlySet<number>): number | null {
  if (!existsSync("/proc/net/tcp")) return null;
  let total = 0;
  for (const line of readFileSync("/proc/net/tcp", "latin1").split("\n").slice(1)) {
    const [, local = "", remote = "", , queues = ""] = line.trim().split(/\s+/);
    const portOf = (address: string): number => Number.parseInt(address.split(":")[1] ?? "", 16);
    if (!ports.has(portOf(local)) && !ports.has(portOf(remote))) continue;
    const [sending = "0", received = "0"] = queues.split(":");
    total += Number.parseInt(sending, 16) + Number.parseInt(received, 16);
  }
  return total;
}

/** Open file descriptors of a process; null where the system does not say. */
export function openFiles(pid: number): number | null {
  const folder = `/proc/${pid}/fd`;
  return existsSync(folder) ? readdirSync(folder).length : null;
}
