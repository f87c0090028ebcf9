/** The configuration as the program sees it: every field present, defaults filled in, secrets wrapped. */
import type { WireLimits } from "../../base/limits.ts";
import type { Secret } from "../../base/secret.ts";

export const providerTypes = [
  "openai-compatible",
  "openai-responses-compatible",
  "anthropic-compatible",
  "gemini-compatible",
  // Services with an accent of their own: a login, other headers, more than one address.
  "codex",
  "copilot",
  "gemini-cli",
  "antigravity",
  "qwen",
  "iflow",
  // Their streams are frames of bytes.
  "kiro",
  "cursor",
] as const;
export type ProviderType = (typeof providerTypes)[number];
/** How the registry groups providers. `compatible`: an endpoint its user named; `local`: a server on this machine. */
export const providerKinds = ["direct", "aggregator", "proprietary", "compatible", "local"] as const;
export type ProviderKind = (typeof providerKinds)[number];
export const authTypes = ["none", "api_key", "oauth_device_flow", "oauth_pkce", "import"] as const;
export type AuthType = (typeof authTypes)[number];
/** How one of several accounts is chosen. `fill-first`: by priority, then the file's order. */
export const strategies = ["fill-first", "round-robin", "capability", "weighted", "score"] as const;
export type Strategy = (typeof strategies)[number];
/** Logins of other programs that can be read where they keep them. */
export const clientLogins = [
  "claude-code",
  "codex",
  "gemini-cli",
  "qwen-code",
  "copilot",
  "kiro",
  "cursor",
  "iflow",
] as const;
export type ClientLogin = (typeof clientLogins)[number];
export type ProxyAuth = "reroute" | "always" | "off";
export type PrivateDestinations = "auto" | "refuse" | "allow";

export interface Config {
  readonly listen: {
    readonly host: string;
    readonly port: number;
    readonly proxyAuth: ProxyAuth;
    /** Is the control API served on the port as well, to whoever has the admin token? Never where others can reach it. */
    readonly controlApi: boolean;
  };
  readonly intercept: {
    /** Globs; the word `default` stands for the built-in provider hosts. */
    readonly hosts: readonly string[];
    readonly tunnel: readonly string[];
  };
  readonly upstream: {
    /** Absolute paths of extra root files. */
    readonly ca: readonly string[];
    /** `host:port` → `host:port`. */
    readonly connectTo: Readonly<Record<string, string>>;
    readonly privateDestinations: PrivateDestinations;
    readonly timeouts: { readonly connectMs: number; readonly firstByteMs: number; readonly idleMs: number };
  };
  /** What is taken from the wire, and for how long. */
  readonly limits: WireLimits;
  /** The built-in providers this build can speak to, with the file's own added or laid over them. */
  readonly providers: Readonly<Record<string, ProviderConfig>>;
  readonly accounts: readonly AccountConfig[];
  readonly combos: Readonly<Record<string, readonly string[]>>;
  readonly aliases: Readonly<Record<string, string>>;
  readonly routes: readonly RouteConfig[];
  /** By provider id: what a login needs besides what is built in. */
  readonly oauth: Readonly<Record<string, OAuthConfig>>;
  /** By glob of `provider/model`, first match wins, before the built-in table. US dollars for a million tokens. */
  readonly prices: Readonly<Record<string, Price>>;
  readonly settings: Settings;
  /** What the file asks for and this version does not act on yet: its path in the file → the value as written. */
  readonly dormant: Readonly<Record<string, unknown>>;
}

export interface Settings {
  /** Added to the usage a client is shown when its call is translated; 0 = none. */
  readonly usageBuffer: number;
  readonly captureFlows: number;
  readonly captureBytes: number;
  readonly thinkingBudget: ThinkingBudget;
  readonly systemPrompt: {
    /** Null: nothing is added. */
    readonly all: SystemPrompt | null;
    /** By provider, in place of `all`; an empty one adds nothing. */
    readonly providers: Readonly<Record<string, SystemPrompt>>;
  };
  /** Small calls of the Claude CLI that a rule would route are answered here. */
  readonly bypass: boolean;
  readonly dedupe: { readonly enabled: boolean; readonly windowMs: number };
  readonly requestLogs: boolean;
  /** The models that rules route are added to the lists that Kiro and Cursor ask their backends for. */
  readonly extendModelLists: boolean;
  readonly selection: {
    readonly strategy: Strategy;
    /** A conversation stays with the account that holds its prompt cache, as long as that one can serve it. */
    readonly sticky: boolean;
    /** An account at its own limits: wait for it, or go on as if it were cooling. */
    readonly whenLimited: "queue" | "refuse";
    /** Longest wait for an account before the client is told to come back, ms. */
    readonly maxWaitMs: number;
  };
  readonly networkProxy: NetworkProxy;
  readonly ipFilter: { readonly mode: "off" | "allow" | "deny"; readonly list: readonly string[] };
  /** Models are named `provider/model` (or with a prefix) or they are not found. */
  readonly forceModelPrefix: boolean;
}

/** Outbound proxies: `http://host:port`, `https://…`, `socks5://…`, or `direct`. The most exact one wins. */
export interface NetworkProxy {
  readonly global: string | null;
  readonly providers: Readonly<Record<string, string>>;
  readonly combos: Readonly<Record<string, string>>;
  /** By `provider/account`. */
  readonly keys: Readonly<Record<string, string>>;
}

