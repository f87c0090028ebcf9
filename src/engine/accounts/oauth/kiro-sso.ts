/**
 * Kiro's login by AWS SSO OIDC (Builder ID, Identity Center): the installation registers itself, then asks for a device
 * code. JSON in camelCase over POST, nothing of RFC 8628's form but its words (facts of late 2026, from public clients).
 */
import { own } from "../../../base/json.ts";
import { Secret } from "../../../base/secret.ts";
import { failureOf } from "./failure.ts";
import { tokensOf, whoOf, type DeviceCodeResult, type GrantResult, type GrantTools } from "./grants.ts";
import type { OAuthFailure } from "./failure.ts";
import type { ServiceInForce } from "./resolve.ts";
import type { WireReply } from "./wire.ts";

/** What this installation is to AWS; made for it, so a secret of its own and nobody else's. */
export interface Registration {
  readonly clientId: Secret;
  readonly clientSecret: Secret;
}

export type RegistrationResult =
  | { readonly ok: true; readonly registration: Registration }
  | { readonly ok: false; readonly failure: OAuthFailure };

export const builderIdStart = "https://view.awsapps.com/start";
const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
const defaultIntervalSeconds = 5;

export async function registerKiro(
  tools: GrantTools,
  service: ServiceInForce,
  startUrl: string,
  signal: AbortSignal,
): Promise<RegistrationResult> {
  const url = new URL("/client/register", service.authUrl).href;
  const body = {
    clientName: "switchyard",
    clientType: "public",
    scopes: service.scopes,
    grantTypes: [deviceGrant, "refresh_token"],
    issuerUrl: startUrl,
  };
  const asked = await post(tools, service, { url, body, secrets: [] }, signal);
  if (!asked.ok) return asked;
  const clientId = own(asked.reply, "clientId");
  const clientSecret = own(asked.reply, "clientSecret");
  if (typeof clientId !== "string" || typeof clientSecret !== "string") {
    return unusable(`${whoOf(service, url)} registered no client`);
  }
  return { ok: true, registration: { clientId: new Secret(clientId), clientSecret: new Secret(clientSecret) } };
}

export async function askKiroCode(
  tools: GrantTools,
  service: ServiceInForce,
  registration: Registration,
  startUrl: string,
  signal: AbortSignal,
): Promise<DeviceCodeResult> {
  const url = service.authUrl;
  const body = { ...shown(registration), startUrl };
  const asked = await post(tools, service, { url, body, secrets: [registration.clientSecret] }, signal);
  if (!asked.ok) return asked;
  const [deviceCode, userCode, verificationUri] = ["deviceCode", "userCode", "verificationUri"].map((name) =>
    own(asked.reply, name),
  );
  const expiresIn = own(asked.reply, "expiresIn");
  const isWhole = typeof deviceCode === "string" && typeof userCode === "string" && typeof verificationUri === "string";
  if (!isWhole || typeof expiresIn !== "number") return unusable(`${whoOf(service, url)} gave no device code`);
  const complete = own(asked.reply, "verificationUriComplete");
  const interval = own(asked.reply, "interval");
  return {
    ok: true,
    code: {
      deviceCode: new Secret(deviceCode),
      userCode,
      url: verificationUri,
      urlComplete: typeof complete === "string" ? complete : null,
      expiresInMs: expiresIn * 1_000,
      intervalMs: (typeof interval === "number" && interval > 0 ? interval : defaultIntervalSeconds) * 1_000,
    },
  };
}

export function redeemKiroCode(
  tools: GrantTools,
  service: ServiceInForce,
  registration: Registration,
  deviceCode: Secret,
  signal: AbortSignal,
): Promise<GrantResult> {
  const body = { ...shown(registration), deviceCode: deviceCode.reveal(), grantType: deviceGrant };
  const secrets = [registration.clientSecret, deviceCode];
  return tokens(tools, service, { url: service.tokenUrl, body, secrets }, signal);
}

export function refreshKiro(
  tools: GrantTools,
  service: ServiceInForce,
  registration: Registration,
  refreshToken: Secret,
  signal: AbortSignal,
): Promise<GrantResult> {
  const body = { ...shown(registration), refreshToken: refreshToken.reveal(), grantType: "refresh_token" };
  const secrets = [registration.clientSecret, refreshToken];
  return tokens(tools, service, { url: service.refreshUrl, body, secrets }, signal);
}

interface Question {
  readonly url: string;
  readonly body: object;
  readonly secrets: readonly Secret[];
}

async function tokens(
  tools: GrantTools,
  service: ServiceInForce,
  question: Question,
  signal: AbortSignal,
): Promise<GrantResult> {
  const asked = await post(tools, service, question, signal);
  return asked.ok ? kiroTokens(tools, service, asked.reply, question.url) : asked;
}

/** Both kinds of Kiro login answer in this spelling. */
export function kiroTokens(tools: GrantTools, service: ServiceInForce, reply: WireReply, url: string): GrantResult {
  const accessToken = own(reply, "accessToken");
  if (typeof accessToken !== "string" || accessToken === "") {
    return unusable(`${whoOf(service, url)} answered without a token`);
  }
  const said = {
    access_token: accessToken,
    refresh_token: own(reply, "refreshToken"),
    expires_in: own(reply, "expiresIn"),
    profile_arn: own(reply, "profileArn"),
  };
  return { ok: true, tokens: tokensOf(service, said, tools.clock.now()) };
}

async function post(
  tools: GrantTools,
  service: ServiceInForce,
  { url, body, secrets }: Question,
  signal: AbortSignal,
): Promise<{ readonly ok: true; readonly reply: WireReply } | { readonly ok: false; readonly failure: OAuthFailure }> {
  const who = whoOf(service, url);
  try {
    const headers = { "content-type": "application/json" };
    const reply = await tools.wire.ask(
      { url, method: "POST", headers, body: JSON.stringify(body), secrets, who },
      signal,
    );
    return { ok: true, reply };
  } catch (error) {
    return { ok: false, failure: failureOf(error, who) };
  }
}

function shown({ clientId, clientSecret }: Registration): { readonly clientId: string; readonly clientSecret: string } {
  return { clientId: clientId.reveal(), clientSecret: clientSecret.reveal() };
}

function unusable(message: string): { readonly ok: false; readonly failure: OAuthFailure } {
  return { ok: false, failure: { kind: "reply", message } };
}
