/** The leafs in use, the longest unused one dropped first, so that a client that makes up subdomains costs bounded memory. */
import type { Leaf } from "./leaf.ts";

/** All provider hosts together are a few dozen; a context takes 31 KB outside the JavaScript heap (measured). */
export const maxCachedLeafs = 256;

export interface LeafCache {
  /** The host's leaf, made by `make` when there is none or the one there is not good at `now`. */
  get(host: string, now: number, make: () => Leaf): Leaf;
}

export function createLeafCache(): LeafCache {
  // A Map keeps the order of insertion: the first key is the one longest unused.
  const leafs = new Map<string, Leaf>();
  return {
    get(host, now, make) {
      const known = leafs.get(host);
      // Before notBefore: the clock was set back after the leaf was made.
      const leaf = known !== undefined && now >= known.notBefore && now < known.renewAt ? known : make();
      leafs.delete(host);
      leafs.set(host, leaf);
      if (leafs.size > maxCachedLeafs) {
        const oldest = leafs.keys().next();
        if (oldest.done !== true) leafs.delete(oldest.value);
      }
      return leaf;
    },
  };
}