export interface OAuthConfig {
  readonly clientId?: string;
  readonly clientSecret?: Secret;
  readonly authUrl?: string;
  readonly tokenUrl?: string;
  readonly refreshUrl?: string;
}

export interface Price {
  readonly input: number;
  readonly output: number;
  /** Absent: as `input`. */
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
}

/**
 * What becomes of a routed call's wish to think. `auto`: taken out, the model's own default holds. `custom`: this many
 * tokens, whatever was asked (0 = no thinking). `adaptive`: `tokens` is the base that grows with the call.
 */
export type ThinkingBudget =
  | { readonly mode: "passthrough" }
  | { readonly mode: "auto" }
  | { readonly mode: "custom"; readonly tokens: number }
  | { readonly mode: "adaptive"; readonly tokens: number };

/** Text laid around whatever the client's system prompt says. */
export interface SystemPrompt {
  readonly prepend?: string;
  readonly append?: string;
}

export interface ProviderConfig {
  readonly type: ProviderType;
  readonly kind: ProviderKind;
  /** One line for pickers; empty where there is nothing to say. */
  readonly description: string;
  readonly tags: readonly string[];
  /** Base URL without a trailing slash, with or without the version segment. */
  readonly endpoint: string;
  /** Tried in this order after `endpoint` when it cannot be reached or has no capacity. */
  readonly moreEndpoints: readonly string[];
  readonly authType: AuthType;
  readonly enabled: boolean;
  /** Lower goes first; 100 when the file says nothing. */
  readonly priority: number;
  /** Those that are enabled. Not empty: the whole of what is served. */
  readonly models: readonly ModelConfig[];
  /** Served besides what is served anyway: added one by one. */
  readonly moreModels?: readonly ModelConfig[];
  readonly modelMappings: Readonly<Record<string, string>>;
  /** Globs of model names that are never served here, however they are asked for. */
  readonly excludedModels: readonly string[];
  /** Absent fields: not known. */
  readonly features: Features;
  /** Null: none. */
  readonly limits: Limits | null;
  readonly cooldown: CooldownConfig;
  /** Null: `settings.selection.strategy`. */
  readonly strategy: Strategy | null;
  /** Google Cloud project, for the two Code Assist types. */
  readonly project?: string;
  /** Cursor: the version of the user's own Cursor, which its service asks for. Absent: nothing is said. */
  readonly clientVersion?: string;
  /** Globs of model names this provider is known to serve; wildcard targets use them where `models` is silent. */
  readonly serves: readonly string[];
}

export interface ModelConfig {
  readonly name: string;
  readonly maxTokens?: number;
  /** Absent: not known. */
  readonly supportsFunctions?: boolean;
  readonly supportsStreaming?: boolean;
  /** The name that clients use for it; calls for it reach `name`. */
  readonly alias?: string;
}

export interface Features {
  readonly streaming?: boolean;
  readonly functions?: boolean;
  readonly vision?: boolean;
  readonly codeGeneration?: boolean;
  readonly multimodal?: boolean;
}

/** Per account. */
export interface Limits {
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  /** Input as estimated plus the output asked for. */
  readonly maxTokensPerRequest?: number;
}

export interface CooldownConfig {
  /** The first wait; each further failure doubles it. */
  readonly baseMs: number;
  readonly maxMs: number;
  /** Where a provider says when its limit ends: never wait longer than this before asking again. */
  readonly maxResetMs: number;
}

/** Where an account's credential comes from. */
export type CredentialSource =
  /** The provider wants none. */
  | { readonly kind: "none" }
  /** A key, from the file, the environment or our own store. */
  | { readonly kind: "key"; readonly key: Secret }
  /** A login of our own, kept in the data folder and renewed by us. */
  | { readonly kind: "login" }
  /** Another program's login, read when it is used and never renewed behind that program's back. */
  | { readonly kind: "client"; readonly client: ClientLogin; readonly path: string | null };

export interface AccountConfig {
  readonly provider: string;
  /** Unique within its provider. */
  readonly name: string;
  readonly source: CredentialSource;
  /** Lower goes first; 100 when the file says nothing; the file's order breaks ties. */
  readonly priority: number;
  /** Share of calls under `weighted`; 1 when the file says nothing. */
  readonly weight: number;
  readonly enabled: boolean;
  /** Null: the provider's. */
  readonly limits: Limits | null;
  /** Targets `PREFIX/model` mean this account (and others of the same prefix) alone. */
  readonly prefix: string | null;
  /** Not empty: this account serves only these models, under these names. */
  readonly models: readonly { readonly name: string; readonly alias?: string }[];
  readonly excludedModels: readonly string[];
  /** `config`: written in the file. `store`: added by a command. */
  readonly from: "config" | "store";
}

/** `provider/name`: what people and state files call an account. */
export type AccountId = `${string}/${string}`;

export function accountId({ provider, name }: Pick<AccountConfig, "provider" | "name">): AccountId {
  return `${provider}/${name}`;
}

export interface RouteConfig {
  readonly match: {
    readonly client?: string;
    readonly host?: string;
    readonly path?: string;
    readonly model?: string;
  };
  // `provider/model`, `combo/NAME`, an alias, a wildcard such as `*/claude-*`, `passthrough` or `block`.
  readonly to: string;
  /** What to do when every target failed before the first byte: our error (default), or the original provider. */
  readonly fallback: "error" | "passthrough";
  /** Switched off it keeps its place, and matches nothing. */
  readonly enabled: boolean;
}
