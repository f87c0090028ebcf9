/**
 * Everything that can go wrong between a client's request and its answer, as one closed union.
 * Inside the engine errors are values; the client sees them in its own dialect; `policy.ts` says what each kind means
 * for the next account.
 */
export type ErrorKind =
  | "bad-request" // the client's request is wrong; no other account would take it
  | "unsupported" // we cannot say this in the target's dialect
  | "context-overflow"
  | "opaque-blob" // a signature or encrypted reasoning in the history was refused
  | "tool-history" // calls and results of the history do not pair
  | "content-policy"
  | "auth" // the account's credential was refused
  | "account-disabled"
  | "account-warned" // the provider speaks of its terms: the user must know before anything else is tried
  | "permission" // this account may not use this model
  | "model-not-found"
  | "billing"
  | "rate-limit"
  | "quota"
  | "capacity"
  | "too-large"
  | "network" // could not reach the upstream; not the account's fault
  | "timeout"
  | "upstream" // 5xx and everything else it did wrong
  | "malformed-reply" // the model wrote a call that is no call, or nothing at all
  | "protocol" // its bytes are not its dialect
  | "truncated" // the stream ended before its end frame
  | "client-gone"
  | "no-account" // nothing configured
  | "cooling" // every account that could serve is cooling or at its limits; `retryAfterMs` says until when
  | "proxy-auth" // stored credentials asked for without our token
  | "blocked" // a rule says no
  | "internal";

export interface EngineError {
  readonly kind: ErrorKind;
  /** For people; never holds a secret. */
  readonly message: string;
  /** Upstream's HTTP status, when there was one. */
  readonly status?: number;
  /** The provider's own error type or code. */
  readonly raw?: string;
  /** Wait this long before trying again, ms. */
  readonly retryAfterMs?: number;
  /** What the refusal covers, where the provider said so; else `policy` knows the usual. */
  readonly scope?: "account" | "model";
}
