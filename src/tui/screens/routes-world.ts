/** Rules, combos, aliases and the accounts behind them, from three answers that are not believed. */
import { own, isRecord } from "../../base/json.ts";
import type { FlowView } from "../state/flow-view.ts";
import { finite, instant, list, text } from "../state/read-json.ts";

export const matchKeys = ["client", "host", "path", "model"] as const;
export type MatchKey = (typeof matchKeys)[number];
export type Match = Readonly<Partial<Record<MatchKey, string>>>;

export interface Rule {
  readonly number: number;
  readonly match: Match;
  readonly to: string;
  readonly fallback: string;
  /** Off, it keeps its place and matches nothing. */
  readonly enabled: boolean;
  readonly hits: number;
}

export interface Combo {
  readonly name: string;
  readonly members: readonly Member[];
  readonly warning: string | null;
}

export interface Member {
  /** As it is written. */
  readonly text: string;
  /** What it means now. */
  readonly provider: string | null;
  readonly model: string | null;
  readonly usable: boolean;
  readonly reason: string | null;
}

export interface Account {
  /** `provider/name`. */
  readonly id: string;
  readonly provider: string;
  readonly name: string;
  readonly prefix: string | null;
  readonly enabled: boolean;
  readonly priority: number;
  readonly state: string;
  readonly inFlight: number;
  readonly cooldowns: readonly Cooldown[];
}

interface Cooldown {
  /** Null: all its models. */
  readonly model: string | null;
  /** Null: until its owner has acted. */
  readonly until: number | null;
  readonly kind: string;
}

export interface Alias {
  readonly name: string;
  readonly target: string;
  /** What else the name could mean, where it could. */
  readonly collision: string | null;
}

export interface World {
  readonly rules: readonly Rule[];
  readonly combos: readonly Combo[];
  readonly aliases: readonly Alias[];
  readonly accounts: readonly Account[];
  /** Calls that went through each combo, and who answered them; of the calls that this screen knows. */
  readonly served: ReadonlyMap<string, Served>;
  /** Calls that no rule decided. */
  readonly undecided: number;
}

export interface Served {
  readonly calls: number;
  /** By `provider/model`. */
  readonly members: ReadonlyMap<string, number>;
}

export function readWorld([routes, combos, accounts]: readonly unknown[], flows: Iterable<FlowView>): World {
  const collisions = new Map(
    list(own(combos, "collisions")).flatMap((value): readonly (readonly [string, string])[] => {
      const name = text(own(value, "name"));
      const meanings = list(own(value, "meanings")).flatMap((each) => text(each) ?? []);
      const taken = text(own(value, "taken")) ?? "?";
      return name === null ? [] : [[name, `could mean ${meanings.join(" or ")}; it means ${taken}`]];
    }),
  );
  const aliases = own(combos, "aliases");
  return {
    rules: list(own(routes, "routes")).flatMap((value) => readRule(value) ?? []),
    combos: list(own(combos, "combos")).flatMap((value) => readCombo(value) ?? []),
    aliases: Object.entries(isRecord(aliases) ? aliases : {}).flatMap(([raw, value]) => {
      const name = text(raw) ?? "";
      const target = text(value);
      return target === null ? [] : [{ name, target, collision: collisions.get(name) ?? null }];
    }),
    accounts: list(own(accounts, "accounts"))
      .flatMap((value) => readAccount(value) ?? [])
      .toSorted((one, other) => one.priority - other.priority),
    ...countCalls(flows),
  };
}

/** Null without a number: nothing could be done with it. */
export function readRule(value: unknown): Rule | null {
  const number = finite(own(value, "number"));
  const to = text(own(value, "to"));
  if (number === null || to === null) return null;
  const match = own(value, "match");
  const said = matchKeys.flatMap((key) => {
    const glob = text(own(match, key));
    return glob === null ? [] : [[key, glob] as const];
  });
  return {
    number,
    match: Object.fromEntries(said),
    to,
    fallback: text(own(value, "fallback")) ?? "error",
    // An older core knows no rules that are off.
    enabled: own(value, "enabled") !== false,
    hits: finite(own(value, "hits")) ?? 0,
  };
}

function readCombo(value: unknown): Combo | null {
  const name = text(own(value, "name"));
  if (name === null || name === "") return null;
  const members = list(own(value, "members")).map((member) => ({
    text: text(own(member, "text")) ?? "?",
    provider: text(own(member, "provider")),
    model: text(own(member, "model")),
    usable: own(member, "usable") === true,
    reason: text(own(member, "reason")),
  }));
  return { name, members, warning: text(own(value, "warning")) };
}

function readAccount(value: unknown): Account | null {
  const id = text(own(value, "id"));
  if (id === null || id === "") return null;
  const [provider = "", ...rest] = id.split("/");
  return {
    id,
    provider: text(own(value, "provider")) ?? provider,
    name: text(own(value, "name")) ?? rest.join("/"),
    prefix: text(own(value, "prefix")),
    enabled: own(value, "enabled") !== false,
    priority: finite(own(value, "priority")) ?? 0,
    state: text(own(value, "state")) ?? "unknown",
    inFlight: finite(own(value, "inFlight")) ?? 0,
    cooldowns: list(own(value, "cooldowns")).map((one) => ({
      model: text(own(one, "model")),
      until: instant(own(one, "until")),
      kind: text(own(one, "kind")) ?? "",
    })),
  };
}

function countCalls(flows: Iterable<FlowView>): Pick<World, "served" | "undecided"> {
  const combos = new Map<string, { calls: number; readonly members: Map<string, number> }>();
  let undecided = 0;
  for (const flow of flows) {
    if ((flow.action === "passthrough" || flow.action === "tunnel") && flow.refusal === null && !isDecided(flow)) {
      undecided += 1;
    }
    if (flow.combo === null || flow.provider === null) continue;
    const known = combos.get(flow.combo) ?? { calls: 0, members: new Map<string, number>() };
    combos.set(flow.combo, known);
    known.calls += 1;
    const model = flow.attempts.at(-1)?.model ?? flow.model.served ?? "";
    const member = `${flow.provider}/${model}`;
    known.members.set(member, (known.members.get(member) ?? 0) + 1);
  }
  return { served: combos, undecided };
}

/** The words in which the core says that a rule decided. */
export const decidedBy = (number: number): string => `rule ${number} matches: to `;

function isDecided({ why }: FlowView): boolean {
  return why.some(({ stage, text: said }) => stage === "rule" && /^rule \d+ matches: /.test(said));
}

/** `client=codex host=api.openai.com`, as the command line writes it. */
export function matchText(match: Match): string {
  const said = matchKeys.flatMap((key) => (match[key] === undefined ? [] : `${key}=${match[key]}`));
  return said.length === 0 ? "everything" : said.join(" ");
}
