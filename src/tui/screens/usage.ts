/** Usage. */
import type { AnyRow, Table } from "../table/table.ts";

export const usage: Table<AnyRow> = {
  id: "usage",
  title: "Usage",
  short: "Use",
  variants: [""],
  loads: () => ["/usage"],
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
