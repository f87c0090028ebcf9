/**
 * What a person or a script may see and ask of the engine: accounts, providers, models, combos, usage, settings.
 * One vocabulary for the control socket, the gateway, the commands and the screen. Names are public; instants are
 * ISO 8601; no field ever holds a secret.
 */

/** Implemented by the composition root (src/core/verbs/). A verb that refuses rejects with a `VerbRefusal`. */
export interface EngineVerbs {
  accounts(): Promise<readonly AccountJson[]>;
  /** A key of a new account; it goes into the private store, not into config.yaml. */
  addAccount(account: NewAccountJson): Promise<AccountJson>;
  removeAccount(id: string): Promise<void>;
  setAccountEnabled(id: string, enabled: boolean): Promise<AccountJson>;
  /** Ends cooldowns by hand: of one account, of one of its models, or of all (`id` null). Returns how many. */
  clearCooldown(id: string | null, model: string | null): Promise<number>;
  /** Renews a login now. */
  refreshAccount(id: string): Promise<AccountJson>;
  /** Asks the providers' usage endpoints, no faster than they allow; null: all accounts. */
  quota(id: string | null): Promise<readonly QuotaJson[]>;
  /** Begins a login and answers with what its user must do; the rest is seen through `login`. */
  startLogin(login: NewLoginJson): Promise<LoginJson>;
  login(id: string): Promise<LoginJson>;
  /** For flows whose answer is pasted. */
  finishLogin(id: string, pasted: string): Promise<LoginJson>;
  cancelLogin(id: string): Promise<void>;
  importLogin(account: NewImportJson): Promise<AccountJson>;
  /** The store was changed by another process. */
  reloadAccounts(): Promise<void>;

  providers(): Promise<readonly ProviderJson[]>;
  provider(id: string): Promise<ProviderJson>;
  setProviderEnabled(id: string, enabled: boolean): Promise<ProviderJson>;
  providerStatus(id: string): Promise<ProviderStatusJson>;
  /** Asks the provider now whether it is there and takes the credential of its best account. Spends no tokens. */
  checkProvider(id: string): Promise<ProviderCheckJson>;
  capabilities(id: string): Promise<CapabilitiesJson>;
  /** `feature`: streaming, functions, vision, code_generation. */
  supports(model: string, feature: string): Promise<boolean>;
  providerMetrics(): Promise<readonly ProviderMetricsJson[]>;
  /** Models clients may ask for; `refresh` asks the providers again. */
  models(question: { readonly provider: string | null; readonly refresh: boolean }): Promise<readonly ModelJson[]>;
  customModels(provider: string | null): Promise<Readonly<Record<string, readonly string[]>>>;
  addCustomModel(provider: string, model: CustomModelJson): Promise<void>;
  removeCustomModel(provider: string, model: string): Promise<void>;

  combos(): Promise<readonly ComboJson[]>;
  aliases(): Promise<AliasesJson>;
  /** Rules of config.yaml, counted from 1 in file order; comments in the file stay. */
  addRoute(rule: NewRouteJson): Promise<{ readonly number: number }>;
  removeRoute(number: number): Promise<void>;
  moveRoute(number: number, to: number): Promise<void>;
  setRouteEnabled(number: number, enabled: boolean): Promise<void>;
  /** Written anew where there is one of that name. */
  setCombo(name: string, members: readonly string[]): Promise<void>;
  removeCombo(name: string): Promise<void>;
  setAlias(name: string, target: string): Promise<void>;
  removeAlias(name: string): Promise<void>;
  sessions(): Promise<readonly SessionJson[]>;
  rateLimits(): Promise<readonly RateLimitJson[]>;
  usage(question: UsageQuestionJson): Promise<UsageJson>;

  /** Sections of `settings` in config.yaml, as they are written there. Changing one edits the file and keeps its comments. */
  setting<Name extends SettingName>(name: Name): Promise<SettingsJson[Name]>;
  /** Undefined takes the section out. */
  changeSetting<Name extends SettingName>(name: Name, value: unknown): Promise<SettingsJson[Name]>;
  /** The outbound proxy of one place, the others left as they are; null takes it out. */
  changeProxy(place: ProxyPlaceJson, proxy: string | null): Promise<NetworkProxyJson>;
  /** Connects through a proxy to a public host; says what address it was seen from where the proxy tells. */
  testProxy(proxy: string | null): Promise<ProxyTestJson>;
}

