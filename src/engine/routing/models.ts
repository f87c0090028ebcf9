/**
 * The models a client may name, from all that is known: the registry, the file, accounts, what providers listed, what the
 * user added by hand; then aliases and combos. One row for each name; what is left out of service is not shown.
 */
import type { CapabilitiesJson, CustomModelJson, ModelJson } from "../../base/controls-engine.ts";
import type { AccountConfig, Config, ProviderConfig } from "../config/schema.ts";
import { modelCapabilities } from "../providers/capabilities.ts";
import { type FetchedModel, kindByName } from "../providers/model-lists.ts";
import { knownModels } from "../providers/table.ts";
import { type Availability, configured } from "./availability.ts";
import { meantNow } from "./meant.ts";
import { isExcluded } from "./serving.ts";

export interface Catalog {
  readonly config: Config;
  /** Absent: by the configuration alone. Its accounts give the rows with prefixes. */
  readonly availability?: Availability;
  /** As providers listed them, by provider id. */
  readonly fetched?: ReadonlyMap<string, readonly FetchedModel[]>;
  /** Added by hand, by provider id. */
  readonly custom?: Readonly<Record<string, readonly CustomModelJson[]>>;
}

export function modelCatalog(catalog: Catalog): readonly ModelJson[] {
  const { config } = catalog;
  const availability = catalog.availability ?? configured(config);
  const rows = new Map<string, ModelJson>();
  const add = (row: ModelJson): void => {
    if (!rows.has(row.id)) rows.set(row.id, row);
  };
  for (const [alias, target] of Object.entries(config.aliases)) {
    const row = named(catalog, availability, alias, target, "alias");
    if (row !== null) add(row);
  }
  for (const combo of Object.keys(config.combos)) {
    const row = named(catalog, availability, `combo/${combo}`, `combo/${combo}`, "combo");
    if (row !== null) add(row);
  }
  const providers = Object.entries(config.providers)
    .filter(([, { enabled }]) => enabled)
    .toSorted(([, left], [, right]) => left.priority - right.priority);
  for (const [id, provider] of providers) {
    const usable = availability.isUsable(id);
    const sources = sourcesOf(catalog, id, provider, availability.accounts);
    for (const model of sources) {
      if (isExcluded(provider.excludedModels, model.name, model.called)) continue;
      add(rowOf(id, provider, model, `${id}/${model.called}`, usable));
    }
    for (const account of availability.accounts) {
      if (account.provider !== id || account.prefix === null || !account.enabled) continue;
      for (const model of ofAccount(account, sources)) {
        if (isExcluded([...provider.excludedModels, ...account.excludedModels], model.name, model.called)) continue;
        add(rowOf(id, provider, model, `${account.prefix}/${model.called}`, usable));
      }
    }
  }
  return [...rows.values()];
}

interface Known {
  /** The provider's own name. */
  readonly name: string;
  /** What clients say. */
  readonly called: string;
  readonly source: ModelJson["source"];
  readonly kind: "chat" | "embedding" | "image";
  readonly maxTokens: number | null;
  readonly fetched?: FetchedModel;
}

/** The user's words first, then the provider's, then the registry's. */
function sourcesOf(
  { fetched, custom }: Catalog,
  id: string,
  provider: ProviderConfig,
  accounts: readonly AccountConfig[],
): readonly Known[] {
  const listed = new Map((fetched?.get(id) ?? []).map((model) => [model.name, model]));
  const known = (
    name: string,
    alias: string | undefined,
    source: Known["source"],
    maxTokens: number | undefined,
  ): Known => {
    const there = listed.get(name);
    return {
      name,
      called: alias ?? name,
      source,
      kind: there?.kind ?? kindByName(name),
      maxTokens: maxTokens ?? there?.maxTokens ?? null,
      ...(there === undefined ? {} : { fetched: there }),
    };
  };
  const own = accounts.filter((account) => account.provider === id && account.enabled && account.prefix === null);
  const usersOwn = [
    ...provider.models.map(({ name, alias, maxTokens }) => known(name, alias, "config", maxTokens)),
    ...Object.entries(provider.modelMappings).map(([called, name]) => known(name, called, "config", undefined)),
    ...own.flatMap(({ models }) => models.map(({ name, alias }) => known(name, alias, "config", undefined))),
    ...(provider.moreModels ?? []).map(({ name, alias, maxTokens }) => known(name, alias, "custom", maxTokens)),
    ...(custom?.[id] ?? []).map(({ name, alias, max_tokens }) => known(name, alias, "custom", max_tokens)),
  ];
  // A list in the file is the whole of what is served, whatever else there is at the provider.
  if (provider.models.length > 0) return usersOwn;
  return [
    ...usersOwn,
    ...[...listed.keys()].map((name) => known(name, undefined, "provider", undefined)),
    ...knownModels(id, provider).map(({ name, alias, maxTokens }) => known(name, alias, "built-in", maxTokens)),
  ];
}

/** What an account serves: its own list, else all of its provider's. */
function ofAccount({ models }: AccountConfig, sources: readonly Known[]): readonly Known[] {
  if (models.length === 0) return sources;
  return models.map(({ name, alias }) => {
    const there = sources.find((source) => source.name === name);
    return {
      source: "config",
      kind: there?.kind ?? kindByName(name),
      maxTokens: there?.maxTokens ?? null,
      ...(there?.fetched === undefined ? {} : { fetched: there.fetched }),
      name,
      called: alias ?? name,
    };
  });
}

function rowOf(provider: string, config: ProviderConfig, model: Known, id: string, usable: boolean): ModelJson {
  const { name, source, kind, maxTokens } = model;
  return {
    id,
    provider,
    model: name,
    kind,
    source,
    max_tokens: maxTokens,
    usable,
    capabilities: capabilitiesOf(provider, config, model),
  };
}

/** What the provider says of this very model wins over what is said of the provider. */
function capabilitiesOf(
  provider: string,
  config: ProviderConfig,
  { name, maxTokens, fetched }: Known,
): CapabilitiesJson {
  const said = modelCapabilities(provider, config, name);
  return {
    ...said,
    streaming: fetched?.streaming ?? said.streaming,
    functions: fetched?.functions ?? said.functions,
    vision: fetched?.vision ?? said.vision,
    max_tokens: maxTokens ?? said.max_tokens,
  };
}

/** An alias or a combo: what its first usable target is. Null: it names nothing. */
function named(
  { config }: Catalog,
  availability: Availability,
  id: string,
  text: string,
  kind: "alias" | "combo",
): ModelJson | null {
  const { targets, usable } = meantNow(config, text, availability);
  const target = usable[0] ?? targets[0];
  const provider = target === undefined ? undefined : config.providers[target.provider];
  if (target === undefined || provider === undefined) return null;
  const capabilities = modelCapabilities(target.provider, provider, target.model);
  return {
    id,
    provider: target.provider,
    model: target.model,
    kind,
    source: "config",
    max_tokens: capabilities.max_tokens === 0 ? null : capabilities.max_tokens,
    usable: usable.length > 0,
    capabilities,
  };
}
