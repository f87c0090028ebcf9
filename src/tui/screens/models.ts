/** Models by the names that clients ask for, and, as the other way to look at it, the providers behind them. */
import { panelDialog } from "../state/effect.ts";
import type { Column, Table } from "../table/table.ts";
import { duration } from "../text/format.ts";
import type { Span } from "../text/row.ts";
import { modelActions } from "./model-actions.ts";
import {
  type CatalogRow,
  modelLoads,
  type ModelRow,
  providerLoads,
  type ProviderRow,
  readModels,
  readProviders,
} from "./model-row.ts";
import {
  accountsText,
  catalogState,
  describeCatalog,
  hourText,
  inspectCatalog,
  windowText,
  yes,
} from "./model-text.ts";

const blank: Span = { text: "" };

/** Cells of one kind of row; the other kind never stands under the same head. */
function ofModel(cell: (row: ModelRow) => Span): Column<CatalogRow>["cell"] {
  return (row) => (row.type === "model" ? cell(row) : blank);
}

function ofProvider(cell: (row: ProviderRow) => Span): Column<CatalogRow>["cell"] {
  return (row) => (row.type === "provider" ? cell(row) : blank);
}

const state: Column<CatalogRow> = { id: "state", title: "state", width: 13, cell: catalogState };

const modelColumns: readonly Column<CatalogRow>[] = [
  { id: "name", title: "model (as clients ask)", width: 27, widest: 44, cell: ofModel(({ name }) => ({ text: name })) },
  {
    id: "sent",
    title: "provider/model (as sent)",
    width: 26,
    widest: 44,
    leavesAt: 2,
    cell: ofModel(({ provider, model, name }) => {
      const sent = `${provider}/${model}`;
      return { text: sent, style: sent === name ? "dim" : "plain" };
    }),
  },
  { id: "kind", title: "kind", width: 9, leavesAt: 3, cell: ofModel(({ kind }) => ({ text: kind })) },
  {
    id: "source",
    title: "known from",
    width: 10,
    leavesAt: 1,
    cell: ofModel(({ source }) => ({ text: source, style: "dim" })),
  },
  { id: "accounts", title: "accts", width: 7, cell: ofModel(({ accounts }) => ({ text: accountsText(accounts) })) },
  {
    id: "context",
    title: "ctx",
    width: 6,
    align: "right",
    cell: ofModel(({ context }) => ({ text: windowText(context) })),
  },
  { id: "tools", title: "tools", width: 5, leavesAt: 5, cell: ofModel(({ can }) => yes(can.tools)) },
  { id: "vision", title: "vis", width: 3, leavesAt: 4, cell: ofModel(({ can }) => yes(can.vision)) },
  state,
];

const providerColumns: readonly Column<CatalogRow>[] = [
  { id: "provider", title: "provider", width: 15, widest: 24, cell: ofProvider(({ id }) => ({ text: id })) },
  { id: "kind", title: "kind", width: 11, leavesAt: 2, cell: ofProvider(({ kind }) => ({ text: kind })) },
  {
    id: "type",
    title: "type",
    width: 18,
    leavesAt: 3,
    cell: ofProvider(({ dialect }) => ({ text: dialect, style: "dim" })),
  },
  { id: "accounts", title: "accts", width: 7, cell: ofProvider(({ accounts }) => ({ text: accountsText(accounts) })) },
  {
    id: "models",
    title: "models",
    width: 6,
    align: "right",
    leavesAt: 4,
    cell: ofProvider(({ models }) => ({ text: String(models.length) })),
  },
  { id: "hour", title: "req/err 1h", width: 10, cell: ofProvider((row) => ({ text: hourText(row) })) },
  {
    id: "ttfb",
    title: "ttfb",
    width: 6,
    align: "right",
    leavesAt: 5,
    cell: ofProvider(({ hour }) => ({ text: duration(hour?.ttfbMs ?? null) })),
  },
  state,
  {
    id: "about",
    title: "about",
    width: 20,
    leavesAt: 1,
    grows: true,
    cell: ofProvider(({ about, endpoint }) => ({ text: about === "" ? endpoint : about, style: "dim" })),
  },
];

/** Nobody would be asked there: in a list of all that are known, these come last. */
function isIdle(row: CatalogRow): boolean {
  return row.type === "provider" && row.accounts.total === 0 && row.wantsAccount;
}

const isProviders = (variant: string): boolean => variant === "providers";

export const models: Table<CatalogRow> = {
  id: "models",
  title: "Models",
  short: "Mod",
  variants: ["models", "providers"],
  loads: (variant) => (isProviders(variant) ? providerLoads : modelLoads),
  everyMs: 5_000,
  read: (answers, variant) => (isProviders(variant) ? readProviders(answers) : readModels(answers)),
  columns: (variant) => (isProviders(variant) ? providerColumns : modelColumns),
  sorts: [
    { title: "in use first", compare: (one, other) => Number(isIdle(one)) - Number(isIdle(other)) },
    { title: "name", compare: (one, other) => (one.id < other.id ? -1 : 1) },
    { title: "accounts that can serve", compare: (one, other) => other.accounts.ok - one.accounts.ok },
    { title: "context", compare: (one, other) => (other.context ?? 0) - (one.context ?? 0) },
  ],
  search: (row) =>
    row.type === "model"
      ? [row.name, row.provider, row.model, row.kind, row.source, row.usable ? "usable" : ""].join(" ")
      : [row.id, row.kind, row.dialect, row.about, row.enabled ? "on" : "off"].join(" "),
  summary: (rows, now) => {
    const usable = rows.filter((row) => catalogState(row, now).text.startsWith("+")).length;
    const figure: Span = { text: `${usable} can serve now`, style: usable === 0 ? "warn" : "ok" };
    if (rows[0]?.type !== "model") return [figure];
    const providers = new Set(rows.map((row) => (row.type === "model" ? row.provider : row.id))).size;
    return [{ text: `from ${providers} ${providers === 1 ? "provider" : "providers"}  ` }, figure];
  },
  inspectorHeight: () => 2,
  inspect: (row, _width, now) => inspectCatalog(row, now),
  open: (row) => panelDialog({ title: row.id, lines: (now, width) => describeCatalog(row, now, width) }),
  empty: (_local, variant) =>
    isProviders(variant)
      ? [[], [{ text: "   The core knows no provider.", style: "strong" }]]
      : [
          [],
          [{ text: "   No model can be asked for yet.", style: "strong" }],
          [],
          [{ text: "   2  shows the accounts: a adds a key there, l logs in" }],
          [{ text: "   u  asks the providers for their models" }],
          [{ text: "   v  shows the providers" }],
        ],
  actions: modelActions,
};
