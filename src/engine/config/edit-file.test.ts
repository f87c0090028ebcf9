import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemRandom } from "../../base/random.ts";
import { editConfigFile, type EditFileOptions, type EditFileResult } from "./edit-file.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edit-file-"));
  path = join(folder, "config.yaml");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const edit = (more: Partial<EditFileOptions> = {}): Promise<EditFileResult> =>
  editConfigFile(["settings", "bypass"], false, { path, env: {}, random: systemRandom, ...more });

describe("the configuration file", () => {
  it("is changed in place, its mode and comments kept", async () => {
    writeFileSync(path, "# mine\nsettings:\n  bypass: true # why not\n", { mode: 0o640 });
    chmodSync(path, 0o640);
    expect(await edit()).toEqual({ ok: true, changed: true });
    expect(readFileSync(path, "utf8")).toBe("# mine\nsettings:\n  bypass: false # why not\n");
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(await edit()).toEqual({ ok: true, changed: false });
    expect(readdirSync(folder)).toEqual(["config.yaml"]);
  });
  it("is made when there is none, for its owner's eyes", async () => {
    path = join(folder, "new", "config.yaml");
    expect(await edit()).toEqual({ ok: true, changed: true });
    expect(readFileSync(path, "utf8")).toBe("settings:\n  bypass: false\n");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "new")).mode & 0o777).toBe(0o700);
  });
  it("stays a link when it is one, and the file behind it is written", async () => {
    mkdirSync(join(folder, "dotfiles"));
    const target = join(folder, "dotfiles", "switchyard.yaml");
    writeFileSync(target, "# in git\n");
    symlinkSync("dotfiles/switchyard.yaml", path);
    expect(await edit()).toEqual({ ok: true, changed: true });
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, "utf8")).toContain("bypass: false");
  });
  it("is left alone where a link leads to a link, to nothing, or to a folder", async () => {
    symlinkSync("b", path);
    expect(await edit()).toMatchObject({
      ok: false,
      kind: "unreadable",
      message: expect.stringContaining("not there"),
    });
    symlinkSync("c", join(folder, "b"));
    expect(await edit()).toMatchObject({ ok: false, message: expect.stringContaining("a link again") });
    rmSync(path);
    mkdirSync(path);
    expect(await edit()).toMatchObject({ ok: false, message: `${path} is no plain file` });
  });
  it("is left alone when somebody changes it meanwhile", async () => {
    writeFileSync(path, "settings: { bypass: true }\naccounts: [{ provider: openai, api_key: { file: key } }]\n");
    const result = await edit({
      // Reading the key is the last thing before the file is written.
      readFile: () => {
        writeFileSync(path, "settings: {}\n");
        return "sk-0123456789";
      },
    });
    expect(result).toMatchObject({ ok: false, kind: "conflict" });
    expect(readFileSync(path, "utf8")).toBe("settings: {}\n");
  });
  it("is left alone when it would not load", async () => {
    writeFileSync(path, "settings: { bypas: true }\n");
    expect(await edit()).toMatchObject({ ok: false, kind: "refused", message: expect.stringContaining("bypas") });
    expect(readFileSync(path, "utf8")).toBe("settings: { bypas: true }\n");
  });
});
