/**
 * Who there is: the configuration's accounts and the stored ones, by provider, in the order they are tried. Built once for
 * each configuration; how the accounts are doing is not its business.
 */
import { globTest, type TextTest } from "../../base/glob.ts";
import { accountId, type AccountConfig, type AccountId, type Config, type ProviderConfig } from "../config/schema.ts";
import { defaultPriority } from "../providers/table.ts";

export interface Member {
  readonly id: AccountId;
  readonly account: AccountConfig;
  readonly provider: ProviderConfig;
  /** Its place among its provider's accounts as written. */
  readonly position: number;
}

export interface ProviderMembers {
  readonly provider: ProviderConfig;
  /** Those that may be used at all. */
  readonly members: readonly Member[];
  /** Those of them that serve this model, by the names in the file. */
  serving(model: string): readonly Member[];
}

export interface Roster {
  of(provider: string): ProviderMembers | null;
  /** Every account there is, used or not. */
  readonly all: readonly { readonly id: AccountId; readonly account: AccountConfig; readonly isUsed: boolean }[];
}

/** Answers that are kept for each provider; clients use a handful of model names. */
const maxKnownModels = 64;

export function buildRoster(config: Config, stored: readonly AccountConfig[]): Roster {
  const written = new Set(config.accounts.map(accountId));
  const accounts = [...config.accounts, ...stored.filter((account) => !written.has(accountId(account)))];
  const groups = new Map<string, AccountConfig[]>();
  for (const account of accounts) groups.set(account.provider, [...(groups.get(account.provider) ?? []), account]);
  const byProvider = new Map(
    Object.entries(config.providers)
      .filter(([, provider]) => provider.enabled)
      .map(([id, provider]) => [id, providerMembers(id, provider, groups.get(id) ?? [])]),
  );
  const used = new Map([...byProvider.values()].flatMap(({ members }) => members.map((member) => [member.id, member])));
  const implied = [...used.values()].map(({ account }) => account).filter((account) => !accounts.includes(account));
  return {
    of: (provider) => byProvider.get(provider) ?? null,
    all: [...accounts, ...implied].map((account) => {
      const id = accountId(account);
      return { id, account, isUsed: used.has(id) };
    }),
  };
}

function providerMembers(id: string, provider: ProviderConfig, accounts: readonly AccountConfig[]): ProviderMembers {
  const keyless = provider.authType === "none";
  const all = keyless && accounts.length === 0 ? [impliedAccount(id)] : accounts;
  const members = all
    .map((account, position) => ({
      id: accountId(account),
      account,
      provider,
      position,
      serves: servesOf(provider, account),
    }))
    // Without a credential it can only be one of a provider that wants none.
    .filter(({ account }) => account.enabled && (keyless || account.source.kind !== "none"))
    .toSorted((left, right) => left.account.priority - right.account.priority);
  const known = new Map<string, readonly Member[]>();
  return {
    provider,
    members,
    serving(model) {
      const found = known.get(model) ?? members.filter(({ serves }) => serves(model));
      if (known.size >= maxKnownModels) known.clear();
      known.set(model, found);
      return found;
    },
  };
}

/** A provider without keys has no accounts in the file, but it can be down like any other: its cooldown needs a name. */
function impliedAccount(provider: string): AccountConfig {
  return {
    provider,
    name: "default",
    source: { kind: "none" },
    priority: defaultPriority,
    weight: 1,
    enabled: true,
    limits: null,
    prefix: null,
    models: [],
    excludedModels: [],
    from: "config",
  };
}

function servesOf(provider: ProviderConfig, { models, excludedModels }: AccountConfig): TextTest {
  const excluded = [...provider.excludedModels, ...excludedModels].map((glob) => globTest(glob, { ignoreCase: true }));
  const isExcluded = (name: string): boolean => excluded.some((fits) => fits(name));
  return (model) => {
    if (isExcluded(model)) return false;
    if (models.length === 0) return true;
    return models.some(({ name, alias }) => (name === model || alias === model) && !isExcluded(name));
  };
}
