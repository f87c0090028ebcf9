/** CPU time and memory of another process, without asking it. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** CPU time used so far by all threads, µs. */
export function cpuMicros(pid: number): number {
  if (process.platform !== "linux") return micros(ps(pid, "time"));
  // Nanoseconds per thread; /proc/PID/stat only counts hundredths of a second.
  let nanos = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanos += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  }
  return nanos / 1000;
}

/** µs of a clock that all processes of the machine share. */
export function monotonicMicros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** Resident memory, MB. */
export function residentMb(pid: number): number {
  if (process.platform !== "linux") return Number(ps(pid, "rss")) / 1024;
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN) / 1024;
}

/** Highest resident memory while `work` runs, MB. */
export async function peakMb(pid: number, work: () => Promise<void>): Promise<number> {
  let highest = residentMb(pid);
  const timer = setInterval(() => {
    highest = Math.max(highest, residentMb(pid));
  }, 20);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return Math.max(highest, residentMb(pid));
}

function ps(pid: number, column: string): string {
  return execFileSync("ps", ["-o", `${column}=`, "-p", String(pid)], { encoding: "utf8" }).trim();
}

/** `1:02.34` or `0:01:02` as microseconds. */
function micros(time: string): number {
  return time.split(":").reduce((total, part) => total * 60 + Number(part), 0) * 1_000_000;
}
