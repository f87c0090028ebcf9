import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tempFolder } from "../../test/support/temp.ts";
import { resolvePaths } from "../base/paths.ts";
import { accountBench } from "./__fixtures__/account-bench.ts";
import { anAccount, engineBench } from "./__fixtures__/engine-bench.ts";

describe("where the files are", () => {
  it.each([
    [{}, "/u/.config/switchyard/config.yaml", "/u/.local/share/switchyard", "/u/.local/state/switchyard/control.sock"],
    [{ SWITCHYARD_HOME: "/h" }, "/h/config.yaml", "/h", "/h/control.sock"],
    [{ SWITCHYARD_HOME: "/h", SWITCHYARD_DATA_DIR: "/d" }, "/h/config.yaml", "/d", "/d/control.sock"],
    [{ SWITCHYARD_CONFIG: "/c/my.yaml" }, "/c/my.yaml", "/u/.local/share/switchyard", undefined],
    [{ SWITCHYARD_CONFIG: "/c/my.yaml", SWITCHYARD_HOME: "/h" }, "/c/my.yaml", "/h", "/h/control.sock"],
  ])("follows the environment: %j", (env, configFile, dataDir, controlSocket) => {
    const paths = resolvePaths({ HOME: "/u", ...env }, "linux");
    expect(paths).toMatchObject({ configFile, dataDir, ...(controlSocket === undefined ? {} : { controlSocket }) });
  });

  it.each([
    [["--config", "FILE", "config", "path"]],
    [["config", "path", "--config", "FILE"]],
    [["config", "-c", "FILE", "path"]],
    [["config", "path", "--config=FILE"]],
  ])("is said before or after the command, and wins over the environment: %j", async (words) => {
    const folder = tempFolder("globals");
    const file = folder.file("mine.yaml", "listen: { port: 1234 }\n");
    const { type, out } = await engineBench({ env: { SWITCHYARD_CONFIG: "/elsewhere.yaml" } });
    expect(await type(...words.map((word) => word.replace("FILE", file)))).toBe(0);
    expect(out()).toBe(`${file}\n`);
    folder.close();
  });

  it("must be a file that is there, but for those who are about to make it", async () => {
    const { type, err, home } = await engineBench();
    expect(await type("routes", "list", "--config", "/nowhere.yaml")).toBe(2);
    expect(err()).toContain("there is no file /nowhere.yaml");
    expect(err()).toContain("next: switchyard config init --config /nowhere.yaml");
    const fresh = join(home, "new", "mine.yaml");
    expect(await type("config", "init", "--config", fresh)).toBe(0);
    expect(existsSync(fresh)).toBe(true);
    expect(await type("config", "validate", "--config", fresh)).toBe(0);
  });

  it("is told apart from the file of the core that runs", async () => {
    const folder = tempFolder("globals");
    const file = folder.file("mine.yaml", "listen: { port: 1234 }\n");
    const { type, err, context } = await engineBench({ verbs: {} });
    expect(await type("status", "--config", file)).toBe(0);
    expect(err()).toMatch(/^warning: the core that runs here uses \S+, not \S+mine\.yaml\n {2}next: switchyard stop /);
    const said = err();
    expect(await type("config", "validate", "--config", file)).toBe(0);
    expect(err()).toBe(said);
    expect(await type("status")).toBe(0);
    expect(err()).toBe(said);
    expect(context.paths.configFile).not.toBe(file);
    folder.close();
  });

  it("reads another folder for everything but the file", async () => {
    const folder = tempFolder("globals");
    const { type, out, context } = await engineBench({ verbs: {} });
    expect(await type("status")).toBe(0);
    expect(await type("status", "--data-dir", folder.path, "--line")).toBe(3);
    expect(out()).toMatch(/switchyard off\n$/);
    expect(await type("config", "path", "--data-dir", folder.path)).toBe(0);
    expect(out().endsWith(`${context.paths.configFile}\n`)).toBe(true);
    folder.close();
  });
});

describe("--quiet and --verbose", () => {
  it("leave results and errors, or add where things are", async () => {
    const quiet = await engineBench();
    expect(await quiet.type("combos", "list", "-q")).toBe(0);
    expect(quiet.err()).toBe("");
    expect(await quiet.type("-q", "combos", "remove", "x")).toBe(2);
    expect(quiet.err()).toContain("error: ");
    const verbose = await engineBench();
    expect(await verbose.type("-v", "combos", "list")).toBe(0);
    expect(verbose.err()).toContain(`config ${verbose.context.paths.configFile}`);
  });

  it("show where an error came from, when it is asked for twice", async () => {
    const { type, err } = await engineBench({ verbs: {} });
    expect(await type("flows", "show", "no-such-id", "-vv")).toBe(1);
    expect(err()).toMatch(/\n +at /);
  });
});

