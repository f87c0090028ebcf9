/** Asks the core for the table that is looked at, again and again while it is, one question at a time. */
import type { Table } from "../table/table.ts";
import type { TableId } from "./ui.ts";

export interface TableLoader {
  /** This table is looked at now, in this variant; null: none is. */
  look(table: Table | null, variant: string): void;
  /** Something changed: ask now. */
  again(): void;
  close(): void;
}

interface LoaderOptions {
  readonly ask: (path: string) => Promise<unknown>;
  readonly after: (ms: number, callback: () => void) => () => void;
  /** `answers` null: `problem` says why. */
  readonly onLoaded: (id: TableId, variant: string, answers: readonly unknown[] | null, problem: string | null) => void;
}

export function createTableLoader({ ask, after, onLoaded }: LoaderOptions): TableLoader {
  let looked: { readonly table: Table; readonly variant: string } | null = null;
  let asking: object | null = null;
  let wanted = false;
  let cancel: (() => void) | null = null;

  const load = async (): Promise<void> => {
    cancel?.();
    cancel = null;
    if (looked === null) return;
    const { table, variant } = looked;
    const paths = table.loads(variant);
    if (paths.length === 0) return;
    if (asking === looked) {
      wanted = true;
      return;
    }
    const mine = looked;
    asking = mine;
    wanted = false;
    try {
      const answers = await Promise.all(paths.map((path) => ask(path)));
      if (looked === mine) onLoaded(table.id, variant, answers, null);
    } catch (error) {
      if (looked === mine) onLoaded(table.id, variant, null, error instanceof Error ? error.message : "no answer");
    }
    if (asking === mine) asking = null;
    if (looked !== mine) return;
    if (wanted) void load();
    else cancel = after(table.everyMs, () => void load());
  };

  return {
    look(table, variant) {
      if (looked?.table === table && looked?.variant === variant) return;
      looked = table === null ? null : { table, variant };
      void load();
    },
    again: () => void load(),
    close() {
      looked = null;
      cancel?.();
    },
  };
}
