/** Providers that cliproxyapi++'s block `openai-compatibility` names: they stand there in the file, not in `providers`. */
import { own } from "../../base/json.ts";
import type { VerbDeps } from "./deps.ts";

export const ownBlock = "openai-compatibility";

/** Where its entries stand; none for a provider of `providers` or of the registry. */
export function blockPlaces({ written }: Pick<VerbDeps, "written">, id: string): readonly number[] {
  const file = written();
  const entries = own(file, ownBlock);
  if (!Array.isArray(entries) || own(own(file, "providers"), id) !== undefined) return [];
  return entries.flatMap((entry: unknown, place) => (own(entry, "name") === id ? [place] : []));
}
