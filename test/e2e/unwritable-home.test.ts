/**
 * A home that its user may not write: said in words, at the start and at the end. Modes do not hold root back, so under
 * root the program runs as another user; where that cannot be done, these tests are skipped, visibly.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type TempFolder, tempFolder } from "../support/temp.ts";
import { waitFor, within } from "../support/wait.ts";

const program = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
const loader = import.meta.resolve("tsx");
/** `nobody` on most systems; any number without rights will do. */
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
const asNobody = ["setpriv", "--reuid", String(nobody), "--regid", String(nobody), "--clear-groups"];
const canRunIt = process.platform !== "win32" && (!isRoot || runsAs(asNobody));
if (!canRunIt) process.stderr.write("skipped: tests of an unwritable home, no other user can run the program here\n");

function runsAs([command = "", ...before]: readonly string[]): boolean {
  return spawnSync(command, [...before, process.execPath, "--import", loader, program, "--version"]).status === 0;
}

let folder: TempFolder;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = tempFolder("unwritable");
  if (isRoot) chownSync(folder.path, nobody, nobody);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  chmodSync(folder.path, 0o700);
  folder.close();
});

interface Running {
  readonly child: ChildProcess;
  readonly written: { out: string; err: string };
  readonly exited: Promise<number | null>;
}

function startCore(...more: readonly string[]): Running {
  return runIn(folder.path, "start", "--port", "0", ...more);
}

function runIn(home: string, ...typed: readonly string[]): Running {
  const line = [process.execPath, "--import", loader, program, ...typed];
  const [command = "", ...rest] = isRoot ? [...asNobody, ...line] : line;
  const child = spawn(command, rest, {
    cwd: "/",
    env: { PATH: process.env["PATH"], HOME: folder.path, SWITCHYARD_HOME: home },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  const written = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (written.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (written.err += text));
  const exited = new Promise<number | null>((resolve) => child.on("close", resolve));
  return { child, written, exited };
}

describe.skipIf(!canRunIt)("a home that cannot be written", { timeout: 60_000 }, () => {
  it.each([[[]], [["-d"]]])("is named, with what to do, when a core starts there (%j)", async (more) => {
    chmodSync(folder.path, 0o555);
    const { written, exited } = startCore(...more);
    expect(await within("the program to end", exited, 30_000)).toBe(1);
    expect(written.out).toBe("");
    const [what, why, next, ...rest] = written.err.split("\n");
    expect(what).toMatch(/^error: .*switchyard-unwritable-\S+ cannot be written, and a core keeps its files there$/);
    expect(why).toBe("  why: permission denied (EACCES)");
    expect(next).toContain("SWITCHYARD_HOME=FOLDER switchyard start");
    expect(rest).toEqual([""]);
  });

  it.each([[["start", "-d"]], [["run", "--", "true"]]])(
    "is named too where it lies below a file (%j)",
    async (typed) => {
      const file = join(folder.path, "file");
      writeFileSync(file, "");
      const { written, exited } = runIn(join(file, "home"), ...typed);
      expect(await within("the program to end", exited, 30_000)).toBe(1);
      expect(written.err).toMatch(/^error: \S+ cannot be written, .*\n {2}why: .* is a file, not a folder \(E/);
    },
  );

  it("does not keep a core from ending well", async () => {
    const { child, written, exited } = startCore();
    await waitFor("the core to listen", () => written.out.includes("listening on"), 30_000);
    chmodSync(folder.path, 0o555);
    child.kill("SIGTERM");
    expect(await within("the core to end", exited, 30_000)).toBe(0);
    expect(written.err).toMatch(/^warning: \S+core\.json could not be removed: permission denied \(EACCES\); .*\n$/);
  });
});

describe("what a core met while it started", { timeout: 60_000 }, () => {
  it.skipIf(!canRunIt)("is said where it was started", async () => {
    const file = join(folder.path, "provider-credentials.json");
    writeFileSync(file, "[]", { mode: 0o600 });
    if (isRoot) chownSync(file, nobody, nobody);
    const { child, written, exited } = startCore();
    await waitFor("the warning", () => written.err.includes("\n"), 30_000);
    expect(written.err).toBe(`warning: oauth: ${file} is ignored: it is not a JSON object\n`);
    child.kill("SIGTERM");
    expect(await within("the core to end", exited, 30_000)).toBe(0);
    expect(written.out).toMatch(/^listening on \S+\n$/);
  });
});
