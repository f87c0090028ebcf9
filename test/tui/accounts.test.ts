/** The Accounts screen through the whole UI: what is pressed, what is asked of the core, what is on screen. */
import { afterEach, describe, expect, it } from "vitest";
import { services } from "../../src/engine/accounts/oauth/services.ts";
import { clientRows } from "../../src/engine/config/login-home.ts";
import { importable } from "../../src/tui/screens/account-actions.ts";
import { loginServices } from "../../src/tui/screens/account-login.ts";
import { cellWidth } from "../../src/tui/text/cells.ts";
import { type Asked, type Harness, type HarnessOptions, startHarness, status } from "./harness.ts";
import { everyAccount, iso, rateLimits, sessions } from "./sample-accounts.ts";
import { providers } from "./sample-models.ts";

const open: Harness[] = [];
afterEach(() => {
  for (const harness of open.splice(0)) harness.close();
});

const key = "sk-secret-0123456789";

const waiting = {
  id: "L1",
  provider: "claude",
  account: "main",
  kind: "device",
  state: "waiting",
  url: "https://login.example/device",
  urlComplete: "https://login.example/device?code=ABCD-1234",
  userCode: "ABCD-1234",
  expiresAt: iso(600_000),
  pastes: true,
  error: null,
};

type Answer = NonNullable<HarnessOptions["answer"]>;

async function start(answer: Answer = () => undefined, options: Partial<HarnessOptions> = {}): Promise<Harness> {
  const known: Answer = (method, path) => {
    if (path === "/accounts" && method === "GET") return { accounts: everyAccount };
    if (path === "/rate-limits") return { rateLimits };
    if (path === "/sessions") return { sessions };
    return path === "/v1/providers" ? providers : {};
  };
  const harness = startHarness({
    columns: 120,
    rows: 40,
    ...options,
    answer: (...question) => answer(...question) ?? known(...question),
  });
  open.push(harness);
  harness.emit({ type: "hello", status, flows: [] });
  harness.press("2");
  await harness.screen();
  return harness;
}

async function textOf(harness: Harness): Promise<string> {
  return (await harness.screen()).join("\n");
}

/** Besides what the table asks for by itself. */
function changes(harness: Harness): readonly Asked[] {
  return harness.asked.filter(({ method }) => method !== "GET");
}

async function pressAll(harness: Harness, keys: readonly string[]): Promise<string> {
  for (const each of keys) {
    harness.press(each);
    await harness.screen();
  }
  return textOf(harness);
}

describe("the table", () => {
  it.each([
    [60, 16],
    [80, 24],
    [120, 40],
    [200, 60],
  ])("fits %ix%i, with its panels", { timeout: 30_000 }, async (columns, rows) => {
    const harness = await start(undefined, { columns, rows });
    for (const keys of ["", "j", "\r", "G", "q", "l", "\u001b", "a", "\u001b", "i", "\u001b", "s", "/claude", "\r"]) {
      harness.press(keys);
      const lines = await harness.screen();
      expect(lines).toHaveLength(rows);
      for (const line of lines) expect(cellWidth(line)).toBeLessThanOrEqual(columns);
      expect(await harness.repainted()).toEqual(lines);
    }
  });

  it("shows states, quotas and totals, and counts down between answers", async () => {
    const harness = await start();
    const text = await textOf(harness);
    expect(text).toContain("4 ok / 2 cooling / 2 bad / 1 off");
    expect(text).toMatch(
      /claude\/max +claude +Max 5x +\* COOLING 00:07 capacity step 3 5h █+░+ +61% +rst 1h1\d +118\/4/,
    );
    harness.pass(3_000);
    expect(await textOf(harness)).toContain("COOLING 00:04");
  });

  it("draws bars in plain ASCII where the terminal has nothing else", async () => {
    expect(await textOf(await start(undefined, { ascii: true, color: false }))).toContain("5h ######....  61%");
  });

  it("says what to do when there is no account, and when the core does not answer", async () => {
    const text = await textOf(await start((_method, path) => (path === "/accounts" ? { accounts: [] } : undefined)));
    expect(text).toContain("No account yet.");
    expect(text).toContain("l  logs in to a provider");
    const deaf = await start(() => new Error("no core is running"));
    expect(await textOf(deaf)).toContain("The core did not answer: no core is running");
  });

  it("asks no provider for a quota by itself", async () => {
    const harness = await start();
    harness.pass(10_000);
    await harness.screen();
    expect(harness.asked.filter(({ path }) => path.includes("quota"))).toEqual([]);
    await pressAll(harness, ["u"]);
    expect(harness.asked.filter(({ path }) => path.includes("quota"))).toEqual([
      { method: "GET", path: "/accounts/copilot/a/quota" },
    ]);
  });

  it("follows the account whose panel is open", async () => {
    let state = "active";
    const harness = await start((_method, path) =>
      path === "/accounts" ? { accounts: [{ ...everyAccount[1], state }] } : undefined,
    );
    expect(await pressAll(harness, ["\r"])).toContain("state         + ready");
    state = "probing";
    harness.pass(2_000);
    await harness.screen();
    expect(await textOf(harness)).toContain("state         ~ probing");
  });
});

