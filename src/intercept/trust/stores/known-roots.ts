/**
 * The roots of this home as far as its files still tell, for taking trust back: an authority that is damaged, expired or
 * open to others must not keep anybody from that.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { formerRoots } from "../../ca/ledger.ts";
import { type OwnRoot, ownRoot, ownRootsIn } from "./own-root.ts";

export interface HomeRoots {
  readonly current: OwnRoot | null;
  readonly former: readonly OwnRoot[];
  readonly warnings: readonly string[];
}

export async function homeRoots(certsDir: string): Promise<HomeRoots> {
  const text = await readFile(join(certsDir, "authority.pem"), "utf8")
    .catch(() => readFile(join(certsDir, "root.pem"), "utf8"))
    .catch(() => ""); // none was made, or the folder is gone
  const current = ownRootsIn(text)[0] ?? null;
  try {
    const former = await formerRoots(certsDir, current?.fingerprint);
    return { current, former: former.flatMap(({ pem }) => ownRoot(pem) ?? []), warnings: [] };
  } catch (error) {
    const why = error instanceof Error ? error.message : "unknown reason";
    return { current, former: [], warnings: [`former roots are not known: ${why}`] };
  }
}
