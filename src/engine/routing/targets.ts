/**
 * What the words of a rule's `to` (or a model's name, at the gateway) mean: one keyword, or the list of provider/model
 * pairs to try, in order. Resolution order: keyword, `provider/model`, an account's prefix, alias, wildcard,
 * `combo/NAME`, and last a bare model name, which every enabled provider that supports it may serve.
 */
import type { AccountConfig, Config } from "../config/schema.ts";
import { providerId } from "../providers/registry.ts";
import { resolveAlias } from "./aliases.ts";
import { type Availability, configured } from "./availability.ts";
import { comboMembers, comboName } from "./combo.ts";
import { expandWildcard } from "./expand.ts";
import { parseModelName } from "./model-name.ts";
import { isExcluded, type Support, supportOf, upstreamNames } from "./serving.ts";
import { isWildcard } from "./wildcard.ts";

export interface RouteTarget {
  readonly provider: string;
  /** The upstream's name for the model, the provider's own mapping applied. */
  readonly model: string;
  /** Only accounts of this prefix are meant; null: any. */
  readonly prefix: string | null;
}

export type Meaning =
  | { readonly kind: "passthrough" }
  | { readonly kind: "block" }
  | {
      readonly kind: "targets";
      readonly combo: string | null;
      /** Empty when nothing that was named can be used now. */
      readonly targets: readonly RouteTarget[];
      /** How the words were read, for people. */
      readonly notes: readonly string[];
    };

/** More targets than this are never tried for one call: a client has lost its patience long before. */
const maxTargets = 32;

/** What stays the same while one text is read. */
export interface Reading {
  readonly config: Config;
  readonly asked: string | null;
  readonly availability: Availability;
  /** Accounts that name models; most have no list, and are not looked at again for each provider. */
  readonly naming: readonly AccountConfig[];
  readonly notes: string[];
}

export function meaningOf(
  config: Config,
  to: string,
  asked: string | null,
  availability: Availability = configured(config),
): Meaning {
  if (to === "passthrough" || to === "block") return { kind: to };
  return targetsOf(config, to, asked, availability);
}

/** As `meaningOf`, for text that cannot be a keyword: at the gateway `block` is a model's name like any other. */
export function targetsOf(
  config: Config,
  to: string,
  asked: string | null,
  availability: Availability,
): Meaning & { readonly kind: "targets" } {
  const naming = availability.accounts.filter(({ models }) => models.length > 0);
  const reading: Reading = { config, asked, availability, naming, notes: [] };
  const { targets, combo } = read(reading, to, { aliases: true, combos: true });
  return { kind: "targets", combo, targets: targets.slice(0, maxTargets), notes: reading.notes };
}

interface Found {
  readonly targets: readonly RouteTarget[];
  readonly combo: string | null;
}

interface Allowed {
  readonly aliases: boolean;
  readonly combos: boolean;
}

const found = (targets: readonly RouteTarget[]): Found => ({ targets, combo: null });

function read(reading: Reading, text: string, allowed: Allowed): Found {
  const { config, notes } = reading;
  const name = parseModelName(text);
  const isPattern = name !== null && (isWildcard(name.provider) || isWildcard(name.model));
  if (name !== null && !isPattern) {
    const provider = providerId(config.providers, name.provider);
    if (provider !== null) return found(explicit(reading, provider, name.model));
  }
  if (name !== null && !isWildcard(name.provider)) {
    const holders = prefixed(reading, name.provider);
    if (holders.length > 0) return found(ofPrefix(reading, name.provider, name.model, holders));
  }
  if (allowed.aliases && Object.hasOwn(config.aliases, text)) {
    const alias = resolveAlias(config.aliases, text);
    if (!alias.ok) {
      notes.push(`alias goes in a circle: ${alias.loop.join(" → ")}`);
      return found([]);
    }
    notes.push(`alias ${alias.via.join(" → ")} is ${alias.target}`);
    return read(reading, alias.target, { ...allowed, aliases: false });
  }
  if (isPattern) return found(expandWildcard(reading, name));
  const combo = comboName(text) ?? (allowed.combos && Object.hasOwn(config.combos, text) ? text : null);
  if (combo !== null) return ofCombo(reading, combo, allowed);
  return found(bare(reading, text));
}

/** Also by a second name of the provider. */
function explicit(reading: Reading, provider: string, model: string): readonly RouteTarget[] {
  return atProvider(reading, provider, model, reading.naming, null);
}

