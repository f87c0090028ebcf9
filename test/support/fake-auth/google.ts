/**
 * Google's login for Code Assist, and the two methods of Code Assist that find or make a project. Refresh tokens stay
 * good; the client's secret is wanted at every grant (late 2026). Serves both hosts.
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

export interface FakeGoogleOptions extends FakeAuthOptions {
  readonly service?: "gemini-cli" | "antigravity";
  /** Wanted from the client; made up for the test. */
  readonly clientSecret: string;
  /** `ready`: has a project. `new`: gets one after so many looks. `refused`: gets none. */
  readonly account?:
    | { readonly type: "ready" }
    | { readonly type: "new"; readonly looks: number }
    | { readonly type: "refused" };
}

export interface FakeGoogleAuth extends FakeLogin {
  readonly project: string;
}

const project = "fake-project-42";

export async function startFakeGoogleAuth(options: FakeGoogleOptions): Promise<FakeGoogleAuth> {
  const service = services[options.service ?? "gemini-cli"];
  const { clientId } = service;
  const { clientSecret, account = { type: "ready" } } = options;
  const codes = createCodeBook();
  const book = createTokenBook({ accessPrefix: "ya29.fake-", refreshPrefix: "1//0fake-", reusable: true });
  let looks = 0;

  function page({ query }: AuthCall): AuthReply {
    const redirectUri = query.get("redirect_uri") ?? "";
    const isOurs = query.get("client_id") === clientId && query.get("response_type") === "code";
    const isOffline = query.get("access_type") === "offline" && query.get("code_challenge_method") === "S256";
    const isLoopback = /^http:\/\/(?:127\.0\.0\.1|localhost):\d+\/[\w-]+$/.test(redirectUri);
    if (!isOurs || !isOffline || query.get("scope") !== service.scopes.join(" "))
      return oauthError(400, "invalid_request");
    if (!isLoopback) return oauthError(400, "redirect_uri_mismatch");
    const code = codes.give({ clientId, redirectUri, challenge: query.get("code_challenge") });
    return redirectTo(redirectUri, { code, state: query.get("state") ?? "", iss: "https://accounts.google.com" });
  }

  function token(call: AuthCall): AuthReply {
    const form = formOf(call);
    if (form === null) return oauthError(400, "invalid_request");
    const isClient = form.get("client_id") === clientId && form.get("client_secret") === clientSecret;
    if (!isClient) return oauthError(401, "invalid_client", "The provided client secret is invalid.");
    if (form.get("grant_type") === "authorization_code") {
      const shown = { clientId, redirectUri: form.get("redirect_uri") ?? "", verifier: form.get("code_verifier") };
      if (!codes.take(form.get("code") ?? "", shown)) return oauthError(400, "invalid_grant", "Malformed auth code.");
      return tokens(book.issue(), true);
    }
    const redeemed = book.redeem(form.get("refresh_token") ?? "");
    if (typeof redeemed === "string") return oauthError(400, "invalid_grant", "Token has been expired or revoked.");
    return tokens(redeemed, false);
  }

  function operation(): AuthReply {
    looks += 1;
    const isDone = account.type !== "new" || looks > account.looks;
    const response = { cloudaicompanionProject: { id: project, name: project } };
    return {
      status: 200,
      json: { name: "operations/fake-onboarding-1", done: isDone, ...(isDone ? { response } : {}) },
    };
  }

  function codeAssist(call: AuthCall): AuthReply {
    const bearer = /^Bearer (.+)$/.exec(call.headers.authorization ?? "")?.[1] ?? "";
    if (!book.isGood(bearer)) {
      return {
        status: 401,
        json: { error: { code: 401, status: "UNAUTHENTICATED", message: "Invalid credentials." } },
      };
    }
    if (call.path === "/v1internal/operations/fake-onboarding-1" && call.method === "GET") return operation();
    const body = jsonOf(call);
    if (body === null) return notFound;
    if (call.path === "/v1internal:loadCodeAssist") return { status: 200, json: loaded(account.type) };
    if (call.path !== "/v1internal:onboardUser") return notFound;
    // The free tier's project is Google's own; naming one is refused.
    const isFree = body["tierId"] === "free-tier" && body["cloudaicompanionProject"] === undefined;
    return isFree ? operation() : oauthError(400, "FAILED_PRECONDITION");
  }

  const server = await serveAuth(options, (call) => {
    if (call.path === "/o/oauth2/v2/auth") return page(call);
    if (call.path === "/token") return token(call);
    return call.path.startsWith("/v1internal") ? codeAssist(call) : notFound;
  });
  return Object.assign(server, book, { project });
}

function loaded(account: "ready" | "new" | "refused"): object {
  const free = { id: "free-tier", name: "Gemini Code Assist for individuals", isDefault: true };
  if (account === "ready") return { currentTier: free, allowedTiers: [free], cloudaicompanionProject: project };
  if (account === "new") return { allowedTiers: [free] };
  const reasonMessage = "Your account is not eligible in this region.";
  return {
    allowedTiers: [],
    ineligibleTiers: [{ reasonCode: "UNSUPPORTED_LOCATION", reasonMessage, tierId: "free-tier" }],
  };
}

function tokens({ accessToken, refreshToken }: IssuedPair, isLogin: boolean): AuthReply {
  const idToken = unsignedToken({ iss: "https://accounts.google.com", email: "ada@example.com" });
  const first = isLogin ? { refresh_token: refreshToken } : {};
  const json = {
    access_token: accessToken,
    expires_in: 3_599,
    scope: "cloud",
    token_type: "Bearer",
    id_token: idToken,
  };
  return { status: 200, json: { ...json, ...first } };
}