export const settingNames = ["network_proxy", "ip_filter", "thinking_budget", "system_prompt"] as const;
export type SettingName = (typeof settingNames)[number];

export interface SettingsJson {
  readonly network_proxy: NetworkProxyJson;
  readonly ip_filter: IpFilterJson;
  readonly thinking_budget: ThinkingBudgetJson;
  readonly system_prompt: SystemPromptJson;
}

/** Outbound proxies as URLs, or `direct`; the most exact one wins. Users and passwords are not shown. */
export interface NetworkProxyJson {
  readonly global: string | null;
  readonly providers: Readonly<Record<string, string>>;
  readonly combos: Readonly<Record<string, string>>;
  /** By `provider/account`. */
  readonly keys: Readonly<Record<string, string>>;
}

export const proxyLevels = ["global", "providers", "combos", "keys"] as const;

export type ProxyPlaceJson =
  | { readonly level: "global" }
  | { readonly level: Exclude<(typeof proxyLevels)[number], "global">; readonly id: string };

export interface IpFilterJson {
  readonly mode: "off" | "allow" | "deny" | "whitelist" | "blacklist";
  readonly list: readonly string[];
}

export interface ThinkingBudgetJson {
  readonly mode?: "passthrough" | "auto" | "custom" | "adaptive";
  readonly tokens?: number;
}

export interface SystemPromptJson extends PromptTextJson {
  readonly providers?: Readonly<Record<string, PromptTextJson>>;
}

export interface PromptTextJson {
  readonly mode?: "prepend" | "append" | "none";
  readonly text?: string;
}

/** A verb that cannot be done, in words for its asker. */
export class VerbRefusal extends Error {
  readonly code: "not-found" | "invalid" | "conflict" | "unavailable" | "upstream";

  constructor(code: VerbRefusal["code"], message: string) {
    super(message);
    this.name = "VerbRefusal";
    this.code = code;
  }
}

export interface AccountJson {
  /** `provider/name`. */
  readonly id: string;
  readonly provider: string;
  readonly name: string;
  readonly source: "none" | "key" | "login" | "client";
  /** Which program's login it is, where it is one. */
  readonly client: string | null;
  readonly from: "config" | "store";
  readonly enabled: boolean;
  readonly priority: number;
  readonly weight: number;
  readonly prefix: string | null;
  readonly state: "active" | "cooling" | "probing" | "limited" | "stopped" | "disabled" | "needs-login";
  readonly credential: {
    readonly state: "ok" | "will-refresh" | "needs-login" | "missing" | "unreadable";
    readonly expiresAt: string | null;
    readonly who: string | null;
    readonly plan: string | null;
    readonly fix: string | null;
  };
  readonly cooldowns: readonly CooldownJson[];
  readonly calls: number;
  readonly failures: number;
  /** 0…1. */
  readonly health: number;
  readonly inFlight: number;
  readonly lastUsedAt: string | null;
  readonly lastError: string | null;
  readonly quota: QuotaJson | null;
}

export interface CooldownJson {
  /** Null: all its models. */
  readonly model: string | null;
  readonly level: number;
  /** Null: until its owner has acted. */
  readonly until: string | null;
  readonly remainingMs: number | null;
  /** What the provider says, which may be later. */
  readonly resetAt: string | null;
  readonly kind: string;
  readonly reason: string;
}

export interface QuotaJson {
  readonly account: string;
  readonly plan: string | null;
  readonly source: "headers" | "endpoint";
  readonly readAt: string;
  readonly windows: readonly {
    readonly name: string;
    readonly model: string | null;
    readonly limit: number | null;
    readonly remaining: number | null;
    readonly usedPercent: number | null;
    readonly resetAt: string | null;
    /** If it goes on as in the last hour; null: not before its reset, or not known. */
    readonly runsOutAt: string | null;
    readonly unlimited: boolean;
    readonly exhausted: boolean;
  }[];
  /** Why it could not be read anew; null when it could. */
  readonly error: string | null;
}

