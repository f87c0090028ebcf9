/** iFlow's calls are authorised by the account's API key, which its login only leads to (facts of late 2026). */
import { own } from "../../../base/json.ts";
import { Secret } from "../../../base/secret.ts";
import type { Tokens } from "../credential.ts";
import { some, text } from "./facts.ts";
import { failureOf } from "./failure.ts";
import { whoOf, type GrantResult, type GrantTools } from "./grants.ts";
import type { ServiceInForce } from "./resolve.ts";

/** The same login with the account's key in place of the access token. Its end is still the access token's. */
export async function withIflowKey(
  tools: GrantTools,
  service: ServiceInForce,
  tokens: Tokens,
  signal: AbortSignal,
): Promise<GrantResult> {
  const url = new URL("/api/oauth/getUserInfo", service.tokenUrl);
  // The service takes it nowhere else.
  url.searchParams.set("accessToken", tokens.accessToken.reveal());
  const who = whoOf(service, service.tokenUrl);
  try {
    const reply = await tools.wire.ask({ url: url.href, method: "GET", secrets: [tokens.accessToken], who }, signal);
    const data = own(reply, "data");
    const key = own(data, "apiKey");
    if (typeof key !== "string" || key === "") {
      return {
        ok: false,
        failure: { kind: "reply", message: `${who} names no API key for this account; make one there` },
      };
    }
    const who_ = text(own(data, "email")) ?? text(own(data, "phone"));
    return {
      ok: true,
      tokens: { ...tokens, accessToken: new Secret(key), facts: { ...tokens.facts, ...some({ who: who_ }) } },
    };
  } catch (error) {
    return { ok: false, failure: failureOf(error, who) };
  }
}
