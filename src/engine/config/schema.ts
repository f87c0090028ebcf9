/** The configuration as the program sees it: every field present, defaults filled in, secrets wrapped. */
import type { Secret } from "../../base/secret.ts";

export const providerTypes = [
  "openai-compatible",
  "openai-responses-compatible",
  "anthropic-compatible",
  "gemini-compatible",
  // Services with a dialect's accent of their own. Their logins come with the account engine; until then an access
  // token can be given as `api_key`.
  "codex",
  "copilot",
  "gemini-cli",
  "antigravity",
] as const;
export type ProviderType = (typeof providerTypes)[number];
export type ProxyAuth = "reroute" | "always" | "off";
export type PrivateDestinations = "auto" | "refuse" | "allow";

export interface Config {
  readonly listen: { readonly host: string; readonly port: number; readonly proxyAuth: ProxyAuth };
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
  /** The built-in providers this build can speak to, with the file's own added or laid over them. */
  readonly providers: Readonly<Record<string, ProviderConfig>>;
  readonly accounts: readonly AccountConfig[];
  readonly combos: Readonly<Record<string, readonly string[]>>;
  readonly aliases: Readonly<Record<string, string>>;
  readonly routes: readonly RouteConfig[];
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
  /** Base URL without a trailing slash, with or without the version segment. */
  readonly endpoint: string;
  readonly authType: "none" | "api_key";
  readonly enabled: boolean;
  /** Lower goes first; 100 when the file says nothing. */
  readonly priority: number;
  readonly models: readonly { readonly name: string; readonly maxTokens?: number }[];
  readonly modelMappings: Readonly<Record<string, string>>;
  /** Google Cloud project, for the two Code Assist types. */
  readonly project?: string;
  /** Globs of model names this provider is known to serve; wildcard targets use them where `models` is silent. */
  readonly serves: readonly string[];
}

export interface AccountConfig {
  readonly provider: string;
  readonly name: string;
  readonly apiKey: Secret | null;
  /** Lower goes first; 100 when the file says nothing; the file's order breaks ties. */
  readonly priority: number;
  readonly enabled: boolean;
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
}
