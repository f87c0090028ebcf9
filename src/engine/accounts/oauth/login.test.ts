/** The list of logins: what it refuses, how many it holds, how they end, and what it shows of them. */
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import type { LoginJson } from "../../../base/controls-engine.ts";
import { createOpened } from "../../../../test/support/opened.ts";
import { startFakeGithub, startFakeKimiAuth } from "../../../../test/support/fake-auth/index.ts";
import { begun, createRig, untilEnded, wish } from "./__fixtures__/login-rig.ts";

const opened = createOpened();
afterEach(() => opened.closeAll());

describe("the list of logins", () => {
  it("begins none before its user has accepted what the terms may say", async () => {
    const used = createRig(opened, {});
    const result = await used.logins.start(wish("claude", { acceptTerms: false }));
    expect(result).toMatchObject({ ok: false, code: "invalid" });
    expect(!result.ok && result.message).toContain("terms");
    expect(used.asked).toEqual([]);
    expect(used.time.begun).toEqual([]);
  });

  it.each([
    [wish("openrouter"), "invalid", "API key"],
    [wish("gemini-cli"), "unavailable", "oauth.gemini-cli.client_secret"],
    [wish("iflow"), "unavailable", "provider-credentials.json"],
    [wish("kiro", { method: "magic" }), "invalid", "identity-center"],
    [wish("kiro", { method: "identity-center" }), "invalid", "start URL"],
    [wish("kiro", { region: "nowhere.example" }), "invalid", "region"],
    [wish("claude", { method: "magic" }), "invalid", "magic"],
  ] as const)("refuses %o at once: %s", async (asked, code, words) => {
    const used = createRig(opened, {});
    const result = await used.logins.start(asked);
    expect(result).toMatchObject({ ok: false, code });
    expect(!result.ok && result.message).toContain(words);
    expect(used.asked).toEqual([]);
  });

  it("has ids that cannot be guessed and knows no others", async () => {
    const used = createRig(opened, {});
    const first = begun(await used.logins.start(wish("claude")));
    const second = begun(await used.logins.start(wish("claude")));
    expect(first.id).not.toBe(second.id);
    expect(first.id.length).toBeGreaterThanOrEqual(32);
    expect(used.logins.get("1")).toMatchObject({ ok: false, code: "not-found" });
    expect(used.logins.cancel("1")).toMatchObject({ ok: false, code: "not-found" });
    expect(await used.logins.paste("1", "a#b")).toMatchObject({ ok: false, code: "not-found" });
  });

  it("lets eight wait at once, and another when one is called off", async () => {
    const used = createRig(opened, {});
    const all: LoginJson[] = [];
    for (let count = 0; count < 8; count += 1) all.push(begun(await used.logins.start(wish("claude"))));
    expect(await used.logins.start(wish("claude"))).toMatchObject({ ok: false, code: "conflict" });
    used.logins.cancel(all[0]?.id ?? "");
    expect(begun(await used.logins.start(wish("claude"))).state).toBe("waiting");
  });

  it("keeps ended ones for a while, not for ever", async () => {
    const used = createRig(opened, {});
    const first = begun(await used.logins.start(wish("claude")));
    used.logins.cancel(first.id);
    for (let count = 0; count < 64; count += 1) {
      used.logins.cancel(begun(await used.logins.start(wish("claude"))).id);
    }
    expect(used.logins.get(first.id)).toMatchObject({ ok: false, code: "not-found" });
  });

  it("calls one off: its listener is gone and its answer is not taken", async () => {
    const fake = opened.add(await startFakeKimiAuth());
    const used = createRig(opened, { hosts: { "auth.kimi.com": fake.port } });
    const login = begun(await used.logins.start(wish("kimi")));
    expect(begun(used.logins.cancel(login.id)).state).toBe("cancelled");
    fake.decide("approved");
    await used.logins.close();
    expect(begun(used.logins.get(login.id)).state).toBe("cancelled");
    expect(used.saved).toEqual([]);
    expect(used.time.waits).toEqual([]);
    expect(await used.logins.paste(login.id, "a#b")).toMatchObject({ ok: false, code: "conflict" });
  });

  it("says so when a login succeeds and cannot be stored", async () => {
    const fake = opened.add(await startFakeKimiAuth());
    fake.decide("approved");
    const save = (): Promise<void> => Promise.reject(new Error("the disk is full"));
    const used = createRig(opened, { hosts: { "auth.kimi.com": fake.port }, save });
    const login = begun(await used.logins.start(wish("kimi")));
    const end = await untilEnded(used, login.id);
    expect(end).toMatchObject({ state: "failed" });
    expect(end.error).toContain("the disk is full");
  });

  it("begins none once it is closed", async () => {
    const used = createRig(opened, {});
    await used.logins.close();
    expect(await used.logins.start(wish("claude"))).toMatchObject({ ok: false, code: "unavailable" });
  });

  it("says that a service could not be asked, and which", async () => {
    const used = createRig(opened, {});
    const result = await used.logins.start(wish("kimi"));
    expect(result).toMatchObject({ ok: false, code: "upstream" });
    expect(!result.ok && result.message).toContain("auth.kimi.com");
  });

  it("shows no token, wherever one looks", async () => {
    const fake = opened.add(await startFakeGithub({ tokensEnd: true }));
    const used = createRig(opened, { hosts: { "github.com": fake.port, "api.github.com": fake.port } });
    const login = begun(await used.logins.start(wish("copilot")));
    fake.decide("approved");
    const end = await untilEnded(used, login.id);
    const shown = `${JSON.stringify([login, end, used.saved])}${inspect([login, end, used.saved], { depth: 9 })}`;
    for (const { accessToken, refreshToken } of fake.issued) {
      expect(shown).not.toContain(accessToken);
      expect(shown).not.toContain(refreshToken);
    }
    for (const token of fake.copilotTokens) expect(shown).not.toContain(token);
  });
});
