/** Sessions. */
import type { AnyRow, Table } from "../table/table.ts";

export const sessions: Table<AnyRow> = {
  id: "sessions",
  title: "Sessions",
  short: "Sess",
  variants: [""],
  loads: () => ["/sessions"],
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
