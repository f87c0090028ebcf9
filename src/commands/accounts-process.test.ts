import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CoreProcess } from "../../test/support/core-process.ts";
import { startFakeKimiAuth } from "../../test/support/fake-auth/index.ts";
import { createStage } from "../../test/support/fixture.ts";
import { waitFor } from "../../test/support/wait.ts";

/** Looks like a key and is none; it may turn up in one file only. */
const canary = "sk-or-canary-0123456789abcdef";

const stage = createStage();
let core: CoreProcess;
let auth: Awaited<ReturnType<typeof startFakeKimiAuth>>;
beforeAll(async () => {
  auth = stage.opened.add(await startFakeKimiAuth({ tls: stage.ca.issue(["auth.kimi.com"]) }));
  core = await stage.startCore({ dial: { "auth.kimi.com": auth.port } });
}, 60_000);
afterAll(() => stage.close());

interface Typed {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly code: Promise<number | null>;
}

/** The program as a process with a pipe for its stdin. */
function typed(...words: readonly string[]): Typed {
  const program = ["--import", import.meta.resolve("tsx"), join(import.meta.dirname, "../cli.ts")];
  const child = spawn(process.execPath, [...program, ...words], {
    env: { PATH: process.env["PATH"] ?? "", HOME: core.home, SWITCHYARD_HOME: core.home, NO_COLOR: "1" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const said = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said.err += text));
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  stage.opened.add({ close: () => void child.kill("SIGKILL") });
  return { child, out: () => said.out, err: () => said.err, code };
}

describe("a key given to a real core", () => {
  it("is in one private file and nowhere else: not in what is printed, logged, or seen by `ps`", async () => {
    const adding = typed("accounts", "add", "openrouter", "--name", "piped");
    adding.child.stdin?.write(canary);
    const seen: string[] = [];
    for (const words of [adding.child.spawnargs.join(" "), processList()]) seen.push(words);
    adding.child.stdin?.end("\n");
    expect(await adding.code).toBe(0);
    expect(adding.out()).toContain("openrouter/piped added");

    const listed = await core.cli("accounts", "list", "--provider", "openrouter", "--json");
    expect(JSON.parse(listed.stdout)).toMatchObject([{ id: "openrouter/piped", source: "key", from: "store" }]);
    const shown = await core.cli("accounts", "list");
    seen.push(adding.out(), adding.err(), listed.stdout, shown.stdout, shown.stderr, core.stderr());
    expect(seen.join("\n")).not.toContain("canary");
    expect(filesWith(core.home, "canary")).toEqual([join("accounts", "openrouter@piped.json")]);
    expect(statSync(join(core.home, "accounts", "openrouter@piped.json")).mode & 0o777).toBe(0o600);
  }, 60_000);

  it("is switched off and on, and deleted", async () => {
    expect((await core.cli("accounts", "disable", "piped")).stdout).toContain("switched off");
    const off = await core.cli("accounts", "list", "--provider", "openrouter", "--json");
    expect(JSON.parse(off.stdout)).toMatchObject([{ enabled: false, state: "disabled" }]);
    const unasked = await core.cli("accounts", "remove", "openrouter/piped");
    expect(unasked.code).toBe(2);
    expect(unasked.stderr).toContain("switchyard accounts remove openrouter/piped --yes");
    expect((await core.cli("accounts", "remove", "openrouter/piped", "--yes")).code).toBe(0);
    expect(filesWith(core.home, "canary")).toEqual([]);
    expect((await core.cli("accounts", "remove", "openrouter/piped")).code).toBe(6);
  }, 60_000);
});

describe("a login through a real core", () => {
  it("is confirmed elsewhere, and kept", async () => {
    auth.decide("pending");
    const login = typed("accounts", "login", "kimi", "--name", "mine", "--accept-terms");
    await waitFor("the invitation", () => login.err().includes("Ctrl-C calls it off"), 30_000);
    expect(login.err()).toContain("https://www.kimi.com/code/authorize_device");
    auth.decide("approved");
    expect(await login.code).toBe(0);
    expect(login.out()).toContain("kimi/mine is logged in");
    const listed = await core.cli("accounts", "list", "--provider", "kimi", "--json");
    expect(JSON.parse(listed.stdout)).toMatchObject([{ id: "kimi/mine", source: "login", state: "active" }]);
  }, 60_000);

  it("is called off by Ctrl-C, and makes no account when it is confirmed after that", async () => {
    auth.decide("pending");
    const login = typed("accounts", "login", "kimi", "--name", "left", "--accept-terms");
    await waitFor("the invitation", () => login.err().includes("Ctrl-C calls it off"), 30_000);
    login.child.kill("SIGINT");
    expect(await login.code).toBe(130);
    auth.decide("approved");
    const listed = await core.cli("accounts", "list", "--provider", "kimi", "--json");
    expect(JSON.parse(listed.stdout)).toMatchObject([{ id: "kimi/mine" }]);
  }, 60_000);
});

describe("what else a real core answers", () => {
  it.each([
    [["providers", "list", "--json"], 0],
    [["providers", "show", "kimi", "--json"], 0],
    [["providers", "status", "--json"], 0],
    [["models", "list", "--provider", "kimi", "--json"], 0],
    [["combos", "list", "--json"], 0],
    [["usage", "model", "--json"], 0],
    [["accounts", "cooldown", "clear", "--json"], 0],
    [["accounts", "quota", "--json"], 0],
    [["usage", "--since", "soon", "--json"], 2],
    [["providers", "show", "kimmi", "--json"], 2],
    [["accounts", "refresh", "kimi/mien", "--json"], 6],
  ] as const)("%j exits with %i", async (words, code) => {
    const ran = await core.cli(...words);
    expect(`${ran.stderr}${ran.code}`).toMatch(new RegExp(`${code}$`));
    if (code === 0) expect(() => JSON.parse(ran.stdout)).not.toThrow();
    else expect(ran.stdout).toBe("");
  });
});

describe("without a core", () => {
  it("a login starts one for itself, which is gone afterwards", async () => {
    core.signal("SIGTERM");
    await core.exited;
    auth.decide("approved");
    const login = typed("accounts", "login", "kimi", "--name", "alone", "--accept-terms", "--json");
    expect(await login.code).toBe(0);
    expect(login.err()).toContain("no core was running");
    expect(JSON.parse(login.out())).toMatchObject({ id: "kimi/alone", source: "login" });
    await waitFor("the core to end", async () => (await core.cli("status")).code === 3, 30_000);
    const listed = await core.cli("accounts", "list", "--provider", "kimi", "--json");
    expect(JSON.parse(listed.stdout)).toMatchObject([{ id: "kimi/alone" }, { id: "kimi/mine" }]);
    expect(listed.stderr).toContain("no core is running");
  }, 90_000);
});

/** The arguments of every process that we may see. */
function processList(): string {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        // Gone since it was listed, or another user's.
        return "";
      }
    })
    .join("\n");
}

/** Files of this home that hold a text, by their path in it. */
function filesWith(home: string, text: string): readonly string[] {
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(text))
    .map((entry) => join(entry.parentPath, entry.name).slice(home.length + 1));
}