describe("an API key", () => {
  it("is chosen a provider and a name for, drawn as dots, sent once and shown nowhere", async () => {
    const harness = await start((method, path) =>
      method === "POST" && path === "/accounts" ? { ...everyAccount[5], id: "groq/main" } : undefined,
    );
    expect(await pressAll(harness, ["a"])).toMatch(/> 1 claude[\s\S]* 2 groq/);
    const asking = await pressAll(harness, ["2", "\r", key]);
    expect(asking).toContain(`API key for groq/main: ${"•".repeat(key.length)}`);
    expect(await pressAll(harness, ["\r"])).toContain("groq/main is added");
    expect(changes(harness)).toEqual([
      { method: "POST", path: "/accounts", body: { provider: "groq", name: "main", apiKey: key } },
    ]);
    expect(harness.written.join("")).not.toContain("sk-");
    expect(JSON.stringify(harness.app.ui)).not.toContain(key);
  });

  it("is not asked for under a name that is taken or wrong", async () => {
    const harness = await start();
    expect(await pressAll(harness, ["a", "1", "\u0015", "max"])).toContain('there is an account "claude/max" already');
    expect(await pressAll(harness, ["\r", " x/"])).toContain("letters, digits");
    expect(changes(harness)).toEqual([]);
  });
});

