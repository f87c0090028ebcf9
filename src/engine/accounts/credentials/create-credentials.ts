/**
 * The door of the credentials: for every account what to authorise a call with now, and how its login stands. Keys are
 * handed out, logins of our own are renewed when they are due, other programs' logins are only read. What is stored is
 * looked at for every call (a look at the file's dates), so a renewal or a new login by another process counts at once.
 */
import type { Clock } from "../../../base/clock.ts";
import type { Secret } from "../../../base/secret.ts";
import { unreachable } from "../../../base/unreachable.ts";
import { type AccountConfig, type AccountId, accountId, type Config } from "../../config/schema.ts";
import type { CredentialResult, Credentials, CredentialStatus, Refresh, StoredAccount } from "../credential.ts";
import type { ClientLogins } from "../import/client-logins.ts";
import { accountConfigOf } from "./accounts.ts";
import { createBackoff } from "./backoff.ts";
import { createClientCredentials } from "./client-credentials.ts";
import { loginFix, type OnCredentialEvent } from "./credential-event.ts";
import { authError, goneError, laterError } from "./errors.ts";
import { isRenewalDue, redeemable, serves } from "./freshness.ts";
import { createRenewals } from "./renewals.ts";
import { createSessionTokens } from "./session-tokens.ts";
import type { CredentialStore, StoreReading } from "./store.ts";

export interface CredentialsDeps {
  readonly store: CredentialStore;
  readonly refresh: Refresh;
  readonly config: () => Config;
  /** How long before its end a service wants a token of this lifetime renewed. */
  readonly leadMs: (service: string, lifetimeMs: number) => number;
  readonly clients: ClientLogins;
  readonly clock: Clock;
  readonly onEvent: OnCredentialEvent;
}

