/** Routes. */
import type { AnyRow, Table } from "../table/table.ts";

export const routes: Table<AnyRow> = {
  id: "routes",
  title: "Routes",
  short: "Rout",
  variants: [""],
  loads: () => ["/routes", "/combos"],
  everyMs: 2_000,
  read: () => [],
  columns: () => [],
  sorts: [],
  search: ({ id }) => id,
  summary: () => [],
  inspectorHeight: () => 2,
  inspect: () => [],
  open: () => null,
  empty: () => [[], [{ text: "   nothing yet" }]],
  actions: [],
};
