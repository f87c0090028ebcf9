import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Secret } from "../../../base/secret.ts";
import { type TempFolder, tempFolder } from "../../../../test/support/temp.ts";
import type { CredentialResult, Refresh, RefreshResult } from "../credential.ts";
import { firstRefreshToken, refreshAt, tokenService, type TokenService } from "./__fixtures__/token-service.ts";
import { accountOf, endedLogin, hourMs, never, startAt, work, type World, worldOf } from "./__fixtures__/world.ts";
import { newAccount } from "./record.ts";

let folder: TempFolder;
let service: TokenService;
let world: World;

beforeEach(async () => {
  folder = tempFolder("credentials");
  service = await tokenService();
  world = worldOf({ folder: folder.path, refresh: refreshAt(service.url) });
});
afterEach(async () => {
  await service.close();
  folder.close();
});

const revealed = (result: CredentialResult): string =>
  result.ok ? result.credential.secret.reveal() : `${result.error.kind}: ${result.error.message}`;

async function storedRefreshToken(): Promise<string | null> {
  const reading = await world.store.read(work);
  return reading.state === "ok" ? (reading.account.refreshToken?.reveal() ?? null) : null;
}

describe("an own login", () => {
  it("U8: renews once for twenty calls at once, and all get the new token", async () => {
    await world.store.write(endedLogin(), null);
    let locks = 0;
    const counting: typeof world.store = {
      ...world.store,
      locked(key, wait, job) {
        locks += 1;
        return world.store.locked(key, wait, job);
      },
    };
    const crowded = worldOf({ folder: folder.path, refresh: refreshAt(service.url), store: counting });
    const results = await Promise.all(Array.from({ length: 20 }, () => crowded.credentials.get(work, never)));
    expect(new Set(results.map(revealed))).toEqual(new Set(["canary-access-token-1"]));
    expect(service.redeemed()).toBe(1);
    expect(locks).toBe(1);
  });

  it("has the new tokens on the disk before anybody gets them", async () => {
    await world.store.write(endedLogin(), null);
    await world.credentials.get(work, never);
    expect(await storedRefreshToken()).toBe(service.current());
    expect(statSync(join(world.folder, "claude@work.json")).mode & 0o777).toBe(0o600);
    expect(statSync(world.folder).mode & 0o777).toBe(0o700);
  });

  it("U9: takes what another process has renewed instead of redeeming its own old token", async () => {
    await world.store.write(endedLogin(), null);
    await world.store.read(work);
    const other = worldOf({ folder: folder.path, refresh: refreshAt(service.url) });
    await other.credentials.get(work, never);
    expect(revealed(await world.credentials.get(work, never))).toBe("canary-access-token-1");
    expect(service.redeemed()).toBe(1);
  });

  it("U9: shows no refusal when the token on the disk was replaced while ours was being refused", async () => {
    const replacing: Refresh = async (name, tokens) => {
      if (tokens.refreshToken.reveal() !== "a token of yesterday") return refreshAt(service.url)(name, tokens);
      // Somebody restores the file by hand; that takes no lock.
      const { recordText } = await import("./record.ts");
      writeFileSync(join(world.folder, "claude@work.json"), recordText(endedLogin()));
      return { ok: false, kind: "permanent", message: "invalid_grant" };
    };
    world = worldOf({ folder: folder.path, refresh: replacing });
    await world.store.write(endedLogin({ refreshToken: new Secret("a token of yesterday") }), null);
    expect(revealed(await world.credentials.get(work, never))).toBe("canary-access-token-1");
    expect(world.events.map(({ type }) => type)).toEqual(["login-renewed"]);
  });

  it("U10: keeps the refresh token when the answer brings no new one", async () => {
    await world.store.write(endedLogin(), null);
    service.behave("keep-refresh-token");
    expect(revealed(await world.credentials.get(work, never))).toBe("canary-access-token-1");
    expect(await storedRefreshToken()).toBe(firstRefreshToken);
  });

  it("U11: is shown as about to be renewed, not as logged out, when only its access token is over", async () => {
    await world.store.write(endedLogin(), null);
    expect(await world.credentials.status(work)).toMatchObject({ state: "will-refresh", fix: null });
    await world.credentials.get(work, never);
    expect(await world.credentials.status(work)).toMatchObject({ state: "ok", expiresAt: startAt + hourMs });
  });

  it("U12: is not blamed and not given up when the service cannot be reached", async () => {
    await world.store.write(endedLogin(), null);
    service.behave("fail");
    const result = await world.credentials.get(work, never);
    expect(result).toMatchObject({ ok: false, error: { kind: "network", retryAfterMs: 1_000 } });
    expect(await world.credentials.status(work)).toMatchObject({ state: "will-refresh" });
    service.behave("answer");
    world.clock.advance(1_000);
    expect(revealed(await world.credentials.get(work, never))).toBe("canary-access-token-1");
  });

  it("waits twice as long after each failure before it asks the service again", async () => {
    let asked = 0;
    const failing: Refresh = () => {
      asked += 1;
      return Promise.resolve<RefreshResult>({ ok: false, kind: "transient", message: "no" });
    };
    world = worldOf({ folder: folder.path, refresh: failing });
    await world.store.write(endedLogin(), null);
    for (const waitMs of [1_000, 2_000, 4_000]) {
      expect(await world.credentials.get(work, never)).toMatchObject({ ok: false, error: { retryAfterMs: waitMs } });
      await world.credentials.get(work, never);
      world.clock.advance(waitMs);
    }
    expect(asked).toBe(3);
  });

  it("is used as it is when its renewal fails for now and it still has a while", async () => {
    await world.store.write(endedLogin({ expiresAt: startAt + 60_000, obtainedAt: startAt - hourMs }), null);
    service.behave("fail");
    expect(revealed(await world.credentials.get(work, never))).toBe("canary-access-token-0");
    expect(world.events).toMatchObject([{ type: "renewal-failed" }]);
  });

  it("is renewed no earlier than at half of its life, whatever the lead", async () => {
    const shortLived = { expiresAt: startAt + 61_000, obtainedAt: startAt - 59_000 };
    await world.store.write(endedLogin(shortLived), null);
    expect(revealed(await world.credentials.get(work, never))).toBe("canary-access-token-0");
    world.clock.advance(1_000);
    expect(revealed(await world.credentials.get(work, never))).toBe("canary-access-token-1");
  });

  it("goes on renewing when the caller that wanted it first has gone", async () => {
    await world.store.write(endedLogin(), null);
    const caller = new AbortController();
    const first = world.credentials.get(work, caller.signal);
    const second = world.credentials.get(work, never);
    caller.abort();
    expect(await first).toMatchObject({ ok: false, error: { kind: "client-gone" } });
    expect(revealed(await second)).toBe("canary-access-token-1");
  });

  it("is over when its refresh token is refused for good: said once, kept, and not tried again", async () => {
    await world.store.write(endedLogin(), null);
    let asked = 0;
    world = worldOf({
      folder: folder.path,
      refresh: (name, tokens) => {
        asked += 1;
        return refreshAt(service.url)(name, tokens);
      },
    });
    service.behave("refuse");
    for (let calls = 0; calls < 3; calls += 1) {
      const result = await world.credentials.get(work, never);
      expect(result).toMatchObject({ ok: false, error: { kind: "auth" } });
      expect(revealed(result)).toContain("switchyard accounts login claude --name work");
    }
    expect(asked).toBe(1);
    expect(world.events).toMatchObject([
      { type: "login-over", account: "claude/work", fix: "switchyard accounts login claude --name work" },
    ]);
    const another = worldOf({ folder: folder.path, refresh: refreshAt(service.url) });
    expect(await another.credentials.status(work)).toMatchObject({ state: "needs-login" });
    await another.credentials.reload();
    expect(another.events).toMatchObject([{ type: "login-over" }]);
  });

  it("heals by itself when there is a new login", async () => {
    await world.store.write(endedLogin(), null);
    service.behave("refuse");
    await world.credentials.get(work, never);
    service.behave("answer");
    const other = worldOf({ folder: folder.path, refresh: refreshAt(service.url) });
    const reading = await other.store.read(work);
    const generation = reading.state === "ok" ? reading.account.generation : null;
    await other.store.write(endedLogin({ expiresAt: startAt + hourMs, accessToken: new Secret("new") }), generation);
    expect(revealed(await world.credentials.get(work, never))).toBe("new");
    expect(world.events.map(({ type }) => type)).toEqual(["login-over", "login-healed"]);
  });

  it("is renewed also when the account is disabled", async () => {
    await world.store.write(endedLogin({ enabled: false }), null);
    expect(revealed(await world.credentials.get({ ...work, enabled: false }, never))).toBe("canary-access-token-1");
  });

  it("says so when there is none", async () => {
    expect(revealed(await world.credentials.get(work, never))).toMatch(/^auth: claude\/work: it is not logged in/);
    expect(await world.credentials.status(work)).toMatchObject({ state: "missing" });
  });

  it("is not renewed where it could not be saved", async () => {
    await world.store.write(endedLogin(), null);
    const full: typeof world.store = {
      ...world.store,
      locked: (key, wait, job) =>
        world.store.locked(key, wait, (held) =>
          job({ ...held, rehearse: () => Promise.reject(new Error("ENOSPC: no space left on device")) }),
        ),
    };
    const cramped = worldOf({ folder: folder.path, refresh: refreshAt(service.url), store: full });
    expect(revealed(await cramped.credentials.get(work, never))).toMatch(/^network: .*ENOSPC/);
    expect(service.redeemed()).toBe(0);
  });

  it("is not lost when the disk fails after the renewal: nobody gets it before it could be written", async () => {
    await world.store.write(endedLogin(), null);
    let isBroken = true;
    const flaky: typeof world.store = {
      ...world.store,
      locked: (key, wait, job) =>
        world.store.locked(key, wait, (held) =>
          job({ ...held, write: (account) => (isBroken ? Promise.reject(new Error("EIO")) : held.write(account)) }),
        ),
    };
    const shaky = worldOf({ folder: folder.path, refresh: refreshAt(service.url), store: flaky });
    expect(revealed(await shaky.credentials.get(work, never))).toMatch(/^network: .*EIO/);
    isBroken = false;
    shaky.clock.advance(60_000);
    expect(revealed(await shaky.credentials.get(work, never))).toBe("canary-access-token-1");
    expect(await storedRefreshToken()).toBe(service.current());
    expect(service.redeemed()).toBe(1);
  });
});

