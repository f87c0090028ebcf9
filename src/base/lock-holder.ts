/**
 * Who holds a lock file, and whether that process is still there. A process number alone says little: numbers are used
 * again, mean nothing in another container, and survive in files from before a restart.
 */
import { readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { isRecord, parseJson } from "./json.ts";
import { bootId, isRunning, processStart } from "./process-table.ts";

export interface Holder {
  readonly pid: number;
  readonly nonce: string;
  readonly host: string;
  /** What tells a reused process number from the process itself; null where the system does not say. */
  readonly bootId: string | null;
  readonly processStart: string | null;
  /** Process numbers mean something within one of these only (containers that share a folder). */
  readonly pidNamespace: string | null;
}

/** The record of this process; `nonce` tells its locks apart. */
export function thisProcess(nonce: string): Holder {
  return {
    pid: process.pid,
    nonce,
    host: hostname(),
    bootId: bootId(),
    processStart: processStart(process.pid),
    pidNamespace: pidNamespace(),
  };
}

/** `unknown`: in another container or on another machine, where we cannot look. */
export function judge(holder: Holder): "alive" | "gone" | "unknown" {
  const isThisBoot = holder.bootId === bootId();
  if (!isThisBoot || holder.bootId === null) {
    // Another boot of this very machine: everybody from then is gone. Another machine: who knows.
    if (holder.host !== hostname()) return "unknown";
    if (!isThisBoot) return "gone";
  }
  if (holder.pidNamespace !== pidNamespace()) return "unknown";
  return isRunning(holder.pid, holder.processStart) ? "alive" : "gone";
}

function pidNamespace(): string | null {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    // Not Linux: the process number and the machine's name have to do.
    return null;
  }
}

/** Null: not a record of ours. */
export function parseHolder(text: string): Holder | null {
  const parsed = parseJson(text);
  if (!parsed.ok || !isRecord(parsed.value)) return null;
  const { pid, nonce, host, bootId, processStart, pidNamespace } = parsed.value;
  // Signals to 0 and below go to whole process groups.
  if (typeof pid !== "number" || !Number.isInteger(pid) || pid < 1) return null;
  if (typeof nonce !== "string" || typeof host !== "string") return null;
  return {
    pid,
    nonce,
    host,
    bootId: textOrNull(bootId),
    processStart: textOrNull(processStart),
    pidNamespace: textOrNull(pidNamespace),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
