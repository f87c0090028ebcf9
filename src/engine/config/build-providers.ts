/** The `providers` block laid over the built-in registry. */
import { builtInProviders, defaultCooldown, defaultEndpoints, defaultPriority } from "../providers/table.ts";
import type { Findings } from "./build.ts";
import { buildLimits } from "./build-limits.ts";
import { buildModels } from "./build-models.ts";
import type { Dormant } from "./dormant.ts";
import { isLoopback, isSameService, readEndpoint } from "./endpoint.ts";
import type { ConfigFile, ProviderBlock } from "./file-schema.ts";
import type { CooldownConfig, Features, ProviderConfig } from "./schema.ts";
import { readType } from "./provider-type.ts";

export interface BuiltProviders {
  readonly providers: Readonly<Record<string, ProviderConfig>>;
  /** Which row of the registry a provider was made from. */
  readonly origins: ReadonlyMap<string, string>;
  /** Blocks that no call can follow yet. */
  readonly dormant: readonly Dormant[];
}

export function buildProviders(file: ConfigFile, findings: Findings): BuiltProviders {
  const providers = new Map(Object.entries(builtInProviders));
  const origins = new Map(Object.keys(builtInProviders).map((id) => [id, id]));
  const dormant: Dormant[] = [];
  const withKey = new Set(
    (file.accounts ?? []).filter((each) => each.api_key !== undefined).map((each) => each.provider),
  );
  for (const [id, block] of Object.entries(file.providers ?? {})) {
    const path = ["providers", id];
    if (id === "combo") findings.wrong(path, `"combo" is the prefix of combos; choose another name`, "key");
    const built = buildProvider(id, block, withKey.has(id), findings);
    if (built === null) continue;
    if (built === "no-endpoint") {
      findings.warn(
        path,
        `provider "${id}" has no endpoint, so no call can go there; add one, such as https://host/v1`,
      );
      dormant.push({ path, value: block });
      continue;
    }
    providers.set(id, built.config);
    if (built.origin === null) origins.delete(id);
    else origins.set(id, built.origin);
  }
  return { providers: Object.fromEntries(providers), origins, dormant };
}

interface Built {
  readonly config: ProviderConfig;
  readonly origin: string | null;
}

function buildProvider(
  id: string,
  block: ProviderBlock,
  hasKey: boolean,
  findings: Findings,
): Built | "no-endpoint" | null {
  const path = ["providers", id];
  const read = readType(id, block.type, block.endpoint !== undefined);
  if (!read.ok) {
    if (block.type === undefined) findings.wrong(path, read.message, "key");
    else findings.wrong([...path, "type"], read.message);
    return null;
  }
  if (read.note !== null) findings.warn([...path, "type"], read.note);
  const { type, origin } = read;
  const base = origin === null ? undefined : builtInProviders[origin];
  const place = buildEndpoints(id, block, base, defaultEndpoints[type], findings);
  if (place === null) {
    if (block.endpoint !== undefined) return null;
    // The seed writes a provider of mappings alone; without its own word for it, an address was forgotten.
    if (block.type === "custom") return "no-endpoint";
    findings.wrong(path, `provider "${id}" needs an endpoint, such as http://127.0.0.1:8000/v1`, "key");
    return null;
  }
  const authType = block.auth_type ?? base?.authType ?? (hasKey ? "api_key" : "none");
  if (authType !== "none") warnAboutKeys(id, place.url, base, findings);
  const models = buildModels(block.models, base?.models ?? []);
  const more = buildModels(block.more_models, base?.moreModels ?? []);
  const config: ProviderConfig = {
    type,
    kind: base?.kind ?? (isLoopback(place.url.hostname) ? "local" : "compatible"),
    description: base?.description ?? "",
    tags: base?.tags ?? [],
    endpoint: place.endpoint,
    moreEndpoints: place.more,
    authType,
    enabled: block.enabled ?? base?.enabled ?? true,
    priority: block.priority ?? base?.priority ?? defaultPriority,
    models: models.enabled,
    ...(more.enabled.length === 0 ? {} : { moreModels: more.enabled }),
    modelMappings: { ...base?.modelMappings, ...block.model_mappings },
    excludedModels: [
      ...(base?.excludedModels ?? []),
      ...(block.excluded_models ?? []),
      ...models.disabled,
      ...more.disabled,
    ],
    features: { ...base?.features, ...featuresOf(block) },
    limits:
      block.limits === undefined
        ? (base?.limits ?? null)
        : buildLimits(block.limits, origin, [...path, "limits"], findings),
    cooldown: buildCooldown(id, block, base?.cooldown ?? defaultCooldown, findings),
    strategy: block.strategy ?? base?.strategy ?? null,
    ...projectOf(block.project ?? base?.project),
    ...(block.client_version === undefined ? {} : { clientVersion: block.client_version }),
    serves: base?.serves ?? [],
  };
  return { config, origin };
}