describe("after a 401", () => {
  const valid = { expiresAt: startAt + hourMs, obtainedAt: startAt - hourMs };

  async function get() {
    const result = await world.credentials.get(work, never);
    if (!result.ok) throw new Error(result.error.message);
    return result.credential;
  }

  it("renews once for all whose call was refused", async () => {
    await world.store.write(endedLogin(valid), null);
    const refused = await get();
    const renewed = await Promise.all(Array.from({ length: 10 }, () => world.credentials.renew(work, refused, never)));
    expect(new Set(renewed.map(revealed))).toEqual(new Set(["canary-access-token-1"]));
    expect(service.redeemed()).toBe(1);
  });

  it("renews at most once a minute, and says that the fresh token is refused as well", async () => {
    await world.store.write(endedLogin(valid), null);
    const first = await world.credentials.renew(work, await get(), never);
    if (!first.ok) throw new Error("not renewed");
    expect(revealed(await world.credentials.renew(work, first.credential, never))).toMatch(/^auth: .*fresh as it is/);
    world.clock.advance(60_000);
    expect(revealed(await world.credentials.renew(work, first.credential, never))).toBe("canary-access-token-2");
  });

  it("takes what another process has renewed in the meantime", async () => {
    await world.store.write(endedLogin(valid), null);
    const refused = await get();
    const other = worldOf({ folder: folder.path, refresh: refreshAt(service.url) });
    await other.credentials.renew(work, refused, never);
    expect(revealed(await world.credentials.renew(work, refused, never))).toBe("canary-access-token-1");
    expect(service.redeemed()).toBe(1);
  });

  it("has nothing to renew for a key", async () => {
    const key = accountOf({ kind: "key", key: new Secret("canary-key") });
    const had = await world.credentials.get(key, never);
    if (!had.ok) throw new Error("no key");
    expect(await world.credentials.renew(key, had.credential, never)).toMatchObject({ error: { kind: "auth" } });
  });
});

