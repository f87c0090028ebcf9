/** The page on which Kiro is logged in to: a real core, AWS played as strictly as it answers, and a browser played by hand. */
import { spawn } from "node:child_process";
import { connect } from "node:net";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { own } from "../../src/base/json.ts";
import { type Answer, type Api, type AskOptions, openApi } from "../support/api.ts";
import type { CoreProcess } from "../support/core-process.ts";
import { startFakeKiroAuth } from "../support/fake-auth/index.ts";
import { createStage } from "../support/fixture.ts";
import { liveFiles } from "../support/live-files.ts";
import { all, byTag, complaints, type Element, parseHtml, textOf } from "../support/html.ts";
import { waitFor } from "../support/wait.ts";

const stage = createStage();
const root = "/v0/oauth/kiro";
const hosts = ["oidc.us-east-1.amazonaws.com", "oidc.eu-west-1.amazonaws.com", "prod.us-east-1.auth.desktop.kiro.dev"];
let core: CoreProcess;
let api: Api;
let kiro: Awaited<ReturnType<typeof startFakeKiroAuth>>;
/** Every state and cookie there ever was: they must turn up nowhere else. */
const canaries: string[] = [];
/** No more than eight pages may be open. */
const made: string[] = [];

beforeAll(async () => {
  kiro = stage.opened.add(await startFakeKiroAuth({ tls: stage.ca.issue(hosts) }));
  core = await stage.startCore({ dial: Object.fromEntries(hosts.map((host) => [host, kiro.port])) });
  api = await openApi(core.home);
}, 60_000);
afterEach(async () => {
  for (const id of made.splice(0)) await api.socket(`${root}/pages/${id}`, { method: "DELETE" });
});
afterAll(() => stage.close());

