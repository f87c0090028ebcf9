import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type TempFolder, tempFolder } from "../../../test/support/temp.ts";
import { systemRandom } from "../../base/random.ts";
import { replaceFile } from "./adapter.ts";
import { openInstallState } from "./install.ts";

const folders: TempFolder[] = [];
afterEach(() => folders.splice(0).forEach((folder) => folder.close()));

function home(): { path: string; stateFile: string } {
  const folder = tempFolder("state");
  folders.push(folder);
  return { path: folder.path, stateFile: join(folder.path, "data", "state.json") };
}

describe("the state of an installation", () => {
  it("is made at the first start and stays the same", async () => {
    const paths = home();
    const first = await openInstallState(paths, systemRandom);
    const second = await openInstallState(paths, systemRandom);
    expect(first.proxyToken.reveal()).toMatch(/^[\w-]{32}$/);
    expect(first.clientKey.reveal()).not.toBe(first.proxyToken.reveal());
    expect(second.proxyToken.reveal()).toBe(first.proxyToken.reveal());
    expect(second.clientKey.reveal()).toBe(first.clientKey.reveal());
    expect(second.notice).toBeNull();
  });

  it("is for its owner only, also when it was open before", async () => {
    const paths = home();
    await openInstallState(paths, systemRandom);
    expect(statSync(paths.stateFile).mode & 0o777).toBe(0o600);
    chmodSync(paths.stateFile, 0o644);
    await openInstallState(paths, systemRandom);
    expect(statSync(paths.stateFile).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(paths.path, "data"))).toEqual(["state.json"]);
  });

  it.each(["", "\0\0\0\0", "{", "null", "[]", '{"version":1}', '{"version":1,"proxyToken":"x","clientKey":""}'])(
    "sets a damaged file aside and says so: %j",
    async (text) => {
      const paths = home();
      const before = await openInstallState(paths, systemRandom);
      writeFileSync(paths.stateFile, text);
      const after = await openInstallState(paths, systemRandom);
      expect(after.notice).toContain("state.json.corrupt-");
      expect(after.proxyToken.reveal()).not.toBe(before.proxyToken.reveal());
      const aside = readdirSync(join(paths.path, "data")).find((name) => name.includes("corrupt"));
      expect(readFileSync(join(paths.path, "data", aside ?? ""), "utf8")).toBe(text);
      expect((await openInstallState(paths, systemRandom)).notice).toBeNull();
    },
  );

  it("keeps fields that a later version wrote", async () => {
    const paths = home();
    await openInstallState(paths, systemRandom);
    const data = { ...JSON.parse(readFileSync(paths.stateFile, "utf8")), accounts: [1] };
    writeFileSync(paths.stateFile, JSON.stringify(data));
    await openInstallState(paths, systemRandom);
    expect(JSON.parse(readFileSync(paths.stateFile, "utf8"))).toEqual(data);
  });

  it("refuses a link in the file's place", async () => {
    const paths = home();
    await openInstallState({ stateFile: join(paths.path, "data", "victim.json") }, systemRandom);
    symlinkSync(join(paths.path, "data", "victim.json"), paths.stateFile);
    await expect(openInstallState(paths, systemRandom)).rejects.toThrow("not a plain file");
  });

  it("leaves the old file and no other when it cannot write", async () => {
    const paths = home();
    await openInstallState(paths, systemRandom);
    const before = readFileSync(paths.stateFile, "utf8");
    // A folder cannot be replaced by a file: the rename fails after the text was written.
    await expect(replaceFile(join(paths.path, "data"), "x", systemRandom)).rejects.toMatchObject({
      code: expect.stringMatching(/^E/),
    });
    expect(readFileSync(paths.stateFile, "utf8")).toBe(before);
    expect(readdirSync(paths.path)).toEqual(["data"]);
  });
});
