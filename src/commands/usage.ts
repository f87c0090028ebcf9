/** `switchyard usage`: what calls used and cost, from the ledger, by day or by whatever it is asked for. */
import type { UsageJson, UsageQuestionJson, UsageRowJson } from "../base/controls-engine.ts";
import { countText, dollarText, shortCount } from "../base/figure-text.ts";
import { columnLines } from "./columns.ts";
import { type CommandContext, printJson, printLines, shown } from "./context.ts";
import { requireWord, withEngine } from "./engine-access.ts";
import { exitCodes } from "./failure.ts";
import { usageGroups } from "./usage-groups.ts";

export interface UsageOptions {
  readonly json: boolean;
  readonly since: string | undefined;
  readonly until: string | undefined;
  /** For narrow terminals: fewer columns, shorter figures. */
  readonly compact: boolean;
}

/** What is typed, and what the ledger calls it. */
const groups = {
  daily: "day",
  session: "session",
  model: "model",
  account: "account",
  client: "client",
  provider: "provider",
} as const satisfies Readonly<Record<(typeof usageGroups)[number], UsageQuestionJson["group"]>>;

/** Works without a core: the ledger's files are all there is to know. */
export async function usage(context: CommandContext, named: string, options: UsageOptions): Promise<number> {
  const group = await requireWord("grouping of usage", named, usageGroups);
  return withEngine(context, { wanted: "files", subject: "usage" }, async ({ verbs }) => {
    const { since = null, until = null } = options;
    const answer = await verbs.usage({ group: groups[group], since, until });
    if (options.json) printJson(context, answer);
    else if (answer.rows.length === 0) context.stderr.write("no usage in that time\n");
    else printLines(context.stdout, [...usageTable(answer, options.compact), "", ...noteLines(answer)]);
    return exitCodes.ok;
  });
}

type Column = readonly [head: string, cell: (row: UsageRowJson) => string];

function usageTable({ group, rows, total }: UsageJson, compact: boolean): readonly string[] {
  const count = compact ? shortCount : countText;
  const columns: readonly Column[] = [
    ["CALLS", ({ calls }) => count(calls)],
    ...(compact ? [] : [["FAILED", ({ failures }) => count(failures)] satisfies Column]),
    ["INPUT", ({ input, estimated }) => `${marked(estimated)}${count(input)}`],
    ["OUTPUT", ({ output, estimated }) => `${marked(estimated)}${count(output)}`],
    ...(compact
      ? []
      : ([
          ["CACHE READ", ({ cacheRead }) => count(cacheRead)],
          ["CACHE WRITE", ({ cacheWrite }) => count(cacheWrite)],
        ] satisfies Column[])),
    ["COST", ({ costUsd, estimated }) => (costUsd === null ? "-" : `${marked(estimated)}${dollarText(costUsd)}`)],
    ["CACHE SAVED", ({ cacheSavedUsd }) => (cacheSavedUsd === null ? "-" : dollarText(cacheSavedUsd))],
  ];
  const figures = (row: UsageRowJson): readonly string[] => columns.map(([, cell]) => cell(row));
  const lines = columnLines(
    [group.toUpperCase(), ...columns.map(([head]) => head)],
    [...rows.map((row) => [shown(row.key), ...figures(row)]), ["TOTAL", ...figures(total)]],
    new Set(columns.map(([head]) => head)),
  );
  const width = Math.max(...lines.map((line) => line.length));
  return [...lines.slice(0, -1), "-".repeat(width), ...lines.slice(-1)];
}

function marked(estimated: boolean): string {
  return estimated ? "~" : "";
}

/** What the marks mean, where there are any, and what the cost is not. */
function noteLines({ total, dropped }: UsageJson): readonly string[] {
  const notes = [
    "cost: at the providers' public API prices, US dollars; on a subscription what it was worth, not what was paid",
  ];
  if (total.estimated) {
    notes.push(
      "~ some of it is estimated: tokens that no provider counted, a price that is not exactly known, or none",
    );
  }
  if (total.unpriced > 0) {
    const calls = total.unpriced === 1 ? "1 call has" : `${countText(total.unpriced)} calls have`;
    notes.push(`${calls} no known price and cost nothing here; give one in config.yaml under prices`);
  }
  if (dropped > 0) notes.push(`${countText(dropped)} calls could not be recorded and are missing here`);
  return notes;
}
