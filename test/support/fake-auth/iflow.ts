/**
 * iFlow's login: Basic authentication besides the form, a page that calls the way back by another name, a no that comes
 * as HTTP 200 with `success: false`, and the API key behind it (late 2026).
 */
import { services } from "../../../src/engine/accounts/oauth/services.ts";
import type { FakeLogin } from "./claude.ts";
import { createCodeBook } from "./codes.ts";
import {
  formOf,
  notFound,
  oauthError,
  redirectTo,
  serveAuth,
  type AuthCall,
  type AuthReply,
  type FakeAuthOptions,
} from "./serve.ts";
import { createTokenBook, type IssuedPair } from "./tokens.ts";

export interface FakeIflowOptions extends FakeAuthOptions {
  /** Wanted from the client; made up for the test. */
  readonly clientSecret: string;
}

export interface FakeIflowAuth extends FakeLogin {
  readonly apiKey: string;
}

const apiKey = "sk-fake-iflow-0123456789abcdef";

export async function startFakeIflowAuth(options: FakeIflowOptions): Promise<FakeIflowAuth> {
  const { clientId } = services.iflow;
  const { clientSecret } = options;
  const codes = createCodeBook();
  const book = createTokenBook({ accessPrefix: "fake-iflow-access-", refreshPrefix: "fake-iflow-refresh-" });
  const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`;

  function page({ query }: AuthCall): AuthReply {
    const redirectUri = query.get("redirect") ?? "";
    const isPhone = query.get("loginMethod") === "phone" && query.get("type") === "phone";
    if (!isPhone || query.get("client_id") !== clientId) return oauthError(400, "invalid_request");
    const code = codes.give({ clientId, redirectUri, challenge: null });
    return redirectTo(redirectUri, { code, state: query.get("state") ?? "" });
  }

  function token(call: AuthCall): AuthReply {
    const form = formOf(call);
    const isClient = form?.get("client_id") === clientId && form.get("client_secret") === clientSecret;
    if (form === null || !isClient || call.headers.authorization !== basic) return no("client authentication failed");
    if (form.get("grant_type") === "authorization_code") {
      const shown = { clientId, redirectUri: form.get("redirect_uri") ?? "", verifier: form.get("code_verifier") };
      return codes.take(form.get("code") ?? "", shown) ? tokens(book.issue()) : no("code is invalid");
    }
    const redeemed = book.redeem(form.get("refresh_token") ?? "");
    return typeof redeemed === "string" ? no("refresh_token is invalid or expired") : tokens(redeemed);
  }

  const server = await serveAuth(options, (call) => {
    if (call.path === "/oauth" && call.method === "GET") return page(call);
    if (call.path === "/oauth/token") return token(call);
    if (call.path !== "/api/oauth/getUserInfo" || call.method !== "GET") return notFound;
    if (!book.isGood(call.query.get("accessToken") ?? "")) return no("access token is invalid");
    return { status: 200, json: { success: true, data: { apiKey, email: "ada@example.com", phone: "+86" } } };
  });
  return Object.assign(server, book, { apiKey });
}

function tokens({ accessToken, refreshToken }: IssuedPair): AuthReply {
  const pair = { access_token: accessToken, refresh_token: refreshToken };
  return { status: 200, json: { ...pair, token_type: "bearer", expires_in: 172_799, scope: "read write" } };
}

function no(message: string): AuthReply {
  return { status: 200, json: { success: false, code: "50001", message } };
}
