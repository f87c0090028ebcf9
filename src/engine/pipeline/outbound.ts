/** Which outbound proxy an upstream call must go through: the most exact setting wins; undefined leaves it to the general one. */
import { accountId, type AccountConfig, type NetworkProxy } from "../config/schema.ts";

export function outboundFor(
  { keys, combos, providers }: NetworkProxy,
  provider: string,
  account: AccountConfig | null,
  combo: string | null,
): string | undefined {
  return (
    (account === null ? undefined : own(keys, accountId(account))) ??
    (combo === null ? undefined : own(combos, combo)) ??
    own(providers, provider)
  );
}

function own(map: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
