/** What the ledger says of a group of calls, as the Usage screen has it. Unknown JSON in, rows out. */
import { own } from "../../base/json.ts";
import { finite, list, text } from "../state/read-json.ts";
import type { AnyRow } from "../table/table.ts";

export const usageGroups = ["day", "model", "account", "client", "provider", "session"] as const;
export type UsageGroup = (typeof usageGroups)[number];

export interface UsageFigures {
  readonly calls: number;
  readonly failures: number;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly reasoning: number;
  /** Null: no price is known. */
  readonly costUsd: number | null;
  readonly cacheSavedUsd: number | null;
  readonly estimated: boolean;
  readonly unpriced: number;
}

export interface UsageRow extends AnyRow, UsageFigures {
  readonly key: string;
  readonly group: UsageGroup;
  /** Of what was paid, or of the tokens where no price is known; 0 to 1. */
  readonly share: number;
  readonly whole: UsageWhole;
}

/** What all rows of an answer are part of. */
export interface UsageWhole {
  readonly total: UsageFigures;
  readonly sharesOf: "cost" | "tokens";
  /** Calls that the ledger could not keep. */
  readonly dropped: number;
  /** Cost of each day, or its tokens; oldest first. Empty for other groups. */
  readonly days: readonly number[];
}

export function readUsage(answer: unknown, group: UsageGroup): readonly UsageRow[] {
  const read = list(own(answer, "rows")).flatMap((row) => {
    const key = text(own(row, "key"));
    return key === null ? [] : [{ key, ...readFigures(row) }];
  });
  const total = readFigures(own(answer, "total"));
  const sharesOf = (total.costUsd ?? 0) > 0 ? "cost" : "tokens";
  const weight = (row: UsageFigures): number => (sharesOf === "cost" ? (row.costUsd ?? 0) : row.input + row.output);
  const all = weight(total);
  const whole: UsageWhole = {
    total,
    sharesOf,
    dropped: finite(own(answer, "dropped")) ?? 0,
    days: group === "day" ? read.map(weight) : [],
  };
  const rows = read.map(
    (row): UsageRow => ({
      ...row,
      id: row.key,
      group,
      share: all > 0 ? weight(row) / all : 0,
      whole,
    }),
  );
  // The ledger has the oldest day first; what is looked for is today.
  return group === "day" ? rows.toReversed() : rows;
}

function readFigures(value: unknown): UsageFigures {
  const count = (key: string): number => Math.max(0, finite(own(value, key)) ?? 0);
  return {
    calls: count("calls"),
    failures: count("failures"),
    input: count("input"),
    output: count("output"),
    cacheRead: count("cacheRead"),
    cacheWrite: count("cacheWrite"),
    reasoning: count("reasoning"),
    costUsd: finite(own(value, "costUsd")),
    cacheSavedUsd: finite(own(value, "cacheSavedUsd")),
    estimated: own(value, "estimated") === true,
    unpriced: count("unpriced"),
  };
}
