import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CoreProcess, startCoreProcess } from "../../test/support/core-process.ts";
import { canRun } from "../../test/support/needs.ts";
import { run } from "../../test/support/proxy-clients.ts";
import { tempFolder } from "../../test/support/temp.ts";
import { resolvePaths } from "../base/paths.ts";
import { findCore } from "../control/process.ts";
import { clockAt, withAuthority } from "./__fixtures__/doctor-bench.ts";
import { engineBench, type EngineBench } from "./__fixtures__/engine-bench.ts";
import { verificationSwitch } from "./doctor/shell.ts";

interface Document {
  readonly ok: boolean;
  readonly checks: readonly Record<string, unknown>[];
  readonly repairs?: readonly Record<string, unknown>[];
}

const documentOf = (text: string): Document => JSON.parse(text) as Document; // what it has is looked at in the tests

/** A home whose core would take any port, so that nothing on this machine can be in its way. */
async function home(options: Parameters<typeof engineBench>[0] = {}): Promise<EngineBench> {
  const bench = await engineBench(options);
  writeFileSync(bench.context.paths.configFile, "listen: { port: 0 }\n", { mode: 0o600 });
  return bench;
}

/** Nobody's programs, so that what is installed here does not show. */
const noPrograms = { PATH: "/nowhere" };

describe("what is printed", () => {
  it("is grouped, says every state in words, fits eighty columns, and ends in one verdict", async () => {
    const bench = await home({ env: noPrograms });
    expect(await bench.type("doctor")).toBe(0);
    const lines = bench.out().trimEnd().split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    const headings = lines.filter((line) => /^[a-z-]+$/.test(line));
    expect(headings).toEqual([
      "system",
      "home",
      "config",
      "certificates",
      "trust",
      "core",
      "shell",
      "clock",
      "accounts",
      "round-trip",
      "clients",
    ]);
    expect(
      lines.filter((line) => /^ {2}\S/.test(line)).every((line) => /^ {2}(✓ ok|! warn|✗ FAIL|- skip) /.test(line)),
    ).toBe(true);
    expect(lines.at(-1)).toMatch(/^no problem, 2 warnings \(\d+ ok, \d+ skipped\)$/);
  });

  it("is the same, in the same order, however fast the checks were", async () => {
    const bench = await home({ env: noPrograms });
    await bench.type("doctor", "--json");
    const again = await home({ env: noPrograms });
    await again.type("doctor", "--json");
    const ids = (text: string): readonly unknown[] => documentOf(text).checks.map(({ id }) => id);
    expect(ids(bench.out())).toEqual(ids(again.out()));
  });

  it("is one JSON document of a fixed shape for a script", async () => {
    const bench = await home({ env: noPrograms });
    expect(await bench.type("doctor", "--json")).toBe(0);
    const { ok, checks, ...rest } = documentOf(bench.out());
    expect(rest).toEqual({ schemaVersion: 1 });
    expect(ok).toBe(true);
    for (const check of checks) {
      expect(Object.keys(check)).toEqual(["id", "group", "title", "state", "text", "why", "fix"]);
      expect(["ok", "warn", "fail", "skip"]).toContain(check["state"]);
    }
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
    expect(bench.err()).toBe("");
  });

  it("has exit code 8 and the next command when something is wrong", async () => {
    const bench = await home({ env: { ...noPrograms, [verificationSwitch]: "0" } });
    expect(await bench.type("doctor")).toBe(8);
    expect(bench.out()).toContain("✗ FAIL  verification:");
    expect(bench.out()).toContain(`next: unset ${verificationSwitch}`);
    expect(bench.out().trimEnd().split("\n").at(-1)).toMatch(/^1 problem, 2 warnings /);
    const scripted = await home({ env: { ...noPrograms, [verificationSwitch]: "0" } });
    expect(await scripted.type("doctor", "--json")).toBe(8);
    expect(documentOf(scripted.out()).ok).toBe(false);
  });

  it("leaves the home as it was", async () => {
    const bench = await home({ env: noPrograms });
    await withAuthority(bench.context);
    chmodSync(bench.context.paths.configFile, 0o644);
    const files = (): readonly unknown[] =>
      readdirSync(bench.home, { recursive: true }).map((name) => {
        const { mode, mtimeMs, size } = statSync(join(bench.home, String(name)));
        return [name, mode, mtimeMs, size];
      });
    const before = files();
    await bench.type("doctor");
    expect(files()).toEqual(before);
  });
});

