/** Accounts. */
import type { AnyRow, Table } from "../table/table.ts";

export const accounts: Table<AnyRow> = {
  id: "accounts",
  title: "Accounts",
  short: "Acct",
  variants: [""],
  loads: () => ["/accounts"],
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