/** `stored()` is empty until the first `reload()`. */
export function createCredentials(deps: CredentialsDeps): Credentials {
  const { store, clock, leadMs, onEvent } = deps;
  const backoff = createBackoff(clock);
  const renewals = createRenewals({ ...deps, backoff });
  const sessions = createSessionTokens({ ...deps, backoff });
  const clients = createClientCredentials({ clients: deps.clients, sessions, clock });
  /** Logins that were told to be over, and why. */
  const toldOver = new Map<AccountId, string>();
  let accounts: readonly AccountConfig[] = [];

  /** Says once that a login is over, and once that it is well again, whichever process saw to it. */
  function tell(account: AccountConfig, reason: string | null): void {
    const id = accountId(account);
    const before = toldOver.get(id) ?? null;
    if (before === reason) return;
    if (reason === null) {
      toldOver.delete(id);
      onEvent({ type: "login-healed", account: id });
      return;
    }
    toldOver.set(id, reason);
    onEvent({ type: "login-over", account: id, reason, fix: loginFix(account) });
  }

  async function ownLogin(account: AccountConfig, refused: Secret | null): Promise<CredentialResult> {
    const service = serviceOf(account, deps.config());
    const reading = await store.read(account);
    if (reading.state !== "ok") return unusable(account, reading);
    const { account: login } = reading;
    if (login.needsLogin !== null) return over(account, login.needsLogin);
    const isRefused = refused?.equals(login.accessToken.reveal()) === true;
    const isDue = isRefused || isRenewalDue(login, service, clock.now(), leadMs);
    if (!isDue) return ready(account, login);
    const stillServes = !isRefused && serves(login, service, clock.now());
    const waitMs = backoff.remainingMs(accountId(account));
    if (waitMs > 0) {
      if (stillServes) return ready(account, login);
      return laterError(accountId(account), "the last attempt failed a moment ago", waitMs);
    }
    const renewal = await renewals.renew({ key: account, service, refused: isRefused ? refused : null });
    switch (renewal.kind) {
      case "ready":
        // Renewed within the last minute and refused all the same: renewing it once more would help nobody.
        if (refused?.equals(renewal.account.accessToken.reveal()) === true) {
          return authError(accountId(account), "the provider refuses its token, fresh as it is", loginFix(account));
        }
        return ready(account, renewal.account);
      case "over":
        return over(account, renewal.reason);
      case "unusable":
        return unusable(account, renewal.reading);
      case "later": {
        const rest = renewal.account ?? login;
        if (!isRefused && serves(rest, service, clock.now())) return ready(account, rest);
        return laterError(accountId(account), renewal.message, renewal.retryAfterMs);
      }
      default:
        return unreachable(renewal);
    }
  }

  function ready(account: AccountConfig, { accessToken, facts, extra }: StoredAccount): CredentialResult {
    tell(account, null);
    const { githubToken } = extra;
    const madeFrom = githubToken === undefined ? {} : { madeFrom: githubToken };
    return { ok: true, credential: { kind: "token", secret: accessToken, facts, ...madeFrom } };
  }

  function over(account: AccountConfig, reason: string): CredentialResult {
    tell(account, reason);
    return authError(accountId(account), `its login is over (${reason})`, loginFix(account));
  }

  async function credentialOf(account: AccountConfig, refused: Secret | null): Promise<CredentialResult> {
    const { source } = account;
    switch (source.kind) {
      case "none":
        return authError(accountId(account), "it has no credential", "add an api_key to it, or log in");
      case "key":
        if (refused !== null) return authError(accountId(account), "the provider refuses its key", "replace the key");
        return { ok: true, credential: { kind: "key", secret: source.key, facts: {} } };
      case "login":
        return ownLogin(account, refused);
      case "client":
        return clients.get(account, source, refused);
      default:
        return unreachable(source);
    }
  }

  async function loginStatus(account: AccountConfig): Promise<CredentialStatus> {
    const about = { source: "login", client: null } as const;
    const reading = await store.read(account);
    if (reading.state !== "ok") {
      const fix = reading.state === "missing" ? loginFix(account) : reading.fix;
      return { ...about, state: reading.state, expiresAt: null, facts: {}, fix };
    }
    const { account: login } = reading;
    const { expiresAt, facts } = login;
    const service = serviceOf(account, deps.config());
    const isOut = !serves(login, service, clock.now());
    if (login.needsLogin !== null || (isOut && redeemable(login, service) === null)) {
      return { ...about, state: "needs-login", expiresAt, facts, fix: loginFix(account) };
    }
    return { ...about, state: isOut ? "will-refresh" : "ok", expiresAt, facts, fix: null };
  }

  return {
    get: (account, signal) => whileWaited(account, credentialOf(account, null), signal),
    renew: (account, refused, signal) => whileWaited(account, credentialOf(account, refused.secret), signal),
    async status(account) {
      const { source } = account;
      switch (source.kind) {
        case "none":
        case "key":
          return { source: source.kind, client: null, state: "ok", expiresAt: null, facts: {}, fix: null };
        case "login":
          return loginStatus(account);
        case "client":
          return clients.status(account, source);
        default:
          return unreachable(source);
      }
    },
    stored: () => accounts,
    async reload() {
      const entries = await store.list();
      accounts = entries.map(accountConfigOf);
      for (const [index, { reading }] of entries.entries()) {
        const account = accounts[index];
        if (account?.source.kind === "login" && reading.state === "ok") tell(account, reading.account.needsLogin);
      }
    },
  };
}

/** The signal ends this wait; what is under way goes on, for the others and for the disk. */
async function whileWaited(
  account: AccountConfig,
  work: Promise<CredentialResult>,
  signal: AbortSignal,
): Promise<CredentialResult> {
  const safe = work.catch((error: unknown) => fileTrouble(account, error));
  if (signal.aborted) return goneError(accountId(account));
  let stop = (): void => undefined;
  const gone = new Promise<CredentialResult>((resolve) => {
    stop = () => resolve(goneError(accountId(account)));
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([safe, gone]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Of folders and locks: what is thrown there names paths and reasons, and no account is to blame for it. */
function fileTrouble(account: AccountConfig, error: unknown): CredentialResult {
  const why = error instanceof Error ? error.message : "unknown reason";
  return laterError(accountId(account), `its file cannot be used (${why})`, 0);
}

function unusable(account: AccountConfig, reading: Exclude<StoreReading, { readonly state: "ok" }>): CredentialResult {
  if (reading.state === "missing") return authError(accountId(account), "it is not logged in", loginFix(account));
  return authError(accountId(account), reading.reason, reading.fix);
}

/** Types with a login of their own say which; a public dialect's login goes by its provider's name. */
const loginTypes: ReadonlySet<string> = new Set([
  "codex",
  "copilot",
  "gemini-cli",
  "antigravity",
  "qwen",
  "iflow",
  "kiro",
]);

function serviceOf({ provider }: AccountConfig, config: Config): string {
  const type = Object.hasOwn(config.providers, provider) ? config.providers[provider]?.type : undefined;
  return type !== undefined && loginTypes.has(type) ? type : provider;
}
