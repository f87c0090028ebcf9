/**
 * Tokens as the providers keep them: access tokens that end, refresh tokens that are good once and whose second use
 * takes the whole family back. Every redemption is counted, the refused ones too.
 */
import { randomBytes } from "node:crypto";

export interface IssuedPair {
  readonly accessToken: string;
  readonly refreshToken: string;
}

export interface Redemption {
  readonly refreshToken: string;
  readonly result: "ok" | "reused" | "revoked" | "unknown";
}

export interface TokenBook {
  /** All that were ever handed out, oldest first. */
  readonly issued: readonly IssuedPair[];
  readonly redemptions: readonly Redemption[];
  issue(): IssuedPair;
  /** A new pair for a good token; why not, for another. */
  redeem(refreshToken: string): IssuedPair | "reused" | "revoked" | "unknown";
  isGood(accessToken: string): boolean;
  /** All access tokens of now are over; their refresh tokens are not. */
  expire(): void;
  /** Everything of now is over. */
  revoke(): void;
}

export interface BookOptions {
  readonly accessPrefix: string;
  readonly refreshPrefix: string;
  /** Refresh tokens stay good and none is handed out anew (Google). */
  readonly reusable?: boolean;
  /** What access tokens look like, where they are more than chance. */
  readonly mint?: (chance: string) => string;
}

interface Entry {
  readonly family: number;
  state: "good" | "used" | "revoked";
}

export function createTokenBook(options: BookOptions): TokenBook {
  const issued: IssuedPair[] = [];
  const redemptions: Redemption[] = [];
  const refreshTokens = new Map<string, Entry>();
  const accessTokens = new Map<string, number>();
  let families = 0;

  function hand(family: number, kept: string | null): IssuedPair {
    const chance = randomBytes(24).toString("hex");
    const accessToken = options.mint === undefined ? `${options.accessPrefix}${chance}` : options.mint(chance);
    const refreshToken = kept ?? `${options.refreshPrefix}${randomBytes(24).toString("hex")}`;
    accessTokens.set(accessToken, family);
    if (kept === null) refreshTokens.set(refreshToken, { family, state: "good" });
    const pair = { accessToken, refreshToken };
    issued.push(pair);
    return pair;
  }

  function end(family: number): void {
    for (const entry of refreshTokens.values()) if (entry.family === family) entry.state = "revoked";
    for (const [token, owner] of accessTokens) if (owner === family) accessTokens.delete(token);
  }

  function outcome(refreshToken: string): IssuedPair | "reused" | "revoked" | "unknown" {
    const entry = refreshTokens.get(refreshToken);
    if (entry === undefined) return "unknown";
    if (entry.state === "revoked") return "revoked";
    if (entry.state === "used") {
      end(entry.family);
      return "reused";
    }
    if (options.reusable === true) return hand(entry.family, refreshToken);
    entry.state = "used";
    return hand(entry.family, null);
  }

  return {
    issued,
    redemptions,
    issue() {
      families += 1;
      return hand(families, null);
    },
    redeem(refreshToken) {
      const result = outcome(refreshToken);
      redemptions.push({ refreshToken, result: typeof result === "string" ? result : "ok" });
      return result;
    },
    isGood: (accessToken) => accessTokens.has(accessToken),
    expire: () => accessTokens.clear(),
    revoke() {
      for (const entry of refreshTokens.values()) entry.state = "revoked";
      accessTokens.clear();
    },
  };
}
