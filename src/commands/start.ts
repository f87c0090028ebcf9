/** `switchyard start`: a core in the foreground, without a screen; with `-d` one that stays behind. */
import { resolve, sep } from "node:path";
import { acquireInstance, type Instance, type InstanceRecord } from "../control/instance.ts";
import { findCore } from "../control/process.ts";
import { type CommandContext, noticeLine, printJson, printLines, shown } from "./context.ts";
import { spawnWith } from "./ensure-core.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { openRecording } from "./record.ts";
import { holdYoungSpace } from "./small-start.ts";
import type { LogForm } from "./start-log.ts";
import { inHome, reasonOf } from "./unwritable.ts";

export interface StartOptions {
  readonly json?: boolean;
  /** `line` or `json`: a line for each call on stderr; `-v` asks for the first. */
  readonly logFormat?: string | undefined;
  readonly port: number | undefined;
  readonly host: string | undefined;
  readonly detach: boolean;
  /** We were started by another command of ours and have no terminal. */
  readonly child: boolean;
  /** Stop when the last process that leans on this core has let go. */
  readonly untilUnused: boolean;
  /** A file, or a folder in which one is made: the calls are recorded there as they end. */
  readonly record: string | undefined;
}

/** A second Ctrl-C means now. */
const interruptedCode = 130;

export async function start(context: CommandContext, options: StartOptions): Promise<number> {
  await logForm(context, options);
  return options.detach ? startDetached(context, options) : startHere(context, options);
}

async function startDetached(context: CommandContext, options: StartOptions): Promise<number> {
  const running = await findCore(context.paths);
  if (running !== null && options.record !== undefined) {
    throw new CommandFailure(exitCodes.failure, "a core of this home already runs, and it does not record", {
      next: "switchyard stop   (or, for one command's calls: switchyard run --record FILE -- COMMAND)",
    });
  }
  if (running !== null) context.stderr.write("a core was already running\n");
  const core = running ?? (await spawnWith(context, childArguments(options)));
  const { url, port, pid } = core.status;
  if (options.json === true) printJson(context, { url, port, pid, started: running === null });
  else context.stdout.write(`listening on ${url}\n`);
  return exitCodes.ok;
}

async function startHere(context: CommandContext, options: StartOptions): Promise<number> {
  const acquired = await inHome(context.paths, () => acquireInstance(context.paths, context.random));
  if (!acquired.ok) throw alreadyRunning(acquired.holder);
  const { instance } = acquired;
  try {
    await inHome(context.paths, () => serve(context, options, instance));
  } finally {
    await release(context, instance);
  }
  return exitCodes.ok;
}

/** Until the core has stopped. */
async function serve(context: CommandContext, options: StartOptions, instance: Instance): Promise<void> {
  const letGrow = holdYoungSpace();
  const { startCore } = await context.program.loadCore();
  const recording = options.record === undefined ? null : await openRecording(context, options.record);
  const core = await startCore({
    paths: context.paths,
    env: context.env,
    version: context.version,
    overrides: {
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(options.port === undefined ? {} : { port: options.port }),
    },
    untilUnused: options.untilUnused,
    ...(recording === null ? {} : { recording }),
  }).catch(async (error: unknown) => {
    await recording?.discard();
    throw error;
  });
  if (recording !== null) printLines(context.stderr, [`recording to ${shown(recording.path)}`]);
  let stopping = false;
  const unsubscribe = context.onSignal(["SIGINT", "SIGTERM", "SIGHUP"], () => {
    if (stopping) process.exit(interruptedCode);
    stopping = true;
    void core.stop();
  });
  const endFaults = context.onFault((error) => {
    context.stderr.write("error: a fault of Switchyard itself; the core goes on\n  next: switchyard status\n");
    core.survive(error);
  });
  await instance.publish(core.url);
  const { url, port } = core;
  if (options.json === true) printJson(context, { url, port, pid: process.pid, started: true });
  else context.stdout.write(`listening on ${url}\n`);
  printLines(context.stderr, core.notices().map(noticeLine));
  letGrow();
  const endLog = await startLog(context, options);
  await core.stopped;
  await endLog();
  endFaults();
  unsubscribe();
}

/** Null: none is wanted. */
async function logForm(context: CommandContext, { logFormat }: StartOptions): Promise<LogForm | null> {
  if (logFormat !== undefined) {
    const { requireWord } = await import("./engine-access.ts");
    return requireWord("log format", logFormat, ["line", "json"] as const);
  }
  return (context.verbosity ?? 0) > 0 ? "line" : null;
}

async function startLog(context: CommandContext, options: StartOptions): Promise<() => Promise<void>> {
  const form = await logForm(context, options);
  if (form === null) return async () => {};
  const { followLog } = await import("./start-log.ts");
  return followLog(context, form);
}

/** The core has ended well; a file that stays behind is recognised as stale by the next one. */
async function release(context: CommandContext, instance: Instance): Promise<void> {
  try {
    await instance.release();
  } catch (error) {
    const { pidFile } = context.paths;
    printLines(context.stderr, [
      `warning: ${shown(pidFile)} could not be removed: ${reasonOf(error)}; it does no harm`,
    ]);
  }
}

function childArguments(options: StartOptions): readonly string[] {
  return [
    ...(options.port === undefined ? [] : ["--port", String(options.port)]),
    ...(options.host === undefined ? [] : ["--host", options.host]),
    ...(options.record === undefined ? [] : ["--record", wherever(options.record)]),
  ];
}

/** The same place for a process that may run elsewhere; a slash at the end says that it is a folder. */
function wherever(path: string): string {
  return resolve(path) + (/[/\\]$/.test(path) ? sep : "");
}

function alreadyRunning(holder: InstanceRecord): CommandFailure {
  const where = holder.url === null ? "is starting" : `runs at ${holder.url}`;
  return new CommandFailure(exitCodes.portInUse, `a core of this home already ${where} (pid ${holder.pid})`, {
    why: "one home has one core: two would write the same files",
    next: "switchyard tui   (or: switchyard stop)",
  });
}
