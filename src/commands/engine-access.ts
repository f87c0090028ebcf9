/** How a command reaches the engine: through the running core, from the files, or through a core started for it. */
import type { EngineVerbs, ProviderJson } from "../base/controls-engine.ts";
import { VerbRefusal } from "../base/controls-engine.ts";
import { ControlError } from "../control/client.ts";
import { findCore } from "../control/process.ts";
import { type CommandContext, shown } from "./context.ts";
import { CommandFailure, exitCodes, type FailureDetails, notRunning } from "./failure.ts";

/**
 * `files`: what the files say will do when no core runs. `running`: only a core that runs knows it. `network`: providers
 * are asked, which takes a core; one is started and stops again when nobody else has come to lean on it.
 */
export type Wanted = "files" | "running" | "network";

export interface EngineAccess {
  readonly verbs: EngineVerbs;
  /** False: read from files, without the figures that only a core keeps. */
  readonly live: boolean;
}

/** Whose trouble a refusal is: it decides the exit code. */
export type Subject = "account" | "provider" | "model" | "usage";

/** Runs `use` on the engine and closes what was opened for it. Refusals become failures with an exit code. */
export async function withEngine<Result>(
  context: CommandContext,
  { wanted, subject }: { readonly wanted: Wanted; readonly subject: Subject },
  use: (engine: EngineAccess) => Promise<Result>,
): Promise<Result> {
  const opened = await open(context, wanted);
  try {
    return await use(opened);
  } catch (error) {
    throw asRefusal(error, subject);
  } finally {
    await opened.close();
  }
}

async function open(
  context: CommandContext,
  wanted: Wanted,
): Promise<EngineAccess & { readonly close: () => Promise<void> | void }> {
  const running = await findCore(context.paths);
  if (running !== null) return { verbs: running.client, live: true, close: () => {} };
  switch (wanted) {
    case "running":
      throw notRunning();
    case "files": {
      const { openEngineFiles } = await import("./engine-files.ts");
      const { verbs, close } = await openEngineFiles(context);
      return { verbs, live: false, close };
    }
    case "network": {
      const { ensureCore } = await import("./ensure-core.ts");
      const core = await ensureCore(context, { keep: false });
      if (core.started) context.stderr.write("no core was running: one runs for as long as this takes\n");
      return { verbs: core.client, live: true, close: () => core.release() };
    }
  }
}

/** Said beside what is read from files, where a core would know more. */
export function tellNotLive(context: CommandContext, engine: EngineAccess, what: string): void {
  if (!engine.live) context.stderr.write(`no core is running: ${what}\n`);
}

const codes: Readonly<Record<VerbRefusal["code"], (subject: Subject) => number>> = {
  "not-found": (subject) => (subject === "account" ? exitCodes.account : exitCodes.usage),
  invalid: () => exitCodes.usage,
  conflict: (subject) => (subject === "account" ? exitCodes.account : exitCodes.usage),
  unavailable: (subject) => (subject === "account" ? exitCodes.account : exitCodes.failure),
  upstream: () => exitCodes.upstream,
};

/** A verb that said no, as a failure; every other error as it is. */
export function asRefusal(error: unknown, subject: Subject, details: FailureDetails = {}): unknown {
  const code = refusalCode(error);
  if (code === null || !(error instanceof Error)) return error;
  return new CommandFailure(codes[code](subject), shown(error.message), details);
}

export function refusalCode(error: unknown): VerbRefusal["code"] | null {
  if (error instanceof VerbRefusal) return error.code;
  if (!(error instanceof ControlError) || error.kind !== "failed" || error.code === null) return null;
  return isRefusalCode(error.code) ? error.code : null;
}

function isRefusalCode(code: string): code is VerbRefusal["code"] {
  return Object.hasOwn(codes, code);
}

/** By its id or a second name. @throws CommandFailure with exit code 2 that names the nearest one */
export async function requireProvider(verbs: EngineVerbs, name: string): Promise<ProviderJson> {
  try {
    return await verbs.provider(name);
  } catch (error) {
    if (refusalCode(error) !== "not-found") throw error;
    const { suggestion } = await import("../engine/config/nearest.ts");
    const known = (await verbs.providers()).map(({ id }) => id);
    throw new CommandFailure(exitCodes.usage, `there is no provider "${shown(name)}"${suggestion(name, known)}`, {
      next: "switchyard providers list",
    });
  }
}

/** One of a list of words. @throws CommandFailure with exit code 2 that names the nearest one */
export async function requireWord<Word extends string>(
  what: string,
  text: string,
  words: readonly Word[],
): Promise<Word> {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  const { suggestion } = await import("../engine/config/nearest.ts");
  throw new CommandFailure(exitCodes.usage, `there is no ${what} "${shown(text)}"${suggestion(text, words)}`, {
    why: `it is one of ${words.join(", ")}`,
  });
}
