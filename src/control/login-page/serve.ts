/**
 * The login page over HTTP, below `/v0/oauth/kiro` on the port. Who may ask at all (a browser on this machine, for a page
 * of ours) is settled before; here the one-time state becomes a cookie, and nothing is done but for who shows that. These
 * requests are no flows: they are no calls of a client, and what they carry is nobody's to read.
 */
import type { Clock } from "../../base/clock.ts";
import type { Exchange } from "../../base/exchange.ts";
import { headerList, headerValue } from "../../base/headers.ts";
import { bodyOf, type HeaderPairs, type HttpReply } from "../../base/http.ts";
import { createGuessLimit } from "../guess-limit.ts";
import { pageScript, pageStyle } from "./assets.ts";
import { howToDocument, noticeDocument, usedDocument, viewDocument } from "./document.ts";
import type { LoginPage, LoginPages } from "./pages.ts";

export interface LoginPageServer {
  owns(path: string): boolean;
  /** Never rejects. */
  handle(exchange: Exchange, url: URL): Promise<HttpReply>;
}

export interface LoginPageServerDeps {
  readonly pages: LoginPages;
  readonly clock: Clock;
  readonly onGuessing: (text: string) => void;
}

const root = "/v0/oauth/kiro";
/** A pasted address is the longest thing that is ever sent. */
const maxFormBytes = 16 * 1024;

export function createLoginPageServer({ pages, clock, onGuessing }: LoginPageServerDeps): LoginPageServer {
  const limit = createGuessLimit(clock, () => onGuessing(`somebody on this machine tries states on ${root}`));

  function redeem(exchange: Exchange, state: string): HttpReply {
    // A look ahead must not use up what its user is about to open.
    if (isLookAhead(exchange)) return notice(503, "Not yet", "This address opens once, when you visit it.");
    const redeemed = pages.redeem(state, cookieOf(exchange));
    switch (redeemed.kind) {
      case "opened":
        return toPage([["set-cookie", cookieFor(exchange, redeemed.cookie.reveal(), redeemed.forMs)]]);
      case "used":
        if (redeemed.yours) return answer(410, usedDocument(), "text/html; charset=utf-8");
        return notice(
          410,
          "This address was used already",
          "It opens once, and another browser or program was first. The login was called off, in case that was not you.",
        );
      case "unknown": {
        const waitSeconds = limit.wrong();
        if (waitSeconds === null) {
          return notice(
            403,
            "This address is over",
            "It is older than ten minutes, or Switchyard was started again since.",
          );
        }
        const after: HeaderPairs = [["retry-after", String(waitSeconds)]];
        return notice(429, "Too many tries", `The next is looked at in ${waitSeconds} s.`, after);
      }
    }
  }

  function pageOf(exchange: Exchange): LoginPage | null {
    const cookie = cookieOf(exchange);
    return cookie === null ? null : pages.byCookie(cookie);
  }

  async function show(exchange: Exchange, url: URL): Promise<HttpReply> {
    const [state, ...more] = url.searchParams.getAll("state");
    if (state !== undefined && more.length === 0) return redeem(exchange, state);
    const page = pageOf(exchange);
    if (page === null) return answer(200, howToDocument(), "text/html; charset=utf-8");
    const view = await page.view();
    page.shown(view);
    return answer(200, viewDocument(view), "text/html; charset=utf-8");
  }

  async function status(exchange: Exchange): Promise<HttpReply> {
    const view = await pageOf(exchange)?.view();
    if (view === undefined) return json(403, { revision: null, secondsLeft: null });
    const secondsLeft = view.kind === "waiting" ? Math.round(view.leftMs / 1_000) : null;
    return json(200, { revision: view.revision, secondsLeft });
  }

  async function act(exchange: Exchange, work: (page: LoginPage, form: URLSearchParams) => Promise<void>) {
    // Equal to ours where it is there, but that it is there is ours to see: a form of a page always says where it stands.
    const site = headerValue(exchange.headers, "sec-fetch-site");
    if (headerValue(exchange.headers, "origin") === undefined || (site !== undefined && site !== "same-origin")) {
      return notice(403, "Refused", "This is done by the buttons of the login page.");
    }
    const page = pageOf(exchange);
    if (page === null) return notice(403, "This page is over", "There is no login page of yours here (any more).");
    const form = await readForm(exchange);
    if (typeof form === "string")
      return notice(form === "size" ? 413 : 415, "Refused", "That is no form of this page.");
    await work(page, form);
    return toPage([]);
  }

  async function handle(exchange: Exchange, url: URL): Promise<HttpReply> {
    const field = (form: URLSearchParams, name: string): string => (form.get(name) ?? "").trim();
    switch (`${exchange.method} ${url.pathname}`) {
      case `GET ${root}`:
        return show(exchange, url);
      case `GET ${root}/page.css`:
        return answer(200, pageStyle, "text/css; charset=utf-8");
      case `GET ${root}/page.js`:
        return answer(200, pageScript, "text/javascript; charset=utf-8");
      case `GET ${root}/status`:
        return status(exchange);
      case `POST ${root}/start`:
        return act(exchange, (page, form) =>
          page.start({
            method: field(form, "method"),
            startUrl: field(form, "start_url"),
            region: field(form, "region"),
          }),
        );
      case `POST ${root}/paste`:
        return act(exchange, (page, form) => page.paste(field(form, "pasted")));
      case `POST ${root}/cancel`:
        return act(exchange, (page) => page.cancel());
      default:
        return elsewhere(exchange, url);
    }
  }

  return {
    owns: (path) => path === root || path.startsWith(`${root}/`),
    async handle(exchange, url) {
      try {
        return await handle(exchange, url);
      } catch {
        return notice(500, "Something went wrong", "Switchyard could not show this page.");
      }
    },
  };
}

