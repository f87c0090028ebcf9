/** `switchyard routes list|explain`: the rules, and what they would say to a call. Neither spends anything. */
import type { RouteAnswer, RouteQuestion, RouteRow } from "../base/controls.ts";
import { findCore } from "../control/process.ts";
import { type CommandContext, printJson, printLines, shown, tableLines } from "./context.ts";
import { exitCodes } from "./failure.ts";

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

async function currentRoutes(context: CommandContext): Promise<readonly RouteRow[]> {
  const core = await findCore(context.paths);
  if (core !== null) return core.client.routes();
  const { requireConfig } = await import("./load-config.ts");
  return requireConfig(context).routes.map((route, index) => ({ number: index + 1, ...route, hits: 0 }));
}

async function explainFromFile(context: CommandContext, question: RouteQuestion): Promise<RouteAnswer> {
  const { requireConfig } = await import("./load-config.ts");
  const config = requireConfig(context);
  const { createEngine } = await import("../engine/index.ts");
  const engine = createEngine({ config: () => config, clock: context.clock, send: refuseToSend });
  return engine.explain(question);
}

/** A dry run that tried to send would be a bug, and spend the user's money. */
function refuseToSend(): Promise<never> {
  return Promise.reject(new Error("explaining a route sends nothing"));
}

function routeTable(rows: readonly RouteRow[]): readonly string[] {
  return tableLines(
    ["#", "MATCH", "TO", "WHEN IT FAILS", "HITS"],
    rows.map((row) => {
      const match = Object.entries(row.match).map(([name, glob]) => `${name}=${glob}`);
      const text = match.length === 0 ? "everything" : match.join(" ");
      return [String(row.number), shown(text), shown(row.to), row.fallback, String(row.hits)];
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
  for (const step of answer.why) lines.push(`  ${shown(step.stage)}: ${shown(step.text)}`);
  return lines;
}
