/** What `env` prints, taken over by real shells and taken back by them. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mayRun } from "../../test/support/needs.ts";
import { launchVariables } from "../base/launch-env.ts";
import { benchToken } from "../control/__fixtures__/control-bench.ts";
import { engineBench } from "./__fixtures__/engine-bench.ts";
import { distinctNames, type Shell, shellWords } from "./shells.ts";

/** What people have: quotes of every kind, dollars, a line break, nothing at all. */
const before = {
  HTTPS_PROXY: 'http://o\'corp "proxy":1/$x`y`\\z%20‘',
  no_proxy: "intranet",
  CURL_CA_BUNDLE: "",
  SSL_CERT_FILE: "/a\nb",
  LANG: "C.UTF-8",
};

interface Tried {
  readonly program: string;
  /** Runs a script file in the shell. */
  readonly args: (script: string) => readonly string[];
  /** Prints the environment of a child, with a mark before it. */
  readonly show: (mark: string) => string;
  readonly off: string;
}

const child = `"${process.execPath}" -e 'console.log(JSON.stringify(process.env))'`;

const tried: Partial<Record<Shell, Tried>> = {
  bash: {
    program: "bash",
    args: (script) => ["--norc", "-eu", script],
    show: (mark) => `echo ${mark}; ${child}`,
    off: "switchyard_off",
  },
  zsh: {
    program: "zsh",
    args: (script) => ["-f", "-eu", script],
    show: (mark) => `echo ${mark}; ${child}`,
    off: "switchyard_off",
  },
  fish: {
    program: "fish",
    args: (script) => ["--no-config", script],
    show: (mark) => `echo ${mark}; ${child}`,
    off: "switchyard_off",
  },
  pwsh: {
    program: "pwsh",
    args: (script) => ["-NoProfile", "-NonInteractive", "-File", script],
    show: (mark) => `Write-Output ${mark}; & ${child}`,
    off: "Stop-Switchyard",
  },
  nu: {
    program: "nu",
    args: (script) => ["--no-config-file", script],
    show: (mark) => `print ${mark}; ^${child}`,
    off: "switchyard_off",
  },
};

/** What a child of the shell sees before, with, and after. */
async function environments(shell: Shell, { program, args, show, off }: Tried): Promise<readonly NodeJS.ProcessEnv[]> {
  const { type, out, home, context } = await engineBench({ verbs: {}, env: before });
  expect(await type("env", "--shell", shell)).toBe(0);
  const script = join(home, `script.${shell === "pwsh" ? "ps1" : shell}`);
  const lines = [show("before"), out(), show("with"), off, show("after"), ""];
  writeFileSync(script, lines.join("\n"));
  const env = { PATH: context.env["PATH"], HOME: home, ...before };
  const printed = execFileSync(program, args(script), { env, stdio: ["ignore", "pipe", "pipe"] }).toString();
  return printed
    .split(/^(?:before|with|after)\r?\n/m)
    .slice(1)
    .map((text) => JSON.parse(text));
}

const shellsTried = Object.keys(tried) as (keyof typeof tried)[]; // keys of a literal table

for (const shell of shellsTried) {
  const how = tried[shell];
  if (how === undefined) continue;
  describe.runIf(mayRun(how.program))(`the environment in ${shell}`, { timeout: 60_000 }, () => {
    it("is ours after it was taken over, and what it was after it was taken back", async () => {
      const [was, with_, is] = await environments(shell, how);
      expect(with_).toMatchObject({
        HTTPS_PROXY: `http://switchyard:${benchToken}@127.0.0.1:8317`,
        no_proxy: "intranet,localhost,127.0.0.1,::1",
        SWITCHYARD_OLD_HTTPS_PROXY: before.HTTPS_PROXY,
        SWITCHYARD_ACTIVE: "1",
      });
      const ignored = ["_", "SHLVL"];
      const kept = (env: NodeJS.ProcessEnv | undefined): unknown =>
        Object.fromEntries(Object.entries(env ?? {}).filter(([name]) => !ignored.includes(name)));
      expect(kept(is)).toEqual(kept(was));
    });
  });
}

describe("the environment", () => {
  it("is taken back by --unset too, and nothing of a shell is kept twice", async () => {
    const first = await engineBench({ verbs: {}, env: before });
    await first.type("env", "--shell", "bash");
    const inside = await engineBench({ verbs: {}, env: { ...before, SWITCHYARD_ACTIVE: "1", HTTPS_PROXY: "ours" } });
    await inside.type("env", "--shell", "bash");
    expect(inside.out()).not.toContain("export SWITCHYARD_OLD_");
    const undo = await engineBench({
      env: { SWITCHYARD_ACTIVE: "1", HTTPS_PROXY: "ours", SWITCHYARD_OLD_HTTPS_PROXY: "theirs" },
    });
    await undo.type("env", "--shell", "bash", "--unset");
    const script = `${undo.out()}\necho "$HTTPS_PROXY|\${SSL_CERT_FILE-none}|\${SWITCHYARD_OLD_HTTPS_PROXY-none}"`;
    expect(execFileSync("sh", ["-c", script], { env: { SSL_CERT_FILE: "ours" } }).toString()).toBe(
      "theirs|none|none\n",
    );
  });

  it("has a way back in every shell that can be given one", () => {
    const without = (Object.keys(shellWords) as Shell[]).filter((shell) => shellWords[shell].off === null);
    expect(without).toEqual(["cmd", "dotenv"]);
    for (const shell of ["bash", "fish", "pwsh", "nu"] as const) {
      const text = shellWords[shell].off?.(launchVariables).join("\n") ?? "";
      for (const name of launchVariables) expect(text).toContain(`SWITCHYARD_OLD_${name}`);
    }
  });

  it("is set and taken back once where names have no case: the second would undo the first", async () => {
    expect(distinctNames(["A_B", "a_b", "C"], "win32")).toEqual(["A_B", "C"]);
    expect(distinctNames(["A_B", "a_b", "C"], "linux")).toEqual(["A_B", "a_b", "C"]);
    const { type, out } = await engineBench({ verbs: {}, platform: "win32", env: { https_proxy: "x" } });
    await type("env", "--shell", "pwsh");
    expect(out()).not.toContain("$Env:https_proxy ");
    expect(out().match(/Test-Path Env:SWITCHYARD_OLD_HTTPS_PROXY/g)).toHaveLength(1);
  });

  it("keeps control characters out of nu's source", () => {
    expect(shellWords.nu.set("A", 'a"\\\n\u0007')).toBe(String.raw`$env.A = "a\"\\\n\u{0007}"`);
  });

  it("is not asked for three things at once, nor hooked where there is no start file: exit code 2", async () => {
    const { type, err } = await engineBench({ verbs: {} });
    expect(await type("env", "--unset", "--install-hook")).toBe(2);
    expect(await type("env", "--install-hook", "--remove-hook")).toBe(2);
    expect(await type("env", "--install-hook", "--shell", "cmd")).toBe(2);
    expect(await type("env", "--install-hook", "--shell", "dotenv")).toBe(2);
    expect(await type("env", "--remove-hook", "--shell", "json")).toBe(2);
    expect(err()).toContain("switchyard env --install-hook --shell bash|zsh|fish|pwsh|nu");
  });
});
