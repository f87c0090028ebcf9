/** What it costs to move a conversation away from the account that holds its prompt cache. */
import { type ModelPrice, ratesFor, tokensPerPrice } from "./price.ts";

/**
 * What moving a conversation to another account bills again: its cached tokens are read anew at the price of writing
 * them to a cache (of input, where writing costs no more), instead of the price of reading them.
 */
export function switchCost(cachedTokens: number, price: ModelPrice | null): number | null {
  if (price === null) return null;
  const rates = ratesFor(price, cachedTokens);
  return (Math.max(0, cachedTokens) * Math.max(0, rates.cacheWrite - rates.cacheRead)) / tokensPerPrice;
}
