/** What a token reply tells besides the tokens, under the names of `LoginFacts`. Nothing in here is a secret. */
import { own } from "../../../base/json.ts";
import type { LoginFacts } from "../credential.ts";
import { claimsOf, type Claims } from "./jwt-claims.ts";
import type { ServiceId } from "./services.ts";

/** A token reply with its names in OAuth's spelling; the id token lies under a name the library does not look at. */
export type RawReply = Readonly<Record<string, unknown>>;

export const idTokenField = "unverified_id_token";

const maxFactLength = 256;
const openaiClaim = "https://api.openai.com/auth";
const openaiProfile = "https://api.openai.com/profile";

export function factsOf(service: ServiceId, reply: RawReply): LoginFacts {
  switch (service) {
    case "claude":
      return some({ who: text(own(own(reply, "account"), "email_address")) });
    case "codex": {
      const id = claimsIn(reply, idTokenField);
      const access = claimsIn(reply, "access_token");
      const openai = own(id, openaiClaim) ?? own(access, openaiClaim);
      return some({
        who: text(own(id, "email")) ?? text(own(own(access, openaiProfile), "email")),
        accountId: text(own(openai, "chatgpt_account_id")),
        plan: text(own(openai, "chatgpt_plan_type")),
      });
    }
    case "gemini-cli":
    case "antigravity":
      return some({ who: text(own(claimsIn(reply, idTokenField), "email")) });
    case "qwen":
      return some({ endpoint: qwenEndpoint(own(reply, "resource_url")) });
    case "kiro":
    case "kiro-social":
      return some({ profileArn: text(own(reply, "profile_arn")) });
    case "copilot":
    case "iflow":
    case "kimi":
    case "cursor":
      return {};
  }
}

/** Absent rather than undefined. */
export function some(facts: { readonly [Key in keyof LoginFacts]: LoginFacts[Key] | undefined }): LoginFacts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && value.length <= maxFactLength ? value : undefined;
}

/** A base URL that a token is bound to: https, nothing but a host and a path. Whose host it is, the provider checks. */
export function baseUrl(value: unknown): string | undefined {
  const said = text(value);
  if (said === undefined || !URL.canParse(said)) return undefined;
  const url = new URL(said);
  if (url.protocol !== "https:" || url.username !== "" || url.password !== "") return undefined;
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

/** `portal.qwen.ai`, as a rule without scheme; its API is below `/v1` (its CLI completes both). */
function qwenEndpoint(value: unknown): string | undefined {
  const said = text(value);
  if (said === undefined) return undefined;
  const url = baseUrl(/^[a-z]+:\/\//i.test(said) ? said : `https://${said}`);
  return url === undefined || url.endsWith("/v1") ? url : `${url}/v1`;
}

function claimsIn(reply: RawReply, field: string): Claims | null {
  const token = reply[field];
  return typeof token === "string" ? claimsOf(token) : null;
}