export interface NewAccountJson {
  readonly provider: string;
  readonly name: string;
  readonly apiKey: string;
  readonly priority?: number;
  readonly weight?: number;
}

export interface NewLoginJson {
  readonly provider: string;
  readonly name: string;
  /** Its user has read that rerouting to a subscription may be against the provider's terms. */
  readonly acceptTerms: boolean;
  /** Kiro: `builder-id`, `identity-center`, `google`, `github`. */
  readonly method?: string;
  readonly startUrl?: string;
  readonly region?: string;
}

export const kiroMethods = ["builder-id", "identity-center", "google", "github"] as const;
export type KiroMethod = (typeof kiroMethods)[number];

/** A page on which somebody logs in to Kiro in a browser; `method` and what belongs to it are only proposed there. */
export type NewLoginPageJson = Omit<NewLoginJson, "provider">;

export interface LoginPageJson {
  readonly id: string;
  /** `provider/name`. */
  readonly account: string;
  /** `unopened`: nobody has followed its link yet. `cancelled`: in the page, or where it was made. */
  readonly state: "unopened" | "open" | "done" | "cancelled" | "expired";
  /** When the link, or the page that it opened, is over. */
  readonly expiresAt: string;
  /** The newest of its logins; null before the first. */
  readonly login: LoginJson | null;
  /** Why it ended otherwise than by a login; null where it has not. */
  readonly reason: string | null;
  /** Its browser has been shown how it ended. */
  readonly shown: boolean;
}

export interface OpenedLoginPageJson extends LoginPageJson {
  /** Opens the page once. */
  readonly url: string;
}

export interface NewImportJson {
  readonly provider: string;
  readonly name: string;
  readonly client: string;
  readonly path?: string;
  readonly acceptTerms: boolean;
}

export interface LoginJson {
  /** Of this attempt; not to be guessed. */
  readonly id: string;
  readonly provider: string;
  readonly account: string;
  readonly kind: "device" | "browser";
  readonly state: "waiting" | "done" | "failed" | "cancelled" | "expired";
  /** Where its user has to go. */
  readonly url: string;
  /** With the code already in it. */
  readonly urlComplete: string | null;
  readonly userCode: string | null;
  readonly expiresAt: string;
  /** True where the answer may be pasted instead of coming back by itself. */
  readonly pastes: boolean;
  readonly error: string | null;
}

export interface ProviderJson {
  readonly id: string;
  readonly type: string;
  readonly kind: "direct" | "aggregator" | "proprietary" | "compatible" | "local";
  readonly description: string;
  readonly tags: readonly string[];
  readonly endpoint: string;
  readonly auth_type: string;
  readonly requires_auth: boolean;
  readonly enabled: boolean;
  readonly priority: number;
  readonly accounts: number;
  readonly models: readonly string[];
  readonly capabilities: CapabilitiesJson;
  readonly limits: LimitsJson;
  /** What the registry suggests; in force where the file says `limits: suggested`. Null: nothing. */
  readonly suggested_limits: LimitsJson | null;
}

export interface LimitsJson {
  readonly requests_per_minute: number | null;
  readonly tokens_per_minute: number | null;
  readonly max_tokens_per_request: number | null;
}

/** Exactly the seed's keys. */
export interface CapabilitiesJson {
  readonly streaming: boolean;
  readonly functions: boolean;
  readonly vision: boolean;
  readonly code_generation: boolean;
  /** 0: not known. */
  readonly max_tokens: number;
}

export interface ProviderStatusJson {
  readonly provider: string;
  /** `unknown`: no call yet. */
  readonly status: "healthy" | "degraded" | "down" | "disabled" | "no-account" | "unknown";
  readonly reason: string;
  readonly accounts: {
    readonly total: number;
    readonly active: number;
    readonly cooling: number;
    readonly stopped: number;
  };
  readonly last_success: string | null;
  readonly last_error: string | null;
  readonly metrics: ProviderMetricsJson;
}

