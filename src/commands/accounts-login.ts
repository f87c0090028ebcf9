/**
 * `switchyard accounts login`: a login of our own at a provider, confirmed by its user in a browser. The core does the
 * talking; this shows where to go, takes a pasted answer, and calls the login off when it is left.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { AccountJson, EngineVerbs, LoginJson, NewLoginJson } from "../base/controls-engine.ts";
import { Secret } from "../base/secret.ts";
import { serviceOf, services } from "../engine/accounts/oauth/services.ts";
import { tellAccount } from "./accounts.ts";
import { defaultName } from "./accounts-add.ts";
import { type CommandContext, printLines, shown } from "./context.ts";
import { refusalCode, requireProvider, withEngine } from "./engine-access.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { openBrowser } from "./open-browser.ts";
import { askLine, canAsk, questionsOf } from "./prompt.ts";
import { requireTerms } from "./terms.ts";

export interface LoginOptions {
  readonly json: boolean;
  readonly name: string | undefined;
  readonly method: string | undefined;
  readonly startUrl: string | undefined;
  readonly region: string | undefined;
  readonly acceptTerms: boolean;
  readonly browser: boolean;
  /** On a page of ours, in the browser of this machine. */
  readonly web: boolean;
}

/** How soon a confirmation is seen. The core is asked, not the provider. */
const pollEveryMs = 500;

export async function accountsLogin(context: CommandContext, named: string, options: LoginOptions): Promise<number> {
  // Nothing is started before it is clear that there is something to do.
  const { id } = await withEngine(context, { wanted: "files", subject: "account" }, ({ verbs }) =>
    requireProvider(verbs, named),
  );
  if (options.web && id !== "kiro") {
    throw new CommandFailure(exitCodes.usage, `--web is for kiro only: ${shown(id)} has no login page here`, {
      next: `switchyard accounts login ${shown(id)}`,
    });
  }
  await requireTerms(context, {
    title: titleOf(id),
    accepted: options.acceptTerms,
    command: ["switchyard accounts login", id, ...repeated(options)].join(" "),
  });
  const { name = defaultName, method, startUrl, region } = options;
  const login: NewLoginJson = {
    provider: id,
    name,
    acceptTerms: true,
    ...(method === undefined ? {} : { method }),
    ...(startUrl === undefined ? {} : { startUrl }),
    ...(region === undefined ? {} : { region }),
  };
  return withEngine(context, { wanted: "network", subject: "account" }, async ({ verbs }) => {
    const code = await untilInterrupted(context, async (interrupted) => {
      if (!options.web) return seeThrough(context, { verbs, login, options, interrupted });
      const { seePageThrough } = await import("./accounts-login-page.ts");
      const done = await seePageThrough(context, login, { interrupted, browser: options.browser });
      return tell(context, verbs, done, options);
    });
    context.stderr.write(`a rule may send calls there now: to: ${shown(id)}/MODEL\n`);
    return code;
  });
}

function repeated({ name, method, startUrl, region, web }: LoginOptions): readonly string[] {
  const given = { "--name": name, "--method": method, "--start-url": startUrl, "--region": region };
  return [...(web ? ["--web"] : []), ...flagsOf(given)];
}

function flagsOf(given: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(given).flatMap(([flag, value]) => (value === undefined ? [] : [flag, shown(value)]));
}

/** @throws CommandFailure where there is nothing to log in to */
function titleOf(provider: string): string {
  const service = serviceOf(provider);
  if (service !== null) return services[service].title;
  throw new CommandFailure(exitCodes.usage, `${shown(provider)} has no login here`, {
    why: `logins are known for ${Object.keys(services)
      .filter((each) => each !== "kiro-social")
      .join(", ")}`,
    next: `switchyard accounts add ${shown(provider)}   (with an API key)`,
  });
}

interface Attempt {
  readonly verbs: EngineVerbs;
  readonly login: NewLoginJson;
  readonly options: LoginOptions;
  readonly interrupted: AbortSignal;
}

