/**
 * Copilot's second token: a GitHub token is shown, and Copilot's own comes back, good for about half an hour. It names
 * the host it is for. Not OAuth (facts of late 2026; the endpoint is undocumented).
 */
import { own } from "../../../base/json.ts";
import { Secret } from "../../../base/secret.ts";
import type { LoginFacts } from "../credential.ts";
import { baseUrl, some, text } from "./facts.ts";
import { failureOf } from "./failure.ts";
import { whoOf, type GrantResult, type GrantTools } from "./grants.ts";
import type { ServiceInForce } from "./resolve.ts";
import { services } from "./services.ts";

/** The code under which the lack of a seat is told; not GitHub's own word. */
export const noSeat = "no_copilot_seat";
/** GitHub does not know the token that was shown. */
export const githubTokenOver = "github_token_over";

export async function exchangeForCopilot(
  tools: GrantTools,
  service: ServiceInForce,
  githubToken: Secret,
  signal: AbortSignal,
): Promise<GrantResult> {
  const url = service.refreshUrl;
  const who = whoOf(service, url);
  try {
    const reply = await tools.wire.ask(
      { url, method: "GET", headers: { authorization: `token ${githubToken.reveal()}` }, secrets: [githubToken], who },
      signal,
    );
    const token = own(reply, "token");
    if (typeof token !== "string" || token === "") {
      return { ok: false, failure: { kind: "reply", message: `${who} answered without a token` } };
    }
    return {
      ok: true,
      tokens: {
        accessToken: new Secret(token),
        refreshToken: null,
        expiresInMs: expiresInMs(own(reply, "refresh_in"), own(reply, "expires_at"), tools.clock.now()),
        facts: factsIn(reply),
      },
    };
  } catch (error) {
    const failure = failureOf(error, who);
    if (failure.kind !== "refused") return { ok: false, failure };
    const { status } = failure;
    // 403 is also how GitHub says "too often"; then it says when to come back.
    if ((status === 403 && failure.retryAfterMs === null) || status === 404) {
      const message = `this GitHub account has no Copilot seat (${failure.message}); get one, or log in with another account`;
      return { ok: false, failure: { ...failure, code: noSeat, message } };
    }
    if (status === 401) {
      const message = `GitHub no longer accepts this login (${failure.message}); log in again`;
      return { ok: false, failure: { ...failure, code: githubTokenOver, message } };
    }
    return { ok: false, failure };
  }
}

/** So that the usual lead before the end is the moment the service asks for, whatever our clock says. */
function expiresInMs(refreshIn: unknown, expiresAt: unknown, nowMs: number): number | null {
  const byAge = typeof refreshIn === "number" && refreshIn > 0 ? refreshIn * 1_000 + services.copilot.leadMs : null;
  if (byAge !== null) return byAge;
  return typeof expiresAt === "number" ? Math.max(0, expiresAt * 1_000 - nowMs) : null;
}

function factsIn(reply: Readonly<Record<string, unknown>>): LoginFacts {
  return some({ endpoint: baseUrl(own(own(reply, "endpoints"), "api")), plan: text(own(reply, "sku")) });
}
