/**
 * A login in the browser (RFC 8252): our page address with proof key and state, then one answer, which comes back to the
 * loopback listener or is pasted. Whichever is first counts; the other is not looked at.
 */
import { checkCallback, redeemCode, type CodeGrant, type GrantResult } from "./grants.ts";
import { redeemKiroSocial } from "./kiro-social.ts";
import { openLoopback, type Loopback } from "./loopback.ts";
import { outcomeOf, questionMs, type BeginResult, type FlowTools, type LoginOutcome } from "./login-flow.ts";
import { readPasted } from "./pasted.ts";
import { createPkce, createState } from "./pkce.ts";
import type { ServiceInForce } from "./resolve.ts";
import { waitFor, withDeadline } from "./wait.ts";

export interface BrowserWish {
  /** The service's own page shows the answer, for a browser on another machine. */
  readonly byPaste: boolean;
  /** More of the page's query: Kiro's identity. */
  readonly fields: Readonly<Record<string, string>>;
}

/** What a person needs at most: another window, a password, a second factor. */
const browserWaitMs = 600_000;

export async function beginBrowserLogin(
  tools: FlowTools,
  service: ServiceInForce,
  wish: BrowserWish,
  signal: AbortSignal,
): Promise<BeginResult> {
  const state = createState(tools.random);
  const pkce = service.pkce ? createPkce(tools.random) : null;
  const opened = await openWayBack(service, wish.byPaste, state);
  if (!opened.ok) return opened;
  const { redirectUri, loopback } = opened;

  let deliver = (_parameters: URLSearchParams): void => {};
  const answered = new Promise<URLSearchParams>((resolve) => {
    deliver = resolve;
  });
  void loopback?.answer.then(deliver);

  const run = async (): Promise<LoginOutcome> => {
    try {
      const parameters = await firstAnswer(tools, answered, signal);
      if (parameters === null) return signal.aborted ? { type: "cancelled" } : { type: "expired" };
      await loopback?.close();
      const callback = checkCallback(service, parameters, state);
      if (!callback.ok) return { type: "failed", message: callback.message };
      const grant: CodeGrant = { callback: callback.parameters, redirectUri, verifier: pkce?.verifier ?? null };
      const granted = await withDeadline(tools.after, questionMs, signal, (inTime) =>
        redeem(tools, service, grant, inTime),
      );
      return await outcomeOf(tools, service, granted, signal);
    } finally {
      await loopback?.close();
    }
  };

  return {
    ok: true,
    begun: {
      kind: "browser",
      url: pageUrl(service, { state, challenge: pkce?.challenge ?? null, redirectUri, fields: wish.fields }),
      urlComplete: null,
      userCode: null,
      expiresInMs: browserWaitMs,
      paste(text) {
        const pasted = readPasted(text);
        if (!pasted.ok) return pasted.message;
        // Another login's answer leaves this one waiting for its own.
        const isOurs = pasted.parameters.get("state") === state;
        if (!isOurs) return "that answer belongs to another login; paste the one of this login, or start it again";
        deliver(pasted.parameters);
        return null;
      },
      outcome: run(),
    },
  };
}

type WayBack =
  | { readonly ok: true; readonly redirectUri: string; readonly loopback: Loopback | null }
  | { readonly ok: false; readonly message: string };

async function openWayBack(service: ServiceInForce, byPaste: boolean, state: string): Promise<WayBack> {
  const { redirect, pastePage } = service;
  if (byPaste && pastePage !== undefined) return { ok: true, redirectUri: pastePage, loopback: null };
  if (redirect === null) return { ok: false, message: `${service.title} has no login in the browser` };
  if (redirect.kind === "paste") return { ok: true, redirectUri: redirect.url, loopback: null };
  const opened = await openLoopback(redirect, state);
  if (!opened.ok) return { ok: false, message: `${service.title}: ${opened.message}` };
  return { ok: true, redirectUri: opened.loopback.redirectUri, loopback: opened.loopback };
}

/** Null: none came in time, or nobody waits any more. */
async function firstAnswer(
  tools: FlowTools,
  answered: Promise<URLSearchParams>,
  signal: AbortSignal,
): Promise<URLSearchParams | null> {
  const settled = new AbortController();
  try {
    const over = waitFor(tools.after, browserWaitMs, AbortSignal.any([signal, settled.signal])).then(() => null);
    return await Promise.race([answered, over]);
  } finally {
    settled.abort();
  }
}

function redeem(
  tools: FlowTools,
  service: ServiceInForce,
  grant: CodeGrant,
  signal: AbortSignal,
): Promise<GrantResult> {
  return service.id === "kiro-social"
    ? redeemKiroSocial(tools, service, grant, signal)
    : redeemCode(tools, service, grant, signal);
}

interface PageFields {
  readonly state: string;
  readonly challenge: string | null;
  readonly redirectUri: string;
  readonly fields: Readonly<Record<string, string>>;
}

function pageUrl(service: ServiceInForce, { state, challenge, redirectUri, fields }: PageFields): string {
  const url = new URL(service.authUrl);
  const query = url.searchParams;
  for (const [name, value] of Object.entries({ ...service.authorizeFields, ...fields })) query.set(name, value);
  if (service.clientId !== null) {
    query.set("client_id", service.clientId);
    query.set("response_type", "code");
  }
  query.set(service.redirectField ?? "redirect_uri", redirectUri);
  if (service.scopes.length > 0) query.set("scope", service.scopes.join(" "));
  if (challenge !== null) {
    query.set("code_challenge", challenge);
    query.set("code_challenge_method", "S256");
  }
  query.set("state", state);
  return url.href;
}
