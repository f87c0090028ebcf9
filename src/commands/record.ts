/**
 * Recordings as they are made: of one command's calls (`run --record`), of all that a core sees (`start --record`), and of
 * calls that went by (`flows record`). The core hands out calls decoded and masked; the file is ours.
 */
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { FlowJson } from "../base/controls.ts";
import { type ControlClient, ControlError } from "../control/client.ts";
import { findCore } from "../control/process.ts";
import { recordingVersion } from "../control/recording/format.ts";
import { openRecordingFile, RecordingExists, type RecordingFile } from "../control/recording/recording-file.ts";
import { type CommandContext, printLines, shown } from "./context.ts";
import { asFailure, CommandFailure, exitCodes, failureText, notRunning } from "./failure.ts";

/** @param named a file, or a folder in which one is made. @throws CommandFailure where it cannot be had */
export async function openRecording(context: CommandContext, named: string): Promise<RecordingFile> {
  const { version, clock } = context;
  const path = resolve(named);
  const isFolder =
    /[/\\]$/.test(named) ||
    (await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    ));
  const file = isFolder ? join(path, nameOfTheTime(clock.now())) : path;
  try {
    return await openRecordingFile({ path: file, version, now: clock.now() });
  } catch (error) {
    const what = `the recording ${shown(file)} cannot be written`;
    if (error instanceof RecordingExists) {
      throw new CommandFailure(exitCodes.usage, what, {
        why: "there is something at this path already, and a recording is never written over",
        next: "name another file, or move that one away",
      });
    }
    throw new CommandFailure(exitCodes.usage, what, { why: shown(error instanceof Error ? error.message : "unknown") });
  }
}

/** `recording-20261121-203000.jsonl`, in UTC. */
function nameOfTheTime(now: number): string {
  const time = new Date(now).toISOString().replaceAll(/[-:]/g, "").slice(0, 15).replace("T", "-");
  return `recording-${time}.jsonl`;
}

/** Of calls that went by, one after the other. Those that cannot be recorded are named; the others are. */
export async function flowsRecord(
  context: CommandContext,
  ids: readonly string[],
  output: string | undefined,
): Promise<number> {
  const core = await findCore(context.paths);
  if (core === null) throw notRunning();
  const file = output === undefined ? null : await openRecording(context, output);
  const failures: CommandFailure[] = [];
  let recorded = 0;
  try {
    for (const id of ids) {
      try {
        const call = await core.client.recording(id);
        if (file !== null && (await file.append(call)) === "full") {
          throw new Error(`the recording is full: ${shown(id)} is not in it`);
        }
        // A recording of nothing is none.
        if (file === null && recorded === 0) printLines(context.stdout, [headerLine(context)]);
        if (file === null) printLines(context.stdout, [JSON.stringify(call)]);
        recorded += 1;
      } catch (error) {
        failures.push(asRecordFailure(error, id));
      }
    }
  } finally {
    await (recorded === 0 ? file?.discard() : file?.close());
  }
  const [first] = failures;
  // Alone, its failure is the command's own.
  if (first !== undefined && ids.length === 1) throw first;
  for (const failure of failures) context.stderr.write(failureText(failure));
  if (file !== null && recorded > 0) tellRecorded(context, { recorded, lost: failures.length, file });
  return first?.exitCode ?? exitCodes.ok;
}

function headerLine({ clock, version }: CommandContext): string {
  const createdAt = new Date(clock.now()).toISOString();
  return JSON.stringify({ switchyardRecording: recordingVersion, version, createdAt });
}

function asRecordFailure(error: unknown, id: string): CommandFailure {
  const failure = asFailure(error);
  const isRefusal = error instanceof ControlError && error.code === "not-recordable";
  if (!isRefusal) return failure;
  return new CommandFailure(failure.exitCode, `flow ${shown(id)} cannot be recorded`, {
    why: shown(failure.message),
    next: "switchyard flows list",
  });
}

export interface RunRecording {
  /** What the calls of this run are known by. */
  readonly run: string;
  /** Takes in what is still to come and says how many calls it became. Never rejects: the command has run. */
  end(): Promise<void>;
}

/** A call that its client left ends when its connection does. */
const lastCallsMs = 2_000;
const lookAgainMs = 50;

/** Follows the core's live stream and fetches each call of this run when it has ended. */
export function recordRun(context: CommandContext, client: ControlClient, file: RecordingFile): RunRecording {
  const run = context.random.bytes(6).toString("hex");
  const taken = new Set<string>();
  const told = new Set<string>();
  let recorded = 0;
  let lost = 0;
  /** One after the other. */
  let taking: Promise<void> = Promise.resolve();

  async function take(id: string): Promise<void> {
    try {
      if ((await file.append(await client.recording(id))) === "written") recorded += 1;
      else throw new Error("it is full");
    } catch (error) {
      lost += 1;
      const why = error instanceof Error ? error.message : String(error);
      if (told.has(why)) return;
      told.add(why);
      printLines(context.stderr, [`switchyard: call ${shown(id)} is not in the recording: ${shown(why)}`]);
    }
  }

  const consider = (flow: FlowJson): void => {
    if (flow.run !== run || flow.endedAt === undefined || taken.has(flow.id)) return;
    taken.add(flow.id);
    if (flow.protocol !== "websocket") taking = taking.then(() => take(flow.id));
  };

  const stop = client.events((event) => {
    if (event.type === "flow") consider(event.flow);
    else if (event.type === "hello") event.flows.forEach(consider);
  });

  /** Those that the stream has not told of yet. */
  async function takeTheRest(): Promise<void> {
    const until = context.clock.monotonic() + lastCallsMs;
    for (;;) {
      const { flows } = await client.flows();
      const own = flows.filter((flow) => flow.run === run);
      own.forEach(consider);
      const live = own.filter((flow) => flow.endedAt === undefined && flow.protocol !== "websocket");
      if (live.length === 0) return;
      if (context.clock.monotonic() > until) {
        lost += live.length;
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
    }
  }

  return {
    run,
    async end() {
      try {
        await takeTheRest();
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        printLines(context.stderr, [`switchyard: the end of the recording may be missing: ${shown(why)}`]);
      }
      stop();
      await taking;
      tellRecorded(context, { recorded, lost, file });
    },
  };
}

function tellRecorded(
  context: CommandContext,
  { recorded, lost, file }: { readonly recorded: number; readonly lost: number; readonly file: RecordingFile },
): void {
  const calls = recorded === 1 ? "1 call" : `${recorded} calls`;
  const missing = lost === 0 ? "" : `; ${lost} could not be`;
  printLines(context.stderr, [`switchyard: recorded ${calls} in ${shown(file.path)}${missing}`]);
}
