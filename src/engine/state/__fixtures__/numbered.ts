/** The smallest store worth testing: a number that only grows, in files on disk or in memory. */
import * as v from "valibot";
import type { StoreFiles } from "../store-files.ts";
import type { StoreShape } from "../store-text.ts";

export interface Numbered {
  readonly count: number;
  readonly filler: string;
}

export const numbered: StoreShape<Numbered> = {
  version: 2,
  schema: v.object({ count: v.pipe(v.number(), v.integer()), filler: v.string() }),
  migrations: { 1: (fields) => ({ ...fields, filler: "" }) },
  fresh: () => ({ count: 0, filler: "" }),
  lostWithFresh: "the count begins anew",
};

/** What the next writing of a file does; when the list is used up, writing works. */
export type Fault =
  | "works"
  | "disk full"
  /** The new text is in place, and then the folder could not be flushed. */
  | "fails at the end"
  | "killed before"
  | "killed after";

/** Files in memory that fail as told. A killed one never answers again; a new one over the same map is the next start. */
export function failingFiles(
  disk: Map<string, string>,
  faults: Fault[],
): StoreFiles & { readonly killed: Promise<void> } {
  let kill = (): void => {};
  let isDead = false;
  const killed = new Promise<void>((resolve) => {
    kill = resolve;
  });
  const forever = new Promise<never>(() => {});
  const die = (): Promise<never> => {
    isDead = true;
    kill();
    return forever;
  };
  return {
    killed,
    read: async (path) => (isDead ? forever : (disk.get(path) ?? null)),
    async replace(path, text) {
      if (isDead) return forever;
      const fault = faults.shift() ?? "works";
      if (fault === "killed before") return die();
      if (fault === "disk full") throw new Error("ENOSPC");
      disk.set(path, text);
      if (fault === "killed after") return die();
      if (fault === "fails at the end") throw new Error("EIO");
    },
    async keep(from, as) {
      if (isDead) return forever;
      disk.set(as, disk.get(from) ?? "");
    },
    sweep: async () => (isDead ? forever : undefined),
  };
}