interface Place {
  readonly endpoint: string;
  readonly url: URL;
  readonly more: readonly string[];
}

function buildEndpoints(
  id: string,
  block: ProviderBlock,
  base: ProviderConfig | undefined,
  usual: string | undefined,
  findings: Findings,
): Place | null {
  const path = ["providers", id];
  const known = base?.endpoint ?? usual;
  const text = block.endpoint ?? known;
  if (text === undefined) return null;
  const read = readEndpoint(text);
  if (!read.ok) {
    findings.wrong([...path, "endpoint"], read.message);
    return null;
  }
  const isHome = known !== undefined && isSameService(read.url, new URL(known));
  const more = (block.more_endpoints ?? []).flatMap((each, index) => {
    const other = readEndpoint(each);
    if (other.ok) return [other.endpoint];
    findings.wrong([...path, "more_endpoints", index], other.message);
    return [];
  });
  return {
    endpoint: isHome ? known : read.endpoint,
    url: read.url,
    // Who moved a provider elsewhere did not ask for its old second address.
    more: block.more_endpoints !== undefined ? more : isHome ? (base?.moreEndpoints ?? []) : [],
  };
}

function featuresOf({ features }: ProviderBlock): Features {
  const { streaming, functions, vision, code_generation: codeGeneration, multimodal } = features ?? {};
  return {
    ...(streaming === undefined ? {} : { streaming }),
    ...(functions === undefined ? {} : { functions }),
    ...(vision === undefined ? {} : { vision }),
    ...(codeGeneration === undefined ? {} : { codeGeneration }),
    ...(multimodal === undefined ? {} : { multimodal }),
  };
}

function buildCooldown(id: string, block: ProviderBlock, base: CooldownConfig, findings: Findings): CooldownConfig {
  const { base_ms: baseMs = base.baseMs, max_ms: maxMs = base.maxMs } = block.cooldown ?? {};
  if (baseMs > maxMs) {
    findings.wrong(["providers", id, "cooldown"], `base_ms (${baseMs}) is longer than max_ms (${maxMs})`);
  }
  return { baseMs, maxMs, maxResetMs: block.cooldown?.max_reset_ms ?? base.maxResetMs };
}

function projectOf(project: string | undefined): Pick<ProviderConfig, "project"> {
  return project === undefined ? {} : { project };
}

/** A key goes where the endpoint says; two ways in which that may not be what its owner thinks. */
export function warnAboutUnencrypted(
  id: string,
  url: URL,
  path: readonly (string | number)[],
  findings: Findings,
): void {
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    findings.warn(path, `keys of ${id} travel unencrypted to ${url.host}; use https:// if the server has it`);
  }
}

function warnAboutKeys(id: string, url: URL, base: ProviderConfig | undefined, findings: Findings): void {
  const path = ["providers", id, "endpoint"];
  warnAboutUnencrypted(id, url, path, findings);
  if (base !== undefined && new URL(base.endpoint).host !== url.host) {
    findings.warn(path, `keys of ${id} go to ${url.host} instead of ${new URL(base.endpoint).host}`);
  }
}
