import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type TempFolder, tempFolder } from "../../../test/support/temp.ts";
import { systemRandom } from "../../base/random.ts";
import { type Fault, failingFiles, numbered, type Numbered } from "./__fixtures__/numbered.ts";
import { type JsonStore, openJsonStore } from "./json-store.ts";

const folders: TempFolder[] = [];
afterEach(() => folders.splice(0).forEach((folder) => folder.close()));

function newPath(): string {
  const folder = tempFolder("store");
  folders.push(folder);
  return join(folder.path, "data", "state.json");
}

const open = (path: string): Promise<JsonStore<Numbered>> =>
  openJsonStore({ path, shape: numbered, random: systemRandom });

const count = (store: JsonStore<Numbered>, to: number): Promise<void> =>
  store.update((data) => ({ ...data, count: to }));

/** A store that holds 7, closed. */
async function storeOfSeven(): Promise<string> {
  const path = newPath();
  const store = await open(path);
  await count(store, 7);
  await store.close();
  return path;
}

const namesBeside = (path: string): string[] => readdirSync(join(path, "..")).sort();
const parsed = (path: string): Record<string, unknown> => JSON.parse(readFileSync(path, "utf8"));

const damage: readonly (readonly [name: string, text: string, why: string])[] = [
  ["nothing", "", "it is empty"],
  ["NUL bytes", "\0".repeat(300), "it holds nothing but NUL bytes"],
  ["the first half", '{"version":2,"generation":3,"coun', "it is cut off"],
  ["something else", "<html>}", "it is not JSON"],
  ["null", "null", "it holds null instead of an object"],
  ["a number", "0", "it holds a number instead of an object"],
  ["a text", '"x"', "it holds text instead of an object"],
  ["a list", "[]", "it holds a list instead of an object"],
  ["no version", '{"count":1,"filler":""}', "version is missing"],
  ["a version in text", '{"version":"2","count":1,"filler":""}', "version should be a whole number, and is text"],
  ["a version before the first", '{"version":0,"count":1,"filler":""}', "version 0 is unknown"],
  ["a generation in text", '{"version":2,"generation":"3"}', "generation should be a whole number, and is text"],
  ["a field of the wrong type", '{"version":2,"generation":3,"count":"x","filler":""}', "count should be number"],
  ["a field too few", '{"version":2,"generation":3,"count":1}', "filler is missing"],
  ["too deep a nesting", `{"version":2,"deep":${"[".repeat(300)}${"]".repeat(300)}}`, "it is not JSON"],
];

