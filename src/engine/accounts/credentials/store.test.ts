import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../base/clock.ts";
import { systemRandom } from "../../../base/random.ts";
import { Secret } from "../../../base/secret.ts";
import { type TempFolder, tempFolder } from "../../../../test/support/temp.ts";
import { fileNameOf, keyOfFileName } from "./file-name.ts";
import { newAccount, parseRecord, recordText } from "./record.ts";
import { createCredentialStore, type CredentialStore } from "./store.ts";

const key = { provider: "codex", name: "work" };
const account = newAccount(key, "oauth_pkce", new Secret("canary-token"));

let temp: TempFolder;
let folder: string;
let store: CredentialStore;

beforeEach(() => {
  temp = tempFolder("store");
  folder = join(temp.path, "data", "accounts");
  store = createCredentialStore({ folder, random: systemRandom, clock: systemClock });
});
afterEach(() => temp.close());

describe("a record", () => {
  /** As cliproxyapi++ documents it, to the letter. */
  const seed = `{
  "type": "oauth_device_flow",
  "access_token": "ghu_xxx",
  "refresh_token": "ghr_xxx",
  "expires_at": "2026-02-20T00:00:00Z",
  "quota": {
    "limit": 10000,
    "used": 100,
    "remaining": 9900
  }
}`;

  it("is read from another gateway's bare one", () => {
    const read = parseRecord(seed, { provider: "copilot", name: "work" });
    if (!read.ok) throw new Error(read.why);
    expect(read.account.accessToken.reveal()).toBe("ghu_xxx");
    expect(read.account.refreshToken?.reveal()).toBe("ghr_xxx");
    expect(read.account).toMatchObject({
      provider: "copilot",
      name: "work",
      type: "oauth_device_flow",
      expiresAt: Date.UTC(2026, 1, 20),
      quota: { limit: 10_000, used: 100, remaining: 9_900 },
      enabled: true,
      needsLogin: null,
    });
  });

  it("is read past the byte order mark that an editor left", () => {
    const read = parseRecord(`\uFEFF${recordText(account)}`, key);
    if (!read.ok) throw new Error(read.why);
    expect(read.account.accessToken.reveal()).toBe("canary-token");
  });

  it("is written with the same fields in the same shape, and ours besides", () => {
    const read = parseRecord(seed, { provider: "copilot", name: "work" });
    if (!read.ok) throw new Error(read.why);
    const written = JSON.parse(recordText(read.account)) as Record<string, unknown>;
    expect(written).toMatchObject({
      ...(JSON.parse(seed) as object),
      expires_at: "2026-02-20T00:00:00.000Z",
      version: 1,
      provider: "copilot",
      name: "work",
    });
    expect(parseRecord(recordText(read.account), key)).toEqual(read);
  });

  it.each([
    ["an unknown field", { ...JSON.parse(seed), more: "canary" }],
    ["a number for a token", { ...JSON.parse(seed), access_token: 7 }],
    ["a date that is none", { ...JSON.parse(seed), expires_at: "canary" }],
    ["a version that never was", { ...JSON.parse(seed), version: 0 }],
    ["a list", [seed]],
  ])("with %s is damage, and the complaint quotes nothing", (_what, value) => {
    const read = parseRecord(JSON.stringify(value), key);
    expect(read).toMatchObject({ ok: false, kind: "damaged" });
    expect(JSON.stringify(read)).not.toMatch(/canary|ghu_/);
  });

  it("comes back as it was, whatever is in it", () => {
    const words = fc.string({ minLength: 1, maxLength: 40 });
    const accounts = fc.record({
      extra: fc.dictionary(
        words.filter((name) => !["__proto__", "constructor", "prototype"].includes(name)),
        words,
      ),
      secrets: fc.tuple(words, fc.option(words)),
      expiresAt: fc.option(fc.oneof(fc.integer({ min: 0 }), fc.integer({ min: 0, max: 8.64e15 }))),
      priority: fc.integer(),
      needsLogin: fc.option(words),
    });
    fc.assert(
      fc.property(accounts, ({ extra, secrets: [access, refresh], ...rest }) => {
        const whole = {
          ...account,
          ...rest,
          accessToken: new Secret(access),
          refreshToken: refresh === null ? null : new Secret(refresh),
          extra: Object.fromEntries(Object.entries(extra).map(([name, value]) => [name, new Secret(value)])),
        };
        const read = parseRecord(recordText(whole), key);
        // Secrets hide what they hold from comparison, so the text is compared.
        expect(read.ok && recordText(read.account)).toBe(recordText(whole));
      }),
    );
  });
});

describe("a file's name", () => {
  it("is safe, tells its account, and differs where accounts differ", () => {
    const part = fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(part, part, part, (provider, name, other) => {
        const fileName = fileNameOf({ provider, name });
        expect(fileName).toMatch(/^[a-z0-9%_-][a-z0-9%._-]*@[a-z0-9%_-][a-z0-9%._-]*(~[0-9a-f]{32})?\.json$/);
        expect(fileName.length).toBeLessThan(200);
        if (!fileName.includes("~")) expect(keyOfFileName(fileName)).toEqual({ provider, name });
        if (other !== name) expect(fileNameOf({ provider, name: other }).toLowerCase()).not.toBe(fileName);
      }),
    );
  });

  it("does not leave the folder", () => {
    expect(fileNameOf({ provider: "..", name: "../../etc/passwd" })).toBe("%2e.@%2e.%2f..%2fetc%2fpasswd.json");
  });
});

