/**
 * Logins under way: begun here, looked at by id, answered, called off. What one yields is handed to `save` and kept here
 * no longer; what is shown of it (`LoginJson`) never holds a token.
 */
import type { LoginJson, NewLoginJson, VerbRefusal } from "../../../base/controls-engine.ts";
import { token } from "../../../base/random.ts";
import type { HttpHandler } from "../../../base/http.ts";
import { unreachable } from "../../../base/unreachable.ts";
import type { AuthType } from "../../config/schema.ts";
import type { Tokens } from "../credential.ts";
import { beginBrowserLogin } from "./browser-login.ts";
import type { Extra } from "./complete.ts";
import { beginCursorLogin } from "./cursor-login.ts";
import { beginDeviceLogin, beginKiroLogin } from "./device-login.ts";
import { builderIdStart } from "./kiro-sso.ts";
import { kiroIdentities } from "./kiro-social.ts";
import type { BeginResult, Begun, FlowTools, LoginOutcome } from "./login-flow.ts";
import { defaultRegion, resolveService, type OAuthSources, type ServiceInForce } from "./resolve.ts";
import { serviceOf, services, type ServiceId } from "./services.ts";
import { createWire } from "./wire.ts";

export interface LoginDeps extends Omit<FlowTools, "wire"> {
  readonly send: HttpHandler;
  /** What the user's files say now. */
  readonly oauth: () => OAuthSources;
  /** Keeps what a login yielded; the login is done when this is. */
  readonly save: (login: FinishedLogin) => Promise<void>;
}

export interface FinishedLogin {
  readonly provider: string;
  readonly name: string;
  /** What `Refresh` is to be asked with. */
  readonly service: ServiceId;
  readonly type: AuthType;
  readonly tokens: Tokens;
  readonly extra: Extra;
}

export type LoginResult =
  | { readonly ok: true; readonly login: LoginJson }
  | { readonly ok: false; readonly code: VerbRefusal["code"]; readonly message: string };

export interface Logins {
  start(wish: NewLoginJson): Promise<LoginResult>;
  get(id: string): LoginResult;
  /** The answer of a login in the browser, as its user copied it. Resolves when the login has come to its end. */
  paste(id: string, text: string): Promise<LoginResult>;
  cancel(id: string): LoginResult;
  /** Calls off all that wait; resolves when nothing is open any more. */
  close(): Promise<void>;
}

/** Each holds a listener or polls somebody. */
const maxWaiting = 8;
/** Ended ones are kept so that their asker can see how they ended. */
const maxKept = 64;

interface Attempt {
  readonly id: string;
  readonly wish: NewLoginJson;
  readonly begun: Begun;
  readonly expiresAt: number;
  readonly calledOff: AbortController;
  readonly ended: Promise<void>;
  state: LoginJson["state"];
  error: string | null;
}

export function createLogins(deps: LoginDeps): Logins {
  const tools: FlowTools = { ...deps, wire: createWire(deps.send) };
  const attempts = new Map<string, Attempt>();
  /** Begun, and not among the attempts yet. */
  const starting = new Set<Promise<LoginResult>>();
  const closing = new AbortController();

  const waitingCount = (): number =>
    [...attempts.values()].filter(({ state }) => state === "waiting").length + starting.size;

  async function see(attempt: Attempt, service: ServiceInForce): Promise<void> {
    const outcome = await attempt.begun.outcome.catch(brokenOff);
    // Called off meanwhile: nobody wants it any more, not even when it has succeeded.
    if (attempt.state !== "waiting") return;
    const end = (state: LoginJson["state"], error: string | null = null): void => {
      attempt.state = state;
      attempt.error = error;
    };
    switch (outcome.type) {
      case "cancelled":
        return end("cancelled");
      case "expired":
        return end("expired", "nobody confirmed it in time; start it again");
      case "failed":
        return end("failed", outcome.message);
      case "done": {
        const { provider, name } = attempt.wish;
        const type = attempt.begun.kind === "device" ? "oauth_device_flow" : "oauth_pkce";
        const { tokens, extra } = outcome;
        try {
          await deps.save({ provider, name, service: service.id, type, tokens, extra });
          return end("done");
        } catch (error) {
          const why = error instanceof Error ? error.message : "unknown";
          return end("failed", `the login succeeded but could not be stored: ${why}`);
        }
      }
      default:
        return unreachable(outcome);
    }
  }

  function remember(attempt: Attempt): void {
    attempts.set(attempt.id, attempt);
    for (const [id, { state }] of attempts) {
      if (attempts.size <= maxKept) return;
      if (state !== "waiting") attempts.delete(id);
    }
  }

  async function begin(wish: NewLoginJson, planned: Extract<Planned, { ok: true }>): Promise<LoginResult> {
    const calledOff = new AbortController();
    const result = await planned.begin(tools, AbortSignal.any([calledOff.signal, closing.signal]));
    if (!result.ok) return refused("upstream", result.message);
    const { begun } = result;
    let seen = (): void => {};
    const attempt: Attempt = {
      id: token(deps.random),
      wish,
      begun,
      expiresAt: deps.clock.now() + begun.expiresInMs,
      calledOff,
      ended: new Promise<void>((resolve) => {
        seen = resolve;
      }),
      state: "waiting",
      error: null,
    };
    remember(attempt);
    void see(attempt, planned.service).then(seen);
    return shown(attempt);
  }

  async function start(wish: NewLoginJson): Promise<LoginResult> {
    const planned = plan(wish, deps.oauth());
    if (!planned.ok) return planned;
    if (closing.signal.aborted) return refused("unavailable", "logins are being closed down");
    if (waitingCount() >= maxWaiting) {
      return refused("conflict", `${maxWaiting} logins are waiting already; finish or cancel one of them first`);
    }
    const begins = begin(wish, planned);
    starting.add(begins);
    try {
      return await begins;
    } finally {
      starting.delete(begins);
    }
  }

  function callOff(attempt: Attempt): void {
    if (attempt.state !== "waiting") return;
    attempt.state = "cancelled";
    attempt.calledOff.abort();
  }

  return {
    start,
    get(id) {
      const attempt = attempts.get(id);
      return attempt === undefined ? unknown : shown(attempt);
    },
    async paste(id, text) {
      const attempt = attempts.get(id);
      if (attempt === undefined) return unknown;
      if (attempt.state !== "waiting") return refused("conflict", `this login is over (${attempt.state})`);
      if (attempt.begun.paste === null)
        return refused("invalid", "this login takes no pasted answer; confirm its code");
      const refusal = attempt.begun.paste(text);
      if (refusal !== null) return refused("invalid", refusal);
      await attempt.ended;
      return shown(attempt);
    },
    cancel(id) {
      const attempt = attempts.get(id);
      if (attempt === undefined) return unknown;
      callOff(attempt);
      return shown(attempt);
    },
    async close() {
      closing.abort();
      await Promise.allSettled(starting);
      for (const attempt of attempts.values()) callOff(attempt);
      await Promise.all([...attempts.values()].map(({ ended }) => ended));
    },
  };
}

