import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type TempFolder, tempFolder } from "../../test/support/temp.ts";
import { within } from "../../test/support/wait.ts";
import { systemRandom } from "./random.ts";
import { readPrivateFile, replaceFile, sweepTemporaries } from "./replace-file.ts";

let folder: TempFolder;
beforeEach(() => (folder = tempFolder("replace")));
afterEach(() => folder.close());

it("writes a private file and leaves nothing beside it", async () => {
  const path = folder.file("a.json", "old");
  chmodSync(path, 0o644);
  await replaceFile(path, "new", systemRandom);
  expect(await readPrivateFile(path)).toBe("new");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder.path)).toEqual(["a.json"]);
});

it.skipIf(process.platform === "win32")("says which file there was no room for, and leaves nothing beside it", () => {
  const path = folder.file("a.json", "old");
  const program = fileURLToPath(new URL("./__fixtures__/replace-limited.ts", import.meta.url));
  // No file of this process may hold a byte; it speaks to a pipe.
  const limited = ["-c", 'ulimit -f 0; exec "$@"', "sh", process.execPath, "--import", "tsx", program, path];
  const said = execFileSync("sh", limited, { encoding: "utf8", stdio: "pipe" });
  expect(said).toMatch(/^EFBIG .*a\.json cannot be written: EFBIG/);
  expect([readdirSync(folder.path), readFileSync(path, "utf8")]).toEqual([["a.json"], "old"]);
});

it("puts the file in a link's place and leaves what the link named alone", async () => {
  const victim = folder.file("victim", "untouched");
  const path = join(folder.path, "a.json");
  symlinkSync(victim, path);
  await replaceFile(path, "new", systemRandom);
  expect(readFileSync(victim, "utf8")).toBe("untouched");
  expect(await readPrivateFile(path)).toBe("new");
});

it("does not write through a temporary file that was planted", async () => {
  const victim = folder.file("victim", "untouched");
  const path = join(folder.path, "a.json");
  const planted = { bytes: (count: number) => Buffer.alloc(count) };
  symlinkSync(victim, `${path}.${"A".repeat(12)}.tmp`);
  await expect(replaceFile(path, "new", planted)).rejects.toThrow("EEXIST");
  expect(readFileSync(victim, "utf8")).toBe("untouched");
});

it("takes its temporary file away when it fails", async () => {
  const path = join(folder.path, "taken");
  mkdirSync(join(path, "full"), { recursive: true });
  await expect(replaceFile(path, "new", systemRandom)).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(readdirSync(folder.path)).toEqual(["taken"]);
});

it("sweeps old temporary files of one name, and no others", async () => {
  const path = folder.file("a.json", "");
  const old = folder.file("a.json.abcdefghijkl.tmp", "");
  const others = ["a.json.abcdefghijkm.tmp", "a.json.short.tmp", "b.json.abcdefghijkl.tmp"];
  for (const name of others) folder.file(name, "");
  for (const name of others.slice(1)) utimesSync(join(folder.path, name), 1, 1);
  utimesSync(old, 1, 1);
  await sweepTemporaries(path, Date.now() - 60_000);
  expect(readdirSync(folder.path).sort()).toEqual(["a.json", ...others].sort());
  await sweepTemporaries(join(folder.path, "nowhere", "a.json"), Date.now());
});

it("reads nothing where there is nothing", async () => {
  expect(await readPrivateFile(join(folder.path, "none"))).toBeNull();
});

it("closes a file that others can read before it believes it", async () => {
  const path = folder.file("a.json", "text");
  chmodSync(path, 0o666);
  expect(await readPrivateFile(path)).toBe("text");
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it("refuses links, folders, pipes and what is too large", async () => {
  const path = folder.file("real", "text");
  const link = join(folder.path, "link");
  symlinkSync(path, link);
  await expect(readPrivateFile(link)).rejects.toThrow("is not a plain file");
  await expect(readPrivateFile(folder.path)).rejects.toThrow("is not a plain file");
  const pipe = join(folder.path, "pipe");
  execFileSync("mkfifo", [pipe]);
  await expect(within("a pipe holds nobody up", readPrivateFile(pipe))).rejects.toThrow("is not a plain file");
  await expect(readPrivateFile(path, 3)).rejects.toThrow("larger than 3 bytes");
});
