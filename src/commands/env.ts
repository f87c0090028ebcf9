/**
 * `switchyard env`: the same environment as `run` gives, for a shell to take over: `eval "$(switchyard env)"`. What the
 * shell had before is kept in SWITCHYARD_OLD_… and comes back with `switchyard_off`, or `eval "$(switchyard env --unset)"`.
 */
import { launchEnv, launchVariables, type LaunchTarget } from "../base/launch-env.ts";
import { findCore, type RunningCore } from "../control/process.ts";
import { type CommandContext, printLines, printPlainJson } from "./context.ts";
import { CommandFailure, exitCodes, notRunning } from "./failure.ts";
import { currentShell, distinctNames, keptPrefix, type Shell, shells, shellWords } from "./shells.ts";

export interface EnvOptions {
  /** A shell's name or `json`; undefined means the shell this runs in. */
  readonly shell: string | undefined;
  readonly unset: boolean;
  /** Asked by the block in a start file: silent whatever happens. */
  readonly hook?: boolean;
  readonly installHook?: boolean;
  readonly removeHook?: boolean;
}

/** Only in the JSON form: for tools that are given a base URL instead of a proxy. */
const gatewayVariables = ["SWITCHYARD_GATEWAY_URL", "SWITCHYARD_CLIENT_KEY"];
/** A new shell does not wait longer than this for a core that does not answer. */
const hookPatienceMs = 2_000;

export async function env(context: CommandContext, options: EnvOptions): Promise<number> {
  checkFlags(options);
  if (options.hook === true) return hookedEnv(context, options.shell);
  if (options.installHook === true || options.removeHook === true) return changeHook(context, options);
  const shell = options.shell === "json" ? "json" : chosenShell(context, options.shell);
  if (options.unset) {
    const before = previousValues(context.env);
    const all = Object.fromEntries(launchVariables.map((name) => [name, before[name] ?? null]));
    if (shell === "json") printPlainJson(context, all);
    else printLines(context.stdout, unsetLines(context, shell, before));
    return exitCodes.ok;
  }
  const core = await findCore(context.paths);
  if (core === null) throw notRunning();
  const { url, clientKey, variables } = await variablesOf(context, core);
  if (shell === "json") {
    printPlainJson(context, { ...variables, SWITCHYARD_GATEWAY_URL: url, SWITCHYARD_CLIENT_KEY: clientKey });
  } else printLines(context.stdout, setLines(context, shell, variables));
  return exitCodes.ok;
}

async function changeHook(context: CommandContext, { shell, installHook: install }: EnvOptions): Promise<number> {
  const { installHook, removeHook } = await import("./env-hook.ts");
  if (install === true) return installHook(context, chosenShell(context, shell));
  return removeHook(context, shell === undefined ? undefined : chosenShell(context, shell));
}

/** Exit code 0 and no word, whatever is wrong: a shell is starting, and its owner asked for something else. */
async function hookedEnv(context: CommandContext, name: string | undefined): Promise<number> {
  const stuck = setTimeout(() => process.exit(exitCodes.ok), hookPatienceMs);
  try {
    const shell = chosenShell(context, name);
    const core = await findCore(context.paths);
    const found = core === null ? null : await variablesOf(context, core);
    // In a shell that goes through another home's core, that one was asked for.
    const isOthers = context.env["SWITCHYARD_ACTIVE"] !== undefined && found !== null && !isThrough(context, found);
    const variables = found === null || isOthers ? {} : found.variables;
    if (shell === "nu") printPlainJson(context, { ...kept(context, variables), ...variables });
    else if (Object.keys(variables).length > 0) printLines(context.stdout, setLines(context, shell, variables));
  } catch {
    // Said by every other command; here it would stand at the top of every new terminal.
  } finally {
    clearTimeout(stuck);
  }
  return exitCodes.ok;
}

interface FoundVariables {
  readonly url: string;
  readonly clientKey: string;
  readonly proxyToken: string;
  readonly variables: Readonly<Record<string, string>>;
}

async function variablesOf(context: CommandContext, core: RunningCore): Promise<FoundVariables> {
  const { host, port, url, proxyToken, clientKey } = await core.client.secrets();
  const target: LaunchTarget = { certsDir: context.paths.certsDir, host, port, proxyToken };
  return { url, clientKey, proxyToken, variables: launchEnv(target, context.env) };
}

function isThrough({ env }: CommandContext, { proxyToken }: FoundVariables): boolean {
  return (env["HTTPS_PROXY"] ?? "").includes(encodeURIComponent(proxyToken));
}

function chosenShell(context: CommandContext, name: string | undefined): Shell {
  if (name === undefined) return currentShell(context.env, context.platform);
  const shell = shells.find((known) => known === name);
  if (shell !== undefined) return shell;
  throw new CommandFailure(exitCodes.usage, `unknown shell "${name}"`, {
    next: `switchyard env --shell ${shells.join("|")}|json`,
  });
}

function setLines(context: CommandContext, shell: Shell, variables: Readonly<Record<string, string>>): string[] {
  const { set, off } = shellWords[shell];
  const lines: string[] = [];
  if (shell !== "dotenv") {
    for (const [name, value] of Object.entries(kept(context, variables))) lines.push(set(name, value));
  }
  for (const name of distinctNames(Object.keys(variables), context.platform)) {
    lines.push(set(name, variables[name] ?? ""));
  }
  return [...lines, ...(off === null ? [] : off(distinctNames(launchVariables, context.platform)))];
}

/** What the shell has of its own. One that already goes through us has nothing of its own left to keep. */
function kept(context: CommandContext, variables: Readonly<Record<string, string>>): Record<string, string> {
  const values: Record<string, string> = {};
  if (context.env["SWITCHYARD_ACTIVE"] !== undefined) return values;
  for (const name of distinctNames(Object.keys(variables), context.platform)) {
    const value = context.env[name];
    if (value !== undefined) values[keptPrefix + name] = value;
  }
  return values;
}

function unsetLines(context: CommandContext, shell: Shell, before: Readonly<Record<string, string>>): string[] {
  const { set, unset } = shellWords[shell];
  const lines: string[] = [];
  for (const name of distinctNames(launchVariables, context.platform)) {
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

function checkFlags({ unset, installHook = false, removeHook = false, shell }: EnvOptions): void {
  if ([unset, installHook, removeHook].filter(Boolean).length > 1) {
    throw new CommandFailure(exitCodes.usage, "--unset, --install-hook and --remove-hook are three different wishes", {
      next: "switchyard env --help",
    });
  }
  if ((installHook || removeHook) && shell === "json") {
    throw new CommandFailure(exitCodes.usage, "json is not a shell that could be hooked", {
      next: "switchyard env --install-hook",
    });
  }
}
