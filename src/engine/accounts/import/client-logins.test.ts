import { mkdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type TempFolder, tempFolder } from "../../../../test/support/temp.ts";
import { type ClientLogin, clientLogins } from "../../config/schema.ts";
import { accountOf, hourMs, movableClock, never, type World, worldOf } from "../credentials/__fixtures__/world.ts";
import * as files from "./__fixtures__/client-files.ts";
import { createClientLogins, importers } from "./client-logins.ts";
import type { ClientReading, Importer, Surroundings } from "./importer.ts";
import { systemSurroundings } from "./surroundings.ts";

let home: TempFolder;
const clock = movableClock();

beforeEach(() => (home = tempFolder("import")));
afterEach(() => home.close());

function place(name: string, content: unknown): string {
  return home.file(name, typeof content === "string" ? content : JSON.stringify(content));
}

function read(
  client: ClientLogin,
  more: Partial<Surroundings> = {},
  path: string | null = null,
): Promise<ClientReading> {
  const surroundings: Surroundings = {
    env: {},
    home: home.path,
    platform: "linux",
    run: () => Promise.resolve(null),
    openDatabase: null,
    ...more,
  };
  return createClientLogins({ surroundings, clock }).read(client, path);
}

/** The reading in plain words, secrets shown. */
function plain(reading: ClientReading): object {
  if (!reading.ok) return { state: reading.state };
  const { credential, expiresAt, exchange } = reading;
  return { ...credential.facts, kind: credential.kind, secret: credential.secret.reveal(), expiresAt, exchange };
}

const endsAt = files.endsAtSeconds * 1_000;
const common = { kind: "token", expiresAt: endsAt, exchange: null };

