/**
 * What each kind of error means, on one screen: which status a client sees when its dialect has no word of its own, who
 * is tried next, what happens to the account, and how a stream ends that already began.
 * Facts: classes and actions of the providers as known in late 2026.
 */
import type { ErrorKind } from "./engine-error.ts";

export interface Policy {
  /** Status of our last-resort answer; a dialect's own writer may know better. */
  readonly clientStatus: number;
  /**
   * `account`: another account of the same provider may do. `target`: it will not, another model or provider may.
   * `stop`: nobody would take this call, or nobody is waiting for it.
   */
  readonly next: "account" | "target" | "stop";
  /**
   * What it costs the account. `backoff`: 1 s, doubled with each further failure up to the cap, or the provider's own
   * reset time. `until-user-acts`: out until its owner has done something; asking again would only do harm.
   */
  readonly cooldown: "none" | "backoff" | "until-user-acts";
  /** Which of its calls: all, or those for this model, unless the error itself says otherwise. */
  readonly scope: "account" | "model";
  /** A token that can be renewed is renewed once before giving up on the account. */
  readonly refreshFirst: boolean;
  /**
   * After the first byte: true = write the dialect's error frame and then break the connection, because the answer is
   * cut and clients repeat a call that breaks (measured for five of six clients, late 2026). False = the provider ended the stream
   * itself with an error of its own, and it ends for the client as it ended for us.
   */
  readonly breaksStream: boolean;
}

const base = { cooldown: "none", scope: "model", refreshFirst: false, breaksStream: false } as const;

export const policy = {
  "bad-request": { ...base, clientStatus: 400, next: "stop" },
  unsupported: { ...base, clientStatus: 400, next: "target" },
  "context-overflow": { ...base, clientStatus: 400, next: "target" },
  // Both are tried once more with the history put right before they count as the client's fault (attempt.ts).
  "opaque-blob": { ...base, clientStatus: 400, next: "stop" },
  "tool-history": { ...base, clientStatus: 400, next: "stop" },
  "content-policy": { ...base, clientStatus: 400, next: "stop" },
  // A key that was refused may be paid for or switched on again any moment, so it is asked again, rarely. A login whose
  // renewal is refused for good is out until the user logs in; its credential says so, not its cooldown.
  auth: { ...base, clientStatus: 401, next: "account", cooldown: "backoff", scope: "account", refreshFirst: true },
  // Trying one account after the other would turn a warning into a row of bans.
  "account-warned": { ...base, clientStatus: 403, next: "stop", cooldown: "until-user-acts", scope: "account" },
  "account-disabled": {
    ...base,
    clientStatus: 403,
    next: "account",
    cooldown: "until-user-acts",
    scope: "account",
  },
  permission: { ...base, clientStatus: 403, next: "account", cooldown: "backoff" },
  "model-not-found": { ...base, clientStatus: 404, next: "account", cooldown: "backoff" },
  billing: { ...base, clientStatus: 402, next: "account", cooldown: "backoff", scope: "account" },
  "rate-limit": { ...base, clientStatus: 429, next: "account", cooldown: "backoff" },
  quota: { ...base, clientStatus: 429, next: "account", cooldown: "backoff" },
  // Capacity belongs to the model, not to the account.
  capacity: { ...base, clientStatus: 529, next: "target", cooldown: "backoff" },
  "too-large": { ...base, clientStatus: 413, next: "target" },
  // A local network failure never costs an account anything.
  network: { ...base, clientStatus: 502, next: "target", breaksStream: true },
  timeout: { ...base, clientStatus: 504, next: "target", breaksStream: true },
  upstream: { ...base, clientStatus: 502, next: "account", cooldown: "backoff" },
  // Asked once more of the same model before another is tried: it is chance, not a fault of the account.
  "malformed-reply": { ...base, clientStatus: 502, next: "target" },
  protocol: { ...base, clientStatus: 502, next: "target", breaksStream: true },
  truncated: { ...base, clientStatus: 502, next: "account", breaksStream: true },
  "client-gone": { ...base, clientStatus: 499, next: "stop", breaksStream: true },
  "no-account": { ...base, clientStatus: 503, next: "target" },
  cooling: { ...base, clientStatus: 429, next: "target" },
  "proxy-auth": { ...base, clientStatus: 407, next: "target" },
  blocked: { ...base, clientStatus: 403, next: "stop" },
  internal: { ...base, clientStatus: 500, next: "stop", breaksStream: true },
} as const satisfies Record<ErrorKind, Policy>;
