/**
 * The OAuth grants as values: code, device code and refresh, made and checked by oauth4webapi. This is the one file that
 * knows the library; what a provider does its own way (bodies in JSON, Basic besides the form, AWS's spelling, an error
 * told with a 200) is put right between the library and the wire.
 */
import * as oauth from "oauth4webapi";
import type { Clock } from "../../../base/clock.ts";
import { Secret } from "../../../base/secret.ts";
import type { Tokens } from "../credential.ts";
import { factsOf, idTokenField, type RawReply } from "./facts.ts";
import { failureOf, type OAuthFailure } from "./failure.ts";
import { claimsOf, lifetimeMs } from "./jwt-claims.ts";
import { isLoopback, type ServiceInForce } from "./resolve.ts";
import type { Wire } from "./wire.ts";

export interface GrantTools {
  readonly wire: Wire;
  readonly clock: Clock;
}

export type GrantResult =
  | { readonly ok: true; readonly tokens: Tokens }
  | { readonly ok: false; readonly failure: OAuthFailure };

/** What came back from the browser, once the library has seen that it is an answer to our question. */
export type Callback =
  | { readonly ok: true; readonly parameters: URLSearchParams }
  | { readonly ok: false; readonly message: string };

export interface CodeGrant {
  readonly callback: URLSearchParams;
  readonly redirectUri: string;
  /** Null where the service knows no proof keys. */
  readonly verifier: Secret | null;
}

/** Checks `state`, `iss` and `error`; the result is what `redeemCode` takes. */
export function checkCallback(service: ServiceInForce, parameters: URLSearchParams, state: string): Callback {
  const seen = new URLSearchParams(parameters);
  if (service.issuer === null) seen.delete("iss");
  try {
    return { ok: true, parameters: oauth.validateAuthResponse(serverOf(service), clientOf(service), seen, state) };
  } catch (error) {
    const said = error instanceof oauth.AuthorizationResponseError ? error.error : null;
    const word = said !== null && /^[\w.-]{1,64}$/.test(said) ? said : null;
    if (word === "access_denied")
      return { ok: false, message: `${service.title}: the login was declined in the browser` };
    if (said !== null)
      return { ok: false, message: `${service.title} ended the login${word === null ? "" : `: ${word}`}` };
    return { ok: false, message: `${service.title}: the answer does not belong to this login; start it again` };
  }
}

export function redeemCode(
  tools: GrantTools,
  service: ServiceInForce,
  grant: CodeGrant,
  signal: AbortSignal,
): Promise<GrantResult> {
  const { callback, redirectUri, verifier } = grant;
  const code = new Secret(callback.get("code") ?? "");
  const secrets = verifier === null ? [code] : [code, verifier];
  return tokensFrom(tools, service, service.tokenUrl, service.exchangeBody, secrets, async (options) => {
    const server = serverOf(service);
    const client = clientOf(service);
    const additionalParameters = service.sendsState === true ? { state: callback.get("state") ?? "" } : {};
    const reply = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      authentication(service),
      callback,
      redirectUri,
      verifier === null ? oauth.nopkce : verifier.reveal(),
      { ...options, additionalParameters, signal },
    );
    return oauth.processAuthorizationCodeResponse(server, client, reply);
  });
}

export function redeemRefreshToken(
  tools: GrantTools,
  service: ServiceInForce,
  refreshToken: Secret,
  signal: AbortSignal,
  url: string = service.refreshUrl,
): Promise<GrantResult> {
  return tokensFrom(tools, service, url, service.refreshBody, [refreshToken], async (options) => {
    const server = { ...serverOf(service), token_endpoint: url };
    const client = clientOf(service);
    const reply = await oauth.refreshTokenGrantRequest(server, client, authentication(service), refreshToken.reveal(), {
      ...options,
      signal,
    });
    return oauth.processRefreshTokenResponse(server, client, reply);
  });
}

export interface DeviceCode {
  readonly deviceCode: Secret;
  readonly userCode: string;
  readonly url: string;
  readonly urlComplete: string | null;
  readonly expiresInMs: number;
  readonly intervalMs: number;
}

export type DeviceCodeResult =
  | { readonly ok: true; readonly code: DeviceCode }
  | { readonly ok: false; readonly failure: OAuthFailure };

/** RFC 8628 §3.2, where a service does not say. */
const defaultIntervalMs = 5_000;

export async function askDeviceCode(
  tools: GrantTools,
  service: ServiceInForce,
  challenge: string | null,
  signal: AbortSignal,
): Promise<DeviceCodeResult> {
  const server = serverOf(service);
  const client = clientOf(service);
  const parameters = new URLSearchParams();
  if (service.scopes.length > 0) parameters.set("scope", service.scopes.join(" "));
  if (challenge !== null) {
    parameters.set("code_challenge", challenge);
    parameters.set("code_challenge_method", "S256");
  }
  try {
    const options = libraryOptions(tools.wire, service, "form", []);
    const reply = await oauth.deviceAuthorizationRequest(server, client, authentication(service), parameters, {
      ...options,
      signal,
    });
    const said = await oauth.processDeviceAuthorizationResponse(server, client, reply);
    return {
      ok: true,
      code: {
        deviceCode: new Secret(said.device_code),
        userCode: said.user_code,
        url: said.verification_uri,
        urlComplete: said.verification_uri_complete ?? null,
        expiresInMs: said.expires_in * 1_000,
        intervalMs: said.interval === undefined ? defaultIntervalMs : said.interval * 1_000,
      },
    };
  } catch (error) {
    return { ok: false, failure: failureOf(error, whoOf(service, service.authUrl)) };
  }
}