const methods: Readonly<Record<string, string>> = {
  "": "GET",
  "/page.css": "GET",
  "/page.js": "GET",
  "/status": "GET",
  "/start": "POST",
  "/paste": "POST",
  "/cancel": "POST",
};

function elsewhere({ method }: Exchange, { pathname }: URL): HttpReply {
  const path = pathname.slice(root.length);
  const allowed = Object.hasOwn(methods, path) ? methods[path] : undefined;
  if (allowed === undefined) return notice(404, "There is nothing here", `Nothing is served at ${pathname}.`);
  return notice(405, "Refused", `${method} is not served here, only ${allowed}.`, [["allow", allowed]]);
}

/** Of a browser that guesses what will be asked for next. */
function isLookAhead({ headers }: Exchange): boolean {
  return ["sec-purpose", "purpose", "x-moz"].some((name) =>
    /prefetch|prerender|preview/i.test(headerValue(headers, name) ?? ""),
  );
}

/** Cookies are told to every port of a machine, so the name says which one it is for. */
function cookieName({ port }: Exchange): string {
  return `switchyard-kiro-${port}`;
}

function cookieFor(exchange: Exchange, value: string, forMs: number): string {
  const maxAge = Math.floor(forMs / 1_000);
  return `${cookieName(exchange)}=${value}; Path=${root}; Max-Age=${maxAge}; HttpOnly; SameSite=Strict`;
}

function cookieOf(exchange: Exchange): string | null {
  const wanted = cookieName(exchange);
  const pairs = (headerList(exchange.headers, "cookie") ?? "").split(/[;,]\s*/);
  const found = pairs.find((pair) => pair.startsWith(`${wanted}=`));
  return found === undefined ? null : found.slice(wanted.length + 1).trim();
}

/** `type`: it says that it is no form; `size`: it is too long for one. */
async function readForm({ headers, body }: Exchange): Promise<URLSearchParams | "type" | "size"> {
  const type = (headerValue(headers, "content-type") ?? "").toLowerCase();
  if (!/^application\/x-www-form-urlencoded(?:\s*;|$)/.test(type)) return "type";
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxFormBytes) return "size";
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
}

/** Nothing from elsewhere, nothing written into the page, nobody around it, no address told to anybody else. */
const policy: HeaderPairs = [
  [
    "content-security-policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; " +
      "base-uri 'none'; frame-ancestors 'none'",
  ],
  ["x-frame-options", "DENY"],
  ["x-content-type-options", "nosniff"],
  // Not `no-referrer`, with which browsers send a form's Origin as `null`.
  ["referrer-policy", "same-origin"],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  ["cache-control", "no-store"],
];

function answer(status: number, text: string, contentType: string, more: HeaderPairs = []): HttpReply {
  const body = Buffer.from(text);
  return {
    status,
    headers: [...policy, ...more, ["content-type", contentType], ["content-length", String(body.byteLength)]],
    body: bodyOf(body),
  };
}

function notice(status: number, title: string, text: string, more: HeaderPairs = []): HttpReply {
  return answer(status, noticeDocument(title, text), "text/html; charset=utf-8", more);
}

function json(status: number, value: unknown): HttpReply {
  return answer(status, JSON.stringify(value), "application/json");
}

/** What a form did is shown by the page itself, so that a reload does nothing twice. */
function toPage(more: HeaderPairs): HttpReply {
  return answer(303, "", "text/html; charset=utf-8", [...more, ["location", root]]);
}
