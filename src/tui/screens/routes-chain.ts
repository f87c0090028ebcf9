/** Where a target leads: an alias to what it means, a combo to its members, a member to its accounts. */
import { globTest } from "../../base/glob.ts";
import type { Account, Combo, Member, World } from "./routes-world.ts";

export interface Chain {
  /** The names on the way, as `sonnet means claude/claude-sonnet-4-5`. */
  readonly notes: readonly string[];
  readonly kind: "targets" | "passthrough" | "block";
  readonly combo: Combo | null;
  readonly links: readonly Link[];
}

export interface Link {
  readonly member: Member;
  readonly accounts: readonly Account[];
  /** Calls that it answered, of all that went through the combo; null where that is not known. */
  readonly share: number | null;
}

/** An alias may mean another one; the core refuses circles, but what came over the socket may hold anything. */
const maxAliases = 10;

export function chainOf(world: World, to: string): Chain {
  const notes: string[] = [];
  let target = to;
  for (let step = 0; step < maxAliases; step += 1) {
    const alias = world.aliases.find(({ name }) => name === target);
    if (alias === undefined) break;
    notes.push(`${target} means ${alias.target}`);
    target = alias.target;
  }
  if (target === "passthrough" || target === "block") return { notes, kind: target, combo: null, links: [] };
  const name = target.startsWith("combo/") ? target.slice("combo/".length) : target;
  const combo = world.combos.find((one) => one.name === name) ?? null;
  if (combo !== null) {
    const served = world.served.get(combo.name);
    const links = combo.members.map(
      (member): Link => ({
        ...linkOf(world, member),
        share:
          served === undefined || served.calls === 0
            ? null
            : (served.members.get(`${member.provider ?? ""}/${member.model ?? ""}`) ?? 0) / served.calls,
      }),
    );
    return { notes, kind: "targets", combo, links };
  }
  return { notes, kind: "targets", combo: null, links: [linkOf(world, memberOf(target))] };
}

/** `provider/model`; a thinking wish in parentheses at its end is none of the name. */
function memberOf(target: string): Member {
  const slash = target.indexOf("/");
  const provider = slash === -1 ? null : target.slice(0, slash);
  const model = (slash === -1 ? target : target.slice(slash + 1)).replace(/\([^()]*\)$/, "");
  return { text: target, provider, model, usable: true, reason: null };
}

function linkOf(world: World, member: Member): Link {
  const { provider } = member;
  if (provider === null) return { member, accounts: [], share: null };
  const written = member.text.slice(0, Math.max(0, member.text.indexOf("/")));
  const prefixed = world.accounts.filter(({ prefix }) => prefix !== null && prefix === written);
  if (prefixed.length > 0) return { member, accounts: prefixed, share: null };
  const fits = globTest(provider);
  return { member, accounts: world.accounts.filter((account) => fits(account.provider)), share: null };
}
