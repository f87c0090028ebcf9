/**
 * `switchyard doctor [client]`: is everything as it should be, from Node up to a real TLS round trip, and what to type
 * where it is not. Looks and changes nothing; `--fix` puts right what it can, after asking.
 */
import { type ClientHint, clientHint, clientHints } from "../base/client-hints.ts";
import { own, parseJson } from "../base/json.ts";
import { createRedactor, type Redactor } from "../base/redact.ts";
import { type CommandContext, printJson, printLines, shown } from "./context.ts";
import { createDeps } from "./doctor/facts.ts";
import { textOf } from "./doctor/read-text.ts";
import { gatewayUrl, recipesFor } from "./doctor/recipes.ts";
import { repairAll, type Repaired } from "./doctor/repairs.ts";
import { isWell, reportLines, verdict } from "./doctor/report.ts";
import { type Result, runChecks } from "./doctor/run-checks.ts";
import { inspectTrust, type InspectTrust } from "./doctor/stores.ts";
import { checkGroups } from "./doctor/table.ts";
import { CommandFailure, exitCodes, notRunning } from "./failure.ts";
import { canAsk } from "./prompt.ts";

export interface DoctorOptions {
  readonly client: string | undefined;
  readonly json: boolean;
  readonly fix: boolean;
  /** Without asking. */
  readonly yes: boolean;
  /** Only print commands to try the gateway and the rules with. */
  readonly recipes: boolean;
}

export interface DoctorParts {
  readonly inspectTrust?: InspectTrust;
  readonly nodeVersion?: string;
}

/** Exit code 8 when something is wrong; warnings alone are none. */
export async function doctor(
  context: CommandContext,
  options: DoctorOptions,
  parts: DoctorParts = {},
): Promise<number> {
  const client = options.client === undefined ? null : await requireClient(options.client);
  if (options.recipes) return printRecipes(context, client, options);
  if (options.yes && !options.fix) {
    throw new CommandFailure(exitCodes.usage, "--yes says yes to repairs, and none was asked for", {
      next: "switchyard doctor --fix --yes",
    });
  }
  if (options.fix && !options.yes && !canAsk(context)) {
    throw new CommandFailure(exitCodes.usage, "--fix asks before each repair, and nobody is here to be asked", {
      next: "switchyard doctor --fix --yes",
    });
  }
  const look = lookWith(context, client, parts);
  const found = await look();
  if (!options.fix) {
    if (options.json) printJson(context, documentOf(found));
    else printLines(context.stdout, [...reportLines(found), "", verdict(found)]);
    return codeOf(found);
  }
  if (!options.json) printLines(context.stdout, [...reportLines(found), ""]);
  const { results, repairs } = await repairAll(context, found, {
    yes: options.yes,
    // All of it: what was well without a core is another question with one.
    lookAgain: look,
  });
  if (options.json) printJson(context, { ...documentOf(results), repairs });
  else printLines(context.stdout, [...afterLines(found, results, repairs), verdict(results)]);
  return codeOf(results);
}

type Look = () => Promise<readonly Result[]>;

/** Each look finds its facts anew. */
function lookWith(context: CommandContext, client: ClientHint | null, parts: DoctorParts): Look {
  return async () => {
    const redactor = createRedactor();
    const deps = createDeps({
      context,
      client,
      redactor,
      inspectTrust: parts.inspectTrust ?? inspectTrust,
      ...(parts.nodeVersion === undefined ? {} : { nodeVersion: parts.nodeVersion }),
    });
    registerInstall(context, redactor);
    try {
      return await runChecks(checkGroups, deps);
    } finally {
      await deps.close();
    }
  };
}

/** The two tokens of this installation, as they lie in its state file. */
function registerInstall({ paths }: CommandContext, redactor: Redactor): void {
  const parsed = parseJson(textOf(paths.stateFile) ?? "");
  for (const name of ["proxyToken", "clientKey"]) {
    const value = parsed.ok ? own(own(parsed.value, "data") ?? parsed.value, name) : undefined;
    if (typeof value === "string") redactor.register(value);
  }
}

/** What has become different, and what is still wrong. */
function afterLines(
  before: readonly Result[],
  after: readonly Result[],
  repairs: readonly Repaired[],
): readonly string[] {
  if (repairs.length === 0) return ["there is nothing here that --fix could put right", ""];
  if (!repairs.some(({ done }) => done)) return [];
  const known = new Set(before.map(({ id, state }) => `${id} ${state}`));
  const news = after.filter(({ id, state }) => state === "fail" || !known.has(`${id} ${state}`));
  return news.length === 0 ? [] : ["once more:", "", ...reportLines(news), ""];
}

function documentOf(results: readonly Result[]): { readonly ok: boolean; readonly checks: readonly object[] } {
  return {
    ok: isWell(results),
    checks: results.map(({ id, group, title, state, text, why, fix }) => ({ id, group, title, state, text, why, fix })),
  };
}

function codeOf(results: readonly Result[]): number {
  return isWell(results) ? exitCodes.ok : exitCodes.doctor;
}

/** @throws CommandFailure with exit code 2 that names the nearest one */
async function requireClient(word: string): Promise<ClientHint> {
  const hint = clientHint(word);
  if (hint !== null) return hint;
  const { suggestion } = await import("../engine/config/nearest.ts");
  const known = clientHints.flatMap(({ id, aliases }) => [id, ...aliases]);
  throw new CommandFailure(exitCodes.usage, `nothing is known of a client "${shown(word)}"${suggestion(word, known)}`, {
    why: `it is one of ${clientHints.map(({ id }) => id).join(", ")}`,
  });
}

/** For the running core; without one, for the address that the configuration names. */
async function printRecipes(
  context: CommandContext,
  client: ClientHint | null,
  { json }: DoctorOptions,
): Promise<number> {
  const { findCore } = await import("../control/process.ts");
  const core = await findCore(context.paths);
  const { host, port } = core === null ? await listenOf(context) : core.status;
  const recipes = recipesFor(gatewayUrl(host, port), client);
  if (json) {
    printJson(context, { gateway: gatewayUrl(host, port), recipes });
    return exitCodes.ok;
  }
  if (core === null) context.stderr.write("no core is running: this is where one would listen (switchyard start -d)\n");
  printLines(context.stdout, recipes.flatMap(({ title, command }) => [`# ${title}`, command, ""]).slice(0, -1));
  return exitCodes.ok;
}

async function listenOf(context: CommandContext): Promise<{ readonly host: string; readonly port: number }> {
  const { requireConfig } = await import("./load-config.ts");
  const { listen } = requireConfig(context);
  if (listen.port === 0) throw notRunning();
  return listen;
}