/** `accounts`: those whose own names for models count here. */
function atProvider(
  { config, notes }: Reading,
  id: string,
  model: string,
  accounts: readonly AccountConfig[],
  prefix: string | null,
): readonly RouteTarget[] {
  const provider = config.providers[id];
  if (provider === undefined) return [];
  const names = upstreamNames(id, provider, accounts, model);
  const allowed = names.filter((name) => !isExcluded(provider.excludedModels, model, name));
  if (allowed.length < names.length) notes.push(`provider ${id} leaves ${model} out (excluded_models)`);
  return allowed.map((name) => ({ provider: id, model: name, prefix }));
}

function prefixed({ availability }: Reading, prefix: string): readonly AccountConfig[] {
  return availability.accounts.filter((account) => account.enabled && account.prefix === prefix);
}

function ofPrefix(
  reading: Reading,
  prefix: string,
  model: string,
  holders: readonly AccountConfig[],
): readonly RouteTarget[] {
  const { config, asked, notes } = reading;
  // `prefix/*` stands for the model that was asked for.
  const wanted = isWildcard(model) ? asked : model;
  if (wanted === null) {
    notes.push(`${prefix}/${model} needs a call that names a model`);
    return [];
  }
  const able = holders.filter((account) => {
    const serves =
      account.models.length === 0 || account.models.some(({ name, alias }) => name === wanted || alias === wanted);
    const excluded = isExcluded(account.excludedModels, wanted);
    if (!serves || excluded) {
      const why = excluded ? "leaves it out (excluded-models)" : "does not list it";
      notes.push(`prefix ${prefix}: account ${account.provider}/${account.name} ${why}: ${wanted}`);
    }
    return serves && !excluded;
  });
  const ids = [...new Set(able.map(({ provider }) => provider))].toSorted(
    (left, right) => priorityOf(config, left) - priorityOf(config, right),
  );
  if (ids.length > 0) notes.push(`prefix ${prefix} stands for accounts of ${ids.join(", ")}`);
  return ids.flatMap((id) => atProvider(reading, id, wanted, able, prefix));
}

function priorityOf(config: Config, id: string): number {
  return config.providers[id]?.priority ?? Number.POSITIVE_INFINITY;
}

function ofCombo(reading: Reading, combo: string, allowed: Allowed): Found {
  const { config, notes } = reading;
  const members = comboMembers(config.combos, combo);
  if (members === null) notes.push(`there is no combo named ${combo}`);
  else if (!allowed.combos) notes.push(`combo ${combo} is a member of a combo: that is not followed`);
  if (members === null || !allowed.combos) return { targets: [], combo };
  const targets = members.flatMap((member) => read(reading, member, { aliases: true, combos: false }).targets);
  return { targets, combo };
}

/** Nothing but a model's name: usable providers that support it, those that name it first, then by priority. */
function bare(reading: Reading, model: string): readonly RouteTarget[] {
  const { config, availability, naming, notes } = reading;
  if (config.settings.forceModelPrefix) {
    notes.push(`${model} names no provider and no prefix, and settings.force_model_prefix asks for one`);
    return [];
  }
  const candidates: { readonly id: string; readonly support: Support; readonly usable: boolean }[] = [];
  for (const [id, provider] of Object.entries(config.providers)) {
    if (!provider.enabled) continue;
    const support = supportOf(id, provider, naming, availability.listed(id), model);
    if (support !== null) candidates.push({ id, support, usable: availability.isUsable(id) });
    else if (provider.excludedModels.length > 0 && isExcluded(provider.excludedModels, model)) {
      notes.push(`provider ${id} leaves ${model} out (excluded_models)`);
    }
  }
  if (candidates.length === 0) {
    const slash = parseModelName(model);
    if (slash !== null) notes.push(`there is no provider and no account prefix named ${slash.provider}`);
    notes.push(`no providers support model: ${model}`);
    return [];
  }
  const usable = candidates.filter((candidate) => candidate.usable);
  const chosen = (usable.length > 0 ? usable : candidates).toSorted(
    (left, right) =>
      Number(right.support === "named") - Number(left.support === "named") ||
      priorityOf(config, left.id) - priorityOf(config, right.id),
  );
  notes.push(`${model} is served by ${chosen.map(({ id }) => id).join(", ")}`);
  return chosen.flatMap(({ id }) => explicit(reading, id, model));
}
