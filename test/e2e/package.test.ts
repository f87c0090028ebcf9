/**
 * The package as its users get it: packed from a copy of the sources, installed globally into a folder of its own, and
 * run. The dependencies come from the registry, as they do for users; without a network they are those of this project,
 * and that is said. With `CI` set the real installation has to work.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ran, run } from "../support/proxy-clients.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const notCopied = new Set(["node_modules", "dist", ".git", "coverage"]);

interface PackedFile {
  readonly path: string;
  readonly mode: number;
}

let folder: TempFolder;
let files: readonly PackedFile[] = [];
let program = "";

beforeAll(async () => {
  folder = tempFolder("package");
  const copy = join(folder.path, "copy");
  cpSync(root, copy, {
    recursive: true,
    filter: (path) => resolve(path) === resolve(root) || !notCopied.has(basename(path)),
  });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "junction");
  // What an earlier build left behind must not be published.
  mkdirSync(join(copy, "dist"));
  cpSync(join(copy, "package.json"), join(copy, "dist", "left-over.js"));
  const packed = await npm(["pack", "--json", "--pack-destination", folder.path], copy);
  if (packed.code !== 0) throw new Error(`npm pack failed:\n${packed.stderr}`);
  const [tarball] = listedIn(packed.stdout);
  if (tarball === undefined) throw new Error(`npm pack said nothing of a file:\n${packed.stdout}`);
  files = tarball.files;
  program = await install(join(folder.path, tarball.filename));
}, 580_000);
afterAll(() => folder.close());

/** A build may speak before the document. */
function listedIn(text: string): readonly { readonly filename: string; readonly files: readonly PackedFile[] }[] {
  return JSON.parse(text.slice(text.search(/^\[/m))) as never; // npm's own document
}

/** npm finds its registry where the user's npm does. */
function npm(args: readonly string[], cwd: string): Promise<Ran> {
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      /^(?:npm_config_|https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS)/i.test(name) && value !== undefined
        ? [[name, value]]
        : [],
    ),
  );
  return run("npm", args, { cwd, env, timeoutMs: 280_000 });
}

async function install(tarball: string): Promise<string> {
  const prefix = join(folder.path, "prefix");
  mkdirSync(prefix);
  const patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"];
  const args = ["install", "--global", "--prefix", prefix, "--prefer-offline", "--no-audit", "--no-fund", ...patience];
  const ran = await npm([...args, tarball], folder.path);
  const command = join(prefix, "bin", "switchyard");
  if (ran.code === 0) return command;
  const isOffline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ENOTCACHED|ECONNRESET/.test(ran.stderr);
  if (!isOffline || process.env["CI"]) throw new Error(`npm install failed:\n${ran.stderr}`);
  process.stderr.write("not tested: the installation of dependencies, for the registry cannot be reached\n");
  const place = join(prefix, "lib", "node_modules", "switchyard");
  mkdirSync(place, { recursive: true });
  mkdirSync(join(prefix, "bin"), { recursive: true });
  const unpacked = await run("tar", ["-xzf", tarball, "-C", place, "--strip-components=1"]);
  if (unpacked.code !== 0) throw new Error(`the package cannot be unpacked:\n${unpacked.stderr}`);
  symlinkSync(join(root, "node_modules"), join(place, "node_modules"), "junction");
  symlinkSync(join(place, "dist", "cli.js"), command);
  return command;
}

describe("what is packed", () => {
  it("is the program and its documentation, and nothing else", () => {
    const paths = files.map(({ path }) => path);
    for (const wanted of [
      "package.json",
      "README.md",
      "LICENSE",
      "CHANGELOG.md",
      "SECURITY.md",
      "docs/configuration.md",
      "certs/README.md",
      "dist/cli.js",
      "dist/commands/demo-client.js",
      "dist/tui/main.js",
    ]) {
      expect(paths).toContain(wanted);
    }
    expect(
      paths.filter((path) => !/^(?:dist|docs)\/|^certs\/README\.md$|^[A-Za-z]+(?:\.md|\.json)?$/.test(path)),
    ).toEqual([]);
    expect(paths.filter((path) => /\.test\.|__fixtures__|\.map$|\.tsx?$|left-over|\.(?:pem|key)$/.test(path))).toEqual(
      [],
    );
  });

  it("has one executable, with the interpreter in its first line", () => {
    expect(files.filter(({ mode }) => (mode & 0o111) !== 0).map(({ path }) => path)).toEqual(["dist/cli.js"]);
    expect(readFileSync(join(folder.path, "copy", "dist", "cli.js"), "utf8").split("\n")[0]).toBe(
      "#!/usr/bin/env node",
    );
  });

  it("says what it needs and where its command is", () => {
    const manifest: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    expect(manifest).toMatchObject({
      name: "switchyard",
      type: "module",
      engines: { node: ">=20.18" },
      bin: { switchyard: "dist/cli.js" },
      exports: { "./package.json": "./package.json" },
    });
  });
});

describe("the installed command", () => {
  const typed = (...args: readonly string[]): Promise<Ran> => {
    const home = join(folder.path, "home");
    mkdirSync(home, { recursive: true });
    return run(program, args, { cwd: home, env: { HOME: home, SWITCHYARD_HOME: home }, timeoutMs: 120_000 });
  };

  it("is there and can be run", async () => {
    expect(existsSync(program)).toBe(true);
    expect(statSync(program).mode & 0o111).not.toBe(0);
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    expect(await typed("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
    expect((await typed("--help")).stdout).toContain("Usage: switchyard");
    expect((await typed("status", "--json")).code).toBe(3);
    expect((await typed("config", "schema")).stdout).toContain("2020-12");
  }, 240_000);

  it("shows its demo without a terminal, from client to provider and back", async () => {
    const demo = await typed("demo");
    expect({ code: demo.code, stderr: demo.stderr }).toEqual({ code: 0, stderr: "" });
    expect(demo.stdout).toContain("What the client read:");
  }, 240_000);

  it("starts a core, says that it runs, and stops it", async () => {
    expect((await typed("start", "-d", "--port", "0")).stdout).toMatch(/^listening on http:/);
    expect((await typed("status", "--line")).code).toBe(0);
    expect((await typed("stop")).code).toBe(0);
    expect((await typed("status")).code).toBe(3);
  }, 240_000);
});
