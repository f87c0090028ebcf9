/** `switchyard export`: calls as a file for other programs and other people. The core makes it; here it is put down. */
import type { ExportQuestionJson } from "../base/controls-flows.ts";
import type { ExportedFlows } from "../control/client.ts";
import { findCore } from "../control/process.ts";
import { type CommandContext, shown } from "./context.ts";
import { CommandFailure, exitCodes, notRunning } from "./failure.ts";
import { filterFrom } from "./flow-filter.ts";
import { requirePlace, writePrivately } from "./private-output.ts";

export interface ExportOptions extends Pick<ExportQuestionJson, "format" | "side" | "via"> {
  readonly filter: string | undefined;
  /** Undefined: stdout. */
  readonly output: string | undefined;
  readonly force: boolean;
}

export async function exportCalls(
  context: CommandContext,
  ids: readonly string[],
  options: ExportOptions,
): Promise<number> {
  const { filter, output, force, ...order } = options;
  if (ids.length > 0 && filter !== undefined) {
    throw new CommandFailure(exitCodes.usage, "ids and --filter cannot both choose");
  }
  const wanted = filterFrom({ filter }).text;
  const file = output === undefined || output === "-" ? null : { path: output, force, random: context.random };
  if (file !== null) requirePlace(file);
  const core = await findCore(context.paths);
  if (core === null) throw notRunning();
  const chosen = ids.length > 0 ? { ids } : wanted === "" ? {} : { filter: wanted };
  const exported = await core.client.exportFlows({ ...order, ...chosen });
  const fate: { interrupted: boolean } = { interrupted: false };
  const unsubscribe = context.onSignal(["SIGINT"], () => {
    fate.interrupted = true;
    exported.cancel();
  });
  try {
    if (file === null) await writeOut(context, exported);
    else await writePrivately(file, exported.bytes);
  } catch (error) {
    if (fate.interrupted) return exitCodes.interrupted;
    throw error;
  } finally {
    unsubscribe();
  }
  context.stderr.write(summary(exported, file?.path));
  return exitCodes.ok;
}

/** As fast as it is read. A reader that has gone has what it wanted. */
async function writeOut({ stdout }: CommandContext, exported: ExportedFlows): Promise<void> {
  let isGone = false;
  stdout.on?.("error", () => {
    isGone = true;
    exported.cancel();
  });
  try {
    for await (const chunk of exported.bytes) {
      const isFull = stdout.write(chunk) === false;
      if (isFull && stdout.on !== undefined && !isGone) await new Promise<void>((resolve) => waitFor(stdout, resolve));
    }
  } catch (error) {
    if (!isGone) throw error;
  }
}

function waitFor(stdout: CommandContext["stdout"], resolve: () => void): void {
  stdout.once?.("drain", resolve);
  stdout.once?.("error", resolve);
}

function summary({ flows, leftOut }: ExportedFlows, path: string | undefined): string {
  const where = path === undefined ? "" : ` to ${shown(path)}`;
  const lines = [`${flows} ${flows === 1 ? "call" : "calls"} exported${where}; credentials are masked`];
  for (const [why, count] of Object.entries(leftOut)) lines.push(`left out: ${count} × ${shown(why)}`);
  return lines.map((line) => `${line}\n`).join("");
}
