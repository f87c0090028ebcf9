/** The block in a start file: what it does in a real shell, and that it comes and goes without a trace. */
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { mayRun } from "../../test/support/needs.ts";
import { run } from "../../test/support/proxy-clients.ts";
import { installJournalPath, openInstallJournal } from "../base/install-journal.ts";
import { benchToken } from "../control/__fixtures__/control-bench.ts";
import { serveCore } from "./__fixtures__/command-bench.ts";
import { trustBench, type TrustBench } from "./__fixtures__/trust-bench.ts";
import type { HookedShell } from "./hook-text.ts";

const cliPath = fileURLToPath(new URL("../cli.ts", import.meta.url));

async function hookBench(env: NodeJS.ProcessEnv = {}): Promise<TrustBench> {
  const made = await trustBench({ layout: "bare", authority: false, env });
  // The block calls this very program, from its sources.
  Object.assign(made.context.program, { cliPath, execArgv: ["--import", import.meta.resolve("tsx")] });
  return made;
}

interface Tried {
  readonly program: string;
  readonly file: string;
  /** Starts the shell with that start file, and has it run a line. */
  readonly args: (file: string, line: string) => readonly string[];
  readonly line: string;
}

const echo = 'echo "$HTTPS_PROXY|$SWITCHYARD_OLD_HTTPS_PROXY|"; switchyard_off 2>/dev/null; echo "$HTTPS_PROXY|"';
const tried: Readonly<Record<HookedShell, Tried>> = {
  bash: {
    program: "bash",
    file: ".bashrc",
    args: (file, line) => ["--norc", "-c", `. '${file}'; ${line}`],
    line: echo,
  },
  zsh: { program: "zsh", file: ".zshrc", args: (_file, line) => ["-i", "-c", line], line: echo },
  fish: {
    program: "fish",
    file: ".config/fish/config.fish",
    args: (_file, line) => ["-c", line],
    line: echo.replace("switchyard_off 2>/dev/null", "functions -q switchyard_off; and switchyard_off"),
  },
  pwsh: {
    program: "pwsh",
    file: ".config/powershell/profile.ps1",
    args: (_file, line) => ["-NonInteractive", "-Command", line],
    line: 'Write-Output "$Env:HTTPS_PROXY|$Env:SWITCHYARD_OLD_HTTPS_PROXY|"; if (Get-Command Stop-Switchyard -ErrorAction SilentlyContinue) { Stop-Switchyard }; Write-Output "$Env:HTTPS_PROXY|"',
  },
  nu: {
    program: "nu",
    file: ".config/nushell/config.nu",
    args: (file, line) => ["--config", file, "-c", line],
    line: 'print $"($env.HTTPS_PROXY?)|($env.SWITCHYARD_OLD_HTTPS_PROXY?)|"; switchyard_off; print $"($env.HTTPS_PROXY?)|"',
  },
};

for (const shell of Object.keys(tried) as HookedShell[]) {
  // keys of a literal table
  const { program, file, args, line } = tried[shell];
  describe.runIf(mayRun(program))(`the hook in ${shell}`, { timeout: 90_000 }, () => {
    const start = async (bench: TrustBench, more: NodeJS.ProcessEnv = {}) => {
      const { home } = bench.scratch;
      const env = { PATH: process.env["PATH"] ?? "", HOME: home, TERM: "dumb", HTTPS_PROXY: "http://corp:1", ...more };
      return run(program, [...args(join(home, file), line)], { env, cwd: home, timeoutMs: 60_000 });
    };

    it("sends a new shell through a running core, and lets it go again", async () => {
      const bench = await hookBench();
      expect(await bench.type("env", "--install-hook", "--shell", shell)).toBe(0);
      const core = await serveCore(bench.context);
      onTestFinished(() => core.server.close());
      writeFileSync(bench.context.paths.pidFile, "{}");
      const { stdout, stderr } = await start(bench);
      expect(stdout.trim().split(/\r?\n/)).toEqual([
        `http://switchyard:${benchToken}@127.0.0.1:8317|http://corp:1|`,
        "http://corp:1|",
      ]);
      expect(stderr.replace(/.*(job control|process group).*\n/g, "")).toBe("");
      // Another home's core was asked for in this one: it stays.
      const theirs = await start(bench, { SWITCHYARD_ACTIVE: "1", HTTPS_PROXY: "http://switchyard:other@127.0.0.1:1" });
      expect(theirs.stdout).toContain("http://switchyard:other@127.0.0.1:1||");
    });

    it("does nothing and says nothing without a core, also where one was killed", async () => {
      const bench = await hookBench();
      await bench.type("env", "--install-hook", "--shell", shell);
      const none = await start(bench);
      expect(none.stdout.trim().split(/\r?\n/)[0]).toBe("http://corp:1||");
      expect(none.stderr.replace(/.*(job control|process group).*\n/g, "")).toBe("");
      writeFileSync(bench.context.paths.pidFile, "{}");
      const killed = await start(bench);
      expect(killed.stdout.trim().split(/\r?\n/)[0]).toBe("http://corp:1||");
      expect(killed.stderr.replace(/.*(job control|process group).*\n/g, "")).toBe("");
    });
  });
}

