/** The providers by name and kind: the seed's registry. Errors are values; the words of both are the seed's. */
import type { ProviderConfig, ProviderKind } from "../config/schema.ts";
import { builtInProviders, secondNames } from "./table.ts";

export interface RegistryEntry {
  readonly id: string;
  readonly config: ProviderConfig;
}

export type RegistryResult<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly error: { readonly name: "DuplicateProvider" | "ProviderNotFound"; readonly message: string };
    };

export interface Registry {
  register(entry: RegistryEntry): RegistryResult<RegistryEntry>;
  /** By its id, or by a second name that no other entry has as its id. */
  get(name: string): RegistryResult<RegistryEntry>;
  listByType(kind: ProviderKind): readonly RegistryEntry[];
  listAll(): readonly RegistryEntry[];
  listEnabled(): readonly RegistryEntry[];
}

export function createRegistry(entries: readonly RegistryEntry[] = []): Registry {
  const byId = new Map<string, RegistryEntry>();
  const registry: Registry = {
    register(entry) {
      if (byId.has(entry.id)) {
        const message = `provider already registered: ${entry.id}`;
        return { ok: false, error: { name: "DuplicateProvider", message } };
      }
      byId.set(entry.id, entry);
      return { ok: true, value: entry };
    },
    get(name) {
      const second = Object.hasOwn(secondNames, name) ? secondNames[name] : undefined;
      const entry = byId.get(name) ?? (second === undefined ? undefined : byId.get(second));
      if (entry !== undefined) return { ok: true, value: entry };
      return { ok: false, error: { name: "ProviderNotFound", message: `provider not found: ${name}` } };
    },
    listByType: (kind) => [...byId.values()].filter(({ config }) => config.kind === kind),
    listAll: () => [...byId.values()],
    listEnabled: () => [...byId.values()].filter(({ config }) => config.enabled),
  };
  for (const entry of entries) registry.register(entry);
  return registry;
}

/** Everything that is built in, under its own name. Returns the registry it was given. */
export function registerBuiltins(registry: Registry): Registry {
  for (const [id, config] of Object.entries(builtInProviders)) registry.register({ id, config });
  return registry;
}

/** The id that a name stands for in a configuration: itself, or what it is a second name of; null where it is neither. */
export function providerId(providers: Readonly<Record<string, ProviderConfig>>, name: string): string | null {
  if (Object.hasOwn(providers, name)) return name;
  const second = Object.hasOwn(secondNames, name) ? secondNames[name] : undefined;
  return second !== undefined && Object.hasOwn(providers, second) ? second : null;
}