describe("what other programs keep", () => {
  it("is read for Claude Code, also from a folder of its own", async () => {
    const expected = { ...common, secret: "sk-ant-oat01-canary", plan: "max" };
    place(".claude/.credentials.json", files.claudeCodeFile);
    expect(plain(await read("claude-code"))).toEqual(expected);
    place("elsewhere/.credentials.json", files.claudeCodeFile);
    const env = { CLAUDE_CONFIG_DIR: join(home.path, "elsewhere") };
    rmSync(join(home.path, ".claude"), { recursive: true });
    expect(plain(await read("claude-code", { env }))).toEqual(expected);
  });

  it("is read for Claude Code from the keychain of macOS, where there is no file", async () => {
    const asked: string[] = [];
    const run: Surroundings["run"] = (program, parameters) => {
      asked.push([program, ...parameters].join(" "));
      return Promise.resolve(`${JSON.stringify(files.claudeCodeFile)}\n`);
    };
    expect(plain(await read("claude-code", { platform: "darwin", run }))).toMatchObject({
      secret: "sk-ant-oat01-canary",
    });
    expect(asked).toEqual(["security find-generic-password -s Claude Code-credentials -w"]);
    expect(plain(await read("claude-code", { platform: "darwin" }))).toEqual({ state: "missing" });
  });

  it("is read for Codex: a ChatGPT login or a key", async () => {
    place(".codex/auth.json", files.codexFile);
    const login = { who: "me@example.com", accountId: "acc-1", plan: "plus", secret: files.codexToken };
    expect(plain(await read("codex"))).toEqual({ ...common, ...login });
    const path = place("custom/auth.json", files.codexKeyFile);
    expect(plain(await read("codex", { env: { CODEX_HOME: join(home.path, "custom") } }))).toEqual({
      kind: "key",
      secret: "sk-proj-canary",
      expiresAt: null,
      exchange: null,
    });
    expect(plain(await read("codex", {}, path))).toMatchObject({ kind: "key" });
  });

  it("is pointed out for Codex where it lies in the keyring", async () => {
    place(".codex/config.toml", 'model = "gpt"\ncli_auth_credentials_store = "keyring"\n');
    const reading = await read("codex");
    expect(reading).toMatchObject({ ok: false, state: "unreadable" });
    expect(reading.ok ? "" : reading.fix).toContain("codex login");
  });

  it("is read for Gemini CLI, with the name of the account", async () => {
    place(".gemini/oauth_creds.json", files.geminiFile);
    expect(plain(await read("gemini-cli"))).toEqual({ ...common, secret: "ya29.canary", who: "claim@example.com" });
    place(".gemini/google_accounts.json", { active: "me@example.com", old: [] });
    expect(plain(await read("gemini-cli"))).toMatchObject({ who: "me@example.com" });
  });

  it("is read for Qwen Code, with the host it is good for", async () => {
    place(".qwen/oauth_creds.json", files.qwenFile);
    const endpoint = "https://portal.qwen.ai/v1";
    expect(plain(await read("qwen-code"))).toEqual({ ...common, secret: "qwen-canary", endpoint });
    place(".qwen/oauth_creds.json", { ...files.qwenFile, resource_url: "http://plain.example" });
    expect(plain(await read("qwen-code"))).not.toHaveProperty("endpoint");
  });

  it.each(["apps.json", "hosts.json"])("is read for Copilot from %s, and only github.com's", async (name) => {
    place(`.config/github-copilot/${name}`, files.copilotFile);
    const expected = { kind: "token", secret: "ghu_canary", expiresAt: null, exchange: "copilot", who: "me" };
    expect(plain(await read("copilot"))).toEqual(expected);
  });

  it("is read for Kiro, with the end of its registration", async () => {
    place(".aws/sso/cache/kiro-auth-token.json", files.kiroFile);
    place(`.aws/sso/cache/${files.kiroFile.clientIdHash}.json`, files.kiroRegistration);
    const reading = await read("kiro");
    const facts = { region: "us-east-1", authMethod: "IdC", identity: "BuilderId" };
    expect(plain(reading)).toEqual({ ...common, secret: "aoa-canary", ...facts });
    expect(reading.ok && reading.renewableUntil).toBe(Date.parse("2026-11-22T12:00:00Z"));
  });

  it("is read for Kiro from a copy that spells with underscores", async () => {
    const { accessToken, expiresAt } = files.kiroFile;
    const profile = "arn:aws:codewhisperer:us-east-1:123456789012:profile/FAKE";
    const copy = { access_token: accessToken, expires_at: expiresAt, auth_method: "social", profile_arn: profile };
    place(".aws/sso/cache/kiro-auth-token.json", { ...copy, provider: "Google" });
    const facts = { authMethod: "social", identity: "Google", profileArn: profile };
    expect(plain(await read("kiro"))).toEqual({ ...common, secret: "aoa-canary", ...facts });
  });

  it("is read for iFlow CLI: the key that its login mints", async () => {
    place(".iflow/oauth_creds.json", files.iflowFile);
    const expected = { kind: "key", secret: "sk-iflow-canary", expiresAt: null, exchange: null };
    expect(plain(await read("iflow"))).toEqual(expected);
    rmSync(join(home.path, ".iflow"), { recursive: true });
    place(".iflow/iflow_accounts.json", { iflowApiKey: "sk-iflow-canary" });
    expect(plain(await read("iflow"))).toEqual(expected);
  });

  it("is read for Cursor from its database, which is closed again", async () => {
    place(".config/Cursor/User/globalStorage/state.vscdb", "SQLite format 3\0");
    const rows = new Map([
      ["cursorAuth/accessToken", files.cursorToken],
      ["cursorAuth/cachedEmail", "me@example.com"],
      ["telemetry.machineId", "a".repeat(64)],
      ["telemetry.macMachineId", `"${"b".repeat(64)}"`],
    ]);
    let closed = 0;
    const openDatabase = () => ({ textOf: (key: string) => rows.get(key) ?? null, close: () => void (closed += 1) });
    expect(plain(await read("cursor", { openDatabase }))).toEqual({
      ...common,
      secret: files.cursorToken,
      who: "me@example.com",
    });
    const machine = async (): Promise<readonly (string | undefined)[]> => {
      const reading = await read("cursor", { openDatabase });
      const ids = reading.ok ? reading.credential.machine : undefined;
      expect(JSON.stringify(reading)).not.toMatch(/a{20}|b{20}/);
      return [ids?.id.reveal(), ids?.mac?.reveal()];
    };
    expect(await machine()).toEqual(["a".repeat(64), "b".repeat(64)]);
    rows.set("telemetry.machineId", "not one");
    expect(await machine()).toEqual([undefined, undefined]);
    rows.set("storage.serviceMachineId", "00000000-0000-4000-8000-00000000000a");
    expect(await machine()).toEqual(["00000000-0000-4000-8000-00000000000a", "b".repeat(64)]);
    rows.clear();
    expect(plain(await read("cursor", { openDatabase }))).toEqual({ state: "unreadable" });
    expect(closed).toBe(5);
  });

  it("is read for Cursor from the file of its command line tool where the editor's cannot be", async () => {
    place(".config/cursor/auth.json", { accessToken: files.cursorToken, refreshToken: "canary-refresh" });
    expect(plain(await read("cursor"))).toEqual({ ...common, secret: files.cursorToken });
    place(".config/Cursor/User/globalStorage/state.vscdb", "SQLite format 3\0");
    expect(plain(await read("cursor"))).toEqual({ ...common, secret: files.cursorToken });
    place(".config/cursor/auth.json", {});
    expect(plain(await read("cursor"))).toEqual({ state: "unreadable" });
  });

  it("cannot be read for Cursor by a Node without SQLite, and says which one can", async () => {
    const missing = plain(await read("cursor"));
    expect(missing).toEqual({ state: "missing" });
    place(".config/Cursor/User/globalStorage/state.vscdb", "SQLite format 3\0");
    const reading = await read("cursor");
    expect(reading.ok ? "" : reading.fix).toContain("Node 22.13");
  });

  it.runIf(systemSurroundings({}).openDatabase !== null)("opens a damaged database without harm", async () => {
    place(".config/Cursor/User/globalStorage/state.vscdb", "no database at all");
    const { openDatabase } = systemSurroundings({});
    expect(plain(await read("cursor", { openDatabase }))).toEqual({ state: "unreadable" });
  });
});