describe("a damaged file", () => {
  it.each(damage)("that holds %s is set aside, and the backup takes its place", async (_name, text, why) => {
    const path = await storeOfSeven();
    writeFileSync(path, text);
    const store = await open(path);
    const aside = namesBeside(path).find((name) => name.startsWith("state.json.corrupt-")) ?? "none";
    expect(store.notice).toContain(
      `${path} was damaged (${why}) and is kept as ${join(path, "..", aside)}. The backup of 2`,
    );
    expect(store.notice).toMatch(/Z took its place; whatever was saved after that moment is lost$/);
    expect(readFileSync(join(path, "..", aside), "utf8")).toBe(text);
    expect(store.data().count).toBe(7);
    await count(store, 8);
    await store.close();
    const again = await open(path);
    expect([again.notice, again.data().count]).toEqual([null, 8]);
  });

  it("without a backup begins anew and says what that means", async () => {
    const path = newPath();
    mkdirSync(join(path, ".."));
    writeFileSync(path, "{");
    const store = await open(path);
    expect(store.notice).toMatch(
      /was damaged \(it is cut off\) and is kept as .*corrupt-.{8}; there was no backup of it: the count begins anew$/,
    );
    expect(store.data().count).toBe(0);
  });

  it.each([
    ["cut", "switchyard-backup sha256=", "its first line is not that of a backup"],
    [
      "changed",
      `switchyard-backup sha256=${"0".repeat(64)} saved=2026-01-01T00:00:00.000Z\n{}`,
      "its checksum does not fit",
    ],
  ])("with a backup that is %s too keeps both and begins anew", async (_name, text, why) => {
    const path = await storeOfSeven();
    writeFileSync(path, "");
    writeFileSync(`${path}.bak`, text);
    const store = await open(path);
    expect(store.notice).toContain("was damaged (it is empty) and is kept as ");
    expect(store.notice).toContain(`; its backup was damaged too (${why}) and is kept as ${path}.bak.corrupt-`);
    expect(store.notice).toMatch(/: the count begins anew$/);
    expect(namesBeside(path).filter((name) => name.includes("corrupt"))).toHaveLength(2);
    expect(store.data().count).toBe(0);
    expect((await open(path)).notice).toBeNull();
  });

  it("that is older than its backup gives way to it", async () => {
    const path = await storeOfSeven();
    const old = readFileSync(path, "utf8");
    const store = await open(path);
    await count(store, 8);
    await store.close();
    writeFileSync(path, old);
    const after = await open(path);
    expect(after.notice).toContain("was older than its backup (generation 2, not 3) and is kept as ");
    expect(after.data().count).toBe(8);
  });

  it("that is gone is made again from its backup, and it is said how to begin anew", async () => {
    const path = await storeOfSeven();
    execFileSync("rm", [path]);
    const store = await open(path);
    expect(store.notice).toContain(`${path} was gone (to begin anew, remove ${path}.bak as well). The backup of `);
    expect(store.data().count).toBe(7);
  });

  it("with a byte order mark is read, and written without it", async () => {
    const path = await storeOfSeven();
    writeFileSync(path, `\uFEFF${JSON.stringify({ ...parsed(path), count: 9 })}`);
    const store = await open(path);
    expect(store.notice).toBe(`${path} began with a byte order mark; it was read all the same`);
    expect(store.data().count).toBe(9);
    expect(parsed(path)["count"]).toBe(9);
  });

  it("is never quoted in the notice", async () => {
    const path = await storeOfSeven();
    for (const text of [
      '{"proxyToken":"hunter2",',
      "hunter2}",
      '{"version":"hunter2"}',
      '{"version":2,"count":"hunter2","filler":""}',
    ]) {
      writeFileSync(path, text);
      expect((await open(path)).notice).not.toContain("hunter2");
    }
  });
});

describe("a file that is not ours to read", () => {
  it.each([
    ["a link", (path: string) => symlinkSync(join(path, "..", "victim"), path), "is not a plain file; move it away"],
    ["a folder", (path: string) => mkdirSync(path), "is not a plain file; move it away"],
    ["a pipe", (path: string) => execFileSync("sh", ["-c", 'mkfifo "$0"', path]), "is not a plain file; move it away"],
    [
      "16 MiB and a byte",
      (path: string) => {
        writeFileSync(path, "");
        truncateSync(path, 16 * 1024 * 1024 + 1);
      },
      "is larger than 16777216 bytes; move it away",
    ],
  ])("refuses %s by name and touches nothing", async (_name, place, why) => {
    const path = newPath();
    mkdirSync(join(path, ".."));
    place(path);
    await expect(open(path)).rejects.toThrow(`${path} ${why}`);
    expect(namesBeside(path)).toEqual(["state.json"]);
  });

  it("refuses a file that it may not open, and says what to type", async () => {
    const path = await storeOfSeven();
    chmodSync(path, 0);
    const asNobody = process.getuid?.() === 0;
    // Root may open everything: somebody else tries, in a folder that lets them look.
    if (asNobody) {
      for (const folder of [join(path, ".."), join(path, "../..")]) chmodSync(folder, 0o755);
      process.seteuid?.(65_534);
    }
    try {
      await expect(open(path)).rejects.toMatchObject({
        message: `${path} cannot be read: permission denied (EACCES)`,
        fix: expect.stringContaining(`chmod u+rw '${path}'`),
      });
    } finally {
      if (asNobody) process.seteuid?.(0);
    }
  });

  it.skipIf(process.getuid?.() !== 0)("refuses a file of another user", async () => {
    const path = await storeOfSeven();
    chownSync(path, 65_534, 65_534);
    await expect(open(path)).rejects.toThrow(`${path} belongs to another user; move it away`);
  });

  it("does not stop a start when it is only the backup, and says so", async () => {
    const path = await storeOfSeven();
    execFileSync("rm", [`${path}.bak`]);
    mkdirSync(join(`${path}.bak`, "full"), { recursive: true });
    const store = await open(path);
    expect(store.data().count).toBe(7);
    expect(store.notice).toContain(`${path}.bak cannot be written: `);
    const heard: string[] = [];
    store.onTrouble((text) => heard.push(text));
    await count(store, 8);
    await count(store, 9);
    await store.close();
    expect(heard).toHaveLength(1);
    expect(parsed(path)["count"]).toBe(9);
  });
});

