/**
 * `switchyard run [--] CMD ARGS…`: one command with the environment that sends it through us, and nothing else changed:
 * its stdin, stdout, stderr and exit code are its own.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { launchEnv } from "../base/launch-env.ts";
import type { RecordingFile } from "../control/recording/recording-file.ts";
import { childExitCode } from "./child.ts";
import type { CommandContext } from "./context.ts";
import { ensureCore } from "./ensure-core.ts";
import { openRecording, recordRun } from "./record.ts";
import { windowsCommandLine } from "./windows-command.ts";

export interface RunOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly keep: boolean;
  readonly verbose: boolean;
  /** A new file for the recording of its calls. */
  readonly record: string | undefined;
}

const forwarded: readonly NodeJS.Signals[] = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"];
/** The keyboard's signals. */
const keyboard: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT"];

export async function run(context: CommandContext, options: RunOptions): Promise<number> {
  // Before anything is started: a file that cannot be had is no reason to run the command without one.
  const file = options.record === undefined ? null : await openRecording(context, options.record);
  try {
    return await runOn(context, options, file);
  } finally {
    await file?.close();
  }
}

async function runOn(context: CommandContext, options: RunOptions, file: RecordingFile | null): Promise<number> {
  const core = await ensureCore(context, { keep: options.keep });
  const recording = file === null ? null : recordRun(context, core.client, file);
  try {
    const { proxyToken, port, host, url } = await core.client.secrets();
    if (options.verbose)
      context.stderr.write(`switchyard: ${core.started ? "started a core" : "using the core"} at ${url}\n`);
    const run = recording === null ? {} : { run: recording.run };
    const target = { certsDir: context.paths.certsDir, host, port, proxyToken, ...run };
    const child = launch(context, options, { ...context.env, ...launchEnv(target, context.env) });
    return await waitFor(child, context);
  } finally {
    await recording?.end();
    core.release();
  }
}

function launch(context: CommandContext, options: RunOptions, env: NodeJS.ProcessEnv): ChildProcess {
  if (context.platform !== "win32") return spawn(options.command, options.args, { stdio: "inherit", env });
  // npm's commands are .cmd files there, which only cmd.exe runs.
  const line = windowsCommandLine(options.command, options.args);
  return spawn(context.env["ComSpec"] ?? "cmd.exe", ["/d", "/s", "/c", line], {
    stdio: "inherit",
    env,
    windowsVerbatimArguments: true,
  });
}

async function waitFor(child: ChildProcess, context: CommandContext): Promise<number> {
  const endings = [context.onSignal(forwarded, (name) => child.kill(name))];
  // On a terminal Ctrl-C reaches the child by itself: passed on, it would count twice, and twice means quit to many.
  const terminal = context.stdin.isTTY === true;
  endings.push(context.onSignal(keyboard, (name) => void (terminal || child.kill(name))));
  try {
    return await childExitCode(child);
  } finally {
    for (const end of endings) end();
  }
}
