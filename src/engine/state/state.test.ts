import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, expectTypeOf, it } from "vitest";
import { type TempFolder, tempFolder } from "../../../test/support/temp.ts";
import { systemRandom } from "../../base/random.ts";
import type { CooldownRecord } from "../accounts/pool.ts";
import type { ErrorKind } from "../errors/engine-error.ts";
import type { QuotaReading } from "../quota/quota.ts";
import type { StoredKind } from "./schema.ts";
import { type Cooldown, openState, type Quota } from "./state.ts";

const folders: TempFolder[] = [];
afterEach(() => folders.splice(0).forEach((folder) => folder.close()));

function home(): { path: string; stateFile: string } {
  const folder = tempFolder("state");
  folders.push(folder);
  return { path: folder.path, stateFile: join(folder.path, "data", "state.json") };
}

const parsed = (path: string): Record<string, unknown> => JSON.parse(readFileSync(path, "utf8"));

const cooldown: CooldownRecord = {
  account: "claude/work",
  model: null,
  level: 2,
  until: 1_800_000_000_000,
  resetAt: null,
  kind: "rate-limit",
  reason: "429 of the provider",
  since: 1_799_999_000_000,
};

const reading: QuotaReading = {
  account: "claude/work",
  windows: [
    {
      name: "5h",
      model: null,
      limit: null,
      remaining: null,
      usedPercent: 41.5,
      resetAt: 1_800_000_000_000,
      unlimited: false,
      exhausted: false,
    },
  ],
  plan: "pro",
  source: "headers",
  readAt: 1_799_999_000_000,
};

describe("the secrets of an installation", () => {
  it("are made at the first start and stay the same", async () => {
    const paths = home();
    const first = await openState(paths, systemRandom);
    const second = await openState(paths, systemRandom);
    expect(first.proxyToken.reveal()).toMatch(/^[\w-]{32}$/);
    expect(first.clientKey.reveal()).not.toBe(first.proxyToken.reveal());
    expect(second.proxyToken.reveal()).toBe(first.proxyToken.reveal());
    expect(second.clientKey.reveal()).toBe(first.clientKey.reveal());
    expect(second.adminToken.reveal()).toBe(first.adminToken.reveal());
    expect(new Set([first.adminToken, first.clientKey, first.proxyToken].map((secret) => secret.reveal())).size).toBe(
      3,
    );
    expect(second.notice).toBeNull();
  });

  it("are for their owner only, also when the file was open before", async () => {
    const paths = home();
    await openState(paths, systemRandom);
    expect(statSync(paths.stateFile).mode & 0o777).toBe(0o600);
    chmodSync(paths.stateFile, 0o644);
    await openState(paths, systemRandom);
    expect(statSync(paths.stateFile).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(paths.path, "data"))).toEqual(["state.json", "state.json.bak"]);
  });

  it.each(["", "\0\0\0\0", "{", "null", "[]", '{"version":1}', '{"version":1,"proxyToken":"x","clientKey":""}'])(
    "survive a damaged file by its backup, and are made anew without one: %j",
    async (text) => {
      const paths = home();
      const before = await openState(paths, systemRandom);
      writeFileSync(paths.stateFile, text);
      const restored = await openState(paths, systemRandom);
      expect(restored.notice).toContain("state.json.corrupt-");
      expect(restored.proxyToken.reveal()).toBe(before.proxyToken.reveal());

      writeFileSync(paths.stateFile, text);
      rmSync(`${paths.stateFile}.bak`);
      const after = await openState(paths, systemRandom);
      expect(after.notice).toContain("state.json.corrupt-");
      expect(after.notice).toContain(
        "new tokens were made, so shells set up with `switchyard env` need it again; cooldowns and quota figures are forgotten",
      );
      expect(after.proxyToken.reveal()).not.toBe(before.proxyToken.reveal());
      const aside = readdirSync(join(paths.path, "data")).filter((name) => name.includes("corrupt"));
      expect(aside.map((name) => readFileSync(join(paths.path, "data", name), "utf8"))).toEqual([text, text]);
      expect((await openState(paths, systemRandom)).notice).toBeNull();
    },
  );

  it("leave fields alone that a later version wrote", async () => {
    const paths = home();
    await openState(paths, systemRandom);
    const data = { ...parsed(paths.stateFile), accounts: [1] };
    writeFileSync(paths.stateFile, JSON.stringify(data));
    const state = await openState(paths, systemRandom);
    expect(parsed(paths.stateFile)).toEqual(data);
    await state.saveCooldowns([cooldown]);
    expect(parsed(paths.stateFile)["accounts"]).toEqual([1]);
  });

  it("are not read through a link", async () => {
    const paths = home();
    await openState({ stateFile: join(paths.path, "data", "victim.json") }, systemRandom);
    symlinkSync(join(paths.path, "data", "victim.json"), paths.stateFile);
    await expect(openState(paths, systemRandom)).rejects.toThrow("not a plain file");
  });

  it("of a version 1 file are kept when it becomes version 2", async () => {
    const paths = home();
    const tokens = { proxyToken: "p".repeat(32), clientKey: "c".repeat(32) };
    mkdirSync(join(paths.path, "data"));
    writeFileSync(paths.stateFile, JSON.stringify({ version: 1, ...tokens, accounts: [1] }));
    const state = await openState(paths, systemRandom);
    expect([state.notice, state.proxyToken.reveal(), state.clientKey.reveal()]).toEqual([
      null,
      tokens.proxyToken,
      tokens.clientKey,
    ]);
    expect([state.cooldowns(), state.quota()]).toEqual([[], []]);
    // It is younger than both: made when the file is opened, and kept.
    expect(state.adminToken.reveal()).toMatch(/^[\w-]{32}$/);
    expect(parsed(paths.stateFile)).toEqual({
      version: 2,
      generation: 2,
      ...tokens,
      adminToken: state.adminToken.reveal(),
      accounts: [1],
      cooldowns: [],
      quota: [],
    });
  });
});

