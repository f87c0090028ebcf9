/**
 * Which credentials may serve a provider, in the order they are tried: lower priority number first, then the file's
 * order. There is no memory of past failures here yet; the failover loop decides when to go on to the next one.
 */
import type { AccountConfig, Config } from "../config/schema.ts";

/** `null` stands for "no credential needed". Empty: this provider cannot be used as configured. */
export type Candidates = readonly (AccountConfig | null)[];

/** Is there any? Cheaper than the list where only that is asked. */
export function isUsable(config: Config, providerId: string): boolean {
  const provider = Object.hasOwn(config.providers, providerId) ? config.providers[providerId] : undefined;
  if (provider === undefined || !provider.enabled) return false;
  return provider.authType === "none" || config.accounts.some((account) => serves(account, providerId));
}

export function candidates(config: Config, providerId: string): Candidates {
  const provider = Object.hasOwn(config.providers, providerId) ? config.providers[providerId] : undefined;
  if (provider === undefined || !provider.enabled) return [];
  if (provider.authType === "none") return [null];
  return config.accounts
    .filter((account) => serves(account, providerId))
    .toSorted((left, right) => left.priority - right.priority);
}

function serves(account: AccountConfig, providerId: string): boolean {
  return account.provider === providerId && account.enabled && account.source.kind !== "none";
}