describe("a login", () => {
  const device: Answer = (method, path) => {
    if (method === "POST" && path === "/logins") return waiting;
    return path === "/logins/L1" && method === "GET" ? waiting : undefined;
  };

  it("begins only after a yes to the terms", async () => {
    const harness = await start(device);
    const terms = await pressAll(harness, ["l", "2", "\r"]);
    expect(terms).toContain("accounts have been closed for that");
    expect(await pressAll(harness, ["\r", "n", " "])).toContain("Go on with it?");
    expect(await pressAll(harness, ["\u001b"])).toContain("not without your yes");
    expect(changes(harness)).toEqual([]);
    await pressAll(harness, ["l", "2", "\r", "y"]);
    expect(changes(harness)).toEqual([
      { method: "POST", path: "/logins", body: { provider: "claude", name: "main", acceptTerms: true } },
    ]);
  });

  it("shows where to go, counts down, and copies the address and the code", async () => {
    const harness = await start(device);
    const text = await pressAll(harness, ["l", "2", "\r", "y"]);
    expect(text).toContain("https://login.example/device?code=ABCD-1234");
    expect(text).toContain("code  ABCD-1234");
    expect(text).toMatch(/waiting for the confirmation, (10:00|09:59) left/);
    await pressAll(harness, ["y", "c"]);
    expect(harness.copied).toEqual([waiting.urlComplete, "ABCD-1234"]);
    harness.pass(60_000);
    expect(await textOf(harness)).toMatch(/08:5\d left/);
  });

  it.each([
    ["done", null, "+ claude/main is logged in."],
    ["expired", null, "The login of claude/main was not confirmed in time."],
    ["failed", "access_denied", "access_denied"],
  ])("that ends as %s says so", async (state, error, words) => {
    let ended = false;
    const harness = await start((method, path, body) =>
      ended && path === "/logins/L1" ? { ...waiting, state, error } : device(method, path, body),
    );
    await pressAll(harness, ["l", "2", "\r", "y"]);
    ended = true;
    harness.pass(1_500);
    await harness.screen();
    expect(await textOf(harness)).toContain(words);
    await pressAll(harness, ["\u001b"]);
    expect(changes(harness).map(({ method }) => method)).toEqual(["POST"]);
  });

  it.each(["\u001b", "q", "\u0003"])("is called off when its panel is left with %j", async (leave) => {
    const harness = await start(device);
    expect(await pressAll(harness, ["l", "2", "\r", "y", leave])).toContain("was called off; nothing was changed");
    expect(changes(harness).at(-1)).toEqual({ method: "DELETE", path: "/logins/L1" });
    expect(harness.quits).toBe(0);
    const before = harness.asked.filter(({ path }) => path === "/logins/L1").length;
    harness.pass(10_000);
    expect(harness.asked.filter(({ path }) => path === "/logins/L1")).toHaveLength(before);
  });

  it("takes a pasted answer as dots, says what was wrong with it, and goes on waiting", async () => {
    const harness = await start((method, path, body) =>
      method === "POST" && path === "/logins/L1" ? new Error("there is no code in it") : device(method, path, body),
    );
    await pressAll(harness, ["l", "2", "\r", "y", "p", "wrong-answer"]);
    expect(await textOf(harness)).not.toContain("wrong-answer");
    expect(await pressAll(harness, ["\r"])).toContain("That is not it: there is no code in it");
    expect(changes(harness).at(-1)).toEqual({ method: "POST", path: "/logins/L1", body: { pasted: "wrong-answer" } });
    expect(await pressAll(harness, ["p", "\u001b"])).toContain("waiting for the confirmation");
  });

  it("says when the core does not tell how far it is, and goes on when it does", async () => {
    let deaf = false;
    const harness = await start((method, path, body) =>
      deaf && path === "/logins/L1" ? new Error("no such login") : device(method, path, body),
    );
    await pressAll(harness, ["l", "2", "\r", "y"]);
    deaf = true;
    harness.pass(1_500);
    expect(await textOf(harness)).toContain("The core does not tell how far it is: no such login");
    deaf = false;
    harness.pass(1_500);
    await harness.screen();
    expect(await textOf(harness)).not.toContain("does not tell");
  });

  it("offers the login of the selected account anew, under its name", async () => {
    const harness = await start(device);
    expect(await pressAll(harness, ["l"])).toContain("> 1 GitHub Copilot, anew   copilot/a");
    await pressAll(harness, ["1", "y"]);
    expect(changes(harness)[0]?.body).toEqual({ provider: "copilot", name: "a", acceptTerms: true });
  });

  it("at Kiro asks how, and has a page for it", async () => {
    const page = {
      id: "P1",
      account: "kiro/work2",
      state: "unopened",
      expiresAt: iso(600_000),
      url: "http://127.0.0.1:8317/p/x",
    };
    const harness = await start((method, path) => {
      if (path === "/v0/oauth/kiro/pages" && method === "POST") return page;
      return path === "/v0/oauth/kiro/pages/P1" && method === "GET" ? page : undefined;
    });
    await pressAll(harness, ["l", "9", "\u0015", "work2", "\r"]);
    expect(await textOf(harness)).toContain("5 a page in the browser");
    expect(await pressAll(harness, ["5", "y"])).toContain(page.url);
    expect(changes(harness)[0]).toEqual({
      method: "POST",
      path: "/v0/oauth/kiro/pages",
      body: { name: "work2", acceptTerms: true },
    });
    await pressAll(harness, ["\u001b"]);
    expect(changes(harness).at(-1)).toEqual({ method: "DELETE", path: "/v0/oauth/kiro/pages/P1" });
  });
});

describe("another program's login", () => {
  it("is used after a yes to its terms", async () => {
    const harness = await start();
    await pressAll(harness, ["i", "1", "\r"]);
    expect(changes(harness)).toEqual([]);
    await pressAll(harness, ["y"]);
    expect(changes(harness)).toEqual([
      {
        method: "POST",
        path: "/accounts/import",
        body: { provider: "claude", name: "claude-code", client: "claude-code", acceptTerms: true },
      },
    ]);
  });
});

describe("removing", () => {
  it("asks, takes only a yes, and refuses what stands in config.yaml beforehand", async () => {
    const harness = await start();
    expect(await pressAll(harness, ["d"])).toContain("Remove copilot/a and its credential for good?");
    await pressAll(harness, ["n"]);
    expect(changes(harness)).toEqual([]);
    await pressAll(harness, ["d", "y"]);
    expect(changes(harness)).toEqual([{ method: "DELETE", path: "/accounts/copilot/a" }]);
    expect(await pressAll(harness, ["/kiro\r", "d"])).toContain("kiro/work is written in config.yaml");
    expect(changes(harness)).toHaveLength(1);
  });
});

it("names the same logins and programs as the command line", () => {
  const titles = Object.entries(services).flatMap(([provider, { title }]) =>
    provider === "kiro-social" ? [] : [{ provider, title }],
  );
  expect([...loginServices]).toEqual(expect.arrayContaining(titles));
  expect(loginServices).toHaveLength(titles.length);
  expect(Object.fromEntries(Object.entries(importable).map(([client, { provider }]) => [client, provider]))).toEqual(
    clientRows,
  );
});
