/** `switchyard providers list|show|enable|disable|status|check`: the providers that are known, and how those in use do. */
import type { ProviderCheckJson, ProviderJson, ProviderStatusJson } from "../base/controls-engine.ts";
import { providerKinds } from "../engine/config/schema.ts";
import { countText, dollarText } from "../base/figure-text.ts";
import { columnLines, percentText } from "./columns.ts";
import { type CommandContext, printJson, printLines, shown, tableLines } from "./context.ts";
import { requireProvider, requireWord, withEngine } from "./engine-access.ts";
import { exitCodes } from "./failure.ts";

interface Json {
  readonly json: boolean;
}

const fromFiles = { wanted: "files", subject: "provider" } as const;

export async function providersList(
  context: CommandContext,
  options: Json & { readonly kind: string | undefined },
): Promise<number> {
  const kind = options.kind === undefined ? null : await requireWord("kind of provider", options.kind, providerKinds);
  return withEngine(context, fromFiles, async ({ verbs }) => {
    const providers = (await verbs.providers()).filter((each) => kind === null || each.kind === kind);
    if (options.json) printJson(context, providers);
    else if (providers.length > 0) printLines(context.stdout, providerTable(providers));
    else context.stderr.write(`no provider of this kind is known\n`);
    return exitCodes.ok;
  });
}

export async function providersShow(context: CommandContext, named: string, options: Json): Promise<number> {
  return withEngine(context, fromFiles, async ({ verbs }) => {
    const provider = await requireProvider(verbs, named);
    if (options.json) printJson(context, provider);
    else printLines(context.stdout, providerLines(provider));
    return exitCodes.ok;
  });
}

export async function providersEnable(
  context: CommandContext,
  named: string,
  options: Json & { readonly enabled: boolean },
): Promise<number> {
  return withEngine(context, fromFiles, async ({ verbs }) => {
    const { id } = await requireProvider(verbs, named);
    const provider = await verbs.setProviderEnabled(id, options.enabled);
    if (options.json) printJson(context, provider);
    else printLines(context.stdout, [`${shown(id)} switched ${provider.enabled ? "on" : "off"} in config.yaml`]);
    return exitCodes.ok;
  });
}

/** From the calls of the last hour, so only a running core can tell. Without an id: those that have an account. */
export async function providersStatus(
  context: CommandContext,
  named: string | undefined,
  options: Json,
): Promise<number> {
  return withEngine(context, { wanted: "running", subject: "provider" }, async ({ verbs }) => {
    if (named !== undefined) {
      const status = await verbs.providerStatus((await requireProvider(verbs, named)).id);
      if (options.json) printJson(context, status);
      else printLines(context.stdout, statusLines(status));
      return exitCodes.ok;
    }
    const all = await verbs.providers();
    const statuses: ProviderStatusJson[] = [];
    for (const { id } of all) statuses.push(await verbs.providerStatus(id));
    const used = statuses.filter(({ status, metrics }) => status !== "no-account" || metrics.requests > 0);
    if (options.json) printJson(context, used);
    else if (used.length > 0) printLines(context.stdout, statusTable(used));
    const rest = all.length - used.length;
    if (rest > 0) context.stderr.write(`${rest} more are known and have no account: switchyard providers list\n`);
    return exitCodes.ok;
  });
}

/** Asks the provider itself. Exit code 7 where it does not answer as it should. */
export async function providersCheck(context: CommandContext, named: string, options: Json): Promise<number> {
  return withEngine(context, { wanted: "network", subject: "provider" }, async ({ verbs }) => {
    const check = await verbs.checkProvider((await requireProvider(verbs, named)).id);
    if (options.json) printJson(context, check);
    else printLines(context.stdout, [checkLine(check)]);
    return check.status === "healthy" ? exitCodes.ok : exitCodes.upstream;
  });
}

function checkLine({ provider, status, reason, latency_ms: latencyMs }: ProviderCheckJson): string {
  return `${shown(provider)} is ${status} (${milliseconds(latencyMs)}): ${shown(reason)}`;
}

function providerTable(providers: readonly ProviderJson[]): readonly string[] {
  return columnLines(
    ["PROVIDER", "KIND", "TYPE", "STATE", "AUTH", "ACCOUNTS", "MODELS", "ABOUT"],
    providers.map((each) => [
      shown(each.id),
      each.kind,
      shown(each.type),
      stateText(each),
      shown(each.auth_type),
      String(each.accounts),
      String(each.models.length),
      shown(each.description === "" ? each.endpoint : each.description),
    ]),
    new Set(["ACCOUNTS", "MODELS"]),
  );
}

