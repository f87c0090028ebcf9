/**
 * Credentials from another program's login: read when they are used, never renewed, because a second renewer of a
 * single-use refresh token logs its owner out of that program. Over means: its owner lets the program renew it.
 */
import type { Clock } from "../../../base/clock.ts";
import type { Secret } from "../../../base/secret.ts";
import { type AccountConfig, accountId, type CredentialSource } from "../../config/schema.ts";
import type { CredentialResult, CredentialStatus, RefreshTokens } from "../credential.ts";
import { type ClientLogins, importers } from "../import/client-logins.ts";
import type { ClientReading, Importer } from "../import/importer.ts";
import { authError, laterError } from "./errors.ts";
import { isOver } from "./freshness.ts";
import type { SessionTokens } from "./session-tokens.ts";

type ClientSource = Extract<CredentialSource, { readonly kind: "client" }>;
type Found = Extract<ClientReading, { readonly ok: true }>;

export interface ClientCredentials {
  /** @param refused what was just answered with 401; null: nothing was */
  get(account: AccountConfig, source: ClientSource, refused: Secret | null): Promise<CredentialResult>;
  status(account: AccountConfig, source: ClientSource): Promise<CredentialStatus>;
}

export function createClientCredentials(deps: {
  readonly clients: ClientLogins;
  readonly sessions: SessionTokens;
  readonly clock: Clock;
}): ClientCredentials {
  const { clients, sessions, clock } = deps;

  async function exchanged(account: AccountConfig, found: Found, service: string, refused: Secret | null) {
    const id = accountId(account);
    const result = await sessions.get({ account: id, service, login: shown(found), refused });
    switch (result.kind) {
      case "ready": {
        if (refused?.equals(result.token.accessToken.reveal()) === true) return stillRefused(account, found);
        const facts = { ...found.credential.facts, ...result.token.facts };
        return {
          ok: true,
          credential: { kind: "token", secret: result.token.accessToken, madeFrom: found.credential.secret, facts },
        } as const;
      }
      case "over":
        return authError(id, result.reason, loginOf(account));
      case "later":
        return laterError(id, result.message, result.retryAfterMs);
    }
  }

  return {
    async get(account, source, refused) {
      const id = accountId(account);
      const first = await clients.read(source.client, source.path, refused !== null);
      // What looks over may have been renewed where no date tells.
      const reading =
        first.ok && isOver(first, clock.now()) ? await clients.read(source.client, source.path, true) : first;
      if (!reading.ok) return authError(id, reading.reason, reading.fix);
      if (reading.exchange !== null) return exchanged(account, reading, reading.exchange, refused);
      if (refused?.equals(reading.credential.secret.reveal()) === true) return stillRefused(account, reading);
      if (isOver(reading, clock.now())) {
        return authError(id, `the login of ${importerOf(source).title} is over`, fixOf(source, reading, clock.now()));
      }
      return { ok: true, credential: reading.credential };
    },
    async status(account, source) {
      const about = { source: "client", client: source.client } as const;
      const reading = await clients.read(source.client, source.path);
      if (!reading.ok) return { ...about, state: reading.state, expiresAt: null, facts: {}, fix: reading.fix };
      const { facts } = reading.credential;
      if (reading.exchange !== null) {
        const session = sessions.peek(accountId(account), reading.credential.secret);
        const all = { ...facts, ...session?.facts };
        return { ...about, state: "ok", expiresAt: session?.expiresAt ?? null, facts: all, fix: null };
      }
      const { expiresAt } = reading;
      if (!isOver(reading, clock.now())) return { ...about, state: "ok", expiresAt, facts, fix: null };
      return { ...about, state: "needs-login", expiresAt, facts, fix: fixOf(source, reading, clock.now()) };
    },
  };
}

function stillRefused(account: AccountConfig, found: Found): CredentialResult {
  const what = found.credential.kind === "key" ? "key" : "token";
  return authError(accountId(account), `the provider refuses the ${what} that is stored there`, loginOf(account));
}

function shown({ credential }: Found): RefreshTokens {
  const { secret, facts } = credential;
  return { refreshToken: secret, extra: { githubToken: secret }, facts };
}

function fixOf(source: ClientSource, { renewableUntil }: Found, nowMs: number): string {
  const importer = importerOf(source);
  return renewableUntil !== null && nowMs >= renewableUntil ? importer.login : importer.renewal;
}

function loginOf({ source }: AccountConfig): string {
  return source.kind === "client" ? importerOf(source).renewal : "log in again";
}

function importerOf({ client }: ClientSource): Importer {
  return importers[client];
}