describe("--no-input", () => {
  it("asks nobody: exit code 2 and the option to give", async () => {
    const { type, err, asked } = await accountBench(
      [anAccount()],
      {},
      { terminal: true, stdin: "y\n", env: { NO_COLOR: "1" } },
    );
    expect(await type("accounts", "remove", "openrouter/main", "--no-input")).toBe(2);
    expect(err()).toContain("next: switchyard accounts remove openrouter/main --yes");
    expect(asked).toEqual([]);
    expect(await type("--no-input", "accounts", "add", "openrouter", "--name", "x")).toBe(2);
    expect(err()).toContain("--api-key-file FILE");
    expect(await type("--no-input", "routes", "test", "m")).toBe(2);
    expect(err()).toContain("next: switchyard routes test m --yes");
    expect(await type("--no-input", "config", "edit")).toBe(2);
    expect(err()).toContain("next: switchyard config set KEY VALUE");
  });

  it("is the same where nobody sits, without being said", async () => {
    const { type, err, asked } = await accountBench([anAccount()]);
    expect(await type("accounts", "remove", "openrouter/main")).toBe(2);
    expect(err()).toContain("not a terminal");
    expect(asked).toEqual([]);
  });

  it("still asks under --quiet where somebody does", async () => {
    const { type, err, asked } = await accountBench(
      [anAccount()],
      {},
      { terminal: true, stdin: "y\n", env: { NO_COLOR: "1" } },
    );
    expect(await type("-q", "accounts", "remove", "openrouter/main")).toBe(0);
    expect(err()).toContain("Delete the account openrouter/main");
    expect(asked).toEqual([["remove", "openrouter/main"]]);
  });
});

describe("--json", () => {
  it("says which version its documents are, in objects and not in arrays", async () => {
    for (const words of [
      ["config", "path"],
      ["config", "validate"],
      ["status"],
      ["stop"],
      ["aliases", "list"],
      ["version"],
    ]) {
      const { type, json } = await engineBench();
      await type("--json", ...words);
      expect(json()).toMatchObject({ schemaVersion: 1 });
    }
    for (const words of [
      ["routes", "list"],
      ["combos", "list"],
      ["accounts", "list"],
    ]) {
      const { type, json } = await engineBench();
      expect(await type(...words, "--json")).toBe(0);
      expect(json()).toBeInstanceOf(Array);
    }
    const { type, json } = await engineBench();
    expect(await type("config", "schema", "--json")).toBe(0);
    expect(json()).not.toHaveProperty("schemaVersion");
  });

  it("tells a failure on stderr, with what, why and next, and leaves stdout empty", async () => {
    const { type, out, err } = await engineBench();
    expect(await type("flows", "list", "--json")).toBe(3);
    expect(out()).toBe("");
    expect(JSON.parse(err())).toEqual({
      error: {
        code: "not-running",
        exitCode: 3,
        message: "no core is running",
        why: null,
        next: "switchyard start -d",
      },
    });
  });

  it("is no business of `run`", async () => {
    const { type, err } = await engineBench();
    expect(await type("run", "--json", "true")).toBe(2);
    expect(err()).toContain('unknown option "--json"');
  });
});

describe("the version", () => {
  it.each([[["--version"]], [["-V"]], [["version"]]])("is said by %j", async (words) => {
    const { type, out } = await engineBench();
    expect(await type(...words)).toBe(0);
    expect(out()).toBe("9.9.9\n");
  });

  it("comes with what it runs on for a script", async () => {
    const { type, json } = await engineBench();
    expect(await type("--version", "--json")).toBe(0);
    expect(json()).toEqual({
      schemaVersion: 1,
      version: "9.9.9",
      node: process.versions.node,
      platform: "linux",
      arch: process.arch,
    });
  });
});

it("the demo's home is its own, whatever the environment says", () => {
  const source = readFileSync(new URL("demo.ts", import.meta.url), "utf8");
  for (const name of ["SWITCHYARD_CONFIG", "SWITCHYARD_DATA_DIR"]) expect(source).toContain(`${name}: _`);
});
