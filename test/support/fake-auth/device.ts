/** Qwen and Kimi: the device flow by the book, Qwen with a proof key and with 429 for "slow down" (late 2026). */
import { services } from "../../../src/engine/accounts/oauth/services.ts";
import type { FakeLogin } from "./claude.ts";
import { createDeviceBook, type DeviceBook } from "./codes.ts";
import {
  formOf,
  notFound,
  oauthError,
  serveAuth,
  type AuthCall,
  type AuthReply,
  type FakeAuthOptions,
} from "./serve.ts";
import { createTokenBook, type IssuedPair } from "./tokens.ts";

export type FakeDeviceLogin = FakeLogin & Pick<DeviceBook, "decide" | "slowDown">;

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

interface Ways {
  readonly clientId: string;
  readonly paths: { readonly device: string; readonly token: string };
  readonly scope: string | null;
  readonly pkce: boolean;
  readonly page: string;
  readonly slowDownStatus: 400 | 429;
  readonly over: AuthReply;
  readonly more: object;
}

export function startFakeQwenAuth(options: FakeAuthOptions = {}): Promise<FakeDeviceLogin> {
  return start(options, {
    clientId: services.qwen.clientId,
    paths: { device: "/api/v1/oauth2/device/code", token: "/api/v1/oauth2/token" },
    scope: "openid profile email model.completion",
    pkce: true,
    page: "https://chat.qwen.ai/authorize",
    slowDownStatus: 429,
    over: oauthError(400, "invalid_request", "Invalid refresh token or client_id"),
    // Nulls where others leave a field out.
    more: { resource_url: "portal.qwen.ai", scope: null },
  });
}

export function startFakeKimiAuth(options: FakeAuthOptions = {}): Promise<FakeDeviceLogin> {
  return start(options, {
    clientId: services.kimi.clientId,
    paths: { device: "/api/oauth/device_authorization", token: "/api/oauth/token" },
    scope: null,
    pkce: false,
    page: "https://www.kimi.com/code/authorize_device",
    slowDownStatus: 400,
    over: oauthError(401, "invalid_grant"),
    more: { scope: "kimi-code" },
  });
}

async function start(options: FakeAuthOptions, ways: Ways): Promise<FakeDeviceLogin> {
  const { clientId } = ways;
  const devices = createDeviceBook();
  const book = createTokenBook({ accessPrefix: "fake-access-", refreshPrefix: "fake-refresh-" });

  function device(form: URLSearchParams): AuthReply {
    const challenge = form.get("code_challenge");
    const isProved = ways.pkce
      ? challenge !== null && form.get("code_challenge_method") === "S256"
      : challenge === null;
    if (!isProved || form.get("scope") !== ways.scope) return oauthError(400, "invalid_request");
    const { deviceCode, userCode } = devices.begin(clientId, challenge);
    const complete = `${ways.page}?user_code=${userCode}`;
    const page = { verification_uri: ways.page, verification_uri_complete: complete, expires_in: 900 };
    return { status: 200, json: { device_code: deviceCode, user_code: userCode, ...page } };
  }

  function token(form: URLSearchParams): AuthReply {
    if (form.get("grant_type") === "refresh_token") {
      const redeemed = book.redeem(form.get("refresh_token") ?? "");
      return typeof redeemed === "string" ? ways.over : tokens(redeemed);
    }
    if (form.get("grant_type") !== deviceGrant) return oauthError(400, "unsupported_grant_type");
    if (devices.isTooFast()) return oauthError(ways.slowDownStatus, "slow_down");
    switch (devices.look(form.get("device_code") ?? "", clientId, form.get("code_verifier"))) {
      case "pending":
        return oauthError(400, "authorization_pending");
      case "denied":
        return oauthError(400, "access_denied");
      case "expired":
        return oauthError(400, "expired_token");
      case "unknown":
        return oauthError(400, "invalid_grant");
      case "approved":
        return tokens(book.issue());
    }
  }

  function tokens({ accessToken, refreshToken }: IssuedPair): AuthReply {
    const pair = { access_token: accessToken, refresh_token: refreshToken };
    return { status: 200, json: { ...pair, token_type: "Bearer", expires_in: 21_600, ...ways.more } };
  }

  const server = await serveAuth(options, (call: AuthCall) => {
    const form = formOf(call);
    if (form === null) return notFound;
    if (form.get("client_id") !== clientId) return oauthError(401, "invalid_client");
    if (call.path === ways.paths.device) return device(form);
    return call.path === ways.paths.token ? token(form) : notFound;
  });
  return Object.assign(server, book, { decide: devices.decide, slowDown: devices.slowDown });
}
