/**
 * `switchyard accounts import`: an account that uses another program's login where that program keeps it. Without a
 * program's name: which of them have a login on this machine; looking changes nothing and shows no token.
 */
import { resolve } from "node:path";
import { isOver } from "../engine/accounts/credentials/freshness.ts";
import { createClientLogins, importers } from "../engine/accounts/import/client-logins.ts";
import type { ClientReading } from "../engine/accounts/import/importer.ts";
import { systemSurroundings } from "../engine/accounts/import/surroundings.ts";
import { clientRows } from "../engine/config/login-home.ts";
import { type ClientLogin, clientLogins } from "../engine/config/schema.ts";
import { requireFreeName, tellAccount } from "./accounts.ts";
import { columnLines, untilText } from "./columns.ts";
import { type CommandContext, printJson, printLines, shown } from "./context.ts";
import { requireProvider, requireWord, withEngine } from "./engine-access.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { requireTerms } from "./terms.ts";

export interface ImportOptions {
  readonly json: boolean;
  readonly provider: string | undefined;
  readonly name: string | undefined;
  readonly path: string | undefined;
  readonly acceptTerms: boolean;
}

export async function accountsImport(
  context: CommandContext,
  named: string | undefined,
  options: ImportOptions,
): Promise<number> {
  if (named === undefined) return look(context, options);
  const client = await requireWord("program whose login could be read", named, clientLogins);
  // Another process reads it, with another working directory.
  const path = options.path === undefined ? null : resolve(options.path);
  return withEngine(context, { wanted: "files", subject: "account" }, async ({ verbs }) => {
    const { id } = await requireProvider(verbs, options.provider ?? clientRows[client]);
    const name = options.name ?? client;
    await requireFreeName(verbs, id, name);
    const reading = await readerOf(context).read(client, path);
    if (!reading.ok) throw new CommandFailure(exitCodes.account, shown(reading.reason), { next: shown(reading.fix) });
    const { title } = importers[client];
    await requireTerms(context, {
      title,
      accepted: options.acceptTerms,
      command: ["switchyard accounts import", client, ...repeated(options)].join(" "),
    });
    const account = await verbs.importLogin({
      provider: id,
      name,
      client,
      acceptTerms: true,
      ...(path === null ? {} : { path }),
    });
    tellAccount(context, account, `uses ${title}'s login`, options);
    context.stderr.write(`${title} goes on renewing it; nothing was copied\n`);
    return exitCodes.ok;
  });
}

function repeated({ provider, name, path }: ImportOptions): readonly string[] {
  const given = { "--provider": provider, "--name": name, "--path": path };
  return Object.entries(given).flatMap(([flag, value]) => (value === undefined ? [] : [flag, shown(value)]));
}

/** As `accounts import --json` prints it. */
export interface FoundLogin {
  readonly client: ClientLogin;
  readonly title: string;
  readonly provider: string;
  readonly state: "found" | "over" | "missing" | "needs-login" | "unreadable";
  readonly who: string | null;
  readonly plan: string | null;
  readonly expiresAt: string | null;
  readonly reason: string | null;
  readonly fix: string | null;
}

async function look(context: CommandContext, { json, provider }: ImportOptions): Promise<number> {
  const reader = readerOf(context);
  const found: FoundLogin[] = [];
  for (const client of clientLogins) {
    if (provider !== undefined && provider !== clientRows[client]) continue;
    found.push(foundLogin(client, await reader.read(client, null), context.clock.now()));
  }
  if (json) {
    printJson(context, found);
    return exitCodes.ok;
  }
  printLines(context.stdout, lookTable(found, context.clock.now()));
  const first = found.find(({ state }) => state === "found" || state === "over");
  if (first !== undefined) context.stderr.write(`\nuse one: switchyard accounts import ${first.client}\n`);
  return exitCodes.ok;
}

function foundLogin(client: ClientLogin, reading: ClientReading, now: number): FoundLogin {
  const about = { client, title: importers[client].title, provider: clientRows[client] };
  if (!reading.ok) {
    const { state, reason, fix } = reading;
    return { ...about, state, who: null, plan: null, expiresAt: null, reason, fix };
  }
  const { who = null, plan = null } = reading.credential.facts;
  const over = reading.exchange === null && isOver(reading, now);
  return {
    ...about,
    state: over ? "over" : "found",
    who,
    plan,
    expiresAt: reading.expiresAt === null ? null : new Date(reading.expiresAt).toISOString(),
    reason: null,
    fix: over ? importers[client].renewal : null,
  };
}

function lookTable(found: readonly FoundLogin[], now: number): readonly string[] {
  return columnLines(
    ["PROGRAM", "PROVIDER", "LOGIN", "WHO", "PLAN", "ENDS", "NOTE"],
    found.map(({ client, provider, state, who, plan, expiresAt, reason, fix }) => [
      client,
      provider,
      state,
      shown(who),
      shown(plan),
      state === "over" ? "is over" : untilText(expiresAt, now),
      state === "missing" ? "" : [reason, fix].flatMap((each) => (each === null ? [] : [shown(each)])).join("; "),
    ]),
    new Set(),
  );
}

function readerOf(context: CommandContext): ReturnType<typeof createClientLogins> {
  return createClientLogins({ surroundings: systemSurroundings(context.env), clock: context.clock });
}
