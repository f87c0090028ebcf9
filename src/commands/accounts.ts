/** `switchyard accounts list|enable|disable|remove|refresh|cooldown|quota`: the accounts there are, and how they are. */
import type { AccountJson, EngineVerbs, QuotaJson } from "../base/controls-engine.ts";
import { accountLine, accountTable, quotaTable } from "./account-text.ts";
import { type CommandContext, printJson, printLines, shown } from "./context.ts";
import { requireProvider, tellNotLive, withEngine } from "./engine-access.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { confirm } from "./prompt.ts";

interface Json {
  readonly json: boolean;
}

const fromFiles = { wanted: "files", subject: "account" } as const;
const network = { wanted: "network", subject: "account" } as const;

/** One JSON array, or a table. */
export async function accountsList(
  context: CommandContext,
  options: Json & { readonly provider: string | undefined },
): Promise<number> {
  return withEngine(context, fromFiles, async (engine) => {
    const { verbs } = engine;
    const only = options.provider === undefined ? null : (await requireProvider(verbs, options.provider)).id;
    const accounts = (await verbs.accounts()).filter(({ provider }) => only === null || provider === only);
    const worthALine = accounts.filter((account) => !isImplied(account));
    if (options.json) printJson(context, accounts);
    else if (worthALine.length > 0)
      printLines(context.stdout, accountTable(worthALine, { now: context.clock.now(), live: engine.live }));
    else
      context.stderr.write("no accounts; add one: switchyard accounts add PROVIDER   (or: accounts login, import)\n");
    tellNotLive(context, engine, "this is what the files say");
    return exitCodes.ok;
  });
}

/** A provider that wants no credential has an account all the same; until it does something there is nothing to show. */
function isImplied({ source, state, calls }: AccountJson): boolean {
  return source === "none" && state === "active" && calls === 0;
}

export async function accountsEnable(
  context: CommandContext,
  named: string,
  options: Json & { readonly enabled: boolean },
): Promise<number> {
  return withEngine(context, fromFiles, async ({ verbs }) => {
    const { id } = await requireAccount(verbs, named);
    const account = await verbs.setAccountEnabled(id, options.enabled);
    tellAccount(context, account, options.enabled ? "switched on" : "switched off", options);
    return exitCodes.ok;
  });
}

/** Its login or key is deleted. On a terminal its owner is asked first. */
export async function accountsRemove(
  context: CommandContext,
  named: string,
  options: Json & { readonly yes: boolean },
): Promise<number> {
  return withEngine(context, fromFiles, async ({ verbs }) => {
    const { id, from } = await requireAccount(verbs, named);
    // What stands in config.yaml is taken out there, by hand; the verb says so.
    const yes = options.yes || from === "config";
    const question = `Delete the account ${shown(id)} and its stored credential?`;
    if (!(await confirm(context, { question, yes, command: `switchyard accounts remove ${shown(id)}` }))) {
      context.stderr.write("kept\n");
      return exitCodes.failure;
    }
    await verbs.removeAccount(id);
    if (options.json) printJson(context, { removed: id });
    else printLines(context.stdout, [`${shown(id)} removed`]);
    return exitCodes.ok;
  });
}

/** Renews a login now, through a core. */
export async function accountsRefresh(context: CommandContext, named: string, options: Json): Promise<number> {
  // Nothing is started before it is clear that there is something to do.
  const { id, source, client } = await accountBefore(context, named);
  if (source === "key" || source === "none") {
    throw new CommandFailure(exitCodes.account, `${shown(id)} has no login to renew`, {
      why: source === "key" ? "it is an API key, which does not end by itself" : "its provider wants no credential",
    });
  }
  if (source === "client") {
    throw new CommandFailure(exitCodes.account, `the login of ${shown(id)} is ${shown(client)}'s to renew`, {
      why: "two programs that renew one login log each other out",
      next: `use ${shown(client)} once; its login is read anew with the next call`,
    });
  }
  return withEngine(context, network, async ({ verbs }) => {
    tellAccount(context, await verbs.refreshAccount(id), "renewed", options);
    return exitCodes.ok;
  });
}