describe("Copilot", () => {
  const copilot = accountOf({ kind: "login" }, "copilot", "work");
  const bare = {
    ...newAccount({ provider: "copilot", name: "work" }, "oauth_device_flow", new Secret("ghu_canary")),
    refreshToken: new Secret("ghr_canary"),
    expiresAt: startAt + hourMs,
  };

  it("never shows GitHub's token of a foreign record to the provider: it is exchanged first", async () => {
    const shown: string[] = [];
    world = worldOf({
      folder: folder.path,
      refresh: (name, { refreshToken, extra }) => {
        shown.push(name, refreshToken.reveal(), extra["githubToken"]?.reveal() ?? "none");
        const tokens = { accessToken: new Secret("copilot-1"), refreshToken: null, expiresInMs: 1_500_000, facts: {} };
        return Promise.resolve({ ok: true, tokens });
      },
    });
    await world.store.write(bare, null);
    expect(revealed(await world.credentials.get(copilot, never))).toBe("copilot-1");
    expect(shown).toEqual(["copilot", "ghr_canary", "ghu_canary"]);
  });

  it("keeps the token for an editor's login in memory, and exchanges again when it is refused", async () => {
    folder.file(".config/github-copilot/apps.json", '{"github.com:Iv1":{"user":"me","oauth_token":"gho_canary"}}');
    let exchanges = 0;
    const refresh: Refresh = () => {
      exchanges += 1;
      const accessToken = new Secret(`copilot-${exchanges}`);
      return Promise.resolve({
        ok: true,
        tokens: { accessToken, refreshToken: null, expiresInMs: 1_500_000, facts: { plan: "pro" } },
      });
    };
    world = worldOf({ folder: folder.path, refresh });
    const imported = accountOf({ kind: "client", client: "copilot", path: null }, "copilot", "editor");
    const results = await Promise.all([1, 2, 3].map(() => world.credentials.get(imported, never)));
    expect(results.map(revealed)).toEqual(["copilot-1", "copilot-1", "copilot-1"]);
    const [first] = results;
    if (first?.ok !== true) throw new Error("no token");
    expect(first.credential.facts).toEqual({ who: "me", plan: "pro" });
    expect(revealed(await world.credentials.renew(imported, first.credential, never))).toMatch(/^auth/);
    world.clock.advance(60_000);
    expect(revealed(await world.credentials.renew(imported, first.credential, never))).toBe("copilot-2");
    expect(await world.credentials.status(imported)).toMatchObject({ state: "ok", client: "copilot" });
  });
});

