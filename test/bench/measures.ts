/** What is measured. Each function loads one contestant once and gives one figure. */
import { waitFor } from "../support/wait.ts";
import type { Contestant } from "./contestants.ts";
import { cpuMicros, peakMb, residentMb } from "./process-meter.ts";
import { get, open, openH2, post, postH2, upload, wholeReply } from "./wire.ts";

export interface Load {
  /** NaN where there is no proxy whose CPU it could be. */
  readonly cpuMicrosPerUnit: number;
  readonly perSecond: number;
  readonly p50Ms: number;
}

/** Small POSTs on `connections` kept-alive connections, `count` in all. */
export async function smallPosts(who: Contestant, connections: number, count: number): Promise<Load> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(who)));
  await Promise.all(sockets.map((socket) => post(socket, who)));
  const load = await measured(who, connections, count, (lane) => {
    const socket = sockets[lane];
    if (socket === undefined) throw new Error("no such lane");
    return post(socket, who);
  });
  for (const socket of sockets) socket.destroy();
  return load;
}

/** Small POSTs as parallel streams of one HTTP/2 connection. */
export async function h2Posts(who: Contestant, streams: number, count: number): Promise<Load> {
  const session = await openH2(who);
  await postH2(session);
  const load = await measured(who, streams, count, () => postH2(session));
  session.destroy();
  return load;
}

/** CONNECT, TLS, one POST, close. */
export function newConnections(who: Contestant, lanes: number, count: number): Promise<Load> {
  return measured(who, lanes, count, async () => {
    const socket = await open(who);
    await post(socket, who);
    socket.destroy();
  });
}

/** The longest time between two events of a live stream while certificates for never-seen hosts are made, ms. */
export async function longestGap(who: Contestant, hosts: readonly string[]): Promise<number> {
  const stream = await open(who);
  const arrivals: number[] = [];
  stream.on("data", () => arrivals.push(performance.now()));
  // More than can be needed: a proxy that stalls for half a second per host lets many go by.
  get(stream, who, "/stream?n=10000");
  await waitFor("the stream to run", () => arrivals.length > 20);
  for (const host of hosts) {
    const socket = await open(who, host);
    await post(socket, who, host);
    socket.destroy();
    const reached = arrivals.length + 10;
    await waitFor("the stream to go on", () => arrivals.length > reached);
  }
  stream.destroy();
  // The first few events come while the connection itself is young.
  return Math.max(...arrivals.slice(6).map((at, index) => at - (arrivals[index + 5] ?? at)));
}

/** `idleMb` is a level; the others are the highest level over that of the warmed-up process. */
export interface Memory {
  readonly idleMb: number;
  readonly stalledMb: number;
  readonly downMb: number;
  readonly upMb: number;
}

/** On a process that has done nothing yet; `megabytes` go down and up, half of them stall. */
export async function memory(who: Contestant, megabytes: number): Promise<Memory> {
  const bytes = megabytes * 1_000_000;
  const idleMb = await settledMb(who.pid);
  await smallPosts(who, 1, 50);
  const base = await settledMb(who.pid);
  const stalledMb = await peakMb(who.pid, () => stalledReader(who, bytes / 2));
  const downMb = await peakMb(who.pid, async () => {
    const socket = await open(who);
    const reply = wholeReply(socket, 60_000);
    get(socket, who, `/bytes?n=${bytes}`);
    await reply;
    socket.destroy();
  });
  const upMb = await peakMb(who.pid, async () => {
    const socket = await open(who);
    await upload(socket, who, bytes);
    socket.destroy();
  });
  return { idleMb, stalledMb: stalledMb - base, downMb: downMb - base, upMb: upMb - base };
}

/** Asks for a large body, reads its beginning, then nothing more until the proxy's memory stands still. */
async function stalledReader(who: Contestant, count: number): Promise<void> {
  const socket = await open(who);
  get(socket, who, `/bytes?n=${count}`);
  await new Promise((resolve) => socket.once("data", resolve));
  socket.pause();
  await settledMb(who.pid);
  socket.destroy();
}

/** Waits until resident memory has stood still (±1 MB) for a second, at most 8 s, and gives it. */
async function settledMb(pid: number): Promise<number> {
  const endAt = performance.now() + 8_000;
  let level = residentMb(pid);
  let since = performance.now();
  await waitFor(
    "memory to stand still",
    () => {
      const now = residentMb(pid);
      if (Math.abs(now - level) > 1) {
        level = now;
        since = performance.now();
      }
      return performance.now() - since > 1_000 || performance.now() > endAt;
    },
    10_000,
  );
  return residentMb(pid);
}

/** Runs `count` units over `lanes` loops and reads the proxy's CPU clock before and after. */
export async function measured(
  who: Contestant,
  lanes: number,
  count: number,
  unit: (lane: number) => Promise<void>,
): Promise<Load> {
  const latencies: number[] = [];
  const cpuBefore = who.pid === 0 ? 0 : cpuMicros(who.pid);
  const startedAt = performance.now();
  let left = count;
  const loop = async (lane: number): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const at = performance.now();
      await unit(lane);
      latencies.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => loop(lane)));
  const elapsedMs = performance.now() - startedAt;
  const cpu = who.pid === 0 ? Number.NaN : cpuMicros(who.pid) - cpuBefore;
  return { cpuMicrosPerUnit: cpu / count, perSecond: (count * 1000) / elapsedMs, p50Ms: median(latencies) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}
