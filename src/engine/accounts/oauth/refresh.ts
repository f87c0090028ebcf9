/**
 * Redeems refresh tokens. One question, asked again only where the service cannot have acted on it (nobody answered, or a
 * server error); never after a yes, however broken, for the token may be used up by then. Does not lock and does not
 * store: that is its caller's part.
 */
import type { Clock } from "../../../base/clock.ts";
import type { HttpHandler } from "../../../base/http.ts";
import type { Refresh, RefreshResult, RefreshTokens, Tokens } from "../credential.ts";
import { exchangeForCopilot, githubTokenOver, noSeat } from "./copilot-token.ts";
import { refreshCursor } from "./cursor-login.ts";
import type { OAuthFailure } from "./failure.ts";
import { redeemRefreshToken, type GrantResult, type GrantTools } from "./grants.ts";
import { withIflowKey } from "./iflow-key.ts";
import { refreshKiroSocial } from "./kiro-social.ts";
import { refreshKiro } from "./kiro-sso.ts";
import { resolveService, type OAuthSources, type ServiceInForce } from "./resolve.ts";
import { serviceOf, type ServiceId } from "./services.ts";
import { type After, waitFor, withDeadline } from "./wait.ts";
import { createWire } from "./wire.ts";

export interface RefreshDeps {
  readonly send: HttpHandler;
  readonly clock: Clock;
  readonly after: After;
  /** What the user's files say now. */
  readonly oauth: () => OAuthSources;
}

/** For all tries together; the waiting calls of clients hang on it. */
const timeoutMs = 30_000;
const pausesMs = [1_000, 2_000] as const;

/** A token that is none: used at once it is refused, and the next renewal, which is due soon, makes it good. */
const provisionalMs = 60_000;

export function createRefresh(deps: RefreshDeps): Refresh {
  const tools: GrantTools = { wire: createWire(deps.send), clock: deps.clock };

  async function tries(service: ServiceInForce, given: RefreshTokens, signal: AbortSignal): Promise<RefreshResult> {
    for (let attempt = 0; ; attempt += 1) {
      const result = await redeem(tools, service, given, signal);
      if (result.ok)
        return { ok: true, tokens: { ...result.tokens, facts: { ...given.facts, ...result.tokens.facts } } };
      const pauseMs = pausesMs[attempt];
      const again = pauseMs !== undefined && mayAskAgain(service, result.failure);
      if (!again || !(await waitFor(deps.after, pauseMs, signal))) return refusalOf(service, result.failure);
    }
  }

  return async (name, given) => {
    const id = idOf(name, given);
    if (id === null) return { ok: false, kind: "transient", message: `there is no login service for "${name}" here` };
    const resolved = resolveService(id, deps.oauth(), given.facts.region);
    // Not the token's fault: it is good again as soon as the configuration is.
    if (!resolved.ok) return { ok: false, kind: "transient", message: resolved.message };
    try {
      const never = new AbortController().signal;
      return await withDeadline(deps.after, timeoutMs, never, (signal) => tries(resolved.service, given, signal));
    } catch (error) {
      // Nothing above is known to throw; what does is a mistake of ours, whose words may hold anything.
      const what = error instanceof Error ? error.name : "error";
      return { ok: false, kind: "transient", message: `${resolved.service.title}: the renewal broke off (${what})` };
    }
  };
}

/** Kiro's two logins are two services; one that does not say which it is and has no registration is the social one. */
function idOf(name: string, { facts, extra }: RefreshTokens): ServiceId | null {
  const id = serviceOf(name);
  if (id !== "kiro") return id;
  const isSocial = facts.authMethod === undefined ? extra["clientId"] === undefined : facts.authMethod === "social";
  return isSocial ? "kiro-social" : "kiro";
}

