/**
 * Anthropic's Messages API and the services that copied it. A key is shown as `x-api-key`; a login's access token as
 * `Authorization: Bearer`, which Anthropic takes only with a beta of its own (client facts of late 2026).
 */
import type { HeaderPairs } from "../../base/http.ts";
import type { Credential } from "../accounts/credential.ts";
import { bearer } from "./bearer.ts";

/** Added to whatever betas the client asks for; the pipeline joins the lists. */
const oauthBeta = "oauth-2025-04-20";

/** Services with Anthropic's dialect and logins of their own: the beta is none of theirs. */
const others = /(^|\.)(kimi\.com|moonshot\.(ai|cn)|z\.ai|bigmodel\.cn|minimax\.(io|chat)|minimaxi\.com)$/;

export function authorizeClaude(host: string): (credential: Credential) => HeaderPairs {
  return (credential) => {
    if (credential.kind === "key") return [["x-api-key", credential.secret.reveal()]];
    const token = bearer(credential);
    return others.test(host) ? token : [...token, ["anthropic-beta", oauthBeta]];
  };
}