async function seeThrough(context: CommandContext, attempt: Attempt): Promise<number> {
  const { verbs, options, interrupted } = attempt;
  const begun = await verbs.startLogin(attempt.login);
  const over = new AbortController();
  const calledOff = AbortSignal.any([interrupted, over.signal]);
  try {
    await show(context, begun, options);
    const pasting = begun.pastes ? takePasted(context, verbs, begun.id, calledOff) : Promise.resolve();
    const ended = await Promise.race([whenEnded(verbs, begun, calledOff), rejected(pasting)]);
    over.abort();
    await pasting;
    return await tell(context, verbs, ended, options);
  } catch (error) {
    // Nobody waits for it any more: a code that is confirmed later must not make an account.
    await verbs.cancelLogin(begun.id).catch(() => undefined);
    if (!interrupted.aborted) throw error;
    throw new CommandFailure(exitCodes.interrupted, "called off; nothing was changed");
  } finally {
    over.abort();
  }
}

async function show(context: CommandContext, login: LoginJson, { browser }: LoginOptions): Promise<void> {
  const page = login.urlComplete ?? login.url;
  const lines = ["Open this page in a browser and confirm the login:", "", `  ${shown(page)}`, ""];
  if (login.userCode !== null) lines.push(`  code  ${shown(login.userCode)}`, "");
  const told = questionsOf(context);
  printLines(told, lines);
  if (browser && canAsk(context) && (await openBrowser(context, page))) {
    told.write("It opens in your browser now.\n");
  }
  if (login.pastes)
    told.write("If the browser cannot come back by itself: paste the address it ends at, or the code it shows.\n");
  told.write(`Waiting until ${clockText(login.expiresAt)}; Ctrl-C calls it off.\n`);
}

/** Lines that are no answer are refused by the core, and another one is asked for. */
async function takePasted(context: CommandContext, verbs: EngineVerbs, id: string, signal: AbortSignal): Promise<void> {
  const question = context.stdin.isTTY === true ? "> " : "";
  for (;;) {
    const answer = await askLine(context, { question, signal });
    if (answer.kind !== "line") return;
    const pasted = new Secret(answer.text.trim());
    if (pasted.reveal() === "") continue;
    try {
      await verbs.finishLogin(id, pasted.reveal());
      return;
    } catch (error) {
      if (refusalCode(error) === "conflict") return;
      if (refusalCode(error) !== "invalid" || !(error instanceof Error)) throw error;
      context.stderr.write(`That is not it: ${shown(error.message)}\n`);
    }
  }
}

async function whenEnded(verbs: EngineVerbs, begun: LoginJson, signal: AbortSignal): Promise<LoginJson> {
  let login = begun;
  while (login.state === "waiting") {
    await delay(pollEveryMs, undefined, { signal });
    login = await verbs.login(login.id);
  }
  return login;
}

/** Never resolves: only its failure counts. */
async function rejected(work: Promise<void>): Promise<never> {
  await work;
  return new Promise(() => {});
}

async function tell(
  context: CommandContext,
  verbs: EngineVerbs,
  login: LoginJson,
  options: LoginOptions,
): Promise<number> {
  const id = `${login.provider}/${login.account}`;
  if (login.state !== "done") {
    throw new CommandFailure(exitCodes.account, `the login of ${shown(id)} ${endings[login.state] ?? login.state}`, {
      ...(login.error === null ? {} : { why: shown(login.error) }),
      next: `switchyard accounts login ${shown(login.provider)}`,
    });
  }
  tellAccount(context, await accountOf(verbs, id), "is logged in", options);
  return exitCodes.ok;
}

const endings: Readonly<Record<string, string>> = {
  failed: "failed",
  expired: "was not confirmed in time",
  cancelled: "was called off",
};

async function accountOf(verbs: EngineVerbs, id: string): Promise<AccountJson> {
  const account = (await verbs.accounts()).find((each) => each.id === id);
  if (account !== undefined) return account;
  throw new CommandFailure(exitCodes.account, `${shown(id)} is logged in and gone again`, {
    next: "switchyard accounts list",
  });
}

async function untilInterrupted(
  context: CommandContext,
  work: (interrupted: AbortSignal) => Promise<number>,
): Promise<number> {
  const interrupt = new AbortController();
  const forget = context.onSignal(["SIGINT", "SIGTERM", "SIGHUP"], () => interrupt.abort());
  try {
    return await work(interrupt.signal);
  } finally {
    forget();
  }
}

/** The local time of an instant, to the minute. */
function clockText(instant: string): string {
  const at = new Date(instant);
  return Number.isNaN(at.getTime()) ? shown(instant) : at.toTimeString().slice(0, 5);
}
