/** `switchyard flows delete`: takes calls out of the log of the running core. What has not ended stays. */
import type { ControlClient } from "../control/client.ts";
import { findCore } from "../control/process.ts";
import { type CommandContext, printJson, printLines } from "./context.ts";
import { CommandFailure, exitCodes, notRunning } from "./failure.ts";
import { filterFrom } from "./flow-filter.ts";
import { askYes, canAsk } from "./prompt.ts";

export interface DeleteOptions {
  readonly json: boolean;
  readonly filter: string | undefined;
  readonly all: boolean;
  readonly yes: boolean;
}

interface Deleted {
  readonly deleted: number;
  readonly live: number;
}

export async function flowsDelete(
  context: CommandContext,
  ids: readonly string[],
  options: DeleteOptions,
): Promise<number> {
  const { filter, all, yes } = options;
  if ([ids.length > 0, filter !== undefined, all].filter(Boolean).length !== 1) {
    throw new CommandFailure(exitCodes.usage, "say which calls: their ids, --filter, or --all", {
      next: "switchyard flows delete --help",
    });
  }
  const wanted = filterFrom({ filter }).text;
  const core = await findCore(context.paths);
  if (core === null) throw notRunning();
  if (!yes) {
    const count = ids.length > 0 ? ids.length : (await core.client.findFlows({ filter: wanted })).length;
    if (count > 0 && !(await isConfirmed(context, count))) {
      context.stderr.write("kept\n");
      return exitCodes.failure;
    }
  }
  const done = ids.length > 0 ? await deleteEach(core.client, ids) : await core.client.deleteFlows(wanted);
  if (options.json) printJson(context, done);
  else printLines(context.stdout, [doneText(done)]);
  return exitCodes.ok;
}

async function isConfirmed(context: CommandContext, count: number): Promise<boolean> {
  if (canAsk(context)) return askYes(context, `Delete ${calls(count)} from the log?`);
  throw new CommandFailure(exitCodes.usage, `nobody can be asked whether to delete ${calls(count)}`, {
    next: "the same command with --yes",
  });
}

/** Each stands for itself: what is refused of one is told when the others are done. */
async function deleteEach(client: ControlClient, ids: readonly string[]): Promise<Deleted> {
  let refusal: unknown = null;
  let deleted = 0;
  for (const id of new Set(ids)) {
    try {
      deleted += (await client.deleteFlow(id)).deleted;
    } catch (error) {
      refusal ??= error;
    }
  }
  if (refusal !== null) throw refusal;
  return { deleted, live: 0 };
}

function doneText({ deleted, live }: Deleted): string {
  const kept =
    live === 0 ? "" : `; ${calls(live)} ${live === 1 ? "has not ended and stays" : "have not ended and stay"}`;
  return `${calls(deleted)} deleted${kept}`;
}

function calls(count: number): string {
  return count === 1 ? "1 call" : `${count} calls`;
}