describe("a start file", () => {
  it.each(Object.keys(tried) as HookedShell[])(
    "of %s that was not there is gone again afterwards, with its folders",
    async (shell) => {
      const { type, scratch, said } = await hookBench();
      const before = scratch.snapshot();
      expect(await type("env", "--install-hook", "--shell", shell)).toBe(0);
      expect(said()).toContain("switchyard env --remove-hook");
      const file = scratch.path(`home/ann/${tried[shell].file}`);
      expect(readFileSync(file, "utf8")).toContain("# >>> switchyard >>>");
      expect(statSync(file).mode & 0o777).toBe(0o644 & ~process.umask());
      expect(await type("env", "--remove-hook", "--shell", shell)).toBe(0);
      expect(said()).toContain("removed; there was no such file before");
      expect(scratch.snapshot()).toEqual(before);
    },
  );

  it("keeps its mode, its link and every byte", async () => {
    const { type, scratch, said } = await hookBench();
    const real = scratch.file("home/ann/dotfiles/bashrc", "# caf\u00e9\nexport KEY=secret");
    chmodSync(real, 0o640);
    symlinkSync("dotfiles/bashrc", scratch.path("home/ann/.bashrc"));
    const before = scratch.snapshot();
    expect(await type("env", "--install-hook", "--shell", "bash")).toBe(0);
    expect(scratch.snapshot()["home/ann/.bashrc"]).toBe("link dotfiles/bashrc");
    expect(statSync(real).mode & 0o777).toBe(0o640);
    expect(Object.keys(scratch.snapshot())).toEqual(Object.keys(before));
    said();
    expect(await type("env", "--remove-hook")).toBe(0);
    expect(said()).toBe(`${real}: as it was before\n`);
    expect(scratch.snapshot()).toEqual(before);
  });

  it("is written down before it is touched, without its contents", async () => {
    const { type, scratch, context } = await hookBench();
    scratch.file("home/ann/.bashrc", "export KEY=secret\n");
    await type("env", "--install-hook", "--shell", "bash");
    const text = readFileSync(installJournalPath(context.paths), "utf8");
    expect(JSON.parse(text)).toMatchObject({
      act: "block",
      shell: "bash",
      before: { bytes: 18, mode: 0o644 & ~process.umask() },
    });
    expect(text).not.toContain("secret");
  });

  it("has the hook once, however often it is installed, and a newer one in its place", async () => {
    const { type, scratch, context, err } = await hookBench();
    const path = scratch.file("home/ann/.bashrc", "a\n");
    await type("env", "--install-hook", "--shell", "bash");
    const first = readFileSync(path, "utf8");
    expect(await type("env", "--install-hook", "--shell", "bash")).toBe(0);
    expect(err()).toContain("has the hook already");
    Object.assign(context.program, { cliPath: "/elsewhere/cli.js" });
    expect(await type("env", "--install-hook", "--shell", "bash")).toBe(0);
    const second = readFileSync(path, "utf8");
    expect(second).toContain("/elsewhere/cli.js");
    expect(second.split("\n")).toHaveLength(first.split("\n").length);
    expect(await type("env", "--remove-hook", "--shell", "bash")).toBe(0);
    expect(readFileSync(path, "utf8")).toBe("a\n");
    expect(await openInstallJournal({ ...context, path: installJournalPath(context.paths) }).standing()).toEqual([]);
  });

  it("keeps what its owner has written around the block", async () => {
    const { type, scratch, said } = await hookBench();
    const path = scratch.file("home/ann/.bashrc", "a\n");
    await type("env", "--install-hook", "--shell", "bash");
    writeFileSync(path, `above\n${readFileSync(path, "utf8")}below\n`);
    said();
    expect(await type("env", "--remove-hook")).toBe(0);
    expect(said()).toBe(`${path}: the block is out\n`);
    expect(readFileSync(path, "utf8")).toBe("above\na\nbelow\n");
  });

  it("is left as it is where its owner has changed the block, or markers do not belong together", async () => {
    const { type, scratch, err } = await hookBench();
    const path = scratch.file("home/ann/.bashrc", "a\n");
    await type("env", "--install-hook", "--shell", "bash");
    const changed = readFileSync(path, "utf8").replace("fi\n", "fi\necho mine\n");
    writeFileSync(path, changed);
    expect(await type("env", "--remove-hook")).toBe(1);
    expect(await type("env", "--install-hook", "--shell", "bash")).toBe(1);
    expect(err()).toContain("the block at line 2 has been changed by somebody since it was written");
    expect(readFileSync(path, "utf8")).toBe(changed);
    const half = changed.replace("# <<< switchyard <<<\n", "");
    writeFileSync(path, half);
    expect(await type("env", "--install-hook", "--shell", "bash")).toBe(1);
    expect(await type("env", "--remove-hook")).toBe(1);
    expect(err()).toContain("do not make one block: line 2");
    expect(readFileSync(path, "utf8")).toBe(half);
  });

  it.each([
    ["a link to nothing", (path: string) => symlinkSync("nowhere", path), "a link to a file that is not there"],
    ["a folder", (path: string) => mkdirSync(path), "not a plain file"],
    ["in UTF-16", (path: string) => writeFileSync(path, Buffer.from("\ufeffa\n", "utf16le")), "not in UTF-8"],
    [
      "under a second name",
      (path: string) => {
        writeFileSync(`${path}.other`, "a\n");
        linkSync(`${path}.other`, path);
      },
      "hard links",
    ],
  ])("is refused when it is %s", async (_what, make, why) => {
    const { type, scratch, err } = await hookBench();
    make(scratch.path("home/ann/.bashrc"));
    const before = scratch.snapshot();
    expect(await type("env", "--install-hook", "--shell", "bash")).toBe(1);
    expect(err()).toContain(why);
    expect(scratch.snapshot()).toEqual(before);
  });

  it("that cannot be written is said, and nothing is left of the try", async () => {
    const { type, scratch, err, context } = await hookBench();
    scratch.file("home/ann/.config/fish", "a file where a folder should be");
    const before = scratch.snapshot();
    expect(await type("env", "--install-hook", "--shell", "fish")).toBe(1);
    expect(err()).toContain("something on that path is a file, not a folder");
    expect(scratch.snapshot()).toEqual(before);
    expect(await openInstallJournal({ ...context, path: installJournalPath(context.paths) }).standing()).toEqual([]);
  });

  it.skipIf(process.getuid?.() === 0)("in a read-only folder is left as it is, whole", async () => {
    const { type, scratch, err, context } = await hookBench();
    const path = scratch.file("home/ann/.bashrc", "a\n");
    chmodSync(scratch.home, 0o555);
    const before = scratch.snapshot();
    expect(await type("env", "--install-hook", "--shell", "bash")).toBe(1);
    expect(err()).toContain(`${path} cannot be written; nothing was changed\n  why: permission denied (EACCES)`);
    expect(scratch.snapshot()).toEqual(before);
    expect(await openInstallJournal({ ...context, path: installJournalPath(context.paths) }).standing()).toEqual([]);
    chmodSync(scratch.home, 0o755);
  });

  it("has nothing to remove where there is no hook", async () => {
    const { type, err } = await hookBench();
    expect(await type("env", "--remove-hook")).toBe(0);
    expect(err()).toContain("nothing to do");
  });

  it("is cleaned up after a crash at any moment of the change", async () => {
    const { type, scratch, context } = await hookBench();
    const journal = openInstallJournal({ ...context, path: installJournalPath(context.paths) });
    const before = scratch.snapshot();
    const path = scratch.path("home/ann/.config/fish/config.fish");
    const folders = [scratch.path("home/ann/.config"), scratch.path("home/ann/.config/fish")];
    const temporary = scratch.path("home/ann/.config/fish/.config.fish.x.switchyard");
    const change = { act: "block", path, shell: "fish", before: null, replaced: null, temporary, folders } as const;
    const moments: readonly (() => unknown)[] = [
      () => {},
      () => mkdirSync(folders[0] ?? ""),
      () => (mkdirSync(folders[1] ?? "", { recursive: true }), writeFileSync(temporary, "half")),
    ];
    for (const happened of moments) {
      await journal.record(change);
      happened();
      expect(await type("env", "--remove-hook")).toBe(0);
      expect(scratch.snapshot()).toEqual(before);
      expect(await journal.standing()).toEqual([]);
    }
    await type("env", "--install-hook", "--shell", "fish");
    // The file was deleted by its owner since.
    unlinkSync(path);
    await type("env", "--remove-hook");
    expect(scratch.snapshot()).toEqual(before);
  });
});
