/**
 * GitHub's device flow, which says no with HTTP 200, and Copilot's token endpoint, which takes GitHub's token in a scheme
 * of its own (late 2026). Serves github.com and api.github.com.
 */
import { services } from "../../../src/engine/accounts/oauth/services.ts";
import type { FakeLogin } from "./claude.ts";
import { createDeviceBook, type DeviceBook } from "./codes.ts";
import { formOf, notFound, serveAuth, type AuthCall, type AuthReply, type FakeAuthOptions } from "./serve.ts";
import { createTokenBook } from "./tokens.ts";

export interface FakeGithubOptions extends FakeAuthOptions {
  /** GitHub's own tokens end, and come with a refresh token. */
  readonly tokensEnd?: boolean;
}

export interface FakeGithub extends FakeLogin, Pick<DeviceBook, "decide" | "slowDown"> {
  /** Copilot tokens handed out, oldest first. */
  readonly copilotTokens: readonly string[];
  /** From now on, with this status instead of a Copilot token; null: as usual. */
  refuseCopilot(status: 403 | 404 | null): void;
}

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

export async function startFakeGithub(options: FakeGithubOptions = {}): Promise<FakeGithub> {
  const { clientId } = services.copilot;
  const devices = createDeviceBook();
  const book = createTokenBook({ accessPrefix: "ghu_", refreshPrefix: "ghr_" });
  const copilotTokens: string[] = [];
  let refusal: 403 | 404 | null = null;

  function device(call: AuthCall): AuthReply {
    const form = formOf(call);
    if (form?.get("client_id") !== clientId || form.get("scope") !== "read:user") return notFound;
    const { deviceCode, userCode } = devices.begin(clientId, null);
    const verification = { verification_uri: "https://github.com/login/device", expires_in: 899, interval: 5 };
    return { status: 200, json: { device_code: deviceCode, user_code: userCode, ...verification } };
  }

  function token(call: AuthCall): AuthReply {
    const form = formOf(call);
    if (form === null || call.headers.accept !== "application/json") return { status: 200, json: "error=not_json" };
    if (form.get("client_id") !== clientId) return no("incorrect_client_credentials");
    if (form.get("grant_type") === "refresh_token") {
      const redeemed = book.redeem(form.get("refresh_token") ?? "");
      return typeof redeemed === "string" ? no("bad_refresh_token") : yes(redeemed.accessToken, redeemed.refreshToken);
    }
    if (form.get("grant_type") !== deviceGrant) return no("unsupported_grant_type");
    if (devices.isTooFast()) return { status: 200, json: { error: "slow_down", interval: 10 } };
    switch (devices.look(form.get("device_code") ?? "", clientId, null)) {
      case "pending":
        return no("authorization_pending");
      case "denied":
        return no("access_denied");
      case "expired":
        return no("expired_token");
      case "unknown":
        return no("incorrect_device_code");
      case "approved": {
        const { accessToken, refreshToken } = book.issue();
        return yes(accessToken, refreshToken);
      }
    }
  }

  function yes(accessToken: string, refreshToken: string): AuthReply {
    const more = { expires_in: 28_800, refresh_token: refreshToken, refresh_token_expires_in: 15_811_200 };
    const json = {
      access_token: accessToken,
      token_type: "bearer",
      scope: "",
      ...(options.tokensEnd === true ? more : {}),
    };
    return { status: 200, json };
  }

  function copilot(call: AuthCall): AuthReply {
    if (call.headers["user-agent"] === undefined) return { status: 403, json: { message: "User-Agent is required" } };
    const shown = /^token (.+)$/.exec(call.headers.authorization ?? "")?.[1] ?? "";
    if (!book.isGood(shown)) return { status: 401, json: { message: "Bad credentials" } };
    if (refusal !== null) return { status: refusal, json: { message: "Resource not accessible by integration" } };
    const made = `tid=fake${copilotTokens.length};exp=1795264200;sku=monthly_subscriber;proxy-ep=proxy.individual.githubcopilot.com:fakemac`;
    copilotTokens.push(made);
    const endpoints = {
      api: "https://api.individual.githubcopilot.com",
      proxy: "https://proxy.individual.githubcopilot.com",
    };
    const about = { chat_enabled: true, sku: "monthly_subscriber", endpoints };
    return { status: 200, json: { token: made, expires_at: 1_795_264_200, refresh_in: 1_500, ...about } };
  }

  const server = await serveAuth(options, (call) => {
    if (call.path === "/login/device/code") return device(call);
    if (call.path === "/login/oauth/access_token") return token(call);
    return call.path === "/copilot_internal/v2/token" && call.method === "GET" ? copilot(call) : notFound;
  });
  return Object.assign(server, book, {
    decide: devices.decide,
    slowDown: devices.slowDown,
    copilotTokens,
    refuseCopilot(status: 403 | 404 | null) {
      refusal = status;
    },
  });
}

function no(error: string): AuthReply {
  return { status: 200, json: { error, error_description: "As the documentation says." } };
}