describe("what is stored", () => {
  it("is listed as accounts after a reload: keys, logins, imports and damaged files", async () => {
    const key = newAccount({ provider: "openrouter", name: "main" }, "api_key", new Secret("canary-key"));
    await world.store.write({ ...key, priority: 3 }, null);
    await world.store.write(endedLogin(), null);
    const imported = newAccount({ provider: "codex", name: "mine" }, "import", new Secret("read from codex"));
    const extra = { client: new Secret("codex"), path: new Secret("/x/auth.json") };
    await world.store.write({ ...imported, extra }, null);
    folder.file("accounts/qwen@broken.json", "{");
    expect(world.credentials.stored()).toEqual([]);
    await world.credentials.reload();
    expect(world.credentials.stored()).toMatchObject([
      { provider: "claude", name: "work", source: { kind: "login" }, from: "store" },
      { provider: "codex", name: "mine", source: { kind: "client", client: "codex", path: "/x/auth.json" } },
      { provider: "openrouter", name: "main", source: { kind: "key" }, priority: 3 },
      { provider: "qwen", name: "broken", source: { kind: "login" } },
    ]);
    const broken = accountOf({ kind: "login" }, "qwen", "broken");
    expect(await world.credentials.status(broken)).toMatchObject({ state: "unreadable" });
    expect(revealed(await world.credentials.get(broken, never))).toContain("log in again");
  });
});

describe("secrets", () => {
  it("appear in no status, error, event or inspection, also when the service quotes them", async () => {
    await world.store.write(endedLogin(), null);
    // Refused by the service with the token in its answer.
    const stolen = endedLogin({ refreshToken: new Secret("canary-refresh-token-wrong") });
    await world.store.write(stolen, 1);
    const seen: unknown[] = [await world.credentials.get(work, never), await world.credentials.status(work)];
    folder.file("accounts/qwen@broken.json", '{"access_token": "canary-broken-token", }');
    folder.file("accounts/qwen@odd.json", '{"version": 1, "canary-field": "canary-odd-token", "type": "canary-type"}');
    await world.credentials.reload();
    for (const account of world.credentials.stored()) {
      seen.push(account, await world.credentials.get(account, never), await world.credentials.status(account));
    }
    seen.push(world.events);
    expect(seen.map((one) => JSON.stringify(one)).join()).not.toMatch(/canary/);
    expect(inspect(seen, { depth: 9, showHidden: true })).not.toMatch(/canary/);
    // In the messages alone something is left to be seen: the test would notice silence.
    expect(JSON.stringify(seen)).toContain("refresh_token_reused");
    expect(readdirSync(world.folder).filter((name) => name.endsWith(".tmp") || name.endsWith(".lock"))).toEqual([]);
  });
});
