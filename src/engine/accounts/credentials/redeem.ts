/**
 * One redemption of a refresh token, with its words made safe to show. Trying again is `Refresh`'s own business; should it
 * break its word and never answer, it is left behind here, because its caller holds the account's lock.
 */
import type { Clock } from "../../../base/clock.ts";
import { createRedactor } from "../../../base/redact.ts";
import { safeLine } from "../../../base/safe-text.ts";
import type { Refresh, RefreshResult, RefreshTokens } from "../credential.ts";

export interface RedeemDeps {
  readonly refresh: Refresh;
  readonly clock: Clock;
}

/** Longer than `Refresh` ever takes (30 s). */
const abandonMs = 35_000;
const maxMessageLength = 300;

export async function redeem(refresh: Refresh, service: string, tokens: RefreshTokens): Promise<RefreshResult> {
  let timer: NodeJS.Timeout | undefined;
  const abandoned = new Promise<RefreshResult>((resolve) => {
    const message = `the login service did not answer within ${abandonMs / 1_000} s`;
    timer = setTimeout(() => resolve({ ok: false, kind: "transient", message }), abandonMs);
  });
  try {
    const result = await Promise.race([refresh(service, tokens), abandoned]);
    return result.ok ? result : { ...result, message: withoutSecrets(result.message, tokens) };
  } catch {
    // Against its contract, and what was thrown may quote the request: its words are not repeated.
    return { ok: false, kind: "transient", message: "the renewal failed in an unexpected way" };
  } finally {
    clearTimeout(timer);
  }
}

/** Services quote what they were sent in their refusals. */
function withoutSecrets(message: string, tokens: RefreshTokens): string {
  const redactor = createRedactor();
  for (const secret of [tokens.refreshToken, ...Object.values(tokens.extra)]) redactor.register(secret.reveal());
  return safeLine(redactor.text(message)).slice(0, maxMessageLength);
}
