/**
 * What the system says of a process by its number: whether it still runs, and when it began. Linux says all of it
 * (proc(5), read 2026-11); elsewhere only whether the number is taken. Not about lock files: those are the callers'.
 */
import { readFileSync } from "node:fs";

/**
 * States of a process that has ended: a zombie that its parent has not asked about, and one on its way out (`x` in some
 * kernels). It keeps its number and can be signalled, but it holds nothing; where process 1 of a container asks about
 * nobody, it stays like that for good.
 */
const endedStates: readonly string[] = ["Z", "X", "x"];

/** Does the process with this number run, and is it the one that began then? (`start`: as `processStart` told it) */
export function isRunning(pid: number, start: string | null): boolean {
  const holder = numberState(pid);
  if (holder === "free") return false;
  const found = statOf(pid);
  // Somebody else's process, on a system that hides those: it runs, and we cannot know more.
  if (found.state === null && holder === "not-ours") return true;
  return !endedStates.includes(found.state ?? "") && found.start === start;
}

/** Field 22 of /proc/PID/stat, in clock ticks since the machine started; null where the system does not say. */
export function processStart(pid: number): string | null {
  return statOf(pid).start;
}

/** A new one each time that the machine starts; null where the system does not say. */
export function bootId(): string | null {
  return readSystem("/proc/sys/kernel/random/boot_id")?.trim() ?? null;
}

function numberState(pid: number): "ours" | "not-ours" | "free" {
  try {
    process.kill(pid, 0);
    return "ours";
  } catch (error) {
    return (error as NodeJS.ErrnoException | null)?.code === "EPERM" ? "not-ours" : "free";
  }
}

/** Fields are counted behind the command name, which may contain anything; the state is field 3. */
function statOf(pid: number): { readonly state: string | null; readonly start: string | null } {
  const text = readSystem(`/proc/${pid}/stat`);
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state: fields?.[0] ?? null, start: fields?.[19] ?? null };
}

function readSystem(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Not Linux, or the process is gone: both are answers.
    return null;
  }
}
