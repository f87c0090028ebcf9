/** A process that has ended and keeps its number, because its parent never asks about it. Linux only. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { waitFor, within } from "./wait.ts";

export interface Zombie {
  readonly pid: number;
  /** Ends the parent too, and with it the zombie. */
  close(): Promise<void>;
}

export const noZombies = process.platform !== "linux";
if (noZombies) process.stderr.write("skipped: tests that need /proc, which only Linux has\n");

export async function startZombie(): Promise<Zombie> {
  // The shell becomes `sleep`, which knows nothing of the child that it then has.
  const parent = spawn("sh", ["-c", "sleep 60 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(parent, "exit");
  const [line]: unknown[] = await within("the number of the child", once(parent.stdout, "data"));
  const pid = Number(String(line));
  // Not before: the shell itself does ask about its children.
  const isSleep = (): boolean => readFileSync(`/proc/${parent.pid}/cmdline`, "utf8").startsWith("sleep");
  await waitFor("the shell has become `sleep`", isSleep);
  process.kill(pid);
  await waitFor("the child is a zombie", () => /\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8")));
  return {
    pid,
    async close() {
      parent.kill("SIGKILL");
      await ended;
    },
  };
}