describe("what is typed", () => {
  it("is refused with what was meant", async () => {
    const bench = await home();
    expect(await bench.type("doctor", "codx")).toBe(2);
    expect(bench.err()).toContain('did you mean "codex"');
    expect(await bench.type("doctor", "--yes")).toBe(2);
    expect(bench.err()).toContain("switchyard doctor --fix --yes");
  });

  it("--fix never asks where nobody sits: exit code 2, and the flag is named", async () => {
    const bench = await home();
    chmodSync(bench.home, 0o755);
    expect(await bench.type("doctor", "--fix")).toBe(2);
    expect(bench.err()).toContain("switchyard doctor --fix --yes");
    expect(bench.out()).toBe("");
    expect(statSync(bench.home).mode & 0o777).toBe(0o755);
  });
});

describe("--fix", () => {
  it("asks before each repair, and a no changes nothing", async () => {
    const stdin = new PassThrough();
    const bench = await home({ env: noPrograms, stdin, terminal: true });
    await withAuthority(bench.context);
    const key = join(bench.context.paths.certsDir, "authority.pem");
    chmodSync(key, 0o644);
    // One line at a time, as a person types: each answers the question that is there.
    const answers = answering(bench, stdin, (question) => (question.includes("authority.pem") ? "y" : "n"));
    expect(await bench.type("doctor", "--fix")).toBe(0);
    answers.stop();
    expect(answers.questions.some((question) => question.includes(`fix: chmod 600 ${key}? [y/N]`))).toBe(true);
    expect(answers.questions.some((question) => question.includes("start a core"))).toBe(true);
    expect((statSync(key).mode & 0o777).toString(8)).toBe("600");
    expect(bench.err()).toContain(`done: chmod 600 ${key}`);
    expect(bench.out()).toContain("once more:");
    expect(existsSync(bench.context.paths.controlSocket)).toBe(false);
  });

  it("rotates an expired authority and looks once more at what was not well", async () => {
    const stdin = new PassThrough();
    const bench = await home({ env: noPrograms, stdin, terminal: true });
    const old = await withAuthority(bench.context, clockAt(-400));
    const answers = answering(bench, stdin, (question) => (question.includes("certificate authority") ? "y" : "n"));
    expect(await bench.type("doctor", "--fix", "--json")).toBe(0);
    answers.stop();
    const { ok, checks, repairs } = documentOf(bench.out());
    expect(ok).toBe(true);
    expect(checks.find(({ id }) => id === "certificates.validity")).toMatchObject({ state: "ok" });
    expect(checks.find(({ id }) => id === "round-trip.relay")).toMatchObject({ state: "ok" });
    expect(repairs).toEqual([
      { id: "certificates.validity", what: expect.stringContaining("ca rotate"), done: true, why: null },
      { id: "core.running", what: expect.stringContaining("start a core"), done: false, why: "not wanted" },
    ]);
    expect(readFileSync(join(bench.context.paths.certsDir, "root.pem"), "utf8")).not.toBe(old.rootPem);
  });

  it("says what could not be put right, and ends with 8 as long as it is so", async () => {
    const bench = await home({ env: { ...noPrograms, [verificationSwitch]: "0" }, terminal: true, stdin: "" });
    expect(await bench.type("doctor", "--fix")).toBe(8);
    expect(bench.out().trimEnd().split("\n").at(-1)).toMatch(/^1 problem/);
  });
});

