/** Providers as they are now: what they can do, how they did, and switching them on and off. */
import {
  type EngineVerbs,
  type ProviderJson,
  type ProviderMetricsJson,
  type ProviderStatusJson,
  VerbRefusal,
} from "../../base/controls-engine.ts";
import type { AccountHealth } from "../../engine/accounts/pool.ts";
import type { ProviderConfig } from "../../engine/config/schema.ts";
import type { ErrorKind } from "../../engine/errors/engine-error.ts";
import {
  detectCapabilities,
  featureNames,
  isFeatureName,
  supportsFeature,
} from "../../engine/providers/capabilities.ts";
import { checkHealth } from "../../engine/providers/health-check.ts";
import { knownModels, suggestedLimits } from "../../engine/providers/table.ts";
import { resolveModel } from "../../engine/routing/resolve.ts";
import { blockPlaces, ownBlock } from "./blocks.ts";
import { credentialFor, iso, requireProvider, type VerbDeps } from "./deps.ts";
import { limitsJson } from "./shapes.ts";

type ProviderVerbs = Pick<
  EngineVerbs,
  | "providers"
  | "provider"
  | "setProviderEnabled"
  | "providerStatus"
  | "checkProvider"
  | "capabilities"
  | "supports"
  | "providerMetrics"
>;

/** A login may have to be renewed first. */
const checkTimeoutMs = 45_000;
/** Below this share of good answers in the last hour a provider is said to be degraded; below the other, down. */
const degradedBelow = 0.9;
const downBelow = 0.1;

export function providerVerbs(deps: VerbDeps): ProviderVerbs {
  const { pool, metrics } = deps;

  const shown = (id: string, provider: ProviderConfig): ProviderJson => ({
    id,
    type: provider.type,
    kind: provider.kind,
    description: provider.description,
    tags: provider.tags,
    endpoint: provider.endpoint,
    auth_type: provider.authType,
    requires_auth: provider.authType !== "none",
    enabled: provider.enabled,
    priority: provider.priority,
    accounts: pool.list().filter(({ account }) => account.provider === id && account.source.kind !== "none").length,
    models: knownModels(id, provider).map(({ name }) => name),
    capabilities: detectCapabilities(id, provider),
    limits: limitsJson(provider.limits),
    suggested_limits: Object.hasOwn(suggestedLimits, id) ? limitsJson(suggestedLimits[id] ?? null) : null,
  });

  function status(id: string, provider: ProviderConfig): ProviderStatusJson {
    const accounts = pool.list().filter(({ account }) => account.provider === id);
    const count = (...states: readonly string[]): number =>
      accounts.filter(({ state }) => states.includes(state)).length;
    const measured = metrics.of(id);
    const counts = {
      total: accounts.length,
      active: count("active", "probing", "limited"),
      cooling: count("cooling"),
      stopped: count("stopped", "disabled", "needs-login"),
    };
    const errors = accounts.flatMap(({ lastError, lastUsedAt }) =>
      lastError === null ? [] : [{ lastError, lastUsedAt }],
    );
    const [last] = errors.toSorted((left, right) => (right.lastUsedAt ?? 0) - (left.lastUsedAt ?? 0));
    return {
      provider: id,
      ...judged(provider, { ...counts, able: accounts.filter(isAble).length }, answeredShare(measured)),
      accounts: counts,
      last_success: iso(deps.figures.lastSuccessAt(id)),
      last_error: last?.lastError ?? null,
      metrics: measured,
    };
  }

  return {
    providers: () =>
      Promise.resolve(Object.entries(deps.config().providers).map(([id, provider]) => shown(id, provider))),
    provider: (name) =>
      Promise.resolve(requireProvider(deps.config(), name)).then(({ id, provider }) => shown(id, provider)),
    async setProviderEnabled(name, enabled) {
      const { id } = requireProvider(deps.config(), name);
      const places = blockPlaces(deps, id);
      for (const place of places) await deps.editConfig([ownBlock, place, "disabled"], enabled ? undefined : true);
      if (places.length === 0) await deps.editConfig(["providers", id, "enabled"], enabled);
      const { provider } = requireProvider(deps.config(), id);
      return shown(id, provider);
    },
    providerStatus: (name) =>
      Promise.resolve(requireProvider(deps.config(), name)).then(({ id, provider }) => status(id, provider)),
    async checkProvider(name) {
      const { id, provider: config } = requireProvider(deps.config(), name);
      const signal = AbortSignal.timeout(checkTimeoutMs);
      const credential = await credentialFor(deps, id, signal);
      const found = await checkHealth(deps, { id, config, credential, signal });
      return {
        provider: id,
        status: found.status,
        reason: found.reason,
        http_status: found.httpStatus,
        latency_ms: Math.round(found.latencyMs),
        credential_checked: found.credentialChecked,
      };
    },
    capabilities: (name) =>
      Promise.resolve(requireProvider(deps.config(), name)).then(({ id, provider }) =>
        detectCapabilities(id, provider),
      ),
    async supports(model, feature) {
      if (!isFeatureName(feature)) throw new VerbRefusal("invalid", `feature is one of ${featureNames.join(", ")}`);
      const config = deps.config();
      const decision = await Promise.resolve(resolveModel({ config, availability: deps.availability() }, model));
      if (decision.action === "refuse") throw new VerbRefusal("not-found", decision.error.message);
      return decision.targets.some((target) => {
        const provider = config.providers[target.provider];
        return provider !== undefined && supportsFeature(target.provider, provider, target.model, feature);
      });
    },
    providerMetrics: () => Promise.resolve(metrics.all()),
  };
}

/**
 * Of the calls that say something about the provider: one that its client got wrong says nothing. Null: there were none.
 */
function answeredShare({ requests, successes, errors }: ProviderMetricsJson): number | null {
  const ofClients = Object.entries(errors).reduce(
    (sum, [kind, count]) => (clientsFaults.has(kind) ? sum + count : sum),
    0,
  );
  const telling = requests - ofClients;
  return telling <= 0 ? null : successes / telling;
}

const clientsFaults: ReadonlySet<string> = new Set([
  "bad-request",
  "unsupported",
  "context-overflow",
  "opaque-blob",
  "tool-history",
  "content-policy",
  "model-not-found",
  "too-large",
] satisfies readonly ErrorKind[]);

/** One that rests for some of its models only still serves the others. */
function isAble({ state, cooldowns }: AccountHealth): boolean {
  if (state === "cooling") return cooldowns.every(({ model }) => model !== null);
  return state === "active" || state === "probing" || state === "limited";
}

function judged(
  provider: ProviderConfig,
  { total, able, cooling }: ProviderStatusJson["accounts"] & { readonly able: number },
  successRate: number | null,
): Pick<ProviderStatusJson, "status" | "reason"> {
  if (!provider.enabled) return { status: "disabled", reason: "switched off" };
  if (total === 0) return { status: "no-account", reason: "it has no account; add one with `switchyard accounts add`" };
  if (able === 0 && cooling > 0)
    return { status: "down", reason: cooling === 1 ? "its account cools" : `all ${cooling} accounts cool` };
  if (able === 0)
    return { status: "no-account", reason: "none of its accounts can be used; see `switchyard accounts list`" };
  if (successRate === null) return { status: "unknown", reason: "no call in the last hour" };
  const share = `${Math.round(successRate * 100)} % of the last hour's calls were answered`;
  if (successRate < downBelow) return { status: "down", reason: share };
  return { status: successRate < degradedBelow || cooling > 0 ? "degraded" : "healthy", reason: share };
}
