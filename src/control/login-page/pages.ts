/**
 * Pages on which somebody logs in to Kiro in a browser. A page is made on the control socket (so by this machine's user
 * and by no web page), its address holds a state that opens it once, and the browser that came first keeps a cookie for
 * it. Each is one account's: it starts logins, one after the other, until one is done or the page is over.
 */
import type { Clock } from "../../base/clock.ts";
import {
  type EngineVerbs,
  type KiroMethod,
  kiroMethods,
  type LoginJson,
  type LoginPageJson,
  type NewLoginPageJson,
  type OpenedLoginPageJson,
  VerbRefusal,
} from "../../base/controls-engine.ts";
import { type Random, token } from "../../base/random.ts";
import type { Redactor } from "../../base/redact.ts";
import { Secret } from "../../base/secret.ts";
import { requireTerms } from "../../core/verbs/accounts.ts";

export interface LoginPagesDeps {
  readonly verbs: Pick<EngineVerbs, "startLogin" | "login" | "finishLogin" | "cancelLogin" | "provider">;
  readonly clock: Clock;
  readonly random: Random;
  readonly redactor: Pick<Redactor, "register" | "text">;
  /** Where the port is, as a browser on this machine reaches it; null: it does not. */
  readonly url: () => string | null;
}

export interface LoginPages {
  /** @throws VerbRefusal */
  open(wish: NewLoginPageJson): OpenedLoginPageJson;
  /** Rejects with a `VerbRefusal` where there is no such page (any more). */
  get(id: string): Promise<LoginPageJson>;
  close(id: string): Promise<void>;
  /** The state's one use. `cookie`: what its browser shows already; null: nothing. */
  redeem(state: string, cookie: string | null): Redeemed;
  /** Null: nobody has such a cookie, or its page is long over. */
  byCookie(cookie: string): LoginPage | null;
}

export type Redeemed =
  | { readonly kind: "opened"; readonly cookie: Secret; readonly forMs: number }
  /** `yours`: by the browser that asks again. By anybody else: one of the two was not meant, and the page is over. */
  | { readonly kind: "used"; readonly yours: boolean }
  | { readonly kind: "unknown" };

/** What its browser may see and do. */
export interface LoginPage {
  view(): Promise<PageView>;
  /** Its user is looking at this one. */
  shown(view: PageView): void;
  /** What goes wrong is shown by the next view. Nothing happens while a login waits, or when the page is over. */
  start(choice: MethodChoice): Promise<void>;
  paste(text: string): Promise<void>;
  cancel(): Promise<void>;
}

export interface MethodChoice {
  readonly method: string;
  readonly startUrl: string;
  readonly region: string;
}

export type PageView = {
  /** `provider/name`. */
  readonly account: string;
  /** Another one: something else is to be shown. */
  readonly revision: string;
} & (
  | { readonly kind: "choose"; readonly choice: MethodChoice; readonly trouble: string | null }
  | { readonly kind: "waiting"; readonly login: LoginJson; readonly leftMs: number; readonly trouble: string | null }
  | { readonly kind: "done" }
  | { readonly kind: "over"; readonly why: Over }
);

/** Called off in the page, called off where it was made, left alone for too long, or opened by two. */
export type Over = "cancelled" | "closed" | "expired" | "twice";

/** From the terminal to the browser. */
const linkMs = 600_000;
/** From its first visit on; a login is given an hour at most. */
const pageMs = 3_600_000;
/** Those that are over are remembered for so long, for whoever looks how they ended. */
const keptMs = 600_000;
/** As many as logins may wait. */
const maxOpen = 8;
const maxKept = 64;

interface Page {
  readonly id: string;
  readonly wish: NewLoginPageJson;
  readonly state: Secret;
  cookie: Secret | null;
  /** On the clock that never goes back. */
  endsAt: number;
  choice: MethodChoice;
  login: LoginJson | null;
  trouble: string | null;
  /** Counts what its browser has to be shown anew. */
  turn: number;
  isBusy: boolean;
  end: "done" | Over | null;
  isEndShown: boolean;
}