describe.each(clientLogins)("%s", (client) => {
  const importer: Importer = importers[client];
  const where = () => ({
    env: {},
    home: home.path,
    platform: "linux" as const,
    run: () => Promise.resolve(null),
    openDatabase: null,
    path: null,
  });

  it("has a missing login where there is no file, and says how to get one", async () => {
    const reading = await read(client);
    expect(reading).toMatchObject({ ok: false, state: "missing" });
    expect(reading.ok ? "" : reading.reason).toContain(home.path);
    expect(reading.ok ? "" : reading.fix.length).toBeGreaterThan(10);
  });

  it("takes anything that stands in its files without throwing or quoting it", async () => {
    const [path] = importer.files(where());
    if (path === undefined) throw new Error("no file");
    const values = fc.oneof(
      fc.json().map((text) => `{"canary-value":${text}}`),
      fc.constantFrom("", "null", "[]", "{", "\uFEFF{}", "\0\0\0", '{"canary-value', `{"tokens":"canary-value"}`),
    );
    await fc.assert(
      fc.asyncProperty(values, async (text) => {
        home.file(path.slice(home.path.length + 1), text);
        const reading = await read(client);
        expect(reading.ok).toBe(false);
        expect(JSON.stringify(reading)).not.toContain("canary-value");
      }),
      { numRuns: 15 },
    );
  });

  it("refuses a folder, and a file of a size that no login has", async () => {
    const [path] = importer.files(where());
    if (path === undefined || client === "cursor") return;
    mkdirSync(path, { recursive: true });
    expect(plain(await read(client))).toEqual({ state: "unreadable" });
    rmSync(path, { recursive: true });
    home.file(path.slice(home.path.length + 1), `"${"x".repeat(1024 * 1024)}"`);
    expect(plain(await read(client))).toEqual({ state: "unreadable" });
  });
});

