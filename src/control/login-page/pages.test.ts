import { describe, expect, it } from "vitest";
import type { Clock } from "../../base/clock.ts";
import { type EngineVerbs, type LoginJson, VerbRefusal } from "../../base/controls-engine.ts";
import { systemRandom } from "../../base/random.ts";
import { createRedactor } from "../../base/redact.ts";
import { createLoginPages, type LoginPage } from "./pages.ts";

const login: LoginJson = {
  id: "attempt-1",
  provider: "kiro",
  account: "me",
  kind: "device",
  state: "waiting",
  url: "https://device.example/",
  urlComplete: "https://device.example/?user_code=ABCD-EFGH",
  userCode: "ABCD-EFGH",
  expiresAt: new Date(600_000).toISOString(),
  pastes: false,
  error: null,
};
const wish = { name: "me", acceptTerms: true };
const start = { method: "builder-id", startUrl: "", region: "" };

function bench(verbs: Partial<EngineVerbs> = {}, url: string | null = "http://127.0.0.1:1") {
  let now = 0;
  const clock: Clock = { now: () => now, monotonic: () => now };
  const cancelled: string[] = [];
  const redactor = createRedactor();
  const pages = createLoginPages({
    verbs: {
      startLogin: () => Promise.resolve(login),
      login: () => Promise.resolve(login),
      finishLogin: () => Promise.resolve(login),
      cancelLogin: (id) => Promise.resolve(void cancelled.push(id)),
      provider: () => Promise.reject(new VerbRefusal("not-found", "none")),
      ...verbs,
    },
    clock,
    random: systemRandom,
    redactor,
    url: () => url,
  });
  const open = (): { readonly id: string; readonly state: string } => {
    const made = pages.open(wish);
    return { id: made.id, state: new URL(made.url).searchParams.get("state") ?? "" };
  };
  const enter = (state: string): LoginPage => {
    const redeemed = pages.redeem(state, null);
    if (redeemed.kind !== "opened") throw new Error(`the state is ${redeemed.kind}`);
    const page = pages.byCookie(redeemed.cookie.reveal());
    if (page === null) throw new Error("its cookie opens nothing");
    return page;
  };
  return { pages, open, enter, cancelled, redactor, pass: (ms: number) => void (now += ms) };
}

describe("the address of a login page", () => {
  it("is over after ten minutes", () => {
    const { pages, open, pass } = bench();
    const { state } = open();
    pass(600_000);
    expect(pages.redeem(state, null)).toEqual({ kind: "unknown" });
  });

  it("is good until then, once, and masked wherever it is repeated", () => {
    const { pages, open, pass, redactor } = bench();
    const { state } = open();
    pass(599_999);
    expect(pages.redeem(state, null).kind).toBe("opened");
    expect(pages.redeem(state, null)).toEqual({ kind: "used", yours: false });
    expect(redactor.text(`GET /v0/oauth/kiro?state=${state}`)).not.toContain(state);
  });
});

describe("a login page", () => {
  it("is over an hour after it was opened; a login that still waits is called off", async () => {
    const { pages, open, enter, pass, cancelled } = bench();
    const { id, state } = open();
    const page = enter(state);
    await page.start(start);
    pass(3_600_000);
    expect(await page.view()).toMatchObject({ kind: "over", why: "expired" });
    expect(await pages.get(id)).toMatchObject({ state: "expired", login: { state: "cancelled" } });
    expect(cancelled).toEqual(["attempt-1"]);
  });

  it("is remembered for ten minutes more, and then nobody knows of it", async () => {
    const { pages, open, enter, pass } = bench();
    const { id, state } = open();
    await enter(state).cancel();
    pass(599_999);
    expect(await pages.get(id)).toMatchObject({ state: "cancelled" });
    pass(1);
    await expect(pages.get(id)).rejects.toThrow("no such login page");
    await expect(pages.close(id)).rejects.toThrow("no such login page");
    expect(pages.redeem(state, null)).toEqual({ kind: "unknown" });
  });

  it("begins one login however often its button is pressed", async () => {
    let begun = 0;
    const slow = async (): Promise<LoginJson> => {
      begun += 1;
      await Promise.resolve();
      return login;
    };
    const { open, enter } = bench({ startLogin: slow });
    const page = enter(open().state);
    await Promise.all([page.start(start), page.start(start)]);
    await page.start(start);
    expect(begun).toBe(1);
  });

  it("called off while the service is asked keeps nothing of the answer", async () => {
    let answer = (_login: LoginJson): void => {};
    const { pages, open, enter, cancelled } = bench({
      startLogin: () => new Promise((resolve) => (answer = resolve)),
    });
    const { id, state } = open();
    const page = enter(state);
    const started = page.start(start);
    await Promise.resolve();
    await page.cancel();
    answer(login);
    await started;
    expect(cancelled).toEqual(["attempt-1"]);
    expect(await pages.get(id)).toMatchObject({ state: "cancelled", login: null });
    await page.start(start);
    expect(await page.view()).toMatchObject({ kind: "over", why: "cancelled" });
  });

  it("shows another revision whenever it shows something else, and the same one otherwise", async () => {
    const states: LoginJson[] = [login, login, { ...login, state: "failed", error: "declined" }];
    const { open, enter } = bench({ login: () => Promise.resolve(states.shift() ?? login) });
    const page = enter(open().state);
    const seen = [await page.view(), await page.view()];
    await page.start(start);
    seen.push(await page.view(), await page.view(), await page.view(), await page.view());
    expect(seen.map(({ kind }) => kind)).toEqual(["choose", "choose", "waiting", "waiting", "choose", "choose"]);
    const [one, two, three, four, five, six] = seen.map(({ revision }) => revision);
    expect([one, three, five]).toEqual([two, four, six]);
    expect(new Set([one, three, five]).size).toBe(3);
  });

  it("forgets the oldest that are over before there are too many", async () => {
    const { pages, open } = bench();
    const first = open();
    await pages.close(first.id);
    for (let turn = 0; turn < 80; turn += 1) await pages.close(open().id);
    await expect(pages.get(first.id)).rejects.toThrow("no such login page");
  });

  it("is not made where no browser would reach it", () => {
    const { pages } = bench({}, null);
    expect(() => pages.open(wish)).toThrow("log in without --web");
  });

  it("that is made for a ninth is refused", () => {
    const { open } = bench();
    for (let turn = 0; turn < 8; turn += 1) open();
    expect(() => open()).toThrow("8 login pages are open already");
  });
});
