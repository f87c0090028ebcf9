import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type TempFolder, tempFolder } from "../../../test/support/temp.ts";
import { waitFor } from "../../../test/support/wait.ts";
import { usageLine } from "./__fixtures__/lines.ts";
import { createUsageLedger, type FileUsageLedger, type LedgerDeps } from "./create-ledger.ts";
import { localDay, shiftDay } from "./local-day.ts";

const folders: TempFolder[] = [];
const ledgers: FileUsageLedger[] = [];
afterEach(async () => {
  for (const ledger of ledgers.splice(0)) await ledger.close();
  for (const folder of folders.splice(0)) folder.close();
});

const noon = new Date(2026, 10, 21, 12).getTime();
const all = { group: "day", since: null, until: null } as const;

interface Setup {
  readonly folder: string;
  readonly ledger: FileUsageLedger;
  readonly troubles: string[];
  readonly clock: { at: number; passed: number };
}

function setup(more: Partial<LedgerDeps> = {}): Setup {
  const home = tempFolder("usage");
  folders.push(home);
  const folder = more.folder ?? join(home.path, "usage");
  const clock = { at: noon, passed: 0 };
  const troubles: string[] = [];
  const ledger = createUsageLedger({
    folder,
    clock: { now: () => clock.at, monotonic: () => clock.passed },
    onTrouble: (text) => troubles.push(text),
    ...more,
  });
  ledgers.push(ledger);
  return { folder, ledger, troubles, clock };
}

const read = (folder: string, name: string): string => readFileSync(join(folder, name), "utf8");
const count = (text: string): number => text.split("\n").filter((line) => line !== "").length;

