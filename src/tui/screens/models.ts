/** Models. */
import type { AnyRow, Table } from "../table/table.ts";

export const models: Table<AnyRow> = {
  id: "models",
  title: "Models",
  short: "Mod",
  variants: [""],
  loads: () => ["/models/catalog"],
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
