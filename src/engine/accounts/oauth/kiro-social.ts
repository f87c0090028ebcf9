/**
 * Kiro's login by Google or GitHub: its own service in front of theirs, with proof keys but with JSON of its own. Its way
 * back is an address only Kiro answers (`kiro://`), so the answer is pasted. Facts of late 2026.
 */
import { Secret } from "../../../base/secret.ts";
import { failureOf } from "./failure.ts";
import { whoOf, type CodeGrant, type GrantResult, type GrantTools } from "./grants.ts";
import { kiroTokens } from "./kiro-sso.ts";
import { defaultRegion, type ServiceInForce } from "./resolve.ts";

/** As its page calls them. */
export const kiroIdentities = { google: "Google", github: "Github" } as const;

export function redeemKiroSocial(
  tools: GrantTools,
  service: ServiceInForce,
  grant: CodeGrant,
  signal: AbortSignal,
): Promise<GrantResult> {
  const code = new Secret(grant.callback.get("code") ?? "");
  const verifier = grant.verifier ?? new Secret("");
  const body = { code: code.reveal(), code_verifier: verifier.reveal(), redirect_uri: grant.redirectUri };
  return post(tools, service, service.tokenUrl, body, [code, verifier], signal);
}

export function refreshKiroSocial(
  tools: GrantTools,
  service: ServiceInForce,
  refreshToken: Secret,
  signal: AbortSignal,
): Promise<GrantResult> {
  return post(tools, service, service.refreshUrl, { refreshToken: refreshToken.reveal() }, [refreshToken], signal);
}

async function post(
  tools: GrantTools,
  service: ServiceInForce,
  url: string,
  body: object,
  secrets: readonly Secret[],
  signal: AbortSignal,
): Promise<GrantResult> {
  const who = whoOf(service, url);
  try {
    const headers = { "content-type": "application/json" };
    const reply = await tools.wire.ask(
      { url, method: "POST", headers, body: JSON.stringify(body), secrets, who },
      signal,
    );
    const granted = kiroTokens(tools, service, reply, url);
    if (!granted.ok) return granted;
    const facts = { ...granted.tokens.facts, region: defaultRegion, authMethod: "social" };
    return { ok: true, tokens: { ...granted.tokens, facts } };
  } catch (error) {
    return { ok: false, failure: failureOf(error, who) };
  }
}