/** Types an answer whenever a new question stands on the screen. */
function answering(bench: EngineBench, stdin: PassThrough, answer: (question: string) => string) {
  const questions: string[] = [];
  const timer = setInterval(() => {
    const asked = bench.err().match(/fix: [^?]*\? \[y\/N\]/g) ?? [];
    for (const question of asked.slice(questions.length)) {
      questions.push(question);
      stdin.write(`${answer(question)}\n`);
    }
  }, 5);
  return { questions, stop: () => clearInterval(timer) };
}

describe("the program, from a shell", () => {
  const program = ["--import", import.meta.resolve("tsx"), join(import.meta.dirname, "..", "cli.ts")];

  it("--fix --yes makes a neglected home well: modes, an expired authority, a dead core's files, a core", async () => {
    const folder = tempFolder("doctor");
    const env = { SWITCHYARD_HOME: folder.path, HOME: folder.path, PATH: "/nowhere" };
    const paths = resolvePaths(env);
    try {
      folder.file("config.yaml", "listen: { port: 0 }\n");
      const context = { paths, env, clock: clockAt(-400) };
      await withAuthority(context, clockAt(-400));
      mkdirSync(join(folder.path, "accounts"), { mode: 0o755 });
      chmodSync(join(paths.certsDir, "authority.pem"), 0o644);
      writeFileSync(paths.pidFile, '{"pid":1,"nonce":"x","bootId":"long ago","processStart":"1","url":null}\n', {
        mode: 0o600,
      });
      const before = await run(process.execPath, [...program, "doctor"], { env, timeoutMs: 90_000 });
      expect(before.code).toBe(8);
      const ran = await run(process.execPath, [...program, "doctor", "--fix", "--yes"], { env, timeoutMs: 120_000 });
      expect(ran.stderr).toContain("done: chmod 600");
      expect(ran.stderr).toContain("done: start a core in the background");
      expect(await findCore(paths)).not.toBeNull();
      expect(ran.stdout).toContain("once more:");
      expect(ran.code).toBe(0);
      expect(ran.stdout.trimEnd().split("\n").at(-1)).toMatch(/^all is well/);
    } finally {
      await run(process.execPath, [...program, "stop"], { env });
      folder.close();
    }
  }, 240_000);
});

