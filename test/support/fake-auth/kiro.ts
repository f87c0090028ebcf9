/**
 * Kiro's two login services: AWS SSO OIDC (JSON in camelCase, a client registered for each installation) and its own for
 * Google and GitHub (late 2026). Serves both hosts.
 */
import { randomBytes } from "node:crypto";
import type { FakeLogin } from "./claude.ts";
import { createCodeBook, createDeviceBook, type DeviceBook } from "./codes.ts";
import {
  jsonOf,
  notFound,
  oauthError,
  redirectTo,
  serveAuth,
  type AuthCall,
  type AuthReply,
  type FakeAuthOptions,
} from "./serve.ts";
import { createTokenBook, type IssuedPair } from "./tokens.ts";

export interface FakeKiroAuth extends FakeLogin, Pick<DeviceBook, "decide" | "slowDown"> {
  /** Client ids registered so far. */
  readonly registered: readonly string[];
  readonly profileArn: string;
  /** Registrations of now are over. */
  forgetClients(): void;
}

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
const wayBack = "kiro://kiro.kiroAgent/authenticate-success";
const profileArn = "arn:aws:codewhisperer:us-east-1:123456789012:profile/FAKE";
const wantedScopes = ["completions", "analysis", "conversations", "transformations", "taskassist"].map(
  (word) => `codewhisperer:${word}`,
);

export async function startFakeKiroAuth(options: FakeAuthOptions = {}): Promise<FakeKiroAuth> {
  const clients = new Map<string, string>();
  const registered: string[] = [];
  const devices = createDeviceBook();
  const codes = createCodeBook();
  const book = createTokenBook({ accessPrefix: "aoaAAAAAfake-", refreshPrefix: "aorAAAAAfake-" });

  function register(body: Readonly<Record<string, unknown>>): AuthReply {
    const scopes = Array.isArray(body["scopes"]) ? body["scopes"] : [];
    const grants = Array.isArray(body["grantTypes"]) ? body["grantTypes"] : [];
    const isWhole = typeof body["clientName"] === "string" && body["clientType"] === "public";
    if (!isWhole || !wantedScopes.every((scope) => scopes.includes(scope)) || !grants.includes(deviceGrant)) {
      return oauthError(400, "invalid_client_metadata");
    }
    const clientId = randomBytes(16).toString("base64url");
    const clientSecret = `fake-registration-${randomBytes(24).toString("base64url")}`;
    clients.set(clientId, clientSecret);
    registered.push(clientId);
    const times = { clientIdIssuedAt: 1_795_262_400, clientSecretExpiresAt: 1_803_038_400 };
    return { status: 200, json: { clientId, clientSecret, ...times } };
  }

  function sso(call: AuthCall, body: Readonly<Record<string, unknown>>): AuthReply {
    if (call.path === "/client/register") return register(body);
    const clientId = String(body["clientId"]);
    const secret = clients.get(clientId);
    if (secret === undefined || secret !== body["clientSecret"]) return oauthError(401, "invalid_client");
    if (call.path === "/device_authorization") {
      if (!/^https:\/\/[\w-]+\.awsapps\.com\/start$/.test(String(body["startUrl"])))
        return oauthError(400, "invalid_request");
      const { deviceCode, userCode } = devices.begin(clientId, null);
      const page = "https://device.sso.us-east-1.amazonaws.com/";
      const pages = { verificationUri: page, verificationUriComplete: `${page}?user_code=${userCode}` };
      return { status: 200, json: { deviceCode, userCode, ...pages, expiresIn: 600, interval: 1 } };
    }
    if (body["grantType"] === "refresh_token") {
      const redeemed = book.redeem(String(body["refreshToken"]));
      return typeof redeemed === "string" ? oauthError(400, "invalid_grant") : tokens(redeemed, {});
    }
    if (body["grantType"] !== deviceGrant) return oauthError(400, "unsupported_grant_type");
    if (devices.isTooFast()) return oauthError(400, "slow_down");
    switch (devices.look(String(body["deviceCode"]), clientId, null)) {
      case "pending":
        return oauthError(400, "authorization_pending");
      case "denied":
        return oauthError(400, "access_denied");
      case "expired":
        return oauthError(400, "expired_token");
      case "unknown":
        return oauthError(400, "invalid_grant");
      case "approved":
        return tokens(book.issue(), {});
    }
  }

  function page({ query }: AuthCall): AuthReply {
    const isKnown = ["Google", "Github"].includes(query.get("idp") ?? "") && query.get("redirect_uri") === wayBack;
    const challenge = query.get("code_challenge");
    if (!isKnown || challenge === null || query.get("code_challenge_method") !== "S256") return notFound;
    const code = codes.give({ clientId: "", redirectUri: wayBack, challenge });
    return redirectTo(wayBack, { code, state: query.get("state") ?? "" });
  }

  function social(call: AuthCall, body: Readonly<Record<string, unknown>>): AuthReply {
    if (call.path === "/oauth/token") {
      const { code, code_verifier: verifier, redirect_uri: redirectUri } = body;
      const shown = { clientId: "", redirectUri: String(redirectUri), verifier: String(verifier) };
      return codes.take(String(code), shown) ? tokens(book.issue(), { profileArn }) : oauthError(400, "invalid_grant");
    }
    const redeemed = book.redeem(String(body["refreshToken"]));
    return typeof redeemed === "string" ? oauthError(400, "invalid_grant") : tokens(redeemed, { profileArn });
  }

  const server = await serveAuth(options, (call) => {
    if (call.path === "/login" && call.method === "GET") return page(call);
    if (call.path === "/List-Available-Profiles" && call.method === "POST") {
      const token = (call.headers.authorization ?? "").replace("Bearer ", "");
      if (!book.isGood(token)) return { status: 403, json: { message: "The bearer token is invalid." } };
      return { status: 200, json: { profiles: [{ arn: profileArn, profileName: "FAKE" }] } };
    }
    const body = jsonOf(call);
    if (body === null) return notFound;
    if (["/oauth/token", "/refreshToken"].includes(call.path)) return social(call, body);
    return ["/client/register", "/device_authorization", "/token"].includes(call.path) ? sso(call, body) : notFound;
  });
  return Object.assign(server, book, {
    decide: devices.decide,
    slowDown: devices.slowDown,
    registered,
    profileArn,
    forgetClients: () => clients.clear(),
  });
}

function tokens({ accessToken, refreshToken }: IssuedPair, more: object): AuthReply {
  return { status: 200, json: { accessToken, refreshToken, tokenType: "Bearer", expiresIn: 3_600, ...more } };
}
