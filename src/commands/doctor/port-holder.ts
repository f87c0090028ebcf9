/**
 * Who listens on a port: on Linux as /proc tells it (proc(5)), elsewhere as lsof does, where it is installed. Only for a
 * message: of another user's program there is often nothing to tell.
 */
import { execFile } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import type { CommandContext } from "../context.ts";
import { textOf } from "./read-text.ts";

/** `node (pid 4711)`; null where it cannot be told. */
export async function portHolder(
  port: number,
  context: Pick<CommandContext, "platform" | "env">,
): Promise<string | null> {
  if (context.platform === "linux") return linuxHolder(port);
  return context.platform === "win32" ? null : lsofHolder(port, context.env);
}

/** State 0A: listening (net/tcp_states.h). */
const listening = "0A";

function linuxHolder(port: number): string | null {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  const inodes = new Set<string>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of (textOf(table) ?? "").split("\n").slice(1)) {
      // `sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode …`
      const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === listening && local.endsWith(`:${wanted}`) && inode !== undefined) inodes.add(`socket:[${inode}]`);
    }
  }
  if (inodes.size === 0) return null;
  for (const pid of namesIn("/proc").filter((name) => /^\d+$/.test(name))) {
    const has = namesIn(`/proc/${pid}/fd`).some((fd) => inodes.has(linkOf(`/proc/${pid}/fd/${fd}`)));
    if (has) return `${nameOf(pid)} (pid ${pid})`;
  }
  return null;
}

/** Node calls its first thread `MainThread` since 24, and `comm` is the name of that thread: the file says more then. */
function nameOf(pid: string): string {
  const comm = textOf(`/proc/${pid}/comm`)?.trim() ?? "";
  const file = basename(linkOf(`/proc/${pid}/exe`));
  return (comm === "MainThread" ? file : comm) || file || "a program";
}

const lsofTimeoutMs = 3_000;
const maxOutputBytes = 64 * 1024;

/** `-Fpc` prints `pPID` and `cCOMMAND` on lines of their own. */
function lsofHolder(port: number, env: NodeJS.ProcessEnv): Promise<string | null> {
  const args = ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"];
  return new Promise((resolve) => {
    const options = { env, timeout: lsofTimeoutMs, maxBuffer: maxOutputBytes, killSignal: "SIGKILL" } as const;
    execFile("lsof", args, options, (_error, stdout) => {
      const pid = /^p(\d+)$/m.exec(stdout)?.[1];
      const command = /^c(.+)$/m.exec(stdout)?.[1] ?? "a program";
      resolve(pid === undefined ? null : `${command} (pid ${pid})`);
    });
  });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Another user's process, or one that has just ended.
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
