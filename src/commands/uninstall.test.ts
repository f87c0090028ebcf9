import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { resolvePaths } from "../base/paths.ts";
import { installJournalPath, openInstallJournal } from "../base/install-journal.ts";
import { serveCore } from "./__fixtures__/command-bench.ts";
import { trustBench, type TrustBench, type TrustBenchOptions } from "./__fixtures__/trust-bench.ts";
import { homeParts } from "./home-files.ts";

/** A machine with everything this program can do to one: two hooks, two databases, the system's store. */
async function fullBench(options: Partial<TrustBenchOptions> = {}): Promise<TrustBench & { before: unknown }> {
  const made = await trustBench({ layout: "debian", ...options });
  const { scratch, type, said } = made;
  scratch.file("home/ann/.bashrc", "mine\n");
  scratch.database(".pki/nssdb");
  scratch.database(".mozilla/firefox/a.default");
  const before = scratch.snapshot();
  expect(await type("env", "--install-hook", "--shell", "bash")).toBe(0);
  expect(await type("env", "--install-hook", "--shell", "fish")).toBe(0);
  expect(await type("ca", "install", "--user", "--system", "--yes")).toBe(0);
  writeFileSync(join(made.home, "certs/bundle.pem"), "");
  writeFileSync(join(made.home, "certs/extra.pem"), "");
  said();
  return { ...made, before };
}

describe("uninstall", () => {
  it.each(["debian", "fedora", "arch", "opensuse"] as const)("puts a machine with %s back exactly", async (layout) => {
    const { type, scratch, before } = await fullBench({ layout });
    expect(await type("uninstall", "--yes")).toBe(0);
    expect(scratch.snapshot()).toEqual(before);
  });

  it("says what is left, and has nothing to do the second time", async () => {
    const { type, said, scratch, home } = await fullBench();
    expect(await type("uninstall", "--yes")).toBe(0);
    const text = said();
    expect(text).toContain(`${scratch.home}/.bashrc: as it was before\n`);
    expect(text).toContain("system store (Debian, Ubuntu, Alpine): not trusted any more\n");
    expect(text).toMatch(/left:\n {2}.*certs {3}\(to delete it too: switchyard uninstall --purge\)/);
    expect(text).toContain("the program itself:");
    expect(readdirSync(join(home, "certs"))).toEqual(["authority.pem", "roots.jsonl"]);
    expect(await type("uninstall", "--yes")).toBe(0);
    expect(said()).toMatch(/^nothing was changed on this machine that is still to be taken back\nleft:/);
    // Nothing to do takes no yes.
    expect(await type("uninstall")).toBe(0);
  });

  it("only prints with --dry-run, down to the commands", async () => {
    const { type, said, scratch, home } = await fullBench();
    const now = scratch.snapshot();
    expect(await type("uninstall", "--dry-run")).toBe(0);
    const text = said();
    expect(text).toContain(`${scratch.home}/.bashrc: take the block out\n`);
    expect(text).toContain("\n  sudo update-ca-certificates --fresh\n");
    expect(text).toContain(`${home}/certs/bundle.pem: delete\n`);
    expect(await type("uninstall", "--purge", "--dry-run", "--json")).toBe(0);
    const actions: readonly { kind: string; state: string }[] = JSON.parse(said()).actions;
    expect(new Set(actions.map(({ kind }) => kind))).toEqual(new Set(["hook", "store", "file", "folder"]));
    expect(new Set(actions.map(({ state }) => state))).toEqual(new Set(["planned"]));
    expect(scratch.snapshot()).toEqual(now);
    expect(existsSync(join(home, "certs/bundle.pem"))).toBe(true);
  });

  it("does not ask where nobody can answer: exit code 2, and the flag is named", async () => {
    const { type, err, scratch } = await fullBench();
    const now = scratch.snapshot();
    expect(await type("uninstall", "--purge")).toBe(2);
    expect(err()).toContain("next: switchyard uninstall --purge --yes");
    expect(scratch.snapshot()).toEqual(now);
  });

  it("stops the core of this home first", async () => {
    const { type, said, context } = await trustBench({ layout: "bare" });
    const core = await serveCore(context, () => void core.server.close());
    onTestFinished(() => core.server.close());
    expect(await type("uninstall", "--dry-run")).toBe(0);
    expect(said()).toContain("stop the core (pid ");
    expect(await type("uninstall", "--yes", "--json")).toBe(0);
    expect(JSON.parse(said()).actions[0]).toMatchObject({ kind: "core", state: "done", detail: "stopped" });
  });

  it("waits for a core that is just starting", async () => {
    const { type, err, context } = await trustBench({ layout: "bare" });
    const { acquireInstance } = await import("../control/instance.ts");
    const acquired = await acquireInstance(context.paths, context.random);
    if (!acquired.ok) throw new Error("held");
    expect(await type("uninstall", "--yes")).toBe(1);
    expect(err()).toContain("a core of this home is starting or stopping");
    await acquired.instance.release();
  });

  it("leaves a block that its owner has changed, and ends with 1", async () => {
    const { type, said, scratch } = await fullBench();
    const path = join(scratch.home, ".bashrc");
    const changed = readFileSync(path, "utf8").replace("fi\n", "fi\nmine too\n");
    writeFileSync(path, changed);
    expect(await type("uninstall", "--yes")).toBe(1);
    expect(said()).toContain(
      `${path}: NOT undone: the block at line 2 has been changed by somebody since it was written`,
    );
    expect(readFileSync(path, "utf8")).toBe(changed);
  });

  it("takes former roots back as well", async () => {
    const { type, scratch, before } = await fullBench();
    await type("ca", "rotate", "--json");
    await type("ca", "install", "--user", "--system", "--yes");
    expect(await type("uninstall", "--yes")).toBe(0);
    expect(scratch.snapshot()).toEqual(before);
  });

  it("keeps roots of other installs, and says how they would go", async () => {
    const other = await trustBench({ layout: "bare" });
    const pem = readFileSync(join(other.home, "certs/root.pem"), "utf8");
    const { type, said, scratch } = await fullBench();
    scratch.file("usr/local/share/ca-certificates/theirs.crt", pem);
    await scratch.machine.act(["update-ca-certificates"]);
    expect(await type("uninstall", "--yes")).toBe(0);
    expect(said()).toContain(
      `a root of another install in system store (Debian, Ubuntu, Alpine): switchyard ca uninstall --fingerprint ${await other.short()}`,
    );
    expect(existsSync(scratch.path("usr/local/share/ca-certificates/theirs.crt"))).toBe(true);
  });

  it("says which variables are still in this shell", async () => {
    const { type, said } = await trustBench({ layout: "bare", bench: { env: { SWITCHYARD_ACTIVE: "1" } } });
    await type("uninstall", "--yes");
    expect(said()).toContain('the variables in this shell: eval "$(switchyard env --unset)"');
  });
});