export function redeemDeviceCode(
  tools: GrantTools,
  service: ServiceInForce,
  deviceCode: Secret,
  verifier: Secret | null,
  signal: AbortSignal,
): Promise<GrantResult> {
  const secrets = verifier === null ? [deviceCode] : [deviceCode, verifier];
  return tokensFrom(tools, service, service.tokenUrl, "form", secrets, async (options) => {
    const server = serverOf(service);
    const client = clientOf(service);
    const additionalParameters = verifier === null ? {} : { code_verifier: verifier.reveal() };
    const reply = await oauth.deviceCodeGrantRequest(server, client, authentication(service), deviceCode.reveal(), {
      ...options,
      additionalParameters,
      signal,
    });
    return oauth.processDeviceCodeResponse(server, client, reply);
  });
}

/** For messages: the service's name and the host that was asked. */
export function whoOf(service: ServiceInForce, url: string): string {
  return `${service.title} (${new URL(url).host})`;
}

/** The tokens of a reply, whatever grant it answers. `nowMs` for tokens that tell only when they end. */
export function tokensOf(service: ServiceInForce, reply: RawReply, nowMs: number): Tokens {
  const accessToken = String(reply["access_token"]);
  const { refresh_token: refreshToken, expires_in: expiresIn } = reply;
  const isSaid = typeof expiresIn === "number" && expiresIn > 0;
  return {
    accessToken: new Secret(accessToken),
    refreshToken: typeof refreshToken === "string" && refreshToken !== "" ? new Secret(refreshToken) : null,
    expiresInMs: isSaid ? expiresIn * 1_000 : lifetimeMs(claimsOf(accessToken), nowMs),
    facts: factsOf(service.id, reply),
  };
}

async function tokensFrom(
  tools: GrantTools,
  service: ServiceInForce,
  url: string,
  body: "form" | "json",
  secrets: readonly Secret[],
  ask: (options: LibraryOptions) => Promise<oauth.TokenEndpointResponse>,
): Promise<GrantResult> {
  try {
    const reply = await ask(libraryOptions(tools.wire, service, body, secrets));
    return { ok: true, tokens: tokensOf(service, reply, tools.clock.now()) };
  } catch (error) {
    return { ok: false, failure: failureOf(error, whoOf(service, url)) };
  }
}

type LibraryOptions = Pick<
  oauth.TokenEndpointRequestOptions,
  typeof oauth.customFetch | typeof oauth.allowInsecureRequests
>;

/** The library's requests on our wire: only a yes comes back as a response, a no is thrown as our own failure. */
function libraryOptions(
  wire: Wire,
  service: ServiceInForce,
  bodyKind: "form" | "json",
  secrets: readonly Secret[],
): LibraryOptions {
  const known = service.clientSecret === null ? secrets : [...secrets, service.clientSecret];
  return {
    // Only ever our own machine: `resolve.ts` lets no other http:// through.
    [oauth.allowInsecureRequests]: [service.authUrl, service.tokenUrl, service.refreshUrl].some((url) =>
      isLoopback(new URL(url).hostname),
    ),
    async [oauth.customFetch](url, options) {
      const isJson = bodyKind === "json";
      const type = isJson ? "application/json" : "application/x-www-form-urlencoded";
      const reply = await wire.ask(
        {
          url,
          method: "POST",
          headers: { "content-type": type, ...basicOf(service) },
          body: isJson ? JSON.stringify(Object.fromEntries(options.body)) : options.body.toString(),
          secrets: known,
          who: whoOf(service, url),
        },
        options.signal ?? new AbortController().signal,
      );
      return Response.json(inOAuthWords(reply));
    },
  };
}

/** AWS spells in camelCase; some say neither the type nor a usable interval; id tokens are read elsewhere, unchecked. */
function inOAuthWords(reply: RawReply): RawReply {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(reply)) {
    const word = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    // A null says as much as nothing, and the library takes it for a mistake.
    if (value !== null) out[word === "id_token" ? idTokenField : word] = value;
  }
  if (!(typeof out["interval"] === "number" && out["interval"] > 0)) delete out["interval"];
  return { token_type: "bearer", ...out };
}

function serverOf(service: ServiceInForce): oauth.AuthorizationServer {
  return {
    issuer: service.issuer ?? new URL(service.authUrl).origin,
    authorization_endpoint: service.authUrl,
    device_authorization_endpoint: service.authUrl,
    token_endpoint: service.tokenUrl,
  };
}

/** The library wants a name even where only its check of the answer is used and nothing is sent by it (Kiro). */
function clientOf(service: ServiceInForce): oauth.Client {
  return { client_id: service.clientId ?? "none" };
}

function authentication(service: ServiceInForce): oauth.ClientAuth {
  return service.clientSecret === null ? oauth.None() : oauth.ClientSecretPost(service.clientSecret.reveal());
}

function basicOf(service: ServiceInForce): Readonly<Record<string, string>> {
  if (service.sendsBasic !== true || service.clientSecret === null) return {};
  const pair = `${service.clientId ?? ""}:${service.clientSecret.reveal()}`;
  return { authorization: `Basic ${Buffer.from(pair, "utf8").toString("base64")}` };
}
