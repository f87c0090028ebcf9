/**
 * `switchyard env`: the same environment as `run` gives, for a shell to take over: `eval "$(switchyard env)"`.
 * What the shell had before is kept in SWITCHYARD_OLD_… and comes back with `eval "$(switchyard env --unset)"`.
 */
import { launchEnv, launchVariables, type LaunchTarget } from "../base/launch-env.ts";
import { findCore } from "../control/process.ts";
import { type CommandContext, printLines, printPlainJson } from "./context.ts";
import { CommandFailure, exitCodes, notRunning } from "./failure.ts";
import { currentShell, type Shell, shells, shellWords } from "./shells.ts";

export interface EnvOptions {
  /** A shell's name or `json`; undefined means the shell this runs in. */
  readonly shell: string | undefined;
  readonly unset: boolean;
}

const keptPrefix = "SWITCHYARD_OLD_";
/** Only in the JSON form: for tools that are given a base URL instead of a proxy. */
const gatewayVariables = ["SWITCHYARD_GATEWAY_URL", "SWITCHYARD_CLIENT_KEY"];

export async function env(context: CommandContext, options: EnvOptions): Promise<number> {
  const shell = options.shell === "json" ? "json" : chosenShell(context, options.shell);
  if (options.unset) {
    const before = previousValues(context.env);
    const all = Object.fromEntries(launchVariables.map((name) => [name, before[name] ?? null]));
    if (shell === "json") printPlainJson(context, all);
    else printLines(context.stdout, unsetLines(shell, before));
    return exitCodes.ok;
  }
  const core = await findCore(context.paths);
  if (core === null) throw notRunning();
  const { host, port, url, proxyToken, clientKey } = await core.client.secrets();
  const target: LaunchTarget = { certsDir: context.paths.certsDir, host, port, proxyToken };
  const variables = launchEnv(target, context.env);
  if (shell === "json") {
    printPlainJson(context, { ...variables, SWITCHYARD_GATEWAY_URL: url, SWITCHYARD_CLIENT_KEY: clientKey });
  } else printLines(context.stdout, setLines(shell, variables, context.env));
  return exitCodes.ok;
}

function chosenShell(context: CommandContext, name: string | undefined): Shell {
  if (name === undefined) return currentShell(context.env, context.platform);
  const shell = shells.find((known) => known === name);
  if (shell !== undefined) return shell;
  throw new CommandFailure(exitCodes.usage, `unknown shell "${name}"`, {
    next: `switchyard env --shell ${shells.join("|")}|json`,
  });
}

function setLines(shell: Shell, variables: Readonly<Record<string, string>>, now: NodeJS.ProcessEnv): string[] {
  const { set } = shellWords[shell];
  const lines: string[] = [];
  // A shell that already goes through us has nothing of its own left to keep.
  if (now["SWITCHYARD_ACTIVE"] === undefined && shell !== "dotenv") {
    for (const name of Object.keys(variables)) {
      const value = now[name];
      if (value !== undefined && value !== "") lines.push(set(keptPrefix + name, value));
    }
  }
  for (const [name, value] of Object.entries(variables)) lines.push(set(name, value));
  return lines;
}

function unsetLines(shell: Shell, before: Readonly<Record<string, string>>): string[] {
  const { set, unset } = shellWords[shell];
  const lines: string[] = [];
  for (const name of launchVariables) {
    const value = before[name];
    if (value === undefined) lines.push(unset(name));
    else lines.push(set(name, value), unset(keptPrefix + name));
  }
  return [...lines, ...gatewayVariables.map(unset)];
}

function previousValues(now: NodeJS.ProcessEnv): Record<string, string> {
  const values: Record<string, string> = {};
  for (const name of launchVariables) {
    const kept = now[keptPrefix + name];
    if (kept !== undefined) values[name] = kept;
  }
  return values;
}