/** What a browser adds: to what its user typed, and to what a page of ours asks for. */
const typed = { "sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
const fromPage = (): Record<string, string> => ({ "sec-fetch-site": "same-origin", host: `127.0.0.1:${core.port}` });

interface Link {
  readonly id: string;
  /** Path and query. */
  readonly target: string;
}

async function makeLink(more: object = {}): Promise<Link> {
  const answer = await api.socket(`${root}/pages`, { body: { name: "me", acceptTerms: true, ...more } });
  expect([answer.status, answer.text.slice(0, 2)]).toEqual([200, '{"']);
  const url = new URL(String(own(answer.json, "url")));
  expect(url.origin).toBe(`http://127.0.0.1:${core.port}`);
  canaries.push(url.searchParams.get("state") ?? "none");
  const id = String(own(answer.json, "id"));
  made.push(id);
  return { id, target: url.pathname + url.search };
}

interface Browser {
  readonly cookie: string;
  page(): Promise<Element>;
  press(action: string, fields?: Readonly<Record<string, string>>): Promise<Answer>;
  status(): Promise<Answer>;
}

/** Follows a link as a browser does; what it is sent to is a page of ours. */
async function follow({ target }: Link): Promise<Browser> {
  const first = await api.port(target, { headers: typed });
  expect([first.status, first.headers["location"]]).toEqual([303, root]);
  const [set = ""] = first.headers["set-cookie"] ?? [];
  const cookie = set.split(";")[0] ?? "";
  canaries.push(cookie.split("=")[1] ?? "none");
  const ask = (path: string, options: AskOptions = {}): Promise<Answer> =>
    api.port(path, { ...options, headers: { ...fromPage(), cookie, ...options.headers } });
  return {
    cookie,
    page: async () => documentOf(await ask(root)),
    press: (action, fields = {}) =>
      ask(`${root}/${action}`, {
        method: "POST",
        headers: {
          origin: `http://127.0.0.1:${core.port}`,
          "content-type": "application/x-www-form-urlencoded",
        },
        body: new URLSearchParams(fields).toString(),
      }),
    status: () => ask(`${root}/status`),
  };
}

/** Strictly read; whatever is wrong with it is wrong with every page. */
function documentOf(answer: Answer): Element {
  expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8");
  const document = parseHtml(answer.text);
  expect(complaints(document)).toEqual([]);
  return document;
}

const title = (document: Element): string => textOf(byTag(document, "h1")[0] ?? document);
const pageState = async ({ id }: Link): Promise<unknown> => (await api.socket(`${root}/pages/${id}`)).json;

const ended = (link: Link): Promise<unknown> =>
  waitFor(
    "the page to end",
    async () => {
      const page = await pageState(link);
      return ["unopened", "open"].includes(String(own(page, "state"))) ? null : page;
    },
    30_000,
  );

describe("the page of a login", () => {
  it("shows code, address and how long it is valid, waits as slowly as it is told to, and ends with an account", async () => {
    kiro.decide("pending");
    kiro.slowDown(1);
    const link = await makeLink({ name: "web" });
    expect(await pageState(link)).toMatchObject({ state: "unopened", account: "kiro/web", login: null });
    const browser = await follow(link);
    const choosing = await browser.page();
    expect(title(choosing)).toBe("Log in to Kiro");
    expect(byTag(choosing, "input").map(({ attributes }) => attributes["value"] ?? "")).toEqual([
      "builder-id",
      "identity-center",
      "google",
      "github",
      "",
      "",
    ]);
    expect(textOf(choosing)).toContain("kiro/web");
    const before = own((await browser.status()).json, "revision");

    const pressed = await browser.press("start", { method: "builder-id", start_url: "", region: "" });
    expect([pressed.status, pressed.headers["location"], pressed.text]).toEqual([303, root, ""]);
    const status = await browser.status();
    expect(own(status.json, "revision")).not.toBe(before);
    const waiting = await browser.page();
    expect(title(waiting)).toBe("Confirm the login at AWS");
    const [code] = all(waiting, ({ attributes }) => attributes["id"] === "code");
    expect(textOf(code ?? waiting)).toMatch(/^[A-Z]{4}-[A-Z]{4}$/);
    const addresses = byTag(waiting, "a").map(({ attributes }) => attributes["href"]);
    expect(addresses).toEqual([
      `https://device.sso.us-east-1.amazonaws.com/?user_code=${textOf(code ?? waiting)}`,
      "https://device.sso.us-east-1.amazonaws.com/",
    ]);
    expect(textOf(waiting)).toMatch(/valid until \d\d:\d\d \(about (?:9|10) minutes\)/);
    const left = Number(own(status.json, "secondsLeft"));
    expect(left).toBeGreaterThan(500);
    expect(left).toBeLessThanOrEqual(600);
    expect(await pageState(link)).toMatchObject({ state: "open", login: { state: "waiting" } });

    const polls = (): number => kiro.seen.filter(({ path }) => path === "/token").length;
    await waitFor("a poll in vain", () => polls() === 1, 20_000);
    kiro.decide("approved");
    expect(await ended(link)).toMatchObject({ state: "done", login: { state: "done" }, reason: null, shown: false });
    expect(polls()).toBe(2);
    const done = await browser.page();
    expect(title(done)).toBe("Kiro is logged in");
    expect(await pageState(link)).toMatchObject({ shown: true });
    expect(textOf(done)).toContain("kiro/web");
    expect(own((await browser.status()).json, "revision")).not.toBe(own(status.json, "revision"));
    const record = join(core.home, "accounts", "kiro@web.json");
    expect(statSync(record).mode & 0o777).toBe(0o600);
    // What is on the page and in its status is what its user may know.
    const shown = JSON.stringify([waiting, done]);
    for (const field of ["access_token", "refresh_token"])
      expect(shown).not.toContain(String(own(JSON.parse(readFileSync(record, "utf8")), field)));
  }, 60_000);

  it.each([
    ["denied", "declined in the browser"],
    ["expired", "Nobody confirmed it in time"],
  ] as const)(
    "%s at AWS: says so, and offers another try, which may succeed",
    async (fate, words) => {
      kiro.decide(fate);
      const link = await makeLink({ name: `after-${fate}` });
      const browser = await follow(link);
      await browser.press("start", { method: "builder-id" });
      const first = own((await browser.status()).json, "revision");
      await waitFor(
        "the end of the login",
        async () => own((await browser.status()).json, "revision") !== first,
        20_000,
      );
      const again = await browser.page();
      expect(title(again)).toBe("Log in to Kiro");
      expect(textOf(all(again, ({ attributes }) => attributes["role"] === "alert")[0] ?? again)).toContain(words);
      expect(await pageState(link)).toMatchObject({
        state: "open",
        login: { state: fate === "denied" ? "failed" : "expired" },
      });
      kiro.decide("approved");
      await browser.press("start", { method: "builder-id" });
      expect(await ended(link)).toMatchObject({ state: "done" });
    },
    60_000,
  );

  it("Identity Center: asks for its start URL and region, and keeps what was typed", async () => {
    kiro.decide("pending");
    const link = await makeLink({ name: "center", method: "identity-center", region: "eu-west-1" });
    const browser = await follow(link);
    const checked = (document: Element): unknown =>
      all(document, ({ attributes }) => attributes["checked"] !== undefined).map(
        ({ attributes }) => attributes["value"],
      );
    expect(checked(await browser.page())).toEqual(["identity-center"]);
    await browser.press("start", { method: "identity-center", start_url: "", region: "eu-west-1" });
    const wrong = await browser.page();
    expect(textOf(wrong)).toContain("wants its start URL");
    expect(checked(wrong)).toEqual(["identity-center"]);
    const asked = kiro.seen.length;
    const fields = { method: "identity-center", start_url: "https://acme.awsapps.com/start", region: "eu-west-1" };
    await browser.press("start", fields);
    expect(title(await browser.page())).toBe("Confirm the login at AWS");
    const said = kiro.seen.slice(asked);
    expect(said.map(({ headers }) => headers.host)).toEqual(Array(2).fill("oidc.eu-west-1.amazonaws.com"));
    expect(said.at(-1)?.text).toContain("https://acme.awsapps.com/start");
    // Pressed again, twice at once: the login that waits goes on.
    await Promise.all([browser.press("start", fields), browser.press("start", fields)]);
    expect(kiro.seen.filter(({ path }) => path === "/device_authorization").length).toBe(
      kiro.seen.slice(0, asked).filter(({ path }) => path === "/device_authorization").length + 1,
    );
    await browser.press("cancel");
  });

  it.each(["google", "github"])("%s: the address it ends at is pasted", async (method) => {
    const link = await makeLink({ name: `by-${method}` });
    const browser = await follow(link);
    await browser.press("start", { method });
    const waiting = await browser.page();
    const [login] = byTag(waiting, "a").map(({ attributes }) => attributes["href"] ?? "");
    const { pathname, search, hostname } = new URL(login ?? "");
    expect(hostname).toBe("prod.us-east-1.auth.desktop.kiro.dev");
    await browser.press("paste", { pasted: "kiro://kiro.kiroAgent/authenticate-success?code=x&state=wrong" });
    expect(textOf(await browser.page())).toContain("belongs to another login");
    const agreed = await fakePage(pathname + search);
    canaries.push(new URL(agreed).searchParams.get("code") ?? "none");
    await browser.press("paste", { pasted: agreed });
    expect(await ended(link)).toMatchObject({ state: "done" });
    expect(title(await browser.page())).toBe("Kiro is logged in");
  });

  it("called off by its button, nothing is made of it, also when it is confirmed later", async () => {
    kiro.decide("pending");
    const link = await makeLink({ name: "unwilling" });
    const browser = await follow(link);
    await browser.press("start", { method: "builder-id" });
    await browser.press("cancel");
    expect(title(await browser.page())).toBe("The login was called off");
    expect(await pageState(link)).toMatchObject({ state: "cancelled", login: { state: "cancelled" } });
    kiro.decide("approved");
    await browser.press("start", { method: "builder-id" });
    expect(title(await browser.page())).toBe("The login was called off");
    expect(JSON.stringify(await api.get("/api/accounts"))).not.toContain("unwilling");
  });

  it("called off where it was made, the page says so", async () => {
    kiro.decide("pending");
    const link = await makeLink({ name: "unwilling" });
    const browser = await follow(link);
    await browser.press("start", { method: "builder-id" });
    expect((await api.socket(`${root}/pages/${link.id}`, { method: "DELETE" })).status).toBe(200);
    expect(textOf(await browser.page())).toContain("in the terminal that it was started in");
  });

  it("AWS that cannot be reached, or answers nonsense, is told in words", async () => {
    const browser = await follow(await makeLink({ name: "unlucky" }));
    for (const [path, trouble] of [
      ["/client/register", { type: "status", status: 503 }],
      ["/device_authorization", { type: "reset" }],
      ["/device_authorization", { type: "status", status: 200, body: '{"verificationUri":"javascript:alert(1)"}' }],
    ] as const) {
      kiro.trouble(path, trouble);
      await browser.press("start", { method: "builder-id" });
      const page = await browser.page();
      expect(title(page)).toBe("Log in to Kiro");
      expect(textOf(page)).toContain("That did not work.");
    }
  }, 30_000);
});

describe("its address", () => {
  it("works once: the browser that used it is sent back to its page", async () => {
    const link = await makeLink();
    const browser = await follow(link);
    const again = await api.port(link.target, { headers: { ...typed, cookie: browser.cookie } });
    expect(again.status).toBe(410);
    expect(textOf(documentOf(again))).toContain("This address was used already");
    expect(byTag(documentOf(again), "a").map(({ attributes }) => attributes["href"])).toEqual([root]);
    expect(title(await browser.page())).toBe("Log in to Kiro");
  });

  it("opened by a second browser, it ends what the first one had", async () => {
    kiro.decide("pending");
    const link = await makeLink({ name: "raced" });
    const thief = await follow(link);
    await thief.press("start", { method: "builder-id" });
    const owner = await api.port(link.target, { headers: typed });
    expect(owner.status).toBe(410);
    expect(owner.headers["set-cookie"]).toBeUndefined();
    expect(textOf(documentOf(owner))).toContain("The login was called off");
    expect(title(await thief.page())).toBe("The login was called off");
    expect(await pageState(link)).toMatchObject({ state: "cancelled", reason: expect.stringContaining("second time") });
  });

  it("is not used up by who looks ahead", async () => {
    const link = await makeLink();
    for (const headers of [
      { "sec-purpose": "prefetch;prerender" },
      { purpose: "prefetch" },
      { "x-moz": "prefetch" },
    ] as const) {
      expect((await api.port(link.target, { headers: { ...typed, ...headers } })).status).toBe(503);
    }
    expect((await api.port(link.target, { method: "HEAD", headers: typed })).status).toBe(405);
    expect(await pageState(link)).toMatchObject({ state: "unopened" });
    await follow(link);
  });

  it("without a state, or with no cookie of ours, is a page that says how to begin, and begins nothing", async () => {
    const asked = kiro.seen.length;
    for (const headers of [typed, { ...typed, cookie: `switchyard-kiro-${core.port}=guessed` }, {}]) {
      const page = await api.port(root, { headers });
      expect([page.status, page.headers["set-cookie"]]).toEqual([200, undefined]);
      expect(textOf(documentOf(page))).toContain("switchyard accounts login kiro --web");
      expect(byTag(documentOf(page), "form")).toEqual([]);
    }
    expect((await api.port(`${root}/status`, { headers: fromPage() })).status).toBe(403);
    for (const action of ["start", "paste", "cancel"]) {
      const answer = await api.port(`${root}/${action}`, {
        method: "POST",
        headers: {
          ...fromPage(),
          origin: `http://127.0.0.1:${core.port}`,
          "content-type": "application/x-www-form-urlencoded",
        },
        body: "method=builder-id",
      });
      expect(answer.status).toBe(403);
    }
    expect(kiro.seen.length).toBe(asked);
  });

  it("cannot be guessed: after ten wrong ones nobody is told for a minute, and the right one still works", async () => {
    const link = await makeLink();
    const statuses: number[] = [];
    for (let turn = 0; turn < 14; turn += 1) {
      const answer = await api.port(`${root}?state=${String(turn).padStart(32, "A")}`, { headers: typed });
      statuses.push(answer.status);
      if (answer.status === 429) expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
      documentOf(answer);
    }
    expect(statuses.filter((status) => status === 403)).toHaveLength(10);
    expect(statuses.at(-1)).toBe(429);
    await follow(link);
    const notices = JSON.stringify(await api.get("/api/status"));
    expect(notices).toContain("tries states");
  });

  it("is made on the control socket, by who has read the terms, for a method there is, and not without end", async () => {
    const make = (body: object): Promise<Answer> => api.socket(`${root}/pages`, { body });
    expect(own((await make({ name: "x" })).json, "error")).toMatchObject({
      message: expect.stringContaining("--accept-terms"),
    });
    expect((await make({ name: "x", acceptTerms: true, method: "telepathy" })).status).toBe(400);
    expect((await api.keyed(`${root}/pages`, { body: { name: "x", acceptTerms: true } })).status).toBe(404);
    const answers = await Promise.all(Array.from({ length: 9 }, () => make({ name: "x", acceptTerms: true })));
    expect(answers.some(({ status }) => status === 409)).toBe(true);
    for (const answer of answers) {
      if (answer.status !== 200) continue;
      canaries.push(new URL(String(own(answer.json, "url"))).searchParams.get("state") ?? "none");
      await api.socket(`${root}/pages/${String(own(answer.json, "id"))}`, { method: "DELETE" });
    }
    const over = canaries.at(-1) ?? "";
    expect([403, 429]).toContain((await api.port(`${root}?state=${over}`, { headers: typed })).status);
  });
});

describe("whoever is not its browser", () => {
  const port = (): number => core.port;
  it.each<[string, () => Record<string, string>]>([
    ["a name that leads here", () => ({ host: `evil.example:${port()}` })],
    ["a name that resolves to us", () => ({ host: `127.0.0.1.nip.io:${port()}` })],
    ["another port's name", () => ({ host: "127.0.0.1:1" })],
    ["Sec-Fetch-Site: cross-site", () => ({ "sec-fetch-site": "cross-site" })],
    ["Sec-Fetch-Site: same-site", () => ({ "sec-fetch-site": "same-site" })],
    ["another Origin", () => ({ origin: "https://evil.example" })],
    ["our Origin by its other name", () => ({ origin: `http://localhost:${port()}` })],
    ["another port's Origin", () => ({ origin: "http://127.0.0.1:1" })],
    ["a null Origin", () => ({ origin: "null" })],
  ])("%s is refused, with the cookie and all, and nothing happens", async (_name, headers) => {
    const link = await makeLink();
    const browser = await follow(link);
    const asked = kiro.seen.length;
    for (const [path, method] of [
      [root, "GET"],
      [`${root}/status`, "GET"],
      [`${root}/page.js`, "GET"],
      [`${root}/start`, "POST"],
      [`${root}/cancel`, "POST"],
    ] as const) {
      const answer = await api.port(path, {
        method,
        headers: {
          ...fromPage(),
          ...(method === "POST" ? { origin: `http://127.0.0.1:${port()}` } : {}),
          "content-type": "application/x-www-form-urlencoded",
          cookie: browser.cookie,
          ...headers(),
        },
        ...(method === "POST" ? { body: "method=builder-id" } : {}),
      });
      expect([path, answer.status]).toEqual([path, 403]);
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    }
    expect(await pageState(link)).toMatchObject({ state: "open", login: null });
    expect(kiro.seen.length).toBe(asked);
    await browser.press("cancel");
  });

  it("a form without an Origin, of another type, or too long is refused", async () => {
    const link = await makeLink();
    const browser = await follow(link);
    const ask = (headers: Record<string, string>, body: string): Promise<Answer> =>
      api.port(`${root}/start`, {
        method: "POST",
        headers: { ...fromPage(), cookie: browser.cookie, ...headers },
        body,
      });
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const origin = { origin: `http://127.0.0.1:${port()}` };
    expect((await ask(form, "method=builder-id")).status).toBe(403);
    expect((await ask({ ...form, ...origin, "sec-fetch-site": "none" }, "method=builder-id")).status).toBe(403);
    for (const type of ["text/plain", "application/json", "multipart/form-data; boundary=x"])
      expect((await ask({ ...origin, "content-type": type }, "method=builder-id")).status).toBe(415);
    expect((await ask({ ...form, ...origin }, `method=${"x".repeat(40_000)}`)).status).toBe(413);
    expect(await pageState(link)).toMatchObject({ login: null });
    await browser.press("cancel");
  });

  it("other methods and addresses are refused, and say which are not", async () => {
    for (const [path, allowed] of [
      [root, "GET"],
      [`${root}/page.js`, "GET"],
      [`${root}/status`, "GET"],
      [`${root}/start`, "POST"],
    ] as const) {
      for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"].filter(
        (each) => each !== allowed,
      )) {
        const answer = await api.port(path, { method, headers: fromPage() });
        expect([method, path, answer.status, answer.headers["allow"]]).toEqual([method, path, 405, allowed]);
      }
    }
    // An address that ends like a model call's is none here, and leaves no flow with what it carries.
    const likeCall = await api.port(`${root}/chat/completions?state=${canaries[0]}`, { body: {}, headers: fromPage() });
    expect(likeCall.status).toBe(404);
    expect((await api.port(`${root}/nothing`, { headers: typed })).status).toBe(404);
    expect((await api.port(`${root}/`, { headers: typed })).status).toBe(404);
  });

  it("the proxy does not lead there, in either of its ways", async () => {
    const link = await makeLink();
    const raw = (text: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect(port(), "127.0.0.1");
        let said = "";
        socket.setEncoding("utf8").on("data", (piece: string) => (said += piece));
        socket.once("error", reject).once("close", () => resolve(said));
        socket.end(text);
      });
    const host = `127.0.0.1:${port()}`;
    expect(await raw(`GET http://${host}${link.target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 403 /);
    expect(await raw(`CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(await pageState(link)).toMatchObject({ state: "unopened" });
  });
});