describe("a file of a later version", () => {
  it.each([
    ["understood", { version: 3, generation: 1, count: 5, filler: "", more: true }, 5, "is read, but never written"],
    ["not understood", { version: 3, numbers: [5] }, 0, "cannot be understood, but never written"],
  ])("that is %s is left alone", async (_name, content, shown, words) => {
    const path = await storeOfSeven();
    const text = JSON.stringify(content);
    writeFileSync(path, text);
    const store = await open(path);
    expect(store.notice).toContain(
      `${path} was written by a newer Switchyard (version 3 of the file; this one knows 2)`,
    );
    expect(store.notice).toContain(words.split(",")[0]);
    expect(store.readOnly).toBe(store.notice);
    expect(store.data().count).toBe(shown);
    await expect(count(store, 9)).rejects.toThrow("newer Switchyard");
    await store.close();
    expect(readFileSync(path, "utf8")).toBe(text);
    expect(namesBeside(path)).toEqual(["state.json", "state.json.bak"]);
  });

  it("is not written over either when only its backup is left", async () => {
    const path = await storeOfSeven();
    const store = await openJsonStore({
      path,
      shape: { ...numbered, version: 3, migrations: { 2: (fields) => fields } },
      random: systemRandom,
    });
    await store.close();
    const backup = readFileSync(`${path}.bak`, "utf8");
    execFileSync("rm", [path]);
    const older = await open(path);
    expect([older.data().count, older.readOnly]).toEqual([
      7,
      expect.stringContaining(`${path}.bak was written by a newer`),
    ]);
    expect(readFileSync(`${path}.bak`, "utf8")).toBe(backup);
    expect(existsSync(path)).toBe(false);
  });

  it("may add fields that this one keeps, also deep inside", async () => {
    const path = await storeOfSeven();
    const later = '"later":{"deep":[1,{"__proto__":2}]},"__proto__":3';
    writeFileSync(path, readFileSync(path, "utf8").replace('"filler"', `${later},"filler"`));
    const store = await open(path);
    await count(store, 8);
    expect(JSON.stringify(parsed(path))).toContain(later);
    expect(parsed(path)["count"]).toBe(8);
  });
});

describe("a file of an earlier version", () => {
  it("is brought up to date, with what it held besides", async () => {
    const path = newPath();
    mkdirSync(join(path, ".."));
    writeFileSync(path, '{"version":1,"count":4,"extra":true}');
    const store = await open(path);
    expect(store.notice).toBeNull();
    expect(parsed(path)).toEqual({ version: 2, generation: 1, count: 4, extra: true, filler: "" });
    expect(basename(path)).toBe("state.json");
    expect((await open(path)).data().count).toBe(4);
  });
});

