/** Starts the flow log's part in a process of its own, and hears what it came to. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { within } from "../support/wait.ts";
import type { LogReport } from "./log-child.ts";

/** Half a minute for a million on an idle machine. */
const patienceMs = 20 * 60_000;

export async function soakLog(flows: number, seed: number): Promise<LogReport> {
  const child = fork(fileURLToPath(new URL("log-child.ts", import.meta.url)), [], {
    execArgv: ["--expose-gc", "--import", import.meta.resolve("tsx")],
    env: { PATH: process.env["PATH"] ?? "", SOAK_FLOWS: String(flows), SOAK_SEED: String(seed) },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  try {
    const ended = once(child, "exit").then(([code]) => {
      throw new Error(`the flow log's process ended with ${String(code)} and no report`);
    });
    const said = once(child, "message").then(([report]) => report as LogReport); // log-child.ts says this, once
    ended.catch(() => {});
    return await within("the flow log to take its flows", Promise.race([said, ended]), patienceMs);
  } finally {
    if (child.exitCode === null) child.kill("SIGKILL");
  }
}
