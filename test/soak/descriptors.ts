/** What a process holds open, by kind, seen from outside. Linux only: elsewhere nothing is seen. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export type Descriptors = Readonly<Record<string, number>>;

export const canSee = process.platform === "linux";

/** As the kernel numbers them in /proc/PID/net/tcp. */
const tcpStates: Readonly<Record<string, string>> = { "01": "established", "08": "close-wait", "0A": "listening" };

export function descriptorsOf(pid: number): Descriptors {
  if (!canSee) return {};
  const sockets = new Map([...tcpSockets(pid, "tcp"), ...tcpSockets(pid, "tcp6"), ...unixSockets(pid)]);
  const kinds: Record<string, number> = {};
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    const kind = kindOf(linkOf(`/proc/${pid}/fd/${name}`), sockets);
    if (kind !== null) kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
}

/** More than there were, by kind. */
export function leftOver(before: Descriptors, after: Descriptors): Descriptors {
  const more = Object.entries(after).map(([kind, count]) => [kind, count - (before[kind] ?? 0)] as const);
  return Object.fromEntries(more.filter(([, count]) => count > 0));
}

export function total(kinds: Descriptors): number {
  return Object.values(kinds).reduce((sum, count) => sum + count, 0);
}

export function listed(kinds: Descriptors): string {
  const parts = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`);
  return parts.length === 0 ? "none" : parts.toSorted().join(", ");
}

function kindOf(link: string | null, sockets: ReadonlyMap<string, string>): string | null {
  // Closed between the listing and the look.
  if (link === null) return null;
  const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
  if (inode !== undefined) return sockets.get(inode) ?? "socket of no connection";
  if (link.startsWith("pipe:")) return "pipe";
  return /^anon_inode:\[?(\w+)/.exec(link)?.[1] ?? "file";
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function tcpSockets(pid: number, table: string): readonly (readonly [string, string])[] {
  return rowsOf(`/proc/${pid}/net/${table}`).map((columns) => [
    columns[9] ?? "",
    `tcp ${tcpStates[columns[3] ?? ""] ?? "closing"}`,
  ]);
}

function unixSockets(pid: number): readonly (readonly [string, string])[] {
  return rowsOf(`/proc/${pid}/net/unix`).map((columns) => [columns[6] ?? "", "unix socket"]);
}

function rowsOf(file: string): readonly (readonly string[])[] {
  const [, ...lines] = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => line.trim().split(/\s+/));
}
