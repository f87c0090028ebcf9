/** The shape of the price table. */
import type { Price } from "../config/schema.ts";

export interface PriceRow {
  /** Globs, lower case. */
  readonly models: readonly string[];
  readonly price: Price;
  /** Calls with more input tokens than this pay `price` here for all their tokens. */
  readonly long?: { readonly above: number; readonly price: Price };
  /** A price that is announced for an instant (ms since the epoch) and after. */
  readonly later?: { readonly from: number; readonly price: Price };
  /** The published price depends on more than is known of a call. */
  readonly about?: boolean;
}

export interface VendorPrices {
  /** Provider ids, types and hosts that charge exactly this; elsewhere the figures are estimates. */
  readonly homes: readonly string[];
  readonly rows: readonly PriceRow[];
}

/** Multiplies prices without the noise of binary fractions: 3 × 0.1 is 0.3. */
export function times(price: number, factor: number): number {
  return Math.round(price * factor * 1e9) / 1e9;
}
