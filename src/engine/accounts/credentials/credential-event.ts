/** What happens to logins, as facts for the log, the screen and the account pool. No field ever holds a secret. */
import type { AccountId } from "../../config/schema.ts";

export type CredentialEvent =
  | { readonly type: "login-renewed"; readonly account: AccountId; readonly expiresAt: number | null }
  /** Could not be renewed for now; nobody's fault. */
  | {
      readonly type: "renewal-failed";
      readonly account: AccountId;
      readonly message: string;
      readonly retryAfterMs: number;
    }
  /** Only its owner can mend it. */
  | { readonly type: "login-over"; readonly account: AccountId; readonly reason: string; readonly fix: string }
  /** It was over, and there is a new one. */
  | { readonly type: "login-healed"; readonly account: AccountId }
  /** Renewed and not yet on the disk: lost if this process ends now. */
  | { readonly type: "login-unsaved"; readonly account: AccountId; readonly reason: string; readonly fix: string };

export type OnCredentialEvent = (event: CredentialEvent) => void;

/** The command that mends a login. */
export function loginFix({ provider, name }: { readonly provider: string; readonly name: string }): string {
  return `switchyard accounts login ${provider} --name ${name}`;
}
