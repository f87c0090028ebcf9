/** `switchyard routes list|explain`: the rules, and what they would say to a call. Neither spends anything. */
import type { RouteAnswer, RouteQuestion, RouteRow } from "../base/controls.ts";
import { own } from "../base/json.ts";
import { findCore } from "../control/process.ts";
import { type CommandContext, printJson, printLines, shown, tableLines } from "./context.ts";
import { exitCodes, notRunning } from "./failure.ts";

export async function routesList(context: CommandContext, options: { readonly json: boolean }): Promise<number> {
  const rows = await currentRoutes(context);
  if (options.json) printJson(context, rows);
  else if (rows.length === 0) printLines(context.stdout, ["no rules: everything is passed through untouched"]);
  else printLines(context.stdout, routeTable(rows));
  return exitCodes.ok;
}

/** Asks the running core, whose rules are the ones in force; without one, the file. */
export async function routesExplain(
  context: CommandContext,
  question: RouteQuestion,
  options: { readonly json: boolean },
): Promise<number> {
  const core = await findCore(context.paths);
  const answer = core === null ? await explainFromFile(context, question) : await core.client.explain(question);
  if (options.json) printJson(context, answer);
  else printLines(context.stdout, answerLines(answer));
  return exitCodes.ok;
}

/** A call that went by: why it went where it went, and where it would go by the rules of now. */
export async function routesExplainFlow(
  context: CommandContext,
  id: string,
  options: { readonly json: boolean },
): Promise<number> {
  const core = await findCore(context.paths);
  if (core === null) throw notRunning();
  const flow = await core.client.flow(id);
  const { client, host, path, action, provider, account, model, why, losses } = flow;
  const asked = model.asked;
  const now =
    asked === null
      ? null
      : await core.client.explain({ client, host, model: asked, path: path.split("?", 1)[0] ?? path });
  if (options.json) {
    printJson(context, { flow: id, action, provider, account, model, why, losses, now });
    return exitCodes.ok;
  }
  const served = provider === null ? "" : `   ${shown(provider)}/${shown(model.served)}   account ${shown(account)}`;
  const width = Math.max(0, ...why.map(({ stage }) => stage.length));
  printLines(context.stdout, [
    `${shown(id)}   ${shown(client)} to ${shown(host)} for ${shown(asked)}`,
    `${action}${served}`,
    ...why.flatMap((step) => stepLines(step, width)),
    ...losses.map((loss) => `  lost  ${shown(loss)}`),
    ...(now === null ? [] : ["", "by the rules of now:", ...answerLines(now)]),
  ]);
  return exitCodes.ok;
}

async function currentRoutes(context: CommandContext): Promise<readonly RouteRow[]> {
  const core = await findCore(context.paths);
  if (core !== null) return core.client.routes();
  const { requireConfig } = await import("./load-config.ts");
  return requireConfig(context).routes.map((route, index) => ({ number: index + 1, ...route, hits: 0 }));
}

async function explainFromFile(context: CommandContext, question: RouteQuestion): Promise<RouteAnswer> {
  const { openEngineFiles } = await import("./engine-files.ts");
  const files = await openEngineFiles(context);
  try {
    return await files.explain(question);
  } finally {
    await files.close();
  }
}

function routeTable(rows: readonly RouteRow[]): readonly string[] {
  return tableLines(
    ["#", "MATCH", "TO", "WHEN IT FAILS", "HITS"],
    rows.map((row) => {
      const match = Object.entries(row.match).map(([name, glob]) => `${name}=${glob}`);
      const text = match.length === 0 ? "everything" : match.join(" ");
      return [
        row.enabled ? String(row.number) : `${row.number} off`,
        shown(text),
        shown(row.to),
        row.fallback,
        String(row.hits),
      ];
    }),
  );
}

function answerLines(answer: RouteAnswer): readonly string[] {
  const rule = answer.rule === null ? "no rule matches" : `rule ${answer.rule}`;
  const lines = [`${answer.action}   ${rule}${answer.to === null ? "" : ` → ${shown(answer.to)}`}`];
  for (const [index, target] of answer.targets.entries()) {
    const account = target.account === null ? "" : `  account ${shown(target.account)}`;
    lines.push(`  ${index + 1}. ${shown(target.provider)}/${shown(target.model)}  (${target.format})${account}`);
  }
  const width = Math.max(0, ...answer.why.map(({ stage }) => stage.length));
  for (const step of answer.why) lines.push(...stepLines(step, width));
  return lines;
}

/** Lines longer than this are taken apart where they list things. */
const maxLine = 100;

/** `stage  provider: text`; an order of accounts with its scores has a line for each of them. */
function stepLines(step: RouteAnswer["why"][number], width: number): readonly string[] {
  const stage = `  ${shown(step.stage).padEnd(width)}  `;
  const account = own(step, "account");
  const provider = typeof account === "string" ? `${shown(account.split("/")[0])}: ` : "";
  const text = `${provider}${shown(step.text)}`;
  if (step.stage !== "select" || stage.length + text.length <= maxLine) return [stage + text];
  // Commas inside brackets belong to the terms of one score.
  const [first = "", ...others] = text.split(/, (?![^(]*\))/);
  return [stage + first, ...others.map((each) => " ".repeat(stage.length + provider.length) + each)];
}
