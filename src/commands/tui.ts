/** The screen: `switchyard tui` on a core that runs, `switchyard` alone on one that is started when needed. */
import { spawn } from "node:child_process";
import { findCore } from "../control/process.ts";
import { type CommandContext, isInteractive } from "./context.ts";
import { ensureCore } from "./ensure-core.ts";
import { CommandFailure, exitCodes, notRunning } from "./failure.ts";
import { childExitCode } from "./child.ts";

export interface ScreenOptions {
  /** For terminals and fonts without line-drawing characters. */
  readonly ascii: boolean;
}

export async function tui(context: CommandContext, options: ScreenOptions): Promise<number> {
  if (!isInteractive(context)) throw needsTerminal();
  const core = await findCore(context.paths);
  if (core === null) throw notRunning();
  return openScreen(context, context.env, drawing(options));
}

/** No arguments: a core if none runs, and the screen on it. Without a terminal it is `start`. */
export async function screenOnOwnCore(
  context: CommandContext,
  options: ScreenOptions & { readonly keep: boolean },
): Promise<number> {
  if (!isInteractive(context)) {
    const { start } = await import("./start.ts");
    return start(context, {
      port: undefined,
      host: undefined,
      detach: false,
      child: false,
      untilUnused: false,
      record: undefined,
    });
  }
  const core = await ensureCore(context, options);
  try {
    return await openScreen(context, context.env, [
      ...drawing(options),
      // Quitting then takes the core along, and asks first while calls are in flight.
      ...(core.started && !options.keep ? ["--core-ends"] : []),
    ]);
  } finally {
    core.release();
  }
}

/** A process of its own: drawing a frame takes longer than a stream may wait. */
export async function openScreen(
  context: CommandContext,
  env: NodeJS.ProcessEnv = context.env,
  flags: readonly string[] = [],
): Promise<number> {
  const { execArgv, tuiPath } = context.program;
  // React draws at half the speed and leaks timings unless it is told before it is loaded.
  const child = spawn(process.execPath, [...execArgv, tuiPath, ...flags], {
    stdio: "inherit",
    env: { ...env, NODE_ENV: "production" },
  });
  // The terminal sends Ctrl-C to all of us; the screen decides what it means.
  const unsubscribe = context.onSignal(["SIGINT", "SIGQUIT"], () => {});
  const forward = context.onSignal(["SIGTERM", "SIGHUP"], (name) => child.kill(name));
  try {
    return await childExitCode(child);
  } finally {
    unsubscribe();
    forward();
  }
}

function drawing(options: ScreenOptions): readonly string[] {
  return options.ascii ? ["--ascii"] : [];
}

function needsTerminal(): CommandFailure {
  return new CommandFailure(exitCodes.usage, "the screen needs a terminal", {
    why: "stdin or stdout is not one",
    next: "switchyard flows list   (or, to run without a screen: switchyard start)",
  });
}
