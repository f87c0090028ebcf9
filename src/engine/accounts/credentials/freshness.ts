/** Whether a token still serves, and whether it is time to renew it. Pure: clocks and leads come in. */
import type { RefreshTokens, StoredAccount } from "../credential.ts";

type Lifetime = Pick<StoredAccount, "expiresAt" | "obtainedAt">;

/**
 * Whatever a service says about the end of its tokens, or a clock that was set: the same login is not renewed again
 * sooner than this after a renewal, by any process.
 */
const minGapMs = 30_000;

export function isOver({ expiresAt }: Pick<Lifetime, "expiresAt">, nowMs: number): boolean {
  return expiresAt !== null && nowMs >= expiresAt;
}

/** By our own clock, from the moment of the reply: theirs may be another. A lifetime that is no number is not known. */
export function endOf(expiresInMs: number | null, nowMs: number): number | null {
  return expiresInMs === null || !Number.isFinite(expiresInMs) ? null : nowMs + Math.max(0, expiresInMs);
}

/** @param leadMs how long before its end the service wants a token of this lifetime renewed */
export function isDue(token: Lifetime, nowMs: number, leadMs: (lifetimeMs: number) => number): boolean {
  if (token.expiresAt === null || isYounger(token, nowMs, minGapMs)) return false;
  const lifetimeMs = Math.max(0, token.expiresAt - token.obtainedAt);
  // Half of its life at most, or a lead of five days would renew a token of an hour with every call.
  return nowMs >= token.expiresAt - Math.min(leadMs(lifetimeMs), lifetimeMs / 2);
}

/** Obtained in the future (a clock was set back) is not young. */
export function isYounger({ obtainedAt }: Pick<Lifetime, "obtainedAt">, nowMs: number, ageMs: number): boolean {
  return nowMs >= obtainedAt && nowMs - obtainedAt < ageMs;
}

/** Whether a stored login is to be renewed now, by its age or because it cannot serve as it is. */
export function isRenewalDue(
  account: StoredAccount,
  service: string,
  nowMs: number,
  leadMs: (service: string, lifetimeMs: number) => number,
): boolean {
  return isGitHubs(account, service) || isDue(account, nowMs, (lifetimeMs) => leadMs(service, lifetimeMs));
}

/** Whether calls can still be made with the access token as it is. */
export function serves(account: StoredAccount, service: string, nowMs: number): boolean {
  return !isGitHubs(account, service) && !isOver(account, nowMs);
}

/** What its renewal redeems; null: it came with nothing. */
export function redeemable(account: StoredAccount, service: string): RefreshTokens | null {
  const { accessToken, refreshToken, extra, facts } = account;
  if (isGitHubs(account, service)) {
    return { refreshToken: refreshToken ?? accessToken, extra: { ...extra, githubToken: accessToken }, facts };
  }
  return refreshToken === null ? null : { refreshToken, extra, facts };
}

/**
 * Records of other gateways hold GitHub's token where ours hold Copilot's. GitHub's prefixes are documented ("Behind
 * GitHub's new authentication token formats", 2021).
 */
function isGitHubs({ accessToken }: StoredAccount, service: string): boolean {
  return service === "copilot" && /^(?:gh[opusr]_|github_pat_)/.test(accessToken.reveal());
}