describe("the usage ledger", () => {
  it("has what was recorded in the day's file once flushed, private to its owner", async () => {
    const { folder, ledger } = setup();
    ledger.record(usageLine({ at: noon, flow: "a" }));
    ledger.record(usageLine({ at: noon + 1, flow: "b" }));
    await ledger.flush();
    const lines = read(folder, "2026-11-21.jsonl").split("\n");
    expect(lines.map((line) => (line === "" ? "" : (JSON.parse(line) as { flow: string }).flow))).toEqual([
      "a",
      "b",
      "",
    ]);
    expect(lstatSync(folder).mode & 0o777).toBe(0o700);
    expect(lstatSync(join(folder, "2026-11-21.jsonl")).mode & 0o777).toBe(0o600);
  });

  it("writes without being asked to, and keeps nobody waiting", async () => {
    const { folder, ledger } = setup();
    ledger.record(usageLine({ at: noon }));
    const file = join(folder, "2026-11-21.jsonl");
    expect(existsSync(file)).toBe(false);
    await waitFor("the line", () => existsSync(file) && readFileSync(file, "utf8").endsWith("\n"));
    expect(count(readFileSync(file, "utf8"))).toBe(1);
  });

  it("makes a folder and files that others could read private", async () => {
    const { folder, ledger } = setup();
    mkdirSync(folder, { mode: 0o755 });
    writeFileSync(join(folder, "2026-11-21.jsonl"), "", { mode: 0o644 });
    ledger.record(usageLine({ at: noon }));
    await ledger.flush();
    expect(lstatSync(folder).mode & 0o777).toBe(0o700);
    expect(lstatSync(join(folder, "2026-11-21.jsonl")).mode & 0o777).toBe(0o600);
  });

  it("begins a new file at local midnight", async () => {
    const { folder, ledger } = setup();
    const midnight = new Date(2026, 10, 22).getTime();
    ledger.record(usageLine({ at: midnight - 1 }));
    ledger.record(usageLine({ at: midnight }));
    ledger.record(usageLine({ at: midnight + 1 }));
    await ledger.flush();
    expect(readdirSync(folder).sort()).toEqual(["2026-11-21.jsonl", "2026-11-22.jsonl"]);
    expect((await ledger.query(all)).map(({ key, calls }) => [key, calls])).toEqual([
      ["2026-11-21", 1],
      ["2026-11-22", 2],
    ]);
  });

  it("begins a further file of the day when one is full, also after a restart", async () => {
    const { folder, ledger } = setup({ maxFileBytes: 1_000 });
    for (let index = 0; index < 10; index += 1) ledger.record(usageLine({ at: noon + index }));
    await ledger.close();
    const names = readdirSync(folder).sort();
    expect(names).toContain("2026-11-21.jsonl");
    expect(names).toContain("2026-11-21.1.jsonl");
    for (const name of names) expect(read(folder, name).length).toBeLessThan(1_000 + 500);
    const next = setup({ folder, maxFileBytes: 1_000 }).ledger;
    next.record(usageLine({ at: noon + 10 }));
    await next.flush();
    expect((await next.query(all))[0]?.calls).toBe(11);
    const last = names.length - 1;
    expect(count(read(folder, `2026-11-21.${last}.jsonl`))).toBeGreaterThan(0);
  });

  it("takes up a file whose last line was torn without losing the next one", async () => {
    const { folder, ledger } = setup();
    ledger.record(usageLine({ at: noon }));
    await ledger.close();
    appendFileSync(join(folder, "2026-11-21.jsonl"), '{"at":17905,"flow":"to');
    const next = setup({ folder }).ledger;
    next.record(usageLine({ at: noon + 1 }));
    await next.flush();
    expect((await next.query(all))[0]?.calls).toBe(2);
    expect(next.damaged()).toBe(1);
  });

  it("passes over damaged lines and counts them once, however often it is asked", async () => {
    const { folder, ledger } = setup();
    ledger.record(usageLine({ at: noon }));
    await ledger.flush();
    appendFileSync(
      join(folder, "2026-11-21.jsonl"),
      `nonsense\n\n{"at":"x"}\n\u0000\u0000\n${"x".repeat(100_000)}\n${JSON.stringify({ ...usageLine({ at: noon }), later: 1 })}\n`,
    );
    await ledger.query(all);
    expect((await ledger.query(all))[0]?.calls).toBe(2);
    expect(ledger.damaged()).toBe(4);
  });

  it("reads only files of the range asked for", async () => {
    const { folder, ledger } = setup();
    const day = 86_400_000;
    for (let index = 0; index < 10; index += 1) ledger.record(usageLine({ at: noon - index * day }));
    await ledger.flush();
    writeFileSync(join(folder, "2026-11-12.jsonl"), "damage\n".repeat(3));
    const rows = await ledger.query({ group: "day", since: noon - 2 * day, until: noon - day });
    expect(rows.map(({ key }) => key)).toEqual(["2026-11-19", "2026-11-20"]);
    expect(ledger.damaged()).toBe(0);
  });

  it("removes files older than it keeps, and nothing that is not its own", async () => {
    const { folder } = setup();
    mkdirSync(folder, { mode: 0o700 });
    const today = localDay(noon);
    const names = [
      `${shiftDay(today, -401)}.jsonl`,
      `${shiftDay(today, -401)}.2.jsonl`,
      `${shiftDay(today, -400)}.jsonl`,
    ];
    for (const name of [...names, "2020-01-01.jsonl.bak", "notes.txt"]) writeFileSync(join(folder, name), "");
    const { ledger } = setup({ folder });
    await ledger.flush();
    expect(new Set(readdirSync(folder))).toEqual(new Set([names[2], "2020-01-01.jsonl.bak", "notes.txt"]));
  });

  it("refuses a folder that is a link, tells once, and writes nothing through it", async () => {
    const { folder, ledger, troubles } = setup();
    const elsewhere = join(folder, "..", "elsewhere");
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, folder);
    ledger.record(usageLine({ at: noon }));
    await expect(ledger.flush()).rejects.toThrow(/symbolic link/);
    await expect(ledger.flush()).rejects.toThrow(/symbolic link/);
    await expect(ledger.query(all)).rejects.toThrow(/symbolic link/);
    expect(readdirSync(elsewhere)).toEqual([]);
    expect(troubles.filter((text) => text.includes("not being recorded"))).toHaveLength(1);
  });

  it("refuses a day's file that is a link", async () => {
    const { folder, ledger } = setup();
    mkdirSync(folder, { mode: 0o700 });
    const target = join(folder, "..", "target");
    writeFileSync(target, "");
    symlinkSync(target, join(folder, "2026-11-21.jsonl"));
    ledger.record(usageLine({ at: noon }));
    await expect(ledger.flush()).rejects.toThrow(/not being recorded/);
    expect(readFileSync(target, "utf8")).toBe("");
    expect((await ledger.query(all))[0]?.calls).toBe(1);
  });

  it("tells once of a folder that cannot be written, goes on, and catches up when it can", async () => {
    const { folder, ledger, troubles, clock } = setup();
    writeFileSync(folder, "a file where the folder should be");
    for (let index = 0; index < 3; index += 1) {
      ledger.record(usageLine({ at: noon + index }));
      await expect(ledger.flush()).rejects.toThrow(/not being recorded/);
    }
    expect(troubles.filter((text) => text.includes("not being recorded"))).toHaveLength(1);
    rmSync(folder);
    clock.passed += 5_000;
    ledger.record(usageLine({ at: noon + 3 }));
    await ledger.flush();
    expect(count(read(folder, "2026-11-21.jsonl"))).toBe(4);
    expect(ledger.dropped()).toBe(0);
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "again");
    ledger.record(usageLine({ at: noon + 4 }));
    await expect(ledger.flush()).rejects.toThrow(/not being recorded/);
    expect(troubles.filter((text) => text.includes("not being recorded"))).toHaveLength(2);
  });

  it("drops lines beyond its bound, counts them, and tells once", async () => {
    const { folder, ledger, troubles } = setup();
    writeFileSync(folder, "no folder");
    for (let index = 0; index < 5_003; index += 1) ledger.record(usageLine({ at: noon }));
    expect(ledger.dropped()).toBe(3);
    expect(troubles.filter((text) => text.includes("is lost"))).toHaveLength(1);
    rmSync(folder);
    await ledger.flush();
    expect(count(read(folder, "2026-11-21.jsonl"))).toBe(5_000);
  });

  it("counts lines it could not write before it was closed, and takes none after", async () => {
    const { folder, ledger } = setup();
    writeFileSync(folder, "no folder");
    ledger.record(usageLine({ at: noon }));
    await ledger.close();
    await ledger.close();
    ledger.record(usageLine({ at: noon }));
    expect(ledger.dropped()).toBe(2);
  });

  it("includes lines that no file has yet, each once", async () => {
    const { folder, ledger } = setup();
    ledger.record(usageLine({ at: noon }));
    expect((await ledger.query(all))[0]?.calls).toBe(1);
    await ledger.flush();
    ledger.record(usageLine({ at: noon }));
    const [first, second] = await Promise.all([ledger.query(all), ledger.query(all)]);
    expect([first[0]?.calls, second[0]?.calls]).toEqual([2, 2]);
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "no folder");
    ledger.record(usageLine({ at: noon }));
    await expect(ledger.query(all)).rejects.toThrow(/not a folder/);
  });

  it("begins anew when its file is taken away", async () => {
    const { folder, ledger } = setup();
    ledger.record(usageLine({ at: noon }));
    await ledger.flush();
    rmSync(join(folder, "2026-11-21.jsonl"));
    ledger.record(usageLine({ at: noon }));
    await ledger.flush();
    expect(count(read(folder, "2026-11-21.jsonl"))).toBe(1);
  });

  it.each([Number.NaN, Infinity, -1, 8.64e15])("records a call that ended at %d as of now", async (at) => {
    const { ledger } = setup();
    ledger.record(usageLine({ at }));
    for (const [since, until] of [
      [null, null],
      [-1e300, 1e300],
      [noon, noon],
    ] as const) {
      expect((await ledger.query({ group: "day", since, until }))[0]?.key).toBe("2026-11-21");
    }
  });

  it("clips texts that no provider would send", async () => {
    const { folder, ledger } = setup();
    ledger.record(usageLine({ at: noon, model: "m".repeat(1_000_000) }));
    await ledger.flush();
    expect(read(folder, "2026-11-21.jsonl").length).toBeLessThan(2_000);
    expect((await ledger.query(all))[0]?.calls).toBe(1);
  });
});
