/** `switchyard stop`: ends the core of this home gracefully and waits until it is gone. */
import { readInstance } from "../control/instance.ts";
import { ControlError } from "../control/client.ts";
import { findCore } from "../control/process.ts";
import { type CommandContext, printJson } from "./context.ts";
import { CommandFailure, exitCodes } from "./failure.ts";

/** Calls in flight get half a minute from the core. */
const stopTimeoutMs = 35_000;
/** Longer than an idle core takes: then the user wants to know what we wait for. */
const patienceMs = 1_500;
const pollIntervalMs = 50;

export async function stop(
  context: CommandContext,
  options: { readonly json: boolean } = { json: false },
): Promise<number> {
  const core = await findCore(context.paths);
  if (core === null) {
    if (options.json) printJson(context, { stopped: false, pid: null });
    else context.stderr.write("no core was running\n");
    return exitCodes.ok;
  }
  await core.client.stopCore().catch((error: unknown) => {
    // It was ending already, as one does whose last user has just gone; what is left is to wait for it.
    if (!(error instanceof ControlError) || error.kind !== "not-running") throw error;
  });
  const begunAt = context.clock.monotonic();
  let told = false;
  while (await isThere(context)) {
    const waitedMs = context.clock.monotonic() - begunAt;
    if (waitedMs > patienceMs && !told) {
      context.stderr.write("waiting for calls in flight to finish\n");
      told = true;
    }
    if (waitedMs > stopTimeoutMs) {
      throw new CommandFailure(exitCodes.failure, "the core has not stopped yet", {
        why: "calls may still be running",
        next: `kill ${core.status.pid}`,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
  }
  if (options.json) printJson(context, { stopped: true, pid: core.status.pid });
  else context.stderr.write("stopped\n");
  return exitCodes.ok;
}

async function isThere(context: CommandContext): Promise<boolean> {
  return (await readInstance(context.paths)) !== null || (await findCore(context.paths)) !== null;
}
