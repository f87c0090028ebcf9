/**
 * Finding the core of a home, or starting one as a process of its own: out of the terminal's process group, so that
 * Ctrl-C meant for a client does not take the proxy from under it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CoreStatus } from "../base/controls.ts";
import type { Paths } from "../base/paths.ts";
import { type ControlClient, ControlError, connectControl } from "./client.ts";
import { readInstance } from "./instance.ts";

export interface RunningCore {
  readonly status: CoreStatus;
  readonly client: ControlClient;
}

/** Null when no core answers on this home's socket. Other failures (not ours to open, not a core) are thrown. */
export async function findCore(paths: Pick<Paths, "controlSocket">): Promise<RunningCore | null> {
  const client = connectControl(paths);
  try {
    return { status: await client.status(), client };
  } catch (error) {
    if (error instanceof ControlError && error.kind === "not-running") return null;
    throw error;
  }
}

export interface SpawnOptions {
  readonly paths: Paths;
  readonly env: NodeJS.ProcessEnv;
  /** The file that understands `start`: dist/cli.js, or src/cli.ts under a loader named in `execArgv`. */
  readonly cliPath: string;
  readonly execArgv?: readonly string[];
  /** `--port 0`, `--until-unused` … */
  readonly startArguments?: readonly string[];
}

/** The core ended before it was ready; `exitCode` and `output` say why. */
export class CoreStartError extends Error {
  readonly exitCode: number;
  readonly output: string;

  constructor(exitCode: number, output: string) {
    super(output === "" ? `the core ended with code ${exitCode} before it was ready` : output);
    this.name = "CoreStartError";
    this.exitCode = exitCode;
    this.output = output;
  }
}

/** A cold start makes a certificate authority: about a second on a slow machine. */
const startTimeoutMs = 30_000;
const pollIntervalMs = 25;
const maxOutputLength = 4000;

/** Starts a core that outlives us and resolves when it answers. @throws CoreStartError */
export async function spawnCore(options: SpawnOptions): Promise<RunningCore> {
  const logFile = join(options.paths.logsDir, "core.log");
  mkdirSync(options.paths.logsDir, { recursive: true, mode: 0o700 });
  const log = openSync(logFile, "w", 0o600);
  let child: ChildProcess;
  try {
    child = spawn(
      process.execPath,
      [...(options.execArgv ?? []), options.cliPath, "start", "--child", ...(options.startArguments ?? [])],
      { env: options.env, detached: true, stdio: ["ignore", log, log], windowsHide: true },
    );
  } finally {
    closeSync(log);
  }
  try {
    return await becomesReady(child, options.paths, logFile);
  } finally {
    child.unref();
  }
}

async function becomesReady(child: ChildProcess, paths: Paths, logFile: string): Promise<RunningCore> {
  const fate: { exitCode: number | null } = { exitCode: null };
  child.once("exit", (code) => {
    fate.exitCode = code ?? 1;
  });
  child.once("error", () => {
    fate.exitCode = 1;
  });
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline) {
    const core = await findCore(paths);
    if (core !== null) return core;
    // Two starters at once: ours was told that it is the second, and the first is about to answer.
    const isSecond = fate.exitCode !== null && (await readInstance(paths)) !== null;
    if (fate.exitCode !== null && !isSecond) throw new CoreStartError(fate.exitCode, outputOf(logFile));
    await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
  }
  child.kill();
  throw new CoreStartError(1, `the core was not ready after ${startTimeoutMs / 1000} s`);
}

function outputOf(logFile: string): string {
  return readFileSync(logFile, "utf8").slice(-maxOutputLength).trim();
}