describe("the store", () => {
  it("keeps an account in a private file of a private folder", async () => {
    await store.write(account, null);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, "codex@work.json")).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["codex@work.json"]);
  });

  it("counts every write, and refuses one that is based on an older state", async () => {
    expect(await store.write(account, null)).toMatchObject({ ok: true, account: { generation: 1 } });
    expect(await store.write({ ...account, priority: 1 }, 1)).toMatchObject({ ok: true, account: { generation: 2 } });
    const late = await store.write({ ...account, priority: 2 }, 1);
    expect(late).toMatchObject({ ok: false, reading: { state: "ok", account: { priority: 1, generation: 2 } } });
    expect(await store.write(account, null)).toMatchObject({ ok: false });
  });

  it("lets one of many writers at once through", async () => {
    await store.write(account, null);
    const other = createCredentialStore({ folder, random: systemRandom, clock: systemClock });
    const writes = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        (index % 2 === 0 ? store : other).write({ ...account, weight: index }, 1),
      ),
    );
    expect(writes.filter(({ ok }) => ok)).toHaveLength(1);
  });

  it("sees what another process wrote", async () => {
    await store.write(account, null);
    await store.read(key);
    const other = createCredentialStore({ folder, random: systemRandom, clock: systemClock });
    await other.write({ ...account, priority: 7 }, 1);
    expect(await store.read(key)).toMatchObject({ state: "ok", account: { priority: 7 } });
  });

  it("sets a damaged file aside, says where, and takes a new login in its place", async () => {
    await store.write(account, null);
    temp.file("data/accounts/codex@work.json", "\0\0\0canary");
    const reading = await store.read(key);
    const [aside] = readdirSync(folder);
    expect(aside).toMatch(/^codex@work\.json\.corrupt-/);
    expect(reading).toMatchObject({ state: "unreadable", fix: expect.stringContaining("log in again") as unknown });
    expect(JSON.stringify(reading)).toContain(aside);
    expect(JSON.stringify(reading)).not.toContain("canary");
    expect(await store.read(key)).toMatchObject({ state: "unreadable" });
    expect(await store.list()).toMatchObject([{ key, reading: { state: "unreadable" } }]);
    expect(await store.write(account, null)).toMatchObject({ ok: true });
    expect(await store.read(key)).toMatchObject({ state: "ok" });
    expect(await store.remove(key)).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("leaves a newer version's file alone", async () => {
    temp.file("data/accounts/codex@work.json", '{"version": 2}');
    expect(await store.read(key)).toMatchObject({ state: "unreadable", isInPlace: true });
    expect(await store.write(account, null)).toMatchObject({ ok: false });
    expect(readFileSync(join(folder, "codex@work.json"), "utf8")).toBe('{"version": 2}');
  });

  it("neither reads nor writes through a link", async () => {
    const elsewhere = temp.file("elsewhere.json", recordText(account));
    mkdirSync(folder, { recursive: true });
    symlinkSync(elsewhere, join(folder, "codex@work.json"));
    expect(await store.read(key)).toMatchObject({ state: "unreadable", isInPlace: true });
    expect(await store.write(account, null)).toMatchObject({ ok: false });
    expect(lstatSync(join(folder, "codex@work.json")).isSymbolicLink()).toBe(true);
  });

  it("refuses a folder that is a link", async () => {
    mkdirSync(join(temp.path, "other"));
    mkdirSync(join(temp.path, "data"));
    symlinkSync(join(temp.path, "other"), folder);
    await expect(store.write(account, null)).rejects.toThrow("is not a folder");
  });

  it("refuses an account's file under another account's name", async () => {
    temp.file("data/accounts/codex@other.json", recordText(account));
    const reading = await store.read({ provider: "codex", name: "other" });
    expect(reading).toMatchObject({ state: "unreadable", fix: expect.stringContaining("codex@work.json") as unknown });
  });

  it("closes a file and a folder that others could read", async () => {
    await store.write(account, null);
    const path = join(folder, "codex@work.json");
    chmodSync(path, 0o644);
    chmodSync(folder, 0o755);
    await store.read(key);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await store.write(account, 1);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it("lists accounts with long names, and sweeps what killed writers left behind", async () => {
    const long = { provider: "codex", name: "é".repeat(64) };
    await store.write({ ...account, ...long }, null);
    const orphan = temp.file("data/accounts/codex@work.json.abc.tmp", "x");
    utimesSync(orphan, 1, 1);
    expect((await store.list()).map((entry) => entry.key)).toEqual([long]);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it("has nothing to list where there is no folder", async () => {
    expect(await store.list()).toEqual([]);
    expect(await store.remove(key)).toBe(false);
  });
});