function stateText({ enabled }: ProviderJson): string {
  return enabled ? "on" : "off";
}

function providerLines(provider: ProviderJson): readonly string[] {
  const { capabilities, limits, suggested_limits: suggested, models } = provider;
  const can = (["streaming", "functions", "vision", "code_generation"] as const).filter((name) => capabilities[name]);
  const window = capabilities.max_tokens === 0 ? "" : `   up to ${countText(capabilities.max_tokens)} tokens`;
  const lines = [
    `provider   ${shown(provider.id)}   ${provider.kind}   ${stateText(provider)}`,
    `type       ${shown(provider.type)}`,
    `endpoint   ${shown(provider.endpoint)}`,
    `auth       ${shown(provider.auth_type)}`,
    `accounts   ${provider.accounts}`,
    `priority   ${provider.priority} (lower goes first)`,
    `can        ${can.length === 0 ? "-" : can.join(", ")}${window}`,
    `limits     ${limitsText(limits) ?? "none set"}`,
    ...(suggested === null ? [] : [`suggested  ${limitsText(suggested) ?? "-"} (limits: suggested in config.yaml)`]),
  ];
  if (provider.description !== "") lines.push(`about      ${shown(provider.description)}`);
  if (provider.tags.length > 0) lines.push(`tags       ${provider.tags.map((tag) => shown(tag)).join(", ")}`);
  for (const [place, model] of models.entries())
    lines.push(`${place === 0 ? "models   " : "         "}  ${shown(model)}`);
  return lines;
}

function limitsText(limits: ProviderJson["limits"]): string | null {
  const bounds = [
    limits.requests_per_minute === null ? null : `${countText(limits.requests_per_minute)} requests a minute`,
    limits.tokens_per_minute === null ? null : `${countText(limits.tokens_per_minute)} tokens a minute`,
    limits.max_tokens_per_request === null ? null : `${countText(limits.max_tokens_per_request)} tokens a request`,
  ].filter((each) => each !== null);
  return bounds.length === 0 ? null : bounds.join(", ");
}

function statusTable(statuses: readonly ProviderStatusJson[]): readonly string[] {
  return columnLines(
    ["PROVIDER", "STATUS", "ACCOUNTS", "CALLS", "FAILED", "FIRST BYTE", "COST", "WHY"],
    statuses.map(({ provider, status, accounts, metrics, reason }) => [
      shown(provider),
      status,
      `${accounts.active}/${accounts.total}`,
      countText(metrics.requests),
      countText(metrics.failures),
      milliseconds(metrics.ttfb_ms_p50),
      metrics.cost_usd === null ? "-" : dollarText(metrics.cost_usd),
      shown(reason),
    ]),
    new Set(["ACCOUNTS", "CALLS", "FAILED", "FIRST BYTE", "COST"]),
  );
}

function statusLines({ provider, status, reason, accounts, metrics, ...last }: ProviderStatusJson): readonly string[] {
  const { total, active, cooling, stopped } = accounts;
  const rate = metrics.success_rate === null ? "" : `, ${percentText(metrics.success_rate)} answered`;
  const lines = [
    `provider     ${shown(provider)}   ${status}: ${shown(reason)}`,
    `accounts     ${total}: ${active} can serve, ${cooling} cooling, ${stopped} out`,
    `last hour    ${countText(metrics.requests)} calls${rate}`,
    `first byte   ${milliseconds(metrics.ttfb_ms_p50)} usually, ${milliseconds(metrics.ttfb_ms_p95)} at worst (95 %)`,
    `whole call   ${milliseconds(metrics.duration_ms_p50)} usually, ${milliseconds(metrics.duration_ms_p95)} at worst (95 %)`,
    `tokens       ${countText(metrics.input_tokens)} in, ${countText(metrics.output_tokens)} out`,
    `cost         ${metrics.cost_usd === null ? "-" : dollarText(metrics.cost_usd)}`,
    `last answer  ${shown(last.last_success)}`,
  ];
  if (last.last_error !== null) lines.push(`last error   ${shown(last.last_error)}`);
  const errors = Object.entries(metrics.errors).map(([kind, count]) => [`  ${shown(kind)}`, String(count)]);
  return errors.length === 0 ? lines : [...lines, ...tableLines(["errors", ""], errors)];
}

function milliseconds(value: number | null): string {
  return value === null ? "-" : `${countText(value)} ms`;
}
