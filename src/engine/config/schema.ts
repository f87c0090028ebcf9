/** The configuration as the program sees it: every field present, defaults filled in, secrets wrapped. */
import type { Secret } from "../../base/secret.ts";

export type ProviderType = "openai-compatible" | "anthropic-compatible";
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
  readonly settings: { readonly usageBuffer: number; readonly captureFlows: number; readonly captureBytes: number };
  /** What the file asks for and this version does not act on yet: its path in the file → the value as written. */
  readonly dormant: Readonly<Record<string, unknown>>;
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