describe("uninstall --purge", () => {
  it("names the accounts that are lost, asks, and leaves nothing", async () => {
    const { type, err, home, scratch, before, context } = await fullBench({
      bench: { terminal: true, stdin: "y\n", env: { KEY: "sk-0123456789abcdef" } },
    });
    mkdirSync(join(home, "accounts"));
    writeFileSync(join(home, "accounts/claude@work.json"), "{}");
    writeFileSync(context.paths.configFile, "accounts: [{ provider: openrouter, name: mine, api_key: '${KEY}' }]\n");
    expect(await type("uninstall", "--purge")).toBe(0);
    expect(err()).toContain("these accounts are lost with it:\n  claude/work\n  openrouter/mine\n");
    expect(err()).toContain("Do this, and delete all that is listed?");
    expect(existsSync(home)).toBe(false);
    expect(scratch.snapshot()).toEqual(before);
  });

  it("does nothing after a no", async () => {
    const { type, home } = await fullBench({ bench: { terminal: true, stdin: "n\n" } });
    expect(await type("uninstall", "--purge")).toBe(1);
    expect(readdirSync(join(home, "certs"))).toContain("bundle.pem");
  });

  it("touches nothing in the home that is not ours", async () => {
    const { type, said, home } = await trustBench({ layout: "bare" });
    writeFileSync(join(home, "thesis.txt"), "mine");
    expect(await type("uninstall", "--purge", "--yes")).toBe(0);
    expect(readdirSync(home)).toEqual(["thesis.txt"]);
    expect(said()).toContain("thesis.txt, which is not Switchyard's");
  });

  it("keeps the journal and the list of roots while something outside could not be taken back: exit code 5", async () => {
    const { type, said, home, scratch, before } = await fullBench();
    const tool = join(scratch.bin, "update-ca-certificates");
    const text = readFileSync(tool);
    rmSync(tool);
    expect(await type("uninstall", "--purge", "--yes")).toBe(5);
    expect(said()).toContain("NOT undone: kept, because not everything outside could be taken back");
    expect(readdirSync(home)).toEqual(expect.arrayContaining(["certs", "install-journal.jsonl"]));
    writeFileSync(tool, text, { mode: 0o755 });
    expect(await type("uninstall", "--purge", "--yes")).toBe(0);
    expect(scratch.snapshot()).toEqual(before);
    expect(existsSync(home)).toBe(false);
  });

  it("knows the usual folders, and takes them whole", async () => {
    const { scratch } = await trustBench({ layout: "bare", authority: false });
    const paths = resolvePaths({ HOME: scratch.home }, "linux");
    expect(homeParts(paths).gone).toEqual([]);
    for (const path of [paths.configFile, paths.stateFile, paths.pidFile]) {
      scratch.file(path.slice(scratch.root.length), "");
    }
    expect(homeParts(paths)).toEqual({
      gone: [".local/share", ".config", ".local/state"].map((name) => join(scratch.home, name, "switchyard")),
      emptied: [],
      strange: [],
    });
  });
});

describe("the journal", () => {
  it("is private, survives a torn line, and forgets what was taken back", async () => {
    const { context } = await trustBench({ layout: "bare", authority: false });
    const path = installJournalPath(context.paths);
    const journal = openInstallJournal({ ...context, path });
    expect(await journal.standing()).toEqual([]);
    const change = { act: "trust", store: "s", fingerprint: "f", name: "n", pem: "p", files: [], folders: [] } as const;
    const first = await journal.record(change);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    writeFileSync(path, `${readFileSync(path, "utf8")}{"id":"torn","act":"tru`);
    const second = await journal.record({ ...change, store: "t" });
    expect(await journal.standing()).toEqual([second, first]);
    await journal.undone(first);
    expect(await journal.standing()).toEqual([second]);
    writeFileSync(path, `${readFileSync(path, "utf8")}{"id":"x","act":"trust"}\n[]\nnonsense\n`);
    expect(await journal.standing()).toEqual([second]);
  });
});
