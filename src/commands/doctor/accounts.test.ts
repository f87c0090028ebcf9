import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createOpened } from "../../../test/support/opened.ts";
import type { AccountJson, CooldownJson } from "../../base/controls-engine.ts";
import { systemClock } from "../../base/clock.ts";
import { systemRandom } from "../../base/random.ts";
import { Secret } from "../../base/secret.ts";
import { benchDeps } from "../../control/__fixtures__/control-bench.ts";
import { createControlServer } from "../../control/server.ts";
import { newAccount } from "../../engine/accounts/credentials/record.ts";
import { createCredentialStore } from "../../engine/accounts/credentials/store.ts";
import { openState } from "../../engine/state/state.ts";
import { doctorHome, look, lookOne } from "../__fixtures__/doctor-bench.ts";
import { anAccount } from "../__fixtures__/engine-bench.ts";

const opened = createOpened();
afterEach(() => opened.closeAll());

const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000 + 30_000).toISOString();

const cooldown: CooldownJson = {
  model: null,
  level: 1,
  until: inHours(1),
  remainingMs: 3_600_000,
  resetAt: null,
  kind: "rate-limit",
  reason: "slow down",
};

const credential = (more: Partial<AccountJson["credential"]>): AccountJson["credential"] => ({
  ...anAccount().credential,
  ...more,
});

describe("accounts of the running core", () => {
  it.each<[string, Partial<AccountJson>, string, string]>([
    ["is ready", {}, "ok", "ready"],
    ["has a login that ends", { credential: credential({ expiresAt: inHours(2) }) }, "ok", "its login ends in 2 h"],
    [
      "has a login that we renew",
      { source: "login", credential: credential({ expiresAt: inHours(2) }) },
      "ok",
      "and is renewed before",
    ],
    ["is renewed with its next call", { credential: credential({ state: "will-refresh" }) }, "ok", "renewed"],
    [
      "needs a login",
      { state: "needs-login", credential: credential({ state: "needs-login", fix: "log in" }) },
      "fail",
      "login is over",
    ],
    ["has no credential", { credential: credential({ state: "missing", fix: "log in" }) }, "fail", "no credential"],
    ["cannot be read", { credential: credential({ state: "unreadable", fix: "move it" }) }, "fail", "cannot be read"],
    [
      "is stopped",
      { state: "stopped", cooldowns: [{ ...cooldown, until: null, remainingMs: null, kind: "quota" }] },
      "fail",
      "stopped until you act",
    ],
    ["cools", { state: "cooling", cooldowns: [cooldown] }, "warn", "cooling for 1 h more"],
    ["is tried again", { state: "probing" }, "warn", "tried again"],
    ["is at its limits", { state: "limited" }, "warn", "limits"],
    ["is switched off", { enabled: false, state: "disabled" }, "skip", "switched off"],
  ])("one that %s", async (_what, more, state, words) => {
    const { context } = doctorHome();
    const verbs = { accounts: () => Promise.resolve([anAccount(more)]) };
    const deps = benchDeps(context.paths.controlSocket);
    opened.add(await createControlServer({ ...deps, verbs: { ...deps.verbs, ...verbs } }));
    const found = await lookOne(context, "accounts.account");
    expect(found).toMatchObject({ id: "accounts.account.openrouter/main", state });
    expect(found.text).toContain(words);
    if (state === "fail") expect(found.fix).not.toBeNull();
  });

  it("are counted where nothing is to be said of them", async () => {
    const { context } = doctorHome();
    const accounts = [anAccount(), anAccount({ name: "two" }), anAccount({ name: "three", state: "limited" })];
    const deps = benchDeps(context.paths.controlSocket);
    opened.add(
      await createControlServer({ ...deps, verbs: { ...deps.verbs, accounts: () => Promise.resolve(accounts) } }),
    );
    const found = await look(context, "accounts.account");
    expect(found.map(({ text }) => text)).toEqual(["2 accounts of 3 ready", expect.stringContaining("limits")]);
  });
});

describe("accounts as the files tell", () => {
  it("may be none: calls pass through with their clients' own logins", async () => {
    expect((await lookOne(doctorHome().context, "accounts.account")).text).toContain("none is set up");
  });

  it("lack their key in this shell", async () => {
    const { context } = doctorHome();
    const text = 'accounts: [{ provider: openrouter, name: main, api_key: "${DOCTOR_KEY}" }]\n';
    writeFileSync(context.paths.configFile, text, { mode: 0o600 });
    const found = await lookOne(context, "accounts.account");
    expect(found).toMatchObject({ state: "fail", text: "its key is not set here (DOCTOR_KEY)" });
  });

  it("wait for a configuration that can be used", async () => {
    const { context } = doctorHome();
    writeFileSync(context.paths.configFile, "nonsense: 1\n", { mode: 0o600 });
    expect(await lookOne(context, "accounts.account")).toMatchObject({ state: "skip" });
  });

  it("have a login that is over, and cooldowns that the last core left", async () => {
    const { context } = doctorHome();
    const folder = join(context.paths.dataDir, "accounts");
    const store = createCredentialStore({ folder, random: systemRandom, clock: systemClock });
    const login = newAccount({ provider: "codex", name: "over" }, "oauth_pkce", new Secret("login-canary-0123456789"));
    await store.write({ ...login, expiresAt: Date.now() - 1_000, needsLogin: "invalid_grant" }, null);
    const key = newAccount({ provider: "openrouter", name: "main" }, "api_key", new Secret("key-canary-0123456789"));
    await store.write(key, null);
    const state = await openState(context.paths, systemRandom);
    await state.saveCooldowns([
      {
        account: "openrouter/main",
        model: null,
        level: 3,
        since: Date.now(),
        until: Date.now() + 600_000,
        resetAt: null,
        kind: "rate-limit",
        reason: "slow down",
      },
    ]);
    await state.close();
    const found = await look(context, "accounts.account");
    expect(found.map(({ id, state: word }) => [id, word])).toEqual([
      ["accounts.account.codex/over", "fail"],
      ["accounts.account.openrouter/main", "warn"],
    ]);
    expect(found[0]?.fix).toContain("switchyard accounts login codex");
    expect(JSON.stringify(found)).not.toContain("canary");
  });
});