describe("an update", () => {
  it("is on the disk when it resolves, for the owner's eyes only", async () => {
    const path = newPath();
    const store = await open(path);
    await count(store, 1);
    expect(parsed(path)["count"]).toBe(1);
    chmodSync(path, 0o644);
    await count(store, 2);
    await store.close();
    for (const file of [path, `${path}.bak`]) expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
    chmodSync(path, 0o644);
    await open(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("is written together with those that wait beside it", async () => {
    const path = newPath();
    const store = await open(path);
    const before = Number(parsed(path)["generation"]);
    await Promise.all(Array.from({ length: 50 }, () => store.update((data) => ({ ...data, count: data.count + 1 }))));
    expect(store.data().count).toBe(50);
    expect(parsed(path)["count"]).toBe(50);
    expect(Number(parsed(path)["generation"])).toBe(before + 2);
  });

  it("that fails or breaks the shape takes no other with it", async () => {
    const path = newPath();
    const store = await open(path);
    const results = await Promise.allSettled([
      count(store, 1),
      count(store, Number.NaN),
      store.update(() => {
        throw new Error("no idea");
      }),
      store.update((data) => ({ ...data, filler: "x" })),
    ]);
    expect(results.map((result) => (result.status === "rejected" ? String(result.reason.message) : "kept"))).toEqual([
      "kept",
      `${path} was not changed: count should be number`,
      "no idea",
      "kept",
    ]);
    expect(store.data()).toMatchObject({ count: 1, filler: "x" });
  });

  it("that the disk does not take is not made, and the next one is", async () => {
    const disk = new Map<string, string>();
    const faults: Fault[] = [];
    const files = failingFiles(disk, faults);
    const store = await openJsonStore({ path: "/state.json", shape: numbered, random: systemRandom, files });
    faults.push("disk full");
    await expect(count(store, 1)).rejects.toThrow("ENOSPC");
    expect(store.data().count).toBe(0);
    await store.update((data) => ({ ...data, filler: "next" }));
    expect(JSON.parse(disk.get("/state.json") ?? "")).toMatchObject({ count: 0, filler: "next" });
    // It is there after all, but nobody could be sure: it does not count as somebody else's.
    faults.push("fails at the end");
    await expect(count(store, 2)).rejects.toThrow("EIO");
    await store.update((data) => ({ ...data, filler: "last" }));
    expect(JSON.parse(disk.get("/state.json") ?? "")).toMatchObject({ count: 0, filler: "last" });
  });

  it("would not write a file that could not be read again", async () => {
    const path = await storeOfSeven();
    const store = await open(path);
    const tooMuch = store.update((data) => ({ ...data, filler: "x".repeat(16 * 1024 * 1024) }));
    await expect(tooMuch).rejects.toThrow("would be larger than 16777216 bytes; nothing was written");
    expect(store.data().filler).toBe("");
  });

  it("never replaces what another process wrote", async () => {
    const path = await storeOfSeven();
    const one = await open(path);
    const two = await open(path);
    await count(two, 20);
    const text = readFileSync(path, "utf8");
    await expect(count(one, 10)).rejects.toMatchObject({
      message: `${path} was changed by somebody else while it was in use; nothing is written over it`,
      fix: expect.stringContaining("switchyard stop"),
    });
    expect(readFileSync(path, "utf8")).toBe(text);
    await count(two, 21);
    expect(parsed(path)["count"]).toBe(21);
  });

  it("after the end is refused, one before it is waited for", async () => {
    const path = newPath();
    const store = await open(path);
    const last = count(store, 3);
    await store.close();
    await last;
    expect(parsed(path)["count"]).toBe(3);
    await expect(count(store, 4)).rejects.toThrow("is closed already");
  });

  it("beyond ten thousand that wait is refused", async () => {
    const store = await open(newPath());
    const asked = Array.from({ length: 10_002 }, (_, index) => count(store, index).then(() => null, String));
    const refused = (await Promise.all(asked)).filter((result) => result !== null);
    expect(refused).toEqual([expect.stringContaining("10000 changes wait already")]);
  });
});
