/**
 * The profile that an Identity Center login is charged to, which the token reply does not name and without which the
 * service refuses every call. A Builder ID has none, a social login's reply names it. Facts of 2026-11: public clients ask
 * `management.{region}.kiro.dev`, and profiles are in two regions only.
 */
import { own } from "../../../base/json.ts";
import type { Tokens } from "../credential.ts";
import { some, text } from "./facts.ts";
import { whoOf, type GrantTools } from "./grants.ts";
import type { ServiceInForce } from "./resolve.ts";

const regions = ["us-east-1", "eu-central-1"] as const;

/** The tokens as they are where nothing is found: the login is good all the same, and its first call says what is missing. */
export async function withKiroProfile(
  tools: GrantTools,
  service: ServiceInForce,
  tokens: Tokens,
  signal: AbortSignal,
): Promise<Tokens> {
  if (tokens.facts.profileArn !== undefined || tokens.facts.identity !== "Enterprise") return tokens;
  for (const region of regions) {
    const profileArn = await firstProfile(tools, service, tokens, region, signal);
    if (profileArn !== undefined) return { ...tokens, facts: { ...tokens.facts, ...some({ profileArn }) } };
  }
  return tokens;
}

async function firstProfile(
  tools: GrantTools,
  service: ServiceInForce,
  { accessToken }: Tokens,
  region: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const url = `https://management.${region}.kiro.dev/List-Available-Profiles`;
  try {
    const headers = { authorization: `Bearer ${accessToken.reveal()}`, "content-type": "application/json" };
    const reply = await tools.wire.ask(
      { url, method: "POST", headers, body: "{}", secrets: [accessToken], who: whoOf(service, url) },
      signal,
    );
    const profiles = own(reply, "profiles");
    const [first] = Array.isArray(profiles) ? profiles : [];
    return text(own(first, "arn"));
  } catch {
    // Whatever went wrong, the login itself went well; the other region may still answer.
    return undefined;
  }
}
