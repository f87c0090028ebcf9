/**
 * Cursor's login: a page of cursor.com that is opened with a proof key, and an address of its API that is asked until the
 * page was confirmed (404 until then); renewals in JSON with a client id that is public and no secret. Facts of 2026-11,
 * from many unrelated public projects.
 */
import { own } from "../../../base/json.ts";
import { token, type Random } from "../../../base/random.ts";
import { Secret } from "../../../base/secret.ts";
import { awaitDevice, polledFailure, type Polled } from "./device-flow.ts";
import { failureOf, type OAuthFailure } from "./failure.ts";
import { tokensOf, whoOf, type GrantResult, type GrantTools } from "./grants.ts";
import { outcomeOf, questionMs, type BeginResult, type FlowTools, type LoginOutcome } from "./login-flow.ts";
import { challengeOf } from "./pkce.ts";
import type { ServiceInForce } from "./resolve.ts";
import { withDeadline } from "./wait.ts";
import type { WireReply } from "./wire.ts";

/** The length that the service's own clients use; RFC 7636 §4.1 allows 43 to 128 characters. */
const verifierBytes = 32;
/** Its clients begin with one second and slow down to ten; they give up after some ten minutes. */
const intervalMs = 2_000;
const expiresInMs = 600_000;

export function beginCursorLogin(tools: FlowTools, service: ServiceInForce, signal: AbortSignal): BeginResult {
  const verifier = new Secret(token(tools.random, verifierBytes));
  const uuid = uuidFrom(tools.random);
  const page = new URL(service.authUrl);
  page.searchParams.set("challenge", challengeOf(verifier.reveal()));
  page.searchParams.set("uuid", uuid);
  page.searchParams.set("mode", "login");
  const run = async (): Promise<LoginOutcome> => {
    const poll = (): Promise<Polled<GrantResult>> =>
      withDeadline(tools.after, questionMs, signal, (inTime) => ask(tools, service, { uuid, verifier }, inTime));
    const { clock, after } = tools;
    const waited = await awaitDevice({ poll, intervalMs, expiresInMs, clock, after, signal });
    return waited.type === "done" ? outcomeOf(tools, service, waited.value, signal) : waited;
  };
  return {
    ok: true,
    begun: {
      kind: "device",
      url: page.href,
      urlComplete: page.href,
      userCode: null,
      expiresInMs,
      paste: null,
      outcome: run(),
    },
  };
}

async function ask(
  tools: GrantTools,
  service: ServiceInForce,
  { uuid, verifier }: { readonly uuid: string; readonly verifier: Secret },
  signal: AbortSignal,
): Promise<Polled<GrantResult>> {
  const url = new URL(service.tokenUrl);
  url.searchParams.set("uuid", uuid);
  url.searchParams.set("verifier", verifier.reveal());
  const who = whoOf(service, service.tokenUrl);
  try {
    const reply = await tools.wire.ask({ url: url.href, method: "GET", secrets: [verifier], who }, signal);
    const granted = tokensIn(tools, service, reply, who);
    return granted.ok ? { type: "done", value: granted } : { type: "failed", message: granted.failure.message };
  } catch (error) {
    const failure = failureOf(error, who);
    if (failure.kind === "refused" && failure.status === 404) return { type: "pending" };
    return polledFailure(failure, service.title);
  }
}

export async function refreshCursor(
  tools: GrantTools,
  service: ServiceInForce,
  refreshToken: Secret,
  signal: AbortSignal,
): Promise<GrantResult> {
  const who = whoOf(service, service.refreshUrl);
  const body = { grant_type: "refresh_token", client_id: service.clientId, refresh_token: refreshToken.reveal() };
  try {
    const headers = { "content-type": "application/json" };
    const call = { url: service.refreshUrl, method: "POST", headers, body: JSON.stringify(body) } as const;
    const reply = await tools.wire.ask({ ...call, secrets: [refreshToken], who }, signal);
    // A yes that means no: the login was ended elsewhere.
    if (own(reply, "shouldLogout") === true) return { ok: false, failure: loggedOut(who) };
    return tokensIn(tools, service, reply, who);
  } catch (error) {
    return { ok: false, failure: failureOf(error, who) };
  }
}

function loggedOut(who: string): OAuthFailure {
  const message = `${who} has ended this login`;
  return { kind: "refused", status: 401, code: "invalid_grant", message, retryAfterMs: null };
}

/** The page's reply has camel case, the renewal's OAuth's own spelling. */
function tokensIn(tools: GrantTools, service: ServiceInForce, reply: WireReply, who: string): GrantResult {
  const accessToken = own(reply, "accessToken") ?? own(reply, "access_token");
  if (typeof accessToken !== "string" || accessToken === "") {
    return { ok: false, failure: { kind: "reply", message: `${who} answered without a token` } };
  }
  const said = {
    access_token: accessToken,
    refresh_token: own(reply, "refreshToken") ?? own(reply, "refresh_token"),
    expires_in: own(reply, "expires_in"),
  };
  return { ok: true, tokens: tokensOf(service, said, tools.clock.now()) };
}

/** RFC 9562 §5.4. */
function uuidFrom(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
