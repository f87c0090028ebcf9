/**
 * OpenAI's login for Codex: a page with two allowed ways back, codes redeemed by form, refresh tokens by JSON, good once
 * and with a word of its own for every way of being over (late 2026).
 */
import { services } from "../../../src/engine/accounts/oauth/services.ts";
import type { FakeLogin } from "./claude.ts";
import { createCodeBook } from "./codes.ts";
import {
  formOf,
  jsonOf,
  notFound,
  oauthError,
  redirectTo,
  serveAuth,
  unsignedToken,
  type AuthCall,
  type AuthReply,
  type FakeAuthOptions,
} from "./serve.ts";
import { createTokenBook, type IssuedPair } from "./tokens.ts";

export interface FakeOpenAiAuth extends FakeLogin {
  /** From now on tokens are over because of their age. */
  age(): void;
}

const lifetimeSeconds = 864_000;
const issuedAt = 1_795_262_400;
const allowed = ["http://localhost:1455/auth/callback", "http://localhost:1457/auth/callback"];

export async function startFakeOpenAiAuth(options: FakeAuthOptions = {}): Promise<FakeOpenAiAuth> {
  const { clientId } = services.codex;
  const codes = createCodeBook();
  const book = createTokenBook({
    accessPrefix: "",
    refreshPrefix: "rt_",
    mint: (chance) => unsignedToken({ jti: chance, iat: issuedAt, exp: issuedAt + lifetimeSeconds, ...about }),
  });
  let isOld = false;

  function page({ query }: AuthCall): AuthReply {
    const redirectUri = query.get("redirect_uri") ?? "";
    const challenge = query.get("code_challenge");
    const isWhole =
      query.get("client_id") === clientId &&
      query.get("response_type") === "code" &&
      query.get("id_token_add_organizations") === "true" &&
      query.get("codex_cli_simplified_flow") === "true" &&
      query.get("code_challenge_method") === "S256" &&
      query.get("scope") === "openid profile email offline_access";
    if (!isWhole || challenge === null) return oauthError(400, "invalid_request");
    if (!allowed.includes(redirectUri)) return oauthError(400, "invalid_request", "redirect_uri is not allowed");
    const code = codes.give({ clientId, redirectUri, challenge });
    return redirectTo(redirectUri, { code, state: query.get("state") ?? "" });
  }

  function token(call: AuthCall): AuthReply {
    const form = formOf(call);
    if (form !== null && form.get("grant_type") === "authorization_code") {
      const shown = {
        clientId: form.get("client_id") ?? "",
        redirectUri: form.get("redirect_uri") ?? "",
        verifier: form.get("code_verifier"),
      };
      return codes.take(form.get("code") ?? "", shown) ? tokens(book.issue()) : oauthError(400, "invalid_grant");
    }
    const body = jsonOf(call);
    if (body === null || body["grant_type"] !== "refresh_token" || body["client_id"] !== clientId) {
      return oauthError(400, "invalid_request");
    }
    if (isOld) return over("refresh_token_expired");
    const redeemed = book.redeem(String(body["refresh_token"]));
    if (redeemed === "reused") return over("refresh_token_reused");
    if (redeemed === "revoked") return over("refresh_token_invalidated");
    return redeemed === "unknown" ? oauthError(401, "invalid_grant") : tokens(redeemed);
  }

  const server = await serveAuth(options, (call) => {
    if (call.path === "/oauth/authorize" && call.method === "GET") return page(call);
    return call.path === "/oauth/token" ? token(call) : notFound;
  });
  return Object.assign(server, book, {
    age() {
      isOld = true;
    },
  });
}

const about = {
  "https://api.openai.com/auth": { chatgpt_account_id: "acct-fake-1", chatgpt_plan_type: "plus" },
  "https://api.openai.com/profile": { email: "ada@example.com" },
};

/** No `expires_in`: its tokens say themselves how long they live. */
function tokens({ accessToken, refreshToken }: IssuedPair): AuthReply {
  const idToken = unsignedToken({ email: "ada@example.com", aud: ["somebody-else"], ...about });
  const json = { id_token: idToken, access_token: accessToken, refresh_token: refreshToken, token_type: "Bearer" };
  return { status: 200, json };
}

function over(code: string): AuthReply {
  return {
    status: 401,
    json: { error: { message: "Your session has ended. Please log in again.", type: "invalid_request_error", code } },
  };
}