describe("cooldowns and quota figures", () => {
  it("are there after the next start", async () => {
    const paths = home();
    const state = await openState(paths, systemRandom);
    await Promise.all([state.saveCooldowns([cooldown]), state.saveQuota([reading])]);
    const next = await openState(paths, systemRandom);
    expect(next.cooldowns()).toEqual([cooldown]);
    expect(next.quota()).toEqual([reading]);
    expect(next.proxyToken.reveal()).toBe(state.proxyToken.reveal());
  });

  it("are written once for many saves, the last ones, and at the end for sure", async () => {
    const paths = home();
    const state = await openState(paths, systemRandom);
    const first = Number(parsed(paths.stateFile)["generation"]);
    await state.saveCooldowns([]);
    for (let level = 0; level < 500; level += 1) void state.saveCooldowns([{ ...cooldown, level }]);
    void state.saveQuota([reading]);
    await state.close();
    expect(parsed(paths.stateFile)).toMatchObject({ generation: first + 2, cooldowns: [{ level: 499 }], quota: [{}] });
  });

  it("of a kind that only a later version knows still cool", async () => {
    const paths = home();
    await (await openState(paths, systemRandom)).close();
    const data = { ...parsed(paths.stateFile), cooldowns: [{ ...cooldown, kind: "sunspots" }] };
    writeFileSync(paths.stateFile, JSON.stringify(data));
    const state = await openState(paths, systemRandom);
    expect(state.notice).toBeNull();
    expect(state.cooldowns()).toEqual([{ ...cooldown, kind: "upstream" }]);
  });

  it("of the wrong shape are damage, and the field is named", async () => {
    const paths = home();
    await (await openState(paths, systemRandom)).close();
    for (const [field, wrong, why] of [
      ["until", "soon", "cooldowns.0.until should be number"],
      ["account", "nobody", "cooldowns.0.account should be provider/name"],
      ["level", -1, "cooldowns.0.level should be >=0"],
    ] as const) {
      const data = { ...parsed(paths.stateFile), cooldowns: [{ ...cooldown, [field]: wrong }] };
      writeFileSync(paths.stateFile, JSON.stringify(data));
      expect((await openState(paths, systemRandom)).notice).toContain(`was damaged (${why}`);
    }
  });

  it("that cannot be saved are told of once, and saved when they can be", async () => {
    const paths = home();
    const state = await openState(paths, systemRandom);
    const heard: string[] = [];
    state.onTrouble((text) => heard.push(text));
    const good = readFileSync(paths.stateFile, "utf8");
    writeFileSync(paths.stateFile, "{}");
    await expect(state.saveCooldowns([cooldown])).rejects.toThrow("was changed by somebody else");
    await expect(state.saveQuota([reading])).rejects.toThrow("was changed by somebody else");
    expect(heard).toEqual([expect.stringContaining("nothing is written over it")]);
    writeFileSync(paths.stateFile, good);
    await state.close();
    expect(parsed(paths.stateFile)).toMatchObject({ cooldowns: [{ level: 2 }], quota: [{ plan: "pro" }] });
  });

  it("have the shape that accounts and quota give them", () => {
    expectTypeOf<StoredKind>().toEqualTypeOf<ErrorKind>();
    expectTypeOf<Cooldown>().branded.toEqualTypeOf<CooldownRecord>();
    expectTypeOf<Quota>().branded.toEqualTypeOf<QuotaReading>();
  });
});
