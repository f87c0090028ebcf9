/** A request at its three stages as the Diff tab sees it: what the core sent, believed and sanitised. */
import { type StageChange, stageChanges } from "../../base/controls-stages.ts";
import { isRecord, own } from "../../base/json.ts";
import { safeLine } from "../../base/safe-text.ts";

export const stageNames = ["client", "hub", "upstream"] as const;
export type StageName = (typeof stageNames)[number];

interface StageHead {
  readonly format: string;
  readonly bytes: number;
}

export interface StageRow {
  readonly depth: number;
  readonly cells: Readonly<Record<StageName, string | null>>;
  readonly change: { readonly hub: StageChange; readonly upstream: StageChange };
}

export interface StagesView {
  readonly heads: Readonly<Record<StageName, StageHead>>;
  readonly rows: readonly StageRow[];
  readonly losses: readonly string[];
  readonly gains: readonly string[];
  /** Why there are no rows. */
  readonly problem: string | null;
}

/** As many as the core sends, and a little: a newer one may say more, but not endlessly. */
const maxRows = 4_000;
const maxTextLength = 400;

export function readStages(value: unknown): StagesView | null {
  if (!isRecord(value) || !Array.isArray(value["rows"])) return null;
  const rows: readonly unknown[] = value["rows"];
  return {
    heads: { client: readHead(value["client"]), hub: readHead(value["hub"]), upstream: readHead(value["upstream"]) },
    rows: rows.slice(0, maxRows).map(readRow),
    losses: names(value["losses"]),
    gains: names(value["gains"]),
    problem: text(value["problem"]),
  };
}

function readHead(value: unknown): StageHead {
  const bytes = own(value, "bytes");
  return { format: text(own(value, "format")) ?? "", bytes: typeof bytes === "number" ? bytes : 0 };
}

function readRow(value: unknown): StageRow {
  const change = own(value, "change");
  const cells = {
    client: text(own(value, "client")),
    hub: text(own(value, "hub")),
    upstream: text(own(value, "upstream")),
  };
  // A row that is about none of the stages (how many more there are) says so in its label.
  const isNote = cells.client === null && cells.hub === null && cells.upstream === null;
  return {
    depth: own(value, "depth") === 1 ? 1 : 0,
    cells: isNote ? { ...cells, client: text(own(value, "label")) } : cells,
    change: { hub: readChange(own(change, "hub")), upstream: readChange(own(change, "upstream")) },
  };
}

function readChange(value: unknown): StageChange {
  return stageChanges.find((change) => change === value) ?? "same";
}

function names(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value.slice(0, 100) : [];
  return list.flatMap((name) => text(name) ?? []);
}

function text(value: unknown): string | null {
  return typeof value === "string" ? safeLine(value.slice(0, maxTextLength)) : null;
}