describe("on a real core full of secrets", () => {
  const canaries = {
    DOCTOR_KEY: "sk-env-canary-0123456789abcdef",
    password: "proxy-password-canary-0123456789",
    literal: "sk-literal-canary-0123456789abcdef",
    stored: "sk-stored-canary-0123456789abcdef",
    base: "base-url-canary-0123456789",
  };
  let core: CoreProcess;
  let secrets: readonly string[];
  beforeAll(async () => {
    core = await startCoreProcess({
      config: {
        listen: { proxy_auth: "reroute" },
        accounts: [
          { provider: "openrouter", name: "env", api_key: "${DOCTOR_KEY}" },
          { provider: "openai", name: "literal", api_key: canaries.literal },
        ],
        settings: { network_proxy: { providers: { openai: `http://me:${canaries.password}@127.0.0.1:9` } } },
        routes: [{ match: { model: "gpt-5" }, to: "openai/gpt-5" }],
      },
      env: { DOCTOR_KEY: canaries.DOCTOR_KEY },
    });
    await core.cli("accounts", "list");
    const running = await findCore(resolvePaths({ SWITCHYARD_HOME: core.home }));
    const { proxyToken, clientKey } = (await running?.client.secrets()) ?? { proxyToken: "", clientKey: "" };
    await running?.client.addAccount({ provider: "mistral", name: "stored", apiKey: canaries.stored });
    secrets = [...Object.values(canaries), proxyToken, clientKey];
  }, 90_000);
  afterAll(() => core.close());

  it("shows none of them: not well, not ill, not as recipes", async () => {
    const [, , , , , proxyToken] = secrets;
    const ill = {
      HTTPS_PROXY: `http://switchyard:${proxyToken}@127.0.0.1:${core.port}`,
      https_proxy: `http://me:${canaries.password}@127.0.0.1:1`,
      ALL_PROXY: `http://me:${canaries.password}@127.0.0.1:1`,
      NO_PROXY: "*",
      OPENAI_BASE_URL: `http://me:${canaries.base}@llm.example/v1?key=${canaries.base}`,
      ANTHROPIC_BASE_URL: `nonsense ${canaries.base}`,
      [verificationSwitch]: "0",
      DOCTOR_KEY: "",
    };
    const looks = [
      [["doctor", "--json"], {}],
      [["doctor"], ill],
      [["doctor", "claude", "--json"], ill],
      [["doctor", "--recipes"], ill],
    ] as const;
    for (const [args, env] of looks) {
      const ran = await core.cliWith({ env, timeoutMs: 90_000 }, ...args);
      expect([0, 8]).toContain(ran.code);
      expect(ran.stdout.length).toBeGreaterThan(100);
      for (const secret of secrets) expect(ran.stdout + ran.stderr).not.toContain(secret);
    }
  }, 240_000);

  it("verifies certificates even where a shell has switched that off", async () => {
    const other = tempFolder("other");
    const extra = join(core.home, "certs", "extra.pem");
    const right = readFileSync(extra, "utf8");
    try {
      const paths = resolvePaths({ SWITCHYARD_HOME: other.path });
      const context = { paths, env: {}, clock: clockAt(0) };
      writeFileSync(extra, (await withAuthority(context)).rootPem);
      const ran = await core.cliWith({ env: { [verificationSwitch]: "0" }, timeoutMs: 90_000 }, "doctor", "--json");
      const trips = documentOf(ran.stdout).checks.filter(({ group }) => group === "round-trip");
      expect(trips.map(({ id, state }) => [id, state])).toEqual([
        ["round-trip.handshake", "fail"],
        ["round-trip.tunnel", "ok"],
        ["round-trip.relay", "fail"],
      ]);
    } finally {
      writeFileSync(extra, right);
      other.close();
    }
  }, 120_000);

  it.skipIf(!canRun("curl"))(
    "prints recipes that work as they stand, for the core that runs",
    async () => {
      const recipes = (await core.cli("doctor", "--recipes", "--json")).stdout;
      const document = JSON.parse(recipes) as {
        gateway: string;
        recipes: readonly { title: string; command: string }[];
      };
      expect(document.gateway).toBe(core.url);
      const find = (part: string): string =>
        document.recipes.find(({ command }) => command.includes(part))?.command ?? "";
      const shim = tempFolder("shim");
      const loader = import.meta.resolve("tsx");
      const cli = join(import.meta.dirname, "..", "cli.ts");
      chmodSync(
        shim.file("switchyard", `#!/bin/sh\nexec '${process.execPath}' --import '${loader}' '${cli}' "$@"\n`),
        0o755,
      );
      const script = [
        find("export SWITCHYARD_CLIENT_KEY"),
        find("/healthz"),
        "echo",
        find("/v1/models"),
        "echo",
        find("--client claude-code"),
      ].join("\n");
      const env = {
        PATH: `${shim.path}:${process.env["PATH"]}`,
        HOME: core.home,
        SWITCHYARD_HOME: core.home,
        DOCTOR_KEY: canaries.DOCTOR_KEY,
      };
      const ran = spawnSync("sh", ["-ec", script], { env, encoding: "utf8" });
      shim.close();
      expect(ran.stderr).toBe("");
      const [health = "", models = "", explained = ""] = ran.stdout.split("\n");
      expect(JSON.parse(health)).toEqual({ status: "ok" });
      expect(JSON.parse(models)).toHaveProperty("data");
      expect(explained).toContain("passthrough");
    },
    60_000,
  );

  it("prints the recipes of one client, with its own address and the key as a variable", async () => {
    const ran = await core.cli("doctor", "gemini", "--recipes");
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain(`${core.url}/v1beta/models/gemini-2.5-flash:generateContent`);
    expect(ran.stdout).toContain('-H "x-goog-api-key: $SWITCHYARD_CLIENT_KEY"');
    expect(ran.stdout).not.toContain("--client codex");
  });
});
