/** A home that a real core has lived in, left again. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { type CoreProcess, startCoreProcess } from "../support/core-process.ts";
import { tempFolder } from "../support/temp.ts";

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

async function core(env: Readonly<Record<string, string>> = {}): Promise<CoreProcess> {
  const started = await startCoreProcess({ env });
  endings.push(() => started.close());
  return started;
}

describe("uninstalling", { timeout: 90_000 }, () => {
  it("stops the core and takes the certificate files away; the rest stays and is named", async () => {
    const running = await core();
    const { home, exited } = running;
    const done = await running.cli("uninstall", "--yes", "--json");
    expect(done.code).toBe(0);
    expect(await exited).toBe(0);
    const { actions, left } = JSON.parse(done.stdout);
    expect(actions[0]).toMatchObject({ kind: "core", state: "done" });
    expect(readdirSync(join(home, "certs")).toSorted()).toEqual(["authority.pem", "roots.jsonl"]);
    expect(left.join("\n")).toContain(`${home}/config.yaml   (to delete it too: switchyard uninstall --purge)`);
    const again = await running.cli("uninstall", "--yes", "--json");
    expect(JSON.parse(again.stdout).actions).toEqual([]);
  });

  it("leaves no file of a home behind with --purge", async () => {
    const running = await core();
    const { home } = running;
    expect((await running.cli("accounts", "add", "openrouter", "--name", "second", "--json")).code).not.toBe(0);
    await running.cli("flows", "list");
    const done = await running.cli("uninstall", "--purge", "--yes");
    expect(done.stderr).not.toContain("error:");
    expect(done.code).toBe(0);
    expect(existsSync(home)).toBe(false);
  });

  it("takes a shell's hook with it, which worked until then and does nothing afterwards", async () => {
    const user = tempFolder("user");
    endings.push(() => user.close());
    const rc = user.file(".bashrc", "export MINE=1");
    const running = await core({ HOME: user.path });
    const { port } = running;
    expect((await running.cli("env", "--install-hook", "--shell", "bash")).code).toBe(0);
    const shell = async (): Promise<string> => {
      const line = `. '${rc}'; echo "$MINE|$HTTPS_PROXY|$(type -t switchyard_off)"`;
      const env = { PATH: process.env["PATH"], HOME: user.path };
      return (await promisify(execFile)("bash", ["--norc", "-c", line], { env })).stdout.trim();
    };
    expect(await shell()).toMatch(new RegExp(`^1\\|http://switchyard:[^@]+@127\\.0\\.0\\.1:${port}\\|function$`));
    const hooked = readFileSync(rc);
    expect((await running.cli("uninstall", "--yes")).code).toBe(0);
    expect(readFileSync(rc, "utf8")).toBe("export MINE=1");
    // A shell that still reads the old file, as one that is just starting may.
    writeFileSync(rc, hooked);
    expect(await shell()).toBe("1||");
  });

  it("leaves what others keep in a folder that SWITCHYARD_HOME points to", async () => {
    const running = await core();
    const { home } = running;
    mkdirSync(join(home, "photos"));
    expect((await running.cli("uninstall", "--purge", "--yes")).code).toBe(0);
    expect(readdirSync(home)).toEqual(["photos"]);
  });
});
