/**
 * iFlow: Chat, with a key that its login mints and a signature over each call (facts of late 2026): hex HMAC-SHA256 by
 * that key of `user-agent:session:instant`. The user agent is the one the call goes out with, whoever's it is.
 */
import { createHmac } from "node:crypto";
import type { HeaderPairs } from "../../base/http.ts";
import { token } from "../../base/random.ts";
import type { Credential } from "../accounts/credential.ts";
import { bearer } from "./bearer.ts";
import type { AuthorizeOptions, Provider } from "./provider.ts";

export const iflowParts = {
  format: "openai-chat",
  authorize: (credential: Credential, options?: AuthorizeOptions): HeaderPairs =>
    options === undefined ? bearer(credential) : [...bearer(credential), ...signed(credential, options)],
} as const satisfies Partial<Provider>;

function signed({ secret }: Credential, { clock, random, userAgent }: AuthorizeOptions): HeaderPairs {
  const session = `session-${token(random, 16)}`;
  const at = String(Math.trunc(clock.now()));
  const signature = createHmac("sha256", secret.reveal())
    .update(`${userAgent ?? ""}:${session}:${at}`)
    .digest("hex");
  return [
    ["session-id", session],
    ["x-iflow-timestamp", at],
    ["x-iflow-signature", signature],
  ];
}
