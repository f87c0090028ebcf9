/** Combos as people see them: what each member means now, and whether there is anything to fall back to. */
import type { ComboJson } from "../../base/controls-engine.ts";
import { accountId, type AccountConfig, type Config } from "../config/schema.ts";
import { type Availability, configured } from "./availability.ts";
import { meantNow } from "./meant.ts";
import type { RouteTarget } from "./targets.ts";

type Member = ComboJson["members"][number];

export function comboReport(config: Config, availability: Availability = configured(config)): readonly ComboJson[] {
  return Object.entries(config.combos).map(([name, texts]) => {
    const read = texts.map((text) => readMember(config, text, availability));
    const stands = new Set(read.flatMap(({ accounts }) => accounts));
    return { name, members: read.map(({ member }) => member), warning: warningOf(texts.length, stands.size) };
  });
}

function readMember(
  config: Config,
  text: string,
  availability: Availability,
): { readonly member: Member; readonly accounts: readonly string[] } {
  const { targets, usable, notes } = meantNow(config, text, availability);
  const [shown] = usable.length > 0 ? usable : targets;
  const reason =
    usable.length > 0
      ? null
      : ((shown === undefined ? notes.at(-1) : `provider ${shown.provider} has no usable account`) ??
        "it names nothing");
  const member = {
    text,
    provider: shown?.provider ?? null,
    model: shown?.model ?? null,
    usable: usable.length > 0,
    reason,
  };
  return { member, accounts: usable.flatMap((target) => standsOn(config, target, availability.accounts)) };
}

/** The accounts a target stands on; a provider that wants none counts as one. */
function standsOn(
  config: Config,
  { provider, prefix }: RouteTarget,
  accounts: readonly AccountConfig[],
): readonly string[] {
  if (config.providers[provider]?.authType === "none") return [provider];
  return accounts
    .filter((account) => account.provider === provider && account.enabled)
    .filter((account) => prefix === null || account.prefix === prefix)
    .map(accountId);
}

/** A fallback on the same account fails with it. */
function warningOf(members: number, stands: number): string | null {
  if (members < 2) return "it has one member: nothing to fall back to";
  if (stands === 0) return "none of its members can be used now";
  return stands < 2 ? "its members stand on one account: nothing to fall back to" : null;
}