type Planned =
  | {
      readonly ok: true;
      readonly service: ServiceInForce;
      readonly begin: (tools: FlowTools, signal: AbortSignal) => Promise<BeginResult>;
    }
  | Extract<LoginResult, { ok: false }>;

/** Everything that can be refused without asking anybody. */
function plan(wish: NewLoginJson, sources: OAuthSources): Planned {
  const named = serviceOf(wish.provider);
  if (named === null) {
    return refused(
      "invalid",
      `"${wish.provider}" has no login of its own here; add an API key, or import a client's login`,
    );
  }
  if (!wish.acceptTerms) {
    return refused(
      "invalid",
      `${services[named].title}: using a subscription login from another program than the provider's own may be against ` +
        "its terms, and accounts have been closed for it. Read them, and start the login again accepting that (acceptTerms, --accept-terms)",
    );
  }
  return named === "kiro" || named === "kiro-social" ? planKiro(wish, sources) : planPlain(named, wish, sources);
}

function planPlain(id: ServiceId, wish: NewLoginJson, sources: OAuthSources): Planned {
  const resolved = resolveService(id, sources);
  if (!resolved.ok) return refused("unavailable", resolved.message);
  const { service } = resolved;
  const byPaste = wish.method === "paste" && service.pastePage !== undefined;
  if (wish.method !== undefined && !byPaste) {
    return refused("invalid", `${service.title} has no login method "${wish.method}"; leave it out`);
  }
  if (id === "cursor") {
    return { ok: true, service, begin: (tools, signal) => Promise.resolve(beginCursorLogin(tools, service, signal)) };
  }
  return {
    ok: true,
    service,
    begin: (tools, signal) =>
      service.kind === "device"
        ? beginDeviceLogin(tools, service, signal)
        : beginBrowserLogin(tools, service, { byPaste, fields: {} }, signal),
  };
}

function planKiro(
  { method = "builder-id", startUrl, region = defaultRegion }: NewLoginJson,
  sources: OAuthSources,
): Planned {
  if (method === "google" || method === "github") {
    const resolved = resolveService("kiro-social", sources);
    if (!resolved.ok) return refused("unavailable", resolved.message);
    const { service } = resolved;
    const fields = { idp: kiroIdentities[method] };
    return {
      ok: true,
      service,
      begin: (tools, signal) => beginBrowserLogin(tools, service, { byPaste: false, fields }, signal),
    };
  }
  if (method !== "builder-id" && method !== "identity-center") {
    return refused(
      "invalid",
      `Kiro has no login method "${method}"; it has builder-id, identity-center, google, github`,
    );
  }
  const start = method === "builder-id" ? builderIdStart : startUrl;
  if (start === undefined || !URL.canParse(start) || new URL(start).protocol !== "https:") {
    return refused(
      "invalid",
      "identity-center wants its start URL (https://….awsapps.com/start); give it with the login",
    );
  }
  const resolved = resolveService("kiro", sources, region);
  if (!resolved.ok) return refused("invalid", resolved.message);
  const { service } = resolved;
  return {
    ok: true,
    service,
    begin: (tools, signal) => beginKiroLogin(tools, service, { startUrl: start, region }, signal),
  };
}

function shown({ id, wish, begun, expiresAt, state, error }: Attempt): LoginResult {
  const login: LoginJson = {
    id,
    provider: wish.provider,
    account: wish.name,
    kind: begun.kind,
    state,
    url: begun.url,
    urlComplete: begun.urlComplete,
    userCode: begun.userCode,
    expiresAt: new Date(expiresAt).toISOString(),
    pastes: begun.paste !== null,
    error,
  };
  return { ok: true, login };
}

/** Outcomes do not reject; if one does it is a mistake of ours, whose words may hold anything. */
function brokenOff(error: unknown): LoginOutcome {
  return { type: "failed", message: `the login broke off (${error instanceof Error ? error.name : "error"})` };
}

function refused(code: VerbRefusal["code"], message: string): Extract<LoginResult, { ok: false }> {
  return { ok: false, code, message };
}

const unknown = refused("not-found", "there is no such login (any more)");
