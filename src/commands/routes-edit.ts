/** `switchyard routes add|remove|move|enable|disable`: rules written into config.yaml, with the comments that are there. */
import type { EngineVerbs, NewRouteJson } from "../base/controls-engine.ts";
import { findCore } from "../control/process.ts";
import { type CommandContext, printJson, printLines, shown } from "./context.ts";
import { requireWord, withEngine } from "./engine-access.ts";
import { CommandFailure, exitCodes, notRunning } from "./failure.ts";

interface Json {
  readonly json: boolean;
}

export interface AddOptions extends Json {
  readonly match: NonNullable<NewRouteJson["match"]>;
  readonly to: string;
  readonly fallback: string | undefined;
  /** A call that went by: what is not given is taken from it. */
  readonly fromFlow: string | undefined;
  readonly at: number | undefined;
}

const files = { wanted: "files", subject: "model" } as const;

export async function routesAdd(context: CommandContext, options: AddOptions): Promise<number> {
  const fallback =
    options.fallback === undefined
      ? undefined
      : await requireWord("fallback", options.fallback, ["error", "passthrough"] as const);
  const match = said({ ...(await matchOf(context, options.fromFlow)), ...said(options.match) });
  return withEngine(context, files, async ({ verbs }) => {
    const { number } = await verbs.addRoute({ match, to: options.to, fallback, at: options.at });
    if (options.json) printJson(context, { number, match, to: options.to, fallback: fallback ?? "error" });
    else printLines(context.stdout, [`rule ${number}: ${matchText(match)} → ${shown(options.to)}`]);
    return exitCodes.ok;
  });
}

export async function routesRemove(context: CommandContext, number: number, options: Json): Promise<number> {
  return edit(context, options, { removed: number }, `rule ${number} removed`, (verbs) => verbs.removeRoute(number));
}

export async function routesMove(
  context: CommandContext,
  { number, place }: { readonly number: number; readonly place: number },
  options: Json,
): Promise<number> {
  const text = `rule ${number} is rule ${place} now`;
  return edit(context, options, { from: number, to: place }, text, (verbs) => verbs.moveRoute(number, place));
}

export async function routesEnabled(
  context: CommandContext,
  { number, enabled }: { readonly number: number; readonly enabled: boolean },
  options: Json,
): Promise<number> {
  const text = enabled ? `rule ${number} is on` : `rule ${number} is off; it keeps its place`;
  return edit(context, options, { number, enabled }, text, (verbs) => verbs.setRouteEnabled(number, enabled));
}

/** One change of config.yaml, and what to say of it. */
export async function edit(
  context: CommandContext,
  options: Json,
  document: object,
  text: string,
  change: (verbs: EngineVerbs) => Promise<void>,
): Promise<number> {
  return withEngine(context, files, async ({ verbs }) => {
    await change(verbs);
    if (options.json) printJson(context, document);
    else printLines(context.stdout, [text]);
    return exitCodes.ok;
  });
}

type Match = NonNullable<NewRouteJson["match"]>;

/** The path is left out: of one model's calls it differs. */
async function matchOf(context: CommandContext, id: string | undefined): Promise<Match> {
  if (id === undefined) return {};
  const core = await findCore(context.paths);
  if (core === null) throw notRunning();
  const { client, host, model } = await core.client.flow(id);
  if (model.asked === null) {
    throw new CommandFailure(exitCodes.usage, `nothing is known of a model in ${shown(id)}`, {
      why: "it is no call for a model, or it was never decrypted",
      next: `switchyard flows show ${shown(id)}`,
    });
  }
  return { ...(client === "unknown" ? {} : { client }), host, model: model.asked };
}

function said(match: Match): Match {
  return Object.fromEntries(Object.entries(match).filter(([, glob]) => glob !== undefined));
}

function matchText(match: Match): string {
  const parts = Object.entries(match).map(([name, glob]) => `${name}=${glob}`);
  return parts.length === 0 ? "everything" : shown(parts.join(" "));
}
