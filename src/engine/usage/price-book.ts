/** Finds the price of a model at a provider: the config's own prices first, then the public table. Remembers what it found. */
import type { Config, Price } from "../config/schema.ts";
import { matchesGlob } from "./price-glob.ts";
import { costOf, type Cost, type ModelPrice, ratesOf } from "./price.ts";
import type { PriceRow, VendorPrices } from "./price-row.ts";
import { priceTable } from "./price-table.ts";
import type { Usage } from "../../base/flow.ts";

export interface PriceBook {
  /** Null: no price is known. `at` (ms since the epoch) matters where a price change is announced. */
  priceFor(provider: string, model: string, at: number): ModelPrice | null;
  /** The fields of a usage line. */
  cost(call: PricedCall): Cost;
}

export interface PricedCall {
  readonly provider: string;
  readonly model: string;
  readonly usage: Usage;
  readonly at: number;
}

/** One (provider, model): now and after an announced change. */
interface Found {
  readonly price: ModelPrice | null;
  readonly later: { readonly from: number; readonly price: ModelPrice } | null;
}

/** Model names come from clients; a real installation knows some dozens. */
const maxRemembered = 2_000;
const nothing: Found = { price: null, later: null };
const free: Price = { input: 0, output: 0 };

/** Made anew when the configuration changes. */
export function createPriceBook(config: Pick<Config, "prices" | "providers">): PriceBook {
  const remembered = new Map<string, Found>();
  const overrides = Object.entries(config.prices);

  function find(provider: string, model: string): Found {
    const own = overrides.find(([glob]) => matchesGlob(glob, `${provider}/${model}`));
    if (own !== undefined) return fixed(own[1], false);
    if (isLocal(config, provider)) return fixed(free, false);
    return findListed(namesOf(config, provider), model);
  }

  function priceFor(provider: string, model: string, at: number): ModelPrice | null {
    const key = `${provider}\n${model}`;
    let found = remembered.get(key);
    if (found === undefined) {
      found = find(provider, model);
      if (remembered.size >= maxRemembered) remembered.clear();
      remembered.set(key, found);
    }
    return found.later !== null && at >= found.later.from ? found.later.price : found.price;
  }

  return {
    priceFor,
    cost: ({ provider, model, usage, at }) => costOf(usage, priceFor(provider, model, at)),
  };
}

function findListed(providerNames: readonly string[], model: string): Found {
  const { names, isFree, isVariant } = candidates(model);
  if (isFree) return fixed(free, false);
  const isHome = ({ homes }: VendorPrices): boolean => homes.some((home) => providerNames.includes(home));
  // A seller's own list first: two may sell the same open model at prices of their own.
  const vendors = [...priceTable.filter(isHome), ...priceTable.filter((vendor) => !isHome(vendor))];
  for (const vendor of vendors) {
    for (const name of names) {
      const row = vendor.rows.find(({ models }) => models.some((glob) => matchesGlob(glob, name)));
      if (row !== undefined) return fromRow(row, isVariant || !isHome(vendor));
    }
  }
  return nothing;
}

/** The provider's id, its type, and the host it is called at: any of them says whose price list counts. */
function namesOf(config: Pick<Config, "providers">, provider: string): readonly string[] {
  const entry = providerOf(config, provider);
  return entry === null ? [provider] : [provider, entry.type, hostOf(entry.endpoint)];
}

/** A server of one's own costs nothing for a token. */
function isLocal(config: Pick<Config, "providers">, provider: string): boolean {
  const entry = providerOf(config, provider);
  if (entry === null) return false;
  return entry.kind === "local" || (entry.authType === "none" && isLoopback(hostOf(entry.endpoint)));
}

function providerOf({ providers }: Pick<Config, "providers">, id: string): Config["providers"][string] | null {
  return Object.hasOwn(providers, id) ? (providers[id] ?? null) : null;
}

function hostOf(endpoint: string): string {
  return URL.canParse(endpoint) ? new URL(endpoint).hostname : "";
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** What a release is marked with: a date, a month, `latest`, `preview`, `exp`, an API version. */
const releaseMark = /[-@](?:20\d{2}-?\d{2}-?\d{2}|\d{4}|\d{2}-\d{2,4}|\d{3}|latest|preview|exp|default|v\d+(?::\d+)?)$/;

/**
 * The names a model may be listed under. Aggregators put the vendor before it (`anthropic/claude-sonnet-4.5`), clouds
 * a region too (`us.anthropic.claude-…`); both use dots where Anthropic has hyphens.
 */
function candidates(model: string): { names: readonly string[]; isFree: boolean; isVariant: boolean } {
  const last = model.toLowerCase().split("/").at(-1) ?? "";
  // `[1m]`: how Claude Code asks for the long context; it is not part of the name.
  const [bare = "", variant] = last.replace(/\[1m\]$/, "").split(/:(?!\d)/);
  const vendorless = bare.replace(/^(?:[a-z]+\.)*(?=claude-)/, "");
  const name = vendorless.startsWith("claude-") ? vendorless.replaceAll(".", "-") : vendorless;
  const names = [name];
  for (let rest = name; releaseMark.test(rest); ) {
    rest = rest.replace(releaseMark, "");
    names.push(rest);
  }
  return { names, isFree: variant === "free", isVariant: variant !== undefined };
}

function fromRow(row: PriceRow, isElsewhere: boolean): Found {
  const estimated = isElsewhere || row.about === true;
  const long = row.long === undefined ? null : { above: row.long.above, rates: ratesOf(row.long.price) };
  const later =
    row.later === undefined
      ? null
      : { from: row.later.from, price: { rates: ratesOf(row.later.price), long, estimated } };
  return { price: { rates: ratesOf(row.price), long, estimated }, later };
}

function fixed(price: Price, estimated: boolean): Found {
  return { price: { rates: ratesOf(price), long: null, estimated }, later: null };
}
