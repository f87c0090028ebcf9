/** Anthropic's login: a page, and a token endpoint that takes JSON only and rotates refresh tokens (late 2026). */
import { services } from "../../../src/engine/accounts/oauth/services.ts";
import { createCodeBook } from "./codes.ts";
import {
  jsonOf,
  notFound,
  oauthError,
  redirectTo,
  serveAuth,
  type AuthCall,
  type AuthReply,
  type FakeAuth,
  type FakeAuthOptions,
} from "./serve.ts";
import { createTokenBook, type IssuedPair, type TokenBook } from "./tokens.ts";

export type FakeLogin = FakeAuth & Pick<TokenBook, "issued" | "redemptions" | "issue" | "expire" | "revoke" | "isGood">;

const expiresInSeconds = 28_800;
const email = "ada@example.com";

export async function startFakeClaudeAuth(options: FakeAuthOptions = {}): Promise<FakeLogin> {
  const { clientId } = services.claude;
  const codes = createCodeBook();
  const book = createTokenBook({ accessPrefix: "sk-ant-oat01-", refreshPrefix: "sk-ant-ort01-" });

  function page({ query }: AuthCall): AuthReply {
    const challenge = query.get("code_challenge");
    const redirectUri = query.get("redirect_uri") ?? "";
    const state = query.get("state") ?? "";
    const isWhole =
      query.get("client_id") === clientId &&
      query.get("response_type") === "code" &&
      query.get("code") === "true" &&
      query.get("code_challenge_method") === "S256" &&
      (query.get("scope") ?? "").split(" ").includes("user:inference") &&
      state !== "";
    if (!isWhole || challenge === null) return oauthError(400, "invalid_request");
    const isOurPage = redirectUri === "https://platform.claude.com/oauth/code/callback";
    if (!isOurPage && !/^http:\/\/localhost:\d+\/callback$/.test(redirectUri))
      return oauthError(400, "invalid_request");
    const code = codes.give({ clientId, redirectUri, challenge });
    // The page shows it for copying.
    if (isOurPage) return { status: 200, json: { shown: `${code}#${state}` } };
    return redirectTo(redirectUri, { code, state });
  }

  function token(call: AuthCall): AuthReply {
    const body = jsonOf(call);
    if (body === null) return malformed("Invalid request format");
    if (body["client_id"] !== clientId) return oauthError(401, "invalid_client");
    if (body["grant_type"] === "authorization_code") {
      const { code, redirect_uri: redirectUri, code_verifier: verifier, state } = body;
      if (typeof state !== "string" || state === "") return malformed("state: Field required");
      const shown = { clientId, redirectUri: String(redirectUri), verifier: String(verifier) };
      if (!codes.take(String(code), shown)) return oauthError(400, "invalid_grant", "Invalid 'code' in request.");
      return tokens(book.issue());
    }
    if (body["grant_type"] === "refresh_token") {
      const redeemed = book.redeem(String(body["refresh_token"]));
      return typeof redeemed === "string"
        ? oauthError(400, "invalid_grant", "Refresh token not found or invalid")
        : tokens(redeemed);
    }
    return oauthError(400, "unsupported_grant_type");
  }

  const server = await serveAuth(options, (call) => {
    if (call.path === "/oauth/authorize" && call.method === "GET") return page(call);
    return call.path === "/v1/oauth/token" ? token(call) : notFound;
  });
  return Object.assign(server, book);
}

function tokens({ accessToken, refreshToken }: IssuedPair): AuthReply {
  return {
    status: 200,
    json: {
      token_type: "Bearer",
      access_token: accessToken,
      refresh_token: refreshToken,
      expires_in: expiresInSeconds,
      scope: "user:inference user:profile",
      organization: { uuid: "0f0e0d0c-0000-4000-8000-000000000001", name: "Example" },
      account: { uuid: "0f0e0d0c-0000-4000-8000-000000000002", email_address: email },
    },
  };
}

function malformed(message: string): AuthReply {
  return { status: 400, json: { type: "error", error: { type: "invalid_request_error", message } } };
}
