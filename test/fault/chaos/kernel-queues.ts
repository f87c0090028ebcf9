/** What waits in the kernel's queues of loopback connections: neither the sender's memory nor the proxy's. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

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

/** What those files are, each kind with its count; connections with the port at their other end and the state (01: open, 08: the peer has closed). */
export function openFileKinds(pid: number): string {
  const tcp = existsSync("/proc/net/tcp") ? readFileSync("/proc/net/tcp", "latin1").split("\n").slice(1) : [];
  const byInode = new Map(
    tcp.map((line) => {
      const [, , remote = "", state = "", , , , , , inode = ""] = line.trim().split(/\s+/);
      return [inode, `tcp to ${Number.parseInt(remote.split(":")[1] ?? "", 16)} in state ${state}`] as const;
    }),
  );
  const counts = new Map<string, number>();
  for (const name of existsSync(`/proc/${pid}/fd`) ? readdirSync(`/proc/${pid}/fd`) : []) {
    const link = readLink(`/proc/${pid}/fd/${name}`);
    const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
    const kind = inode === undefined ? link : (byInode.get(inode) ?? "another socket");
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${count} × ${kind}`).join(", ");
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "closed meanwhile";
  }
}
