/** What a call is told when there is nothing to authorise it with. Sentences for people; never a secret. */
import type { AccountId } from "../../config/schema.ts";
import type { EngineError } from "../../errors/engine-error.ts";

export interface CredentialFailure {
  readonly ok: false;
  readonly error: EngineError;
}

/** Only the account's owner can mend it. */
export function authError(account: AccountId, reason: string, fix: string): CredentialFailure {
  return { ok: false, error: { kind: "auth", message: `${account}: ${reason}; ${fix}` } };
}

/** Nobody's fault: another target may serve, and this account keeps its good name. */
export function laterError(account: AccountId, message: string, retryAfterMs: number): CredentialFailure {
  const text = `${account}: its login could not be renewed just now: ${message}`;
  return { ok: false, error: { kind: "network", message: text, ...(retryAfterMs > 0 ? { retryAfterMs } : {}) } };
}

export function goneError(account: AccountId): CredentialFailure {
  return { ok: false, error: { kind: "client-gone", message: `${account}: nobody waits for this call any more` } };
}