function accountBefore(context: CommandContext, named: string): Promise<AccountJson> {
  return withEngine(context, fromFiles, ({ verbs }) => requireAccount(verbs, named));
}

/** Of one account, of one of its models, of one model everywhere, or all. */
export async function cooldownClear(
  context: CommandContext,
  named: string | undefined,
  options: Json & { readonly model: string | undefined },
): Promise<number> {
  return withEngine(context, { wanted: "running", subject: "account" }, async ({ verbs }) => {
    const model = options.model ?? null;
    const cleared =
      named === undefined
        ? await clearEverywhere(verbs, model)
        : await verbs.clearCooldown((await requireAccount(verbs, named)).id, model);
    if (options.json) printJson(context, { cleared });
    else if (cleared === 0) context.stderr.write("nothing was cooling there\n");
    else printLines(context.stdout, [`${cleared} ${cleared === 1 ? "cooldown" : "cooldowns"} ended`]);
    return exitCodes.ok;
  });
}

async function clearEverywhere(verbs: EngineVerbs, model: string | null): Promise<number> {
  if (model === null) return verbs.clearCooldown(null, null);
  const cooling = (await verbs.accounts()).filter(({ cooldowns }) => cooldowns.some((one) => one.model === model));
  let cleared = 0;
  for (const { id } of cooling) cleared += await verbs.clearCooldown(id, model);
  return cleared;
}

/** Exit code 7 when an account was named and its provider told nothing; among many that is an everyday thing. */
export async function accountsQuota(
  context: CommandContext,
  named: string | undefined,
  options: Json,
): Promise<number> {
  const id = named === undefined ? null : (await accountBefore(context, named)).id;
  return withEngine(context, network, async ({ verbs }) => {
    const quota = await verbs.quota(id);
    if (options.json) printJson(context, quota);
    else if (quota.length > 0) printLines(context.stdout, quotaTable(quota, context.clock.now()));
    else context.stderr.write("no provider of these accounts tells what is left\n");
    return id !== null && quota.every(isSilent) ? exitCodes.upstream : exitCodes.ok;
  });
}

function isSilent({ error, windows }: QuotaJson): boolean {
  return error !== null && windows.length === 0;
}

/** By `provider/name`, or by its name where only one has it. @throws CommandFailure with exit code 6 */
export async function requireAccount(verbs: EngineVerbs, named: string): Promise<AccountJson> {
  const accounts = await verbs.accounts();
  const exact = accounts.find(({ id }) => id === named);
  if (exact !== undefined) return exact;
  const next = "switchyard accounts list";
  const [first, ...others] = accounts.filter(({ name }) => name === named);
  if (first !== undefined && others.length === 0) return first;
  if (first !== undefined) {
    const ids = [first, ...others].map(({ id }) => shown(id)).join(", ");
    throw new CommandFailure(exitCodes.account, `"${shown(named)}" could be ${ids}`, {
      why: "write the whole id",
      next,
    });
  }
  const { suggestion } = await import("../engine/config/nearest.ts");
  const hint = suggestion(named, named.includes("/") ? accounts.map(({ id }) => id) : accounts.map(({ name }) => name));
  throw new CommandFailure(exitCodes.account, `there is no account "${shown(named)}"${hint}`, { next });
}

/** @throws CommandFailure with exit code 6 when an account has that name */
export async function requireFreeName(verbs: EngineVerbs, provider: string, name: string): Promise<void> {
  const id = `${provider}/${name}`;
  if (!(await verbs.accounts()).some((account) => account.id === id)) return;
  throw new CommandFailure(exitCodes.account, `there is an account "${shown(id)}" already`, {
    next: "give this one another name with --name   (switchyard accounts list shows them)",
  });
}

export function tellAccount(context: CommandContext, account: AccountJson, what: string, options: Json): void {
  if (options.json) printJson(context, account);
  else printLines(context.stdout, [`${shown(account.id)} ${what}   ${accountLine(account, context.clock.now())}`]);
}
