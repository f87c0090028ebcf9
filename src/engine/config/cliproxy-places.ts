/**
 * Which provider an entry of a cliproxyapi++ block belongs to: the registry's, when its base-url is the registry's or left
 * out; else one of its own, named after `name` or after the block (`claude-2`). Entries of one base-url share it.
 */
import { defaultCooldown, defaultPriority } from "../providers/table.ts";
import type { AccountsContext } from "./build-accounts.ts";
import { warnAboutUnencrypted } from "./build-providers.ts";
import { isLoopback, isSameService, readEndpoint } from "./endpoint.ts";
import type { CliproxyBlock, CliproxyEntry } from "./file-cliproxy.ts";
import type { Path } from "./problem.ts";
import type { Config, ModelConfig, ProviderConfig, ProviderType } from "./schema.ts";

export interface Place {
  readonly id: string;
}

export interface Places {
  /** Null when the entry cannot be placed, which has been said then. */
  of(block: KeyBlock, entry: CliproxyEntry, path: Path): Place | null;
  providers(): Config["providers"];
}

type KeyBlock = Exclude<CliproxyBlock, "kiro">;

interface Home {
  /** The provider of entries without a base-url; null: there is none, the base-url is needed. */
  readonly id: string | null;
  readonly type: ProviderType;
  /** Where that provider is, when the registry has no row for it. */
  readonly endpoint?: string;
}

const homes: Readonly<Record<KeyBlock, Home>> = {
  "claude-api-key": { id: "claude", type: "anthropic-compatible" },
  "gemini-api-key": { id: "gemini", type: "gemini-compatible" },
  // Codex with a key speaks OpenAI's Responses API; the registry's openai speaks Chat.
  "codex-api-key": {
    id: "openai-responses",
    type: "openai-responses-compatible",
    endpoint: "https://api.openai.com/v1",
  },
  openrouter: { id: "openrouter", type: "openai-compatible" },
  "openai-compatibility": { id: null, type: "openai-compatible" },
};

export function createPlaces({ providers, findings }: AccountsContext): Places {
  const all = new Map(Object.entries(providers));
  /** Providers made here, by block, name and endpoint. */
  const made = new Map<string, string>();

  function add(id: string, type: ProviderType, endpoint: string, entry: CliproxyEntry): Place {
    const before = all.get(id);
    const isOn = entry.disabled !== true;
    const models = modelsOf(entry);
    all.set(
      id,
      before === undefined
        ? ownProvider(type, endpoint, entry)
        : { ...before, enabled: before.enabled || isOn, models: [...before.models, ...models] },
    );
    return { id };
  }

  function own(block: KeyBlock, entry: CliproxyEntry, endpoint: string, path: Path): Place {
    const { type, id: home } = homes[block];
    const name = entry.name === undefined ? null : cleanName(entry.name);
    const stem = name ?? home ?? block;
    const key = JSON.stringify([block, stem, endpoint]);
    const known = made.get(key);
    if (known !== undefined) return add(known, type, endpoint, entry);
    let id = stem;
    for (let number = 2; all.has(id); number += 1) id = `${stem}-${number}`;
    made.set(key, id);
    if (entry.name !== undefined && id !== entry.name) {
      const why = id === stem ? "has letters that a name cannot have" : "is another provider here";
      findings.warn([...path, "name"], `"${entry.name}" ${why}; this one is called ${id}`);
    }
    return add(id, type, endpoint, entry);
  }

  return {
    of(block, entry, path) {
      const home = homes[block];
      const base = (entry["base-url"] ?? "").trim();
      if (base === "") {
        if (home.id === null) {
          findings.wrong(path, "needs a base-url, such as https://host/v1");
          return null;
        }
        return home.endpoint === undefined ? { id: home.id } : own(block, entry, home.endpoint, path);
      }
      const read = readEndpoint(base);
      if (!read.ok) {
        findings.wrong([...path, "base-url"], read.message);
        return null;
      }
      const candidate = home.id ?? (entry.name === undefined ? null : cleanName(entry.name));
      const known = candidate === null ? undefined : all.get(candidate);
      const isKnown =
        candidate !== null &&
        known !== undefined &&
        known.type === home.type &&
        Object.hasOwn(providers, candidate) &&
        isSameService(read.url, new URL(known.endpoint));
      if (isKnown) return { id: candidate };
      const place = own(block, entry, read.endpoint, path);
      warnAboutUnencrypted(place.id, read.url, [...path, "base-url"], findings);
      return place;
    },
    providers: () => Object.fromEntries(all),
  };
}

function ownProvider(type: ProviderType, endpoint: string, entry: CliproxyEntry): ProviderConfig {
  const hasKey =
    entry["api-key"] !== undefined ||
    entry["token-file"] !== undefined ||
    [...(entry["api-key-entries"] ?? []), ...(entry["api-keys"] ?? [])].length > 0;
  return {
    type,
    kind: isLoopback(new URL(endpoint).hostname) ? "local" : "compatible",
    description: "",
    tags: [],
    endpoint,
    moreEndpoints: [],
    authType: hasKey ? "api_key" : "none",
    enabled: entry.disabled !== true,
    priority: defaultPriority - (entry.priority ?? 0),
    models: modelsOf(entry),
    modelMappings: {},
    excludedModels: [],
    features: {},
    limits: null,
    cooldown: defaultCooldown,
    strategy: null,
    serves: [],
  };
}

/** Names alone: an alias is its key's, and several models under one alias are tried in turn there. */
function modelsOf(entry: CliproxyEntry): readonly ModelConfig[] {
  return (entry.models ?? []).map(({ name }) => ({ name }));
}

/** Their names are any text; ours stand before a slash. */
function cleanName(name: string): string {
  const clean = name
    .trim()
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 64);
  // The word before a combo's name cannot be a provider's.
  return clean === "" || clean === "combo" ? `provider-${clean}`.replace(/-$/, "") : clean;
}
