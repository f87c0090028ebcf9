/** Capture. */
import type { AnyRow, Table } from "../table/table.ts";

export const capture: Table<AnyRow> = {
  id: "capture",
  title: "Capture",
  short: "Cap",
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
