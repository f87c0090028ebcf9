/** Entries of a built configuration for tests: everything at rest, to be laid over. */
import { Secret } from "../../../base/secret.ts";
import { defaultCooldown } from "../../providers/table.ts";
import type { AccountConfig, ProviderConfig } from "../schema.ts";

export const providerEntry = (more: Partial<ProviderConfig> = {}): ProviderConfig => ({
  type: "openai-compatible",
  kind: "compatible",
  description: "",
  tags: [],
  endpoint: "http://127.0.0.1:8000/v1",
  moreEndpoints: [],
  authType: "none",
  enabled: true,
  priority: 100,
  models: [],
  modelMappings: {},
  excludedModels: [],
  features: {},
  limits: null,
  cooldown: defaultCooldown,
  strategy: null,
  serves: [],
  ...more,
});

export const accountEntry = (more: Partial<AccountConfig> = {}): AccountConfig => ({
  provider: "openai",
  name: "main",
  source: { kind: "key", key: new Secret("sk-something-long") },
  priority: 100,
  weight: 1,
  enabled: true,
  limits: null,
  prefix: null,
  models: [],
  excludedModels: [],
  from: "config",
  ...more,
});
