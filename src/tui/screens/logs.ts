/** Logs. */
import type { AnyRow, Table } from "../table/table.ts";

export const logs: Table<AnyRow> = {
  id: "logs",
  title: "Logs",
  short: "Log",
  variants: [""],
  loads: () => [],
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
