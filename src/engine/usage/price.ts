/**
 * What a call cost by a price. Token counts as all formats here read them: `input` holds what was read from and written
 * to the prompt cache, and `output` holds the reasoning — OpenAI's completion and output tokens and Claude's output
 * tokens do already, Gemini's thoughts are added to its candidates (formats/gemini/usage.ts) — so `reasoning` is a part
 * that is shown, never one more to be paid.
 */
import type { Usage } from "../../base/flow.ts";
import type { Price } from "../config/schema.ts";

/** US dollars for a million tokens. */
export type Rates = Required<Price>;

export interface ModelPrice {
  readonly rates: Rates;
  /** Calls whose whole input is longer than this many tokens pay these rates for all their tokens. */
  readonly long: { readonly above: number; readonly rates: Rates } | null;
  /** True: another seller's price, or one that depends on what is not known here. */
  readonly estimated: boolean;
}

/** The fields of a usage line that a price decides. */
export interface Cost {
  readonly costUsd: number | null;
  readonly cacheSavedUsd: number | null;
  readonly costEstimated: boolean;
}

/** Prices are for a million. */
export const tokensPerPrice = 1_000_000;

/** Absent cache prices are the input's: a provider that names none bills cached tokens like others. */
export function ratesOf({ input, output, cacheRead, cacheWrite }: Price): Rates {
  return { input, output, cacheRead: cacheRead ?? input, cacheWrite: cacheWrite ?? input };
}

/** The rates for a call with this much input, cached tokens included. */
export function ratesFor(price: ModelPrice, inputTokens: number): Rates {
  return price.long !== null && inputTokens > price.long.above ? price.long.rates : price.rates;
}

/**
 * The API price, whoever pays it: on a subscription it is what the call was worth. `cacheSavedUsd` is what cache reads
 * cost less than fresh input, less what writing the cache cost more; negative for a call that only wrote.
 */
export function costOf(usage: Usage, price: ModelPrice | null): Cost {
  if (price === null) return { costUsd: null, cacheSavedUsd: null, costEstimated: false };
  const rates = ratesFor(price, usage.input);
  const fresh = Math.max(0, usage.input - usage.cacheRead - usage.cacheWrite);
  const billed =
    fresh * rates.input +
    usage.cacheRead * rates.cacheRead +
    usage.cacheWrite * rates.cacheWrite +
    usage.output * rates.output;
  const saved = usage.cacheRead * (rates.input - rates.cacheRead) - usage.cacheWrite * (rates.cacheWrite - rates.input);
  return {
    costUsd: billed / tokensPerPrice,
    cacheSavedUsd: saved / tokensPerPrice,
    costEstimated: price.estimated,
  };
}
