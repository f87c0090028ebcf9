/** The leafs in use, the longest unused one dropped first, so that a client that makes up subdomains costs bounded memory. */
import type { Leaf } from "./leaf.ts";

/** All provider hosts together are a few dozen; a context takes 31 KB outside the JavaScript heap (measured). */
export const maxCachedLeafs = 256;

export interface LeafCache {
  /** The host's leaf, made by `make` when there is none or the one there is not good at `now`. */
  get(host: string, now: number, make: () => Leaf): Leaf;
  /** There is one that is good at `now`. */
  has(host: string, now: number): boolean;
}

export function createLeafCache(): LeafCache {
  // A Map keeps the order of insertion: the first key is the one longest unused.
  const leafs = new Map<string, Leaf>();
  // Before notBefore: the clock was set back after the leaf was made.
  const isGood = (leaf: Leaf | undefined, now: number): leaf is Leaf =>
    leaf !== undefined && now >= leaf.notBefore && now < leaf.renewAt;
  return {
    has: (host, now) => isGood(leafs.get(host), now),
    get(host, now, make) {
      const known = leafs.get(host);
      const leaf = isGood(known, now) ? known : make();
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