describe("every answer", () => {
  it("says what a browser may do with it, and what it may not", async () => {
    const link = await makeLink();
    const browser = await follow(link);
    const answers = await Promise.all([
      api.port(root, { headers: typed }),
      api.port(`${root}?state=wrong`, { headers: typed }),
      api.port(`${root}/page.js`, { headers: fromPage() }),
      api.port(`${root}/page.css`, { headers: fromPage() }),
      api.port(`${root}/nothing`, { headers: typed }),
      browser.status(),
      browser.press("cancel"),
    ]);
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cache-control": "no-store",
      });
      const policy = String(headers["content-security-policy"]);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("base-uri 'none'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
    }
    expect(answers[2]?.headers["content-type"]).toBe("text/javascript; charset=utf-8");
    expect(answers[3]?.headers["content-type"]).toBe("text/css; charset=utf-8");
    const [cookie] = (await api.port((await makeLink()).target, { headers: typed })).headers["set-cookie"] ?? [];
    canaries.push(/=([^;]+)/.exec(cookie ?? "")?.[1] ?? "none");
    expect(cookie).toMatch(
      new RegExp(
        `^switchyard-kiro-${core.port}=[\\w-]{32}; Path=/v0/oauth/kiro; Max-Age=\\d+; HttpOnly; SameSite=Strict$`,
      ),
    );
  });
});