export function createLoginPages(deps: LoginPagesDeps): LoginPages {
  const { verbs, clock, random, redactor } = deps;
  const pages = new Map<string, Page>();

  const openPages = (): readonly Page[] => [...pages.values()].filter(({ end }) => end === null);

  /** Looked at whenever somebody asks: nothing else hangs on the moment at which a page is over. */
  function sweep(): void {
    const now = clock.monotonic();
    for (const page of pages.values()) {
      if (page.end === null && now >= page.endsAt) void finish(page, "expired");
      if (page.end !== null && now >= page.endsAt + keptMs) pages.delete(page.id);
    }
    for (const page of pages.values()) {
      if (pages.size <= maxKept) return;
      if (page.end !== null) pages.delete(page.id);
    }
  }

  async function finish(page: Page, end: "done" | Over): Promise<void> {
    if (page.end !== null) return;
    page.end = end;
    page.turn += 1;
    // What remains of its time is for looking at the end.
    page.endsAt = clock.monotonic();
    if (end === "done" || page.login?.state !== "waiting") return;
    const { id } = page.login;
    page.login = { ...page.login, state: "cancelled" };
    // A code that is confirmed later must not make an account.
    await verbs.cancelLogin(id).catch(() => undefined);
  }

  function required(id: string): Page {
    sweep();
    const page = pages.get(id);
    if (page === undefined) throw new VerbRefusal("not-found", "there is no such login page (any more)");
    return page;
  }

  /** How its login is now. */
  async function refresh(page: Page): Promise<void> {
    if (page.login === null || page.login.state !== "waiting" || page.end !== null) return;
    const { id } = page.login;
    const now = await verbs.login(id).catch(() => null);
    // Meanwhile somebody else may have seen it, or begun another one.
    if (now === null || now.state === "waiting" || page.login.id !== id || page.login.state !== "waiting") return;
    page.login = now;
    page.turn += 1;
    if (now.state === "done") return finish(page, "done");
    page.trouble = wordsFor(now);
  }

  /** One thing at a time: a button that is pressed twice begins one login. */
  async function busy(page: Page, work: () => Promise<void>): Promise<void> {
    sweep();
    if (page.isBusy || page.end !== null) return;
    page.isBusy = true;
    page.trouble = null;
    try {
      await work();
    } catch (error) {
      page.trouble = redactor.text(error instanceof Error ? error.message : "it did not work");
    } finally {
      page.isBusy = false;
      page.turn += 1;
    }
  }

  async function start(page: Page, choice: MethodChoice): Promise<void> {
    await refresh(page);
    if (page.login?.state === "waiting") return;
    page.choice = choice;
    const method = methodOf(choice.method);
    const isCenter = method === "identity-center";
    const login = await verbs.startLogin({
      provider: "kiro",
      name: page.wish.name,
      acceptTerms: page.wish.acceptTerms,
      method,
      ...(isCenter && choice.startUrl !== "" ? { startUrl: choice.startUrl } : {}),
      ...(isCenter && choice.region !== "" ? { region: choice.region } : {}),
    });
    if (page.end === null) page.login = login;
    // It was called off while the service was asked.
    else await verbs.cancelLogin(login.id).catch(() => undefined);
  }

  async function viewOf(page: Page): Promise<PageView> {
    sweep();
    await refresh(page);
    const { end, login, trouble } = page;
    const common = { account: `kiro/${page.wish.name}`, revision: String(page.turn) };
    if (end === "done") return { ...common, kind: "done" };
    if (end !== null) return { ...common, kind: "over", why: end };
    if (login?.state === "waiting") {
      const leftMs = Math.max(0, Date.parse(login.expiresAt) - clock.now());
      return { ...common, kind: "waiting", login, leftMs, trouble };
    }
    return { ...common, kind: "choose", choice: page.choice, trouble };
  }

  function json(page: Page): LoginPageJson {
    const { id, wish, cookie, end, login, endsAt } = page;
    const untilMs = Math.max(0, endsAt - clock.monotonic());
    const ended = end === "done" || end === "expired" ? end : "cancelled";
    return {
      id,
      account: `kiro/${wish.name}`,
      state: end === null ? (cookie === null ? "unopened" : "open") : ended,
      reason: end === null || end === "done" ? null : reasons[end],
      expiresAt: new Date(clock.now() + untilMs).toISOString(),
      login,
      shown: page.isEndShown,
    };
  }

  return {
    open(wish) {
      sweep();
      requireTerms(wish.acceptTerms, "a Kiro login");
      const method = methodOf(wish.method ?? "builder-id");
      const url = deps.url();
      if (url === null) {
        throw new VerbRefusal(
          "unavailable",
          "the port listens where browsers on this machine do not reach it by a loopback name; log in without --web",
        );
      }
      if (openPages().length >= maxOpen) {
        throw new VerbRefusal(
          "conflict",
          `${maxOpen} login pages are open already; finish or cancel one of them first`,
        );
      }
      const page: Page = {
        id: token(random),
        wish,
        state: new Secret(token(random)),
        cookie: null,
        endsAt: clock.monotonic() + linkMs,
        choice: { method, startUrl: wish.startUrl ?? "", region: wish.region ?? "" },
        login: null,
        trouble: null,
        turn: 0,
        isBusy: false,
        end: null,
        isEndShown: false,
      };
      pages.set(page.id, page);
      redactor.register(page.state.reveal());
      return { ...json(page), url: `${url}/v0/oauth/kiro?state=${page.state.reveal()}` };
    },
    async get(id) {
      const page = required(id);
      await refresh(page);
      return json(page);
    },
    async close(id) {
      await finish(required(id), "closed");
    },
    redeem(state, cookie) {
      sweep();
      const page = [...pages.values()].find((each) => each.state.equals(state));
      if (page === undefined || (page.cookie === null && page.end !== null)) return { kind: "unknown" };
      if (page.cookie !== null) {
        const yours = cookie !== null && page.cookie.equals(cookie);
        // Addresses stand in lists of processes for a moment: whoever was quicker must not log in for somebody else.
        if (!yours) void finish(page, "twice");
        return { kind: "used", yours };
      }
      page.cookie = new Secret(token(random));
      page.endsAt = clock.monotonic() + pageMs;
      redactor.register(page.cookie.reveal());
      return { kind: "opened", cookie: page.cookie, forMs: pageMs + keptMs };
    },
    byCookie(cookie) {
      sweep();
      const page = [...pages.values()].find((each) => each.cookie?.equals(cookie) === true);
      if (page === undefined) return null;
      return {
        view: () => viewOf(page),
        shown({ kind }) {
          page.isEndShown ||= kind === "done" || kind === "over";
        },
        start: (choice) => busy(page, () => start(page, choice)),
        paste: (text) =>
          busy(page, async () => {
            if (page.login?.state === "waiting") await verbs.finishLogin(page.login.id, text);
            await refresh(page);
          }),
        cancel: () => finish(page, "cancelled"),
      };
    },
  };
}

/** @throws VerbRefusal */
function methodOf(name: string): KiroMethod {
  const method = kiroMethods.find((each) => each === name);
  if (method !== undefined) return method;
  throw new VerbRefusal("invalid", `Kiro has no login method "${name}"; it has ${kiroMethods.join(", ")}`);
}

const reasons: Readonly<Record<Over, string>> = {
  cancelled: "it was called off in the page",
  closed: "it was called off where it was begun",
  expired: "nobody finished it in time",
  twice: "its address was opened a second time, from elsewhere",
};

function wordsFor({ state, error }: LoginJson): string {
  if (state === "cancelled") return "The login was called off.";
  if (state === "expired") return "Nobody confirmed it in time.";
  return error ?? "The login failed.";
}