async function redeem(
  tools: GrantTools,
  service: ServiceInForce,
  given: RefreshTokens,
  signal: AbortSignal,
): Promise<GrantResult> {
  switch (service.id) {
    case "copilot":
      return redeemCopilot(tools, service, given, signal);
    case "kiro": {
      const { clientId, clientSecret } = given.extra;
      if (clientId === undefined || clientSecret === undefined) return withoutRegistration(service);
      return refreshKiro(tools, service, { clientId, clientSecret }, given.refreshToken, signal);
    }
    case "kiro-social":
      return refreshKiroSocial(tools, service, given.refreshToken, signal);
    case "cursor":
      return refreshCursor(tools, service, given.refreshToken, signal);
    case "iflow": {
      const redeemed = await redeemRefreshToken(tools, service, given.refreshToken, signal);
      if (!redeemed.ok) return redeemed;
      const keyed = await withIflowKey(tools, service, redeemed.tokens, signal);
      return keyed.ok ? keyed : keptThrough(redeemed.tokens);
    }
    case "claude":
    case "codex":
    case "gemini-cli":
    case "antigravity":
    case "qwen":
    case "kimi":
      return redeemRefreshToken(tools, service, given.refreshToken, signal);
  }
}

async function redeemCopilot(
  tools: GrantTools,
  service: ServiceInForce,
  given: RefreshTokens,
  signal: AbortSignal,
): Promise<GrantResult> {
  const github = given.extra["githubToken"] ?? given.refreshToken;
  const exchanged = await exchangeForCopilot(tools, service, github, signal);
  const isOver = !exchanged.ok && exchanged.failure.kind === "refused" && exchanged.failure.code === githubTokenOver;
  // What redeems the next one is told each time: records of other programs hold it in another place.
  if (exchanged.ok) return { ok: true, tokens: { ...exchanged.tokens, refreshToken: given.refreshToken } };
  if (!isOver || github.equals(given.refreshToken.reveal())) return exchanged;
  // GitHub's own token has ended, and there is one to renew it with.
  const renewed = await redeemRefreshToken(tools, service, given.refreshToken, signal, service.tokenUrl);
  if (!renewed.ok) return renewed;
  const again = await exchangeForCopilot(tools, service, renewed.tokens.accessToken, signal);
  if (!again.ok) return keptThrough(renewed.tokens);
  const extra = { githubToken: renewed.tokens.accessToken };
  return { ok: true, tokens: { ...again.tokens, refreshToken: renewed.tokens.refreshToken, extra } };
}

/** The second question failed after the first had used up the refresh token: the new one must not be lost with it. */
function keptThrough(tokens: Tokens): GrantResult {
  return { ok: true, tokens: { ...tokens, expiresInMs: provisionalMs } };
}

function withoutRegistration(service: ServiceInForce): GrantResult {
  const message = `${service.title}: the client registration of this login is missing`;
  return { ok: false, failure: { kind: "refused", status: 400, code: "invalid_client", message, retryAfterMs: null } };
}

function mayAskAgain(service: ServiceInForce, failure: OAuthFailure): boolean {
  if (failure.kind === "network") return !failure.wasAnswered;
  const isServerError = failure.kind === "refused" && failure.status >= 500 && failure.retryAfterMs === null;
  return isServerError && !isPermanent(service, failure);
}

function refusalOf(service: ServiceInForce, failure: OAuthFailure): RefreshResult {
  const { message } = failure;
  if (isPermanent(service, failure)) {
    const isToldAlready = /log in/.test(message);
    return { ok: false, kind: "permanent", message: isToldAlready ? message : `${message}; log in again` };
  }
  const retryAfterMs = failure.kind === "refused" ? failure.retryAfterMs : null;
  return { ok: false, kind: "transient", message, ...(retryAfterMs === null ? {} : { retryAfterMs }) };
}

/** Is this very refresh token over? Anything else passes. */
function isPermanent({ id, permanent }: ServiceInForce, failure: OAuthFailure): boolean {
  if (failure.kind !== "refused") return false;
  const { code, status, message } = failure;
  if (code === noSeat || code === githubTokenOver) return true;
  if (code !== null && permanent.codes.includes(code)) return true;
  // iFlow says no with a 200 or a 500 and tells why in words only.
  if (id === "iflow" && code === null) return overInWords.test(message);
  return permanent.statuses.includes(status);
}

const overInWords =
  /refresh[ _]?token.{0,40}(?:invalid|expired|not found|revoked)|(?:invalid|expired|revoked).{0,20}refresh[ _]?token/i;