export interface ProviderCheckJson {
  readonly provider: string;
  readonly status: "healthy" | "unauthorized" | "limited" | "failing" | "unreachable";
  readonly reason: string;
  readonly http_status: number | null;
  readonly latency_ms: number;
  /** False: it was reached, and no credential was shown. */
  readonly credential_checked: boolean;
}

/** Rolling, of the last hour, from real calls. Nulls: no call to tell by. */
export interface ProviderMetricsJson {
  readonly provider: string;
  readonly requests: number;
  readonly successes: number;
  readonly failures: number;
  readonly success_rate: number | null;
  readonly ttfb_ms_p50: number | null;
  readonly ttfb_ms_p95: number | null;
  readonly duration_ms_p50: number | null;
  readonly duration_ms_p95: number | null;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cost_usd: number | null;
  readonly errors: Readonly<Record<string, number>>;
  readonly since: string;
}

export interface ModelJson {
  /** What a client writes: an alias, `combo/NAME`, `prefix/model` or `provider/model`. */
  readonly id: string;
  readonly provider: string;
  /** The provider's own name. */
  readonly model: string;
  readonly kind: "chat" | "embedding" | "image" | "combo" | "alias";
  /** Where we know it from. */
  readonly source: "built-in" | "config" | "provider" | "custom";
  readonly max_tokens: number | null;
  readonly usable: boolean;
  readonly capabilities: CapabilitiesJson;
}

export interface CustomModelJson {
  readonly name: string;
  readonly max_tokens?: number;
  readonly alias?: string;
}

export interface ComboJson {
  readonly name: string;
  readonly members: readonly {
    readonly text: string;
    readonly provider: string | null;
    readonly model: string | null;
    readonly usable: boolean;
    readonly reason: string | null;
  }[];
  /** Fewer than two members that stand on different accounts: nothing to fall back to. */
  readonly warning: string | null;
}

export interface AliasesJson {
  readonly aliases: Readonly<Record<string, string>>;
  /** Names that could mean two things, and which one counts. */
  readonly collisions: readonly {
    readonly name: string;
    readonly meanings: readonly string[];
    readonly taken: string;
  }[];
}

export interface NewRouteJson {
  readonly match?: {
    readonly client?: string | undefined;
    readonly host?: string | undefined;
    readonly path?: string | undefined;
    readonly model?: string | undefined;
  };
  readonly to: string;
  readonly fallback?: "error" | "passthrough" | undefined;
  /** Its place, counted from 1; default: behind all others. */
  readonly at?: number | undefined;
}

export interface SessionJson {
  readonly id: string;
  readonly client: string | null;
  readonly account: string;
  readonly model: string;
  readonly calls: number;
  readonly startedAt: string;
  readonly lastAt: string;
  readonly cachedTokens: number;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** What moving it to another account now would bill again, US dollars; null: no price known. */
  readonly switchCostUsd: number | null;
}

export interface RateLimitJson {
  readonly account: string;
  readonly state: AccountJson["state"];
  readonly limits: ProviderJson["limits"];
  readonly used: { readonly requests: number; readonly tokens: number };
  readonly cooldowns: readonly CooldownJson[];
  readonly quota: QuotaJson | null;
}

export interface UsageQuestionJson {
  readonly group: "day" | "model" | "account" | "session" | "client" | "provider";
  /** `2026-11-01`, or an instant. */
  readonly since: string | null;
  readonly until: string | null;
}

export interface UsageJson {
  readonly group: UsageQuestionJson["group"];
  readonly rows: readonly UsageRowJson[];
  readonly total: UsageRowJson;
  /** Lines that could not be kept. */
  readonly dropped: number;
}

export interface UsageRowJson {
  /** The group's value; days are local dates, `2026-11-21`. */
  readonly key: string;
  readonly calls: number;
  readonly failures: number;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly reasoning: number;
  readonly costUsd: number | null;
  readonly cacheSavedUsd: number | null;
  /** Some figure in it is an estimate, or some call had no price. */
  readonly estimated: boolean;
  readonly unpriced: number;
}

export interface ProxyTestJson {
  readonly ok: boolean;
  readonly proxy: string | null;
  readonly latencyMs: number | null;
  /** As the far side saw us; null where nobody was asked. */
  readonly publicIp: string | null;
  readonly error: string | null;
}
