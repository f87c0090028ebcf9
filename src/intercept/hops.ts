/**
 * Loops over more than one proxy: two instances that are each other's outbound proxy would hand one CONNECT round for ever.
 * Each says on the way out that it was here, in the field meant for it (`Via`, RFC 9110 §7.6.3); whoever finds its own name
 * there refuses. It is said to outbound proxies only, never to a provider.
 */

/** Names of the instances a request has passed, oldest first. */
export type Hops = readonly string[];

/** More of ours in a row than anybody chains on purpose. */
const maxHops = 8;
const ourEntry = /^\d(?:\.\d)? switchyard-([0-9a-f]{12})$/;

export function hopName(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex").slice(0, 12);
}

/** The instances named in `Via`; others' entries are not ours to judge. */
export function readHops(via: string | undefined): Hops {
  if (via === undefined) return [];
  return via
    .split(",")
    .map((entry) => ourEntry.exec(entry.trim())?.[1])
    .filter((name) => name !== undefined);
}

export function isLoop(hops: Hops, own: string): boolean {
  return hops.includes(own) || hops.length >= maxHops;
}

/** The field's value on the way out. */
export function viaOf(hops: Hops): string {
  return hops.map((name) => `1.1 switchyard-${name}`).join(", ");
}