describe("an account that uses such a login", () => {
  const account = accountOf({ kind: "client", client: "claude-code", path: null });
  let world: World;
  const revealed = async (): Promise<string> => {
    const result = await world.credentials.get(account, never);
    return result.ok ? result.credential.secret.reveal() : `${result.error.kind}: ${result.error.message}`;
  };
  const fileOf = (token: string, expiresAt: number) => ({
    claudeAiOauth: { ...files.claudeCodeFile.claudeAiOauth, accessToken: token, expiresAt },
  });

  beforeEach(() => {
    world = worldOf({
      folder: home.path,
      refresh: () => Promise.reject(new Error("another program's login is never renewed")),
    });
  });

  it("U9: has the new token as soon as its program has renewed it", async () => {
    place(".claude/.credentials.json", fileOf("canary-one", endsAt));
    expect(await revealed()).toBe("canary-one");
    place(".claude/.credentials.json", fileOf("canary-two", endsAt));
    expect(await revealed()).toBe("canary-two");
  });

  it("looks again after a 401, whatever the dates of the file say", async () => {
    const path = place(".claude/.credentials.json", fileOf("canary-one", endsAt));
    const first = await world.credentials.get(account, never);
    if (!first.ok) throw new Error("no login");
    expect(await world.credentials.renew(account, first.credential, never)).toMatchObject({ error: { kind: "auth" } });
    const { atime, mtime } = statSync(path);
    place(".claude/.credentials.json", fileOf("canary-two", endsAt));
    utimesSync(path, atime, mtime);
    const renewed = await world.credentials.renew(account, first.credential, never);
    expect(renewed.ok && renewed.credential.secret.reveal()).toBe("canary-two");
  });

  it("is never renewed by us: when it is over, its program has to", async () => {
    place(".claude/.credentials.json", fileOf("canary-one", endsAt));
    world.clock.advance(48 * hourMs);
    expect(await revealed()).toMatch(/^auth: claude\/work: the login of Claude Code is over; run `claude` once/);
    expect(await world.credentials.status(account)).toMatchObject({
      source: "client",
      client: "claude-code",
      state: "needs-login",
      expiresAt: endsAt,
      fix: "run `claude` once so that it renews its login",
    });
  });

  it("needs a new login of its program when that one cannot renew it either", async () => {
    place(".aws/sso/cache/kiro-auth-token.json", files.kiroFile);
    place(`.aws/sso/cache/${files.kiroFile.clientIdHash}.json`, files.kiroRegistration);
    const kiro = accountOf({ kind: "client", client: "kiro", path: "~/.aws/sso/cache/kiro-auth-token.json" }, "kiro");
    expect(await world.credentials.status(kiro)).toMatchObject({ state: "ok" });
    world.clock.advance(25 * hourMs);
    expect(await world.credentials.status(kiro)).toMatchObject({
      fix: expect.stringContaining("open Kiro") as unknown,
    });
    world.clock.advance(24 * hourMs);
    expect(await world.credentials.status(kiro)).toMatchObject({ fix: "log in to Kiro" });
  });

  it("asks the keychain again after a few seconds only", async () => {
    let asked = 0;
    const run = () => {
      asked += 1;
      return Promise.resolve(JSON.stringify(fileOf("canary-one", endsAt)));
    };
    world = worldOf({ folder: home.path, refresh: () => Promise.reject(), surroundings: { platform: "darwin", run } });
    await revealed();
    await revealed();
    expect(asked).toBe(1);
    world.clock.advance(5_000);
    await revealed();
    expect(asked).toBe(2);
  });

  it("shows no token in what it tells", async () => {
    place(".claude/.credentials.json", fileOf("canary-token-that-is-long", endsAt));
    const seen: unknown[] = [await world.credentials.get(account, never), await world.credentials.status(account)];
    world.clock.advance(48 * hourMs);
    seen.push(await world.credentials.get(account, never), await world.credentials.status(account), world.events);
    expect(JSON.stringify(seen) + inspect(seen, { depth: 9, showHidden: true })).not.toContain("canary");
  });
});
