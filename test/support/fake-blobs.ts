/**
 * The opaque blobs a fake provider hands out with its thoughts (signatures, encrypted reasoning) and what it remembers
 * of each, so that it can check as the real one does: its own, unchanged, and on the part they came with.
 */
import { createHash } from "node:crypto";

export interface Minted {
  readonly blob: string;
  /** The text or call it was given out with, in words of the dialect's own choosing. */
  readonly place: string;
  /** The provider's id of the item, where it has one. */
  readonly itemId: string;
}

export interface Blobs {
  /** Always the same for the same answer and place in it. `head` is how this provider's blobs begin. */
  mint(head: string, nth: number, place: string): Minted;
  /** Undefined for what somebody else made. */
  find(blob: unknown): Minted | undefined;
  byItem(itemId: unknown): Minted | undefined;
  /** An item that may not come back without the thought it followed. */
  bind(itemId: string, to: Minted): void;
  boundTo(itemId: unknown): Minted | undefined;
}

export function createBlobs(secret: string): Blobs {
  const all = new Map<string, Minted>();
  const items = new Map<string, Minted>();
  const bound = new Map<string, Minted>();
  return {
    mint(head, nth, place) {
      const digest = createHash("sha512").update(`${secret} ${nth} ${place}`);
      const hex = digest.copy().digest("hex");
      const minted = { blob: head + digest.digest("base64"), place, itemId: `rs_${hex.slice(0, 32)}` };
      all.set(minted.blob, minted);
      items.set(minted.itemId, minted);
      return minted;
    },
    find: (blob) => (typeof blob === "string" ? all.get(blob) : undefined),
    byItem: (itemId) => (typeof itemId === "string" ? items.get(itemId) : undefined),
    bind: (itemId, to) => void bound.set(itemId, to),
    boundTo: (itemId) => (typeof itemId === "string" ? bound.get(itemId) : undefined),
  };
}