describe("accounts login kiro --web", () => {
  interface Typed {
    readonly err: () => string;
    readonly out: () => string;
    readonly code: Promise<number | null>;
    interrupt(): void;
  }
  function type(...words: readonly string[]): Typed {
    return typeAt(core.home, ...words);
  }
  function typeAt(home: string, ...words: readonly string[]): Typed {
    const program = ["--import", import.meta.resolve("tsx"), join(import.meta.dirname, "../../src/cli.ts")];
    const child = spawn(process.execPath, [...program, ...words], {
      env: { PATH: process.env["PATH"] ?? "", HOME: home, SWITCHYARD_HOME: home, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said = { out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said.out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said.err += text));
    stage.opened.add({ close: () => void child.kill("SIGKILL") });
    return {
      err: () => said.err,
      out: () => said.out,
      code: new Promise((resolve) => child.once("close", resolve)),
      interrupt: () => void child.kill("SIGINT"),
    };
  }
  const linkOf = async (login: Typed): Promise<Link> => {
    const address = /http:\/\/127\.0\.0\.1:\d+\/v0\/oauth\/kiro\?state=([\w-]+)/;
    await waitFor("the address", () => address.test(login.err()), 30_000);
    const [whole = "", state = ""] = address.exec(login.err()) ?? [];
    canaries.push(state);
    const { pathname, search } = new URL(whole);
    return { id: "", target: pathname + search };
  };

  it("prints the address, waits for the page, and says who is logged in", async () => {
    kiro.decide("denied");
    const login = type("accounts", "login", "kiro", "--web", "--name", "typed", "--accept-terms", "--json");
    const browser = await follow(await linkOf(login));
    await browser.press("start", { method: "builder-id" });
    await waitFor("word of the first try", () => login.err().includes("the page offers another"), 20_000);
    kiro.decide("approved");
    await browser.press("start", { method: "builder-id" });
    // It waits for its page to say so.
    await waitFor("the page to say so", async () => title(await browser.page()) === "Kiro is logged in", 20_000);
    expect(await login.code).toBe(0);
    expect(JSON.parse(login.out())).toMatchObject({ id: "kiro/typed", source: "login" });
  }, 60_000);

  it("ends with the page: 6 when it is called off there, 130 when it is interrupted here", async () => {
    const first = type("accounts", "login", "kiro", "--web", "--accept-terms");
    await (await follow(await linkOf(first))).press("cancel");
    expect(await first.code).toBe(6);
    expect(first.err()).toContain("called off in the page");
    const second = type("accounts", "login", "kiro", "--web", "--accept-terms");
    const browser = await follow(await linkOf(second));
    second.interrupt();
    expect(await second.code).toBe(130);
    expect(title(await browser.page())).toBe("The login was called off");
  }, 60_000);

  it("starts a core where none runs, which does not leave its page alone before it has said how it ended", async () => {
    kiro.decide("approved");
    const listen = { port: 0 };
    const other = await stage.startCore({
      dial: Object.fromEntries(hosts.map((host) => [host, kiro.port])),
      config: { listen },
    });
    expect((await other.cli("stop")).code).toBe(0);
    await other.exited;
    const login = typeAt(other.home, "accounts", "login", "kiro", "--web", "--accept-terms");
    const address = /http:\/\/127\.0\.0\.1:(\d+)(\/\S+)/;
    await waitFor("the address", () => address.test(login.err()), 30_000);
    const [, port = "", target = ""] = address.exec(login.err()) ?? [];
    const at = `http://127.0.0.1:${port}`;
    const opened = await fetch(at + target, { redirect: "manual" });
    const cookie = (opened.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    const headers = { cookie, origin: at, "content-type": "application/x-www-form-urlencoded" };
    await fetch(`${at}${root}/start`, { method: "POST", headers, body: "method=builder-id", redirect: "manual" });
    const page = async (): Promise<string> => (await fetch(at + root, { headers: { cookie } })).text();
    // Its script looks every second and a half; the core is still there.
    await waitFor("the page to say so", async () => (await page()).includes("Kiro is logged in"), 30_000);
    expect(await login.code).toBe(0);
    await waitFor("its core to be gone", async () => (await other.cli("status")).code === 3, 20_000);
  }, 90_000);

  it("is for Kiro alone, and wants the terms read", async () => {
    const [other, unread] = await Promise.all([
      core.cli("accounts", "login", "copilot", "--web", "--accept-terms"),
      core.cli("accounts", "login", "kiro", "--web"),
    ]);
    expect([other.code, unread.code]).toEqual([2, 6]);
    expect(unread.stderr).toContain("switchyard accounts login kiro --web --accept-terms");
  }, 60_000);
});

describe("after all of it", () => {
  it("no state, cookie, code or token stands in a flow, an event, a status, a log or a file", async () => {
    const { flows } = (await api.get("/api/flows")) as { flows: object[] }; // the contract of that route
    // None of these requests is a client's call.
    expect(flows).toEqual([]);
    const said = JSON.stringify([await api.get("/api/status"), await api.get("/api/accounts")]) + core.stderr();
    const files = liveFiles(core.home)
      .map(({ bytes }) => bytes.toString("utf8"))
      .join("\n");
    expect(canaries.length).toBeGreaterThan(30);
    for (const canary of canaries) {
      expect(canary).not.toBe("none");
      expect(said).not.toContain(canary);
      expect(files).not.toContain(canary);
    }
    const tokens = kiro.issued.flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken]);
    expect(tokens.length).toBeGreaterThan(4);
    for (const token of tokens) expect(said).not.toContain(token);
  });
});

/** Where Kiro's own page sends the browser of somebody who agrees. */
async function fakePage(target: string): Promise<string> {
  const { request } = await import("node:https");
  return new Promise((resolve, reject) => {
    const asked = request({
      host: "127.0.0.1",
      port: kiro.port,
      path: target,
      ca: readFileSync(stage.ca.file),
      servername: hosts[2],
    });
    asked.once("response", (reply) => {
      reply.resume();
      resolve(reply.headers.location ?? "");
    });
    asked.once("error", reject).end();
  });
}
