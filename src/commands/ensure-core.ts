/** A core to lean on: the one that runs, or one started for us that stops when its last user has gone. */
import { findCore, CoreStartError, type RunningCore, spawnCore } from "../control/process.ts";
import { ControlError } from "../control/client.ts";
import { type CommandContext } from "./context.ts";
import { exitCodes } from "./failure.ts";
import { inHome } from "./unwritable.ts";

export interface LeasedCore extends RunningCore {
  readonly started: boolean;
  release(): void;
}

export interface EnsureOptions {
  /** The core goes on when we are gone. */
  readonly keep: boolean;
}

/** A core may stop between being found and being leased; it is then started anew. */
const maxTries = 3;

export async function ensureCore(context: CommandContext, options: EnsureOptions): Promise<LeasedCore> {
  for (let attempt = 1; ; attempt += 1) {
    const running = await findCore(context.paths);
    const core = running ?? (await startOne(context, options));
    try {
      const lease = await core.client.lease();
      return { ...core, started: running === null, release: () => lease.release() };
    } catch (error) {
      if (attempt === maxTries || !(error instanceof ControlError)) throw error;
    }
  }
}

/** The usual port if it is free, else any: whoever asks for a core this way gets the address told. */
async function startOne(context: CommandContext, options: EnsureOptions): Promise<RunningCore> {
  const life = options.keep ? [] : ["--until-unused"];
  try {
    return await spawnWith(context, life);
  } catch (error) {
    if (!(error instanceof CoreStartError) || error.exitCode !== exitCodes.portInUse) throw error;
    return spawnWith(context, [...life, "--port", "0"]);
  }
}

export async function spawnWith(context: CommandContext, startArguments: readonly string[]): Promise<RunningCore> {
  const { paths, env } = context;
  const { cliPath, execArgv } = context.program;
  return inHome(paths, () => spawnCore({ paths, env, cliPath, execArgv, startArguments }));
}
