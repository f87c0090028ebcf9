/** The engine's verbs over the control socket: the same questions that `routes/` answers, typed by what it answers. */
import type {
  AccountJson,
  AliasesJson,
  CapabilitiesJson,
  ComboJson,
  EngineVerbs,
  LoginJson,
  ModelJson,
  ProviderCheckJson,
  ProviderJson,
  ProviderMetricsJson,
  ProviderStatusJson,
  ProxyTestJson,
  QuotaJson,
  RateLimitJson,
  SessionJson,
  UsageJson,
} from "../base/controls-engine.ts";

/** One request; the reply is the core's and of our version. */
export type Ask = <Reply>(method: Method, path: string, options?: AskOptions) => Promise<Reply>;
export type Method = "GET" | "POST" | "PUT" | "DELETE";

export interface AskOptions {
  readonly body?: unknown;
  /** Longest silence before the core counts as stuck. */
  readonly timeoutMs?: number;
}

/**
 * Where the core itself waits for somebody (a provider, a keychain that asks its user, another process's lock), it gives
 * them 60 s; its word on how that went comes after.
 */
const patient = { timeoutMs: 65_000 } as const;

export function engineVerbsOver(ask: Ask): EngineVerbs {
  const change = async (method: Method, path: string, options?: AskOptions): Promise<void> => {
    await ask(method, path, options);
  };
  return {
    accounts: async () => (await ask<{ accounts: readonly AccountJson[] }>("GET", "/api/accounts", patient)).accounts,
    addAccount: (account) => ask("POST", "/api/accounts", { body: account, ...patient }),
    removeAccount: (id) => change("DELETE", accountPath(id), patient),
    setAccountEnabled: (id, enabled) => ask("PUT", `${accountPath(id)}/enabled`, { body: { enabled }, ...patient }),
    async clearCooldown(id, model) {
      const path = id === null ? "/api/accounts/clear-cooldowns" : `${accountPath(id)}/clear-cooldown`;
      return (await ask<{ cleared: number }>("POST", path, { body: model === null ? {} : { model } })).cleared;
    },
    refreshAccount: (id) => ask("POST", `${accountPath(id)}/refresh`, patient),
    async quota(id) {
      const path = id === null ? "/api/accounts/quota" : `${accountPath(id)}/quota`;
      return (await ask<{ quota: readonly QuotaJson[] }>("GET", path, patient)).quota;
    },
    startLogin: (login) => ask<LoginJson>("POST", "/api/logins", { body: login, ...patient }),
    login: (id) => ask("GET", loginPath(id)),
    finishLogin: (id, pasted) => ask("POST", loginPath(id), { body: { pasted }, ...patient }),
    cancelLogin: (id) => change("DELETE", loginPath(id)),
    importLogin: (account) => ask("POST", "/api/accounts/import", { body: account, ...patient }),
    reloadAccounts: () => change("POST", "/api/accounts/reload", patient),

    providers: async () => (await ask<{ data: readonly ProviderJson[] }>("GET", "/v1/providers")).data,
    provider: (id) => ask("GET", providerPath(id)),
    setProviderEnabled: (id, enabled) => ask("PUT", `${providerPath(id)}/enabled`, { body: { enabled } }),
    providerStatus: (id) => ask<ProviderStatusJson>("GET", `${providerPath(id)}/status`),
    checkProvider: (id) => ask<ProviderCheckJson>("POST", `${providerPath(id)}/check`, { body: {}, ...patient }),
    capabilities: (id) => ask<CapabilitiesJson>("GET", `${providerPath(id)}/capabilities`),
    supports: async (model, feature) =>
      (await ask<{ supported: boolean }>("GET", `/v1/capabilities${query({ model, feature })}`)).supported,
    providerMetrics: async () =>
      (await ask<{ data: readonly ProviderMetricsJson[] }>("GET", "/v1/metrics/providers")).data,
    async models({ provider, refresh }) {
      const again = { refresh: refresh ? "1" : null };
      if (provider === null) {
        const path = `/api/models/catalog${query(again)}`;
        return (await ask<{ models: readonly ModelJson[] }>("GET", path, patient)).models;
      }
      const path = `${providerPath(provider)}/models${query(again)}`;
      return (await ask<{ data: readonly ModelJson[] }>("GET", path, patient)).data;
    },
    async customModels(provider) {
      const path = `/api/provider-models${query({ provider })}`;
      return (await ask<{ models: Readonly<Record<string, readonly string[]>> }>("GET", path)).models;
    },
    addCustomModel: (provider, { name, ...rest }) =>
      change("POST", "/api/provider-models", { body: { provider, model: name, ...rest } }),
    removeCustomModel: (provider, model) => change("DELETE", `/api/provider-models${query({ provider, model })}`),

    combos: async () => (await ask<{ combos: readonly ComboJson[] }>("GET", "/api/combos")).combos,
    async aliases() {
      const { aliases, collisions } = await ask<AliasesJson>("GET", "/api/combos");
      return { aliases, collisions };
    },
    addRoute: (rule) => ask("POST", "/api/routes", { body: rule }),
    removeRoute: (number) => change("DELETE", `/api/routes/${number}`),
    moveRoute: (number, to) => change("POST", `/api/routes/${number}/move`, { body: { to } }),
    setRouteEnabled: (number, enabled) => change("PUT", `/api/routes/${number}/enabled`, { body: { enabled } }),
    setCombo: (name, members) => change("PUT", `/api/combos/${encodeURIComponent(name)}`, { body: { members } }),
    removeCombo: (name) => change("DELETE", `/api/combos/${encodeURIComponent(name)}`),
    setAlias: (name, target) => change("PUT", `/api/aliases/${encodeURIComponent(name)}`, { body: { target } }),
    removeAlias: (name) => change("DELETE", `/api/aliases/${encodeURIComponent(name)}`),
    sessions: async () => (await ask<{ sessions: readonly SessionJson[] }>("GET", "/api/sessions")).sessions,
    rateLimits: async () => (await ask<{ rateLimits: readonly RateLimitJson[] }>("GET", "/api/rate-limits")).rateLimits,
    usage: ({ group, since, until }) =>
      // A year of calls is read from the disk.
      ask<UsageJson>("GET", `/api/usage${query({ group, since, until })}`, patient),

    setting: (name) => ask("GET", `/api/settings/${name}`),
    changeSetting: (name, value) =>
      value === undefined
        ? ask("DELETE", `/api/settings/${name}`)
        : ask("PUT", `/api/settings/${name}`, { body: value }),
    changeProxy(place, proxy) {
      const path = `/api/settings/proxy${query({ id: null, ...place })}`;
      return proxy === null ? ask("DELETE", path) : ask("PUT", path, { body: { proxy } });
    },
    testProxy: (proxy) => ask<ProxyTestJson>("POST", "/api/settings/proxy/test", { body: { proxy }, ...patient }),
  };
}

/** `provider/name`; what stands after the first slash is the name. */
function accountPath(id: string): string {
  const slash = id.indexOf("/");
  const [provider, name] = slash < 0 ? [id, ""] : [id.slice(0, slash), id.slice(slash + 1)];
  return `/api/accounts/${encodeURIComponent(provider)}/${encodeURIComponent(name)}`;
}

function providerPath(id: string): string {
  return `/v1/providers/${encodeURIComponent(id)}`;
}

function loginPath(id: string): string {
  return `/api/logins/${encodeURIComponent(id)}`;
}

/** Nulls are left out. */
function query(fields: Readonly<Record<string, string | null>>): string {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== null) said.set(name, value);
  return said.size === 0 ? "" : `?${said.toString()}`;
}
