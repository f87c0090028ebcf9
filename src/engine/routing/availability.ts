/** What the moment adds to the configuration: who may be asked now, accounts of the store, models the providers listed. */
import type { AccountConfig, Config } from "../config/schema.ts";
import { isUsable } from "../accounts/select.ts";

export interface Availability {
  /** Can this provider serve anything now, or soon? */
  isUsable(provider: string): boolean;
  /** Of the file and of the store. */
  readonly accounts: readonly AccountConfig[];
  /** Names the provider itself listed; null: it was not asked. */
  listed(provider: string): ReadonlySet<string> | null;
}

/** By the configuration alone. */
export function configured(config: Config): Availability {
  return { isUsable: (provider) => isUsable(config, provider), accounts: config.accounts, listed: () => null };
}
