/**
 * What a call is authorised with, made anew for every attempt: the secret, and what its login knows that the provider
 * wants to hear besides. Secrets are wrapped from here on; `Provider.authorize` is the one place that unwraps them.
 */
import type { Secret } from "../../base/secret.ts";
import type { EngineError } from "../errors/engine-error.ts";
import type { AccountConfig, AuthType, ClientLogin } from "../config/schema.ts";

export interface Credential {
  /** `key`: an API key. `token`: an access token of a login. */
  readonly kind: "key" | "token";
  readonly secret: Secret;
  readonly facts: LoginFacts;
  /** The longer-lived token that `secret` was made from (GitHub's, for Copilot): for its issuer's own addresses only. */
  readonly madeFrom?: Secret;
  /** Ids of the machine that a login was read on, where its service wants to see them. */
  readonly machine?: MachineSecrets;
}

/** Not tokens, and yet nobody's business: wrapped as those are. */
export interface MachineSecrets {
  readonly id: Secret;
  /** macOS. */
  readonly mac: Secret | null;
}

/**
 * What a login knows besides its tokens, under stable names. Never a secret.
 */
export interface LoginFacts {
  /** For people: an e-mail address or a user name. */
  readonly who?: string;
  /** OpenAI's `chatgpt_account_id` claim. */
  readonly accountId?: string;
  readonly plan?: string;
  /** Google Cloud project of a Code Assist login. */
  readonly project?: string;
  /** The host that a token is bound to (Qwen's `resource_url`, Copilot's `endpoints.api`), as a base URL. */
  readonly endpoint?: string;
  /** Kiro. */
  readonly region?: string;
  readonly profileArn?: string;
  readonly authMethod?: string;
  /** Kiro: who vouches for its owner (`Google`, `Github`, `BuilderId`, `Enterprise`), in Kiro's words. */
  readonly identity?: string;
}

export type CredentialResult =
  | { readonly ok: true; readonly credential: Credential }
  | { readonly ok: false; readonly error: EngineError };

/** How a login stands, for people; a key has no more to tell than that it is there. */
export interface CredentialStatus {
  readonly source: "none" | "key" | "login" | "client";
  readonly client: ClientLogin | null;
  /**
   * `will-refresh`: the access token is over, and the next call renews it: nothing to worry about.
   * `needs-login`: only its owner can mend it. `missing`: there is no such login (yet). `unreadable`: its file is damaged.
   */
  readonly state: "ok" | "will-refresh" | "needs-login" | "missing" | "unreadable";
  /** ms since the epoch; null where it does not end or is not known. */
  readonly expiresAt: number | null;
  readonly facts: LoginFacts;
  /** What to do, where something is to be done. */
  readonly fix: string | null;
}

/** Implemented in accounts/credentials/. One for the whole process; safe beside other processes. */
export interface Credentials {
  /** The credential to use now, renewed first when it is about to end. `signal` ends this wait, not the renewal. */
  get(account: AccountConfig, signal: AbortSignal): Promise<CredentialResult>;
  /**
   * `refused` was just answered with 401. Reads again what is stored (another process may have renewed it), renews it once,
   * at most once a minute for each account and shared by all who wait, and gives what is newer; an error when there is
   * nothing newer.
   */
  renew(account: AccountConfig, refused: Credential, signal: AbortSignal): Promise<CredentialResult>;
  /** Reads no network. */
  status(account: AccountConfig): Promise<CredentialStatus>;
  /** Accounts that commands added (keys and logins of our own), in the shape of the configuration's. Cheap: kept in memory. */
  stored(): readonly AccountConfig[];
  /** Reads the store's folder again, because a command has changed it. */
  reload(): Promise<void>;
}

/** Tokens as a grant hands them out. */
export interface Tokens {
  readonly accessToken: Secret;
  /** Null: none was given; a renewal keeps the old one. */
  readonly refreshToken: Secret | null;
  /** From now, ms; null where it is not said. */
  readonly expiresInMs: number | null;
  readonly facts: LoginFacts;
  /** What became new of the login besides (GitHub's token, for Copilot). */
  readonly extra?: Readonly<Record<string, Secret>>;
}

export type RefreshResult =
  | { readonly ok: true; readonly tokens: Tokens }
  | {
      readonly ok: false;
      /** `permanent`: this very refresh token is over (`invalid_grant`, used twice, taken back). */
      readonly kind: "transient" | "permanent";
      readonly message: string;
      readonly retryAfterMs?: number;
    };

/** What redeems refresh tokens; implemented in accounts/oauth/. Never throws; times out by itself (30 s). */
export type Refresh = (service: string, tokens: RefreshTokens) => Promise<RefreshResult>;

export interface RefreshTokens {
  readonly refreshToken: Secret;
  /** GitHub's token for Copilot, or an AWS client registration: what some services want besides. */
  readonly extra: Readonly<Record<string, Secret>>;
  readonly facts: LoginFacts;
}

/** A login or a key as it is kept in the store: one private file for each account. */
export interface StoredAccount {
  readonly provider: string;
  readonly name: string;
  readonly type: AuthType;
  /** `api_key` for keys. */
  readonly accessToken: Secret;
  readonly refreshToken: Secret | null;
  readonly extra: Readonly<Record<string, Secret>>;
  /** ms since the epoch. */
  readonly expiresAt: number | null;
  readonly obtainedAt: number;
  readonly facts: LoginFacts;
  readonly enabled: boolean;
  readonly priority: number;
  readonly weight: number;
  readonly quota: { readonly limit: number; readonly used: number; readonly remaining: number } | null;
  /** Counts renewals; a reader that holds an older one knows that it is old. */
  readonly generation: number;
  /** Why its refresh token is over; null while it is not. */
  readonly needsLogin: string | null;
}
