/** The `providers` block laid over the built-in registry. */
import { builtInProviders, defaultEndpoints, defaultPriority, laterProviders } from "../providers/table.ts";
import { isSpoken } from "../providers/compatible.ts";
import type { Findings } from "./build.ts";
import { defaultCooldown } from "../providers/table.ts";
import type { Dormant } from "./dormant.ts";
import { isLoopback, readEndpoint } from "./endpoint.ts";
import type { ConfigFile, ProviderBlock } from "./file-schema.ts";
import { suggestion } from "./nearest.ts";
import { providerTypes, type ProviderConfig } from "./schema.ts";

export interface BuiltProviders {
  readonly providers: Readonly<Record<string, ProviderConfig>>;
  /** Blocks that ask for a dialect or a login this version does not have. */
  readonly dormant: readonly Dormant[];
}

export function buildProviders(file: ConfigFile, findings: Findings): BuiltProviders {
  const providers = new Map(Object.entries(builtInProviders));
  const dormant: Dormant[] = [];
  const withKey = new Set(
    (file.accounts ?? []).filter((each) => each.api_key !== undefined).map((each) => each.provider),
  );
  for (const [id, block] of Object.entries(file.providers ?? {})) {
    if (id === "combo")
      findings.wrong(["providers", id], `"combo" is the prefix of combos; choose another name`, "key");
    const isLater =
      (block.type === undefined && laterProviders.has(id)) ||
      (laterProviders.has(block.type ?? "") && !isType(block.type)) ||
      (block.auth_type !== undefined && block.auth_type !== "none" && block.auth_type !== "api_key");
    if (isLater) {
      providers.delete(id);
      dormant.push({ path: ["providers", id], value: block });
      continue;
    }
    const built = buildProvider(id, block, withKey.has(id), findings);
    if (built !== null) providers.set(id, built);
  }
  return { providers: Object.fromEntries(providers), dormant };
}

function isType(name: string | undefined): boolean {
  return providerTypes.some((type) => type === name && isSpoken(type));
}

function buildProvider(id: string, block: ProviderBlock, hasKey: boolean, findings: Findings): ProviderConfig | null {
  const path = ["providers", id];
  const wanted = block.type ?? id;
  const base = Object.hasOwn(builtInProviders, wanted) ? builtInProviders[wanted] : undefined;
  const type = base?.type ?? providerTypes.find((each) => each === block.type);
  if (type === undefined) {
    const known = [...providerTypes, ...Object.keys(builtInProviders)];
    if (block.type === undefined)
      findings.wrong(path, `provider "${id}" needs a type, such as openai-compatible`, "key");
    else findings.wrong([...path, "type"], `unknown type "${block.type}"${suggestion(block.type, known)}`);
    return null;
  }
  const text = block.endpoint ?? base?.endpoint ?? defaultEndpoints[type];
  if (text === undefined) {
    findings.wrong(path, `provider "${id}" needs an endpoint, such as http://127.0.0.1:8000/v1`, "key");
    return null;
  }
  const read = readEndpoint(text);
  if (!read.ok) {
    findings.wrong([...path, "endpoint"], read.message);
    return null;
  }
  const authType =
    block.auth_type === "none" ? "none" : (block.auth_type ?? base?.authType ?? (hasKey ? "api_key" : "none"));
  if (authType === "api_key") warnAboutKeys(id, read.url, base, findings);
  return {
    type,
    kind: base?.kind ?? "compatible",
    description: base?.description ?? "",
    tags: base?.tags ?? [],
    moreEndpoints: [],
    excludedModels: [],
    features: {},
    limits: null,
    cooldown: defaultCooldown,
    strategy: null,
    endpoint: read.endpoint,
    authType: authType === "none" ? "none" : "api_key",
    enabled: block.enabled ?? true,
    priority: block.priority ?? base?.priority ?? defaultPriority,
    models: (block.models ?? [])
      .filter((model) => model.enabled !== false)
      .map((model) =>
        model.max_tokens === undefined ? { name: model.name } : { name: model.name, maxTokens: model.max_tokens },
      ),
    modelMappings: block.model_mappings ?? {},
    ...(block.project === undefined ? {} : { project: block.project }),
    serves: base?.serves ?? [],
  };
}

/** A key goes where the endpoint says; two ways in which that may not be what its owner thinks. */
function warnAboutKeys(id: string, url: URL, base: ProviderConfig | undefined, findings: Findings): void {
  const path = ["providers", id, "endpoint"];
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    findings.warn(path, `keys of ${id} travel unencrypted to ${url.host}; use https:// if the server has it`);
  }
  if (base !== undefined && new URL(base.endpoint).host !== url.host) {
    findings.warn(path, `keys of ${id} go to ${url.host} instead of ${new URL(base.endpoint).host}`);
  }
}
