/** `switchyard replay --serve`: a recording played to clients by a fake provider on this machine. No core is needed for it. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { findCore } from "../control/process.ts";
import { maxLineBytes, maxRecordingBytes, type RecordedCall } from "../control/recording/format.ts";
import { type Player, startPlayer } from "../control/recording/player.ts";
import { createRecordingReader } from "../control/recording/read-recording.ts";
import { isLoopback } from "../engine/config/endpoint.ts";
import { type CommandContext, printLines, shown } from "./context.ts";
import { CommandFailure, exitCodes, notRunning } from "./failure.ts";

export interface ServeOptions {
  /** A recording, or flows of the running core. */
  readonly source: { readonly file: string } | { readonly flows: readonly string[] };
  readonly port: number;
  readonly host: string;
  readonly speed: number | null;
  readonly match: "strict" | "loose";
  readonly loop: boolean;
  /** Ends when every call was played. */
  readonly once: boolean;
}

export async function serveRecording(context: CommandContext, options: ServeOptions): Promise<number> {
  if (!isLoopback(options.host)) {
    throw new CommandFailure(exitCodes.usage, `--host ${shown(options.host)} is not an address of this machine alone`, {
      why: "a recording holds conversations, and a replay asks nobody for a key",
    });
  }
  const { source } = options;
  const calls = "file" in source ? await readRecording(context, source.file) : await readFlows(context, source.flows);
  const player = await listen(context, calls, options);
  let stop = (): void => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const unsubscribe = context.onSignal(["SIGINT", "SIGTERM", "SIGHUP"], stop);
  try {
    context.stdout.write(`listening on ${player.url}\n`);
    printLines(context.stderr, [contentsLine(calls)]);
    await (options.once ? Promise.race([stopped, player.played]) : stopped);
  } finally {
    unsubscribe();
    await player.close();
  }
  return exitCodes.ok;
}

async function listen(
  context: CommandContext,
  calls: readonly RecordedCall[],
  { port, host, speed, match, loop }: ServeOptions,
): Promise<Player> {
  const onRequest = (text: string): void => printLines(context.stderr, [shown(text)]);
  try {
    return await startPlayer({ calls, port, host, speed, match, loop, clock: context.clock, onRequest });
  } catch (error) {
    const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    const code = isTaken ? exitCodes.portInUse : exitCodes.usage;
    const why = isTaken ? "another program listens there" : error instanceof Error ? error.message : "unknown";
    throw new CommandFailure(code, `${shown(host)}:${port} cannot be listened on`, {
      why: shown(why),
      next: "leave --port out, or say --port 0: any that is free",
    });
  }
}

/** What a recording may be at most: as much as is ever written, and the line that was too much. */
const maxFileBytes = maxRecordingBytes + maxLineBytes;

async function readRecording(context: CommandContext, path: string): Promise<readonly RecordedCall[]> {
  const what = `${shown(path)} cannot be played`;
  const refuse = (why: string, next?: string): CommandFailure =>
    new CommandFailure(exitCodes.usage, what, { why: shown(why), ...(next === undefined ? {} : { next }) });
  const calls: RecordedCall[] = [];
  const reader = createRecordingReader();
  try {
    const { size } = await stat(path);
    if (size > maxFileBytes) throw refuse(`it is larger than ${Math.floor(maxFileBytes / 1024 / 1024)} MiB`);
    for await (const bytes of createReadStream(path) as AsyncIterable<Buffer>) {
      calls.push(...reader.push(bytes));
      if (reader.damage() !== null) break;
    }
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw refuse(
      error instanceof Error ? error.message : "unknown",
      "to play calls of the running core: switchyard replay --serve --flows ID…",
    );
  }
  calls.push(...reader.end());
  const damage = reader.damage();
  if (damage?.isForeign === true) throw refuse(damage.why);
  const where = damage === null ? "" : `line ${damage.line}: ${damage.why}`;
  if (calls.length === 0) throw refuse(damage === null ? "there is no call in it" : where);
  if (damage !== null) {
    const before = calls.length === 1 ? "the call before it is" : `the ${calls.length} calls before it are`;
    printLines(context.stderr, [`warning: ${shown(path)} is damaged at ${shown(where)}; ${before} played`]);
  }
  return calls;
}

async function readFlows(context: CommandContext, ids: readonly string[]): Promise<readonly RecordedCall[]> {
  const core = await findCore(context.paths);
  if (core === null) throw notRunning();
  const calls: RecordedCall[] = [];
  for (const id of ids) calls.push(await core.client.recording(id));
  return calls;
}

/** `3 calls: 2 POST /v1/messages, 1 GET /v1/models`. */
function contentsLine(calls: readonly RecordedCall[]): string {
  const counts = new Map<string, number>();
  for (const { request } of calls) {
    const key = `${request.method} ${request.path.split("?", 1)[0] ?? ""}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const told = [...counts].slice(0, 8).map(([key, count]) => `${count} ${shown(key)}`);
  const more = counts.size > told.length ? ", …" : "";
  return `${calls.length === 1 ? "1 call" : `${calls.length} calls`}: ${told.join(", ")}${more}`;
}
