import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type TempFolder, tempFolder } from "../../test/support/temp.ts";
import { within } from "../../test/support/wait.ts";
import { noZombies, startZombie } from "../../test/support/zombie.ts";
import { systemClock } from "./clock.ts";
import { createFileLocks, type FileLocks } from "./file-lock.ts";
import { thisProcess } from "./lock-holder.ts";
import { processStart } from "./process-table.ts";
import { systemRandom } from "./random.ts";

const script = fileURLToPath(new URL("__fixtures__/locking-process.ts", import.meta.url));
const root = fileURLToPath(new URL("../../", import.meta.url));
const never = new AbortController().signal;
const patient = { signal: never, timeoutMs: 30_000 };

let folder: TempFolder;
let path: string;
let locks: FileLocks;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = tempFolder("lock");
  path = join(folder.path, "a.lock");
  locks = createFileLocks({ random: systemRandom, clock: systemClock });
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  folder.close();
});

function start(...parameters: readonly string[]) {
  const child = spawn(process.execPath, ["--import", "tsx", script, ...parameters], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  return child;
}

/** A promise and what ends it. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

it("lets processes in one after the other, also past a dead one's lock", { timeout: 60_000 }, async () => {
  const counter = folder.file("counter", "0");
  folder.file("a.lock", JSON.stringify({ ...thisProcess("dead"), pid: 2 ** 22 + 1 }));
  const children = Array.from({ length: 4 }, () => start("count", path, counter, "25"));
  const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0] as unknown));
  expect(codes).toEqual([0, 0, 0, 0]);
  expect(readFileSync(counter, "utf8")).toBe("100");
  expect(readdirSync(folder.path)).toEqual(["counter"]);
});

it("takes over the lock of a process that was killed", async () => {
  const child = start("hold", path);
  await within("the child holds the lock", once(child.stdout, "data"));
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(existsSync(path)).toBe(true);
  expect(
    await within(
      "taken over",
      locks.withFileLock(path, patient, () => Promise.resolve("ours")),
    ),
  ).toBe("ours");
});

it.skipIf(noZombies)(
  "takes over the lock of a process that has ended and that its parent does not ask about",
  async () => {
    const zombie = await startZombie();
    try {
      const holder = { ...thisProcess("ended"), pid: zombie.pid, processStart: processStart(zombie.pid) };
      expect(holder.processStart).toMatch(/^\d+$/);
      folder.file("a.lock", JSON.stringify(holder));
      expect(await locks.withFileLock(path, { signal: never, timeoutMs: 5_000 }, () => Promise.resolve(1))).toBe(1);
    } finally {
      await zombie.close();
    }
  },
);

it("waits for a process that lives, and names it when it gives up", async () => {
  const child = start("hold", path);
  await within("the child holds the lock", once(child.stdout, "data"));
  const attempt = locks.withFileLock(path, { signal: never, timeoutMs: 50 }, () => Promise.resolve());
  await expect(attempt).rejects.toThrow(`${path} has been held by process ${child.pid}`);
  child.kill("SIGKILL");
  await once(child, "exit");
});

it("stops waiting when what it waits to do has been done", async () => {
  const child = start("hold", path);
  await within("the child holds the lock", once(child.stdout, "data"));
  const isMoot = () => Promise.resolve(true);
  await expect(locks.withFileLock(path, { ...patient, isMoot }, () => Promise.resolve())).rejects.toThrow("not needed");
  child.kill("SIGKILL");
  await once(child, "exit");
});

it("lets callers of one process stand in line, in their order", async () => {
  const seen: number[] = [];
  const first = gate();
  const calls = [0, 1, 2, 3].map((caller) =>
    locks.withFileLock(path, patient, async () => {
      if (caller === 0) await first.opened;
      seen.push(caller);
    }),
  );
  first.open();
  await Promise.all(calls);
  expect(seen).toEqual([0, 1, 2, 3]);
});

it("ends a wait with its signal, and lets the next one in line move up, not overtake", async () => {
  const first = gate();
  const holding = locks.withFileLock(path, patient, () => first.opened);
  const caller = new AbortController();
  const second = locks.withFileLock(path, { ...patient, signal: caller.signal }, () => Promise.resolve("second"));
  let isThird = false;
  const third = locks.withFileLock(path, patient, () => Promise.resolve((isThird = true)));
  caller.abort(new Error("gone"));
  await expect(second).rejects.toThrow("gone");
  expect(isThird).toBe(false);
  first.open();
  await Promise.all([holding, third]);
  expect(isThird).toBe(true);
});

it("is free again when its work has thrown", async () => {
  await expect(locks.withFileLock(path, patient, () => Promise.reject(new Error("broke")))).rejects.toThrow("broke");
  expect(readdirSync(folder.path)).toEqual([]);
});

it.each([
  ["a process that is gone", { pid: 2 ** 22 + 1 }],
  ["another process under the same number", { processStart: "1" }],
  ["another boot of this machine", { bootId: "00000000-0000-0000-0000-000000000000" }],
])("takes over from %s", async (_who, differs) => {
  folder.file("a.lock", JSON.stringify({ ...thisProcess("old"), ...differs }));
  expect(await locks.withFileLock(path, { signal: never, timeoutMs: 5_000 }, () => Promise.resolve(1))).toBe(1);
});

it.each([
  ["another machine", JSON.stringify({ ...thisProcess("far"), host: "elsewhere", bootId: "another" }), 130],
  ["another container", JSON.stringify({ ...thisProcess("far"), pidNamespace: "pid:[1]" }), 130],
  ["nobody who can be named", "", 15],
])("gives %s its time, because it cannot be asked", async (_who, text, staleSeconds) => {
  folder.file("a.lock", text);
  const attempt = locks.withFileLock(path, { signal: never, timeoutMs: 50 }, () => Promise.resolve());
  await expect(attempt).rejects.toThrow("has been held by");
  const then = systemClock.now() / 1_000 - staleSeconds;
  utimesSync(path, then, then);
  expect(await locks.withFileLock(path, { signal: never, timeoutMs: 5_000 }, () => Promise.resolve(1))).toBe(1);
});

it("finishes a removal that was itself killed in the middle", async () => {
  const { createHash } = await import("node:crypto");
  const dead = (nonce: string): string => JSON.stringify({ ...thisProcess(nonce), pid: 2 ** 22 + 1 });
  const hash = createHash("sha256").update(dead("one")).digest("hex").slice(0, 16);
  folder.file("a.lock", dead("one"));
  folder.file(`a.lock.${hash}.takeover`, dead("two"));
  expect(await locks.withFileLock(path, { signal: never, timeoutMs: 5_000 }, () => Promise.resolve(1))).toBe(1);
  expect(readdirSync(folder.path)).toEqual([]);
});

it("leaves a lock alone that another has taken after the file was deleted by hand", async () => {
  const other = JSON.stringify({ ...thisProcess("other"), pid: process.ppid });
  await locks.withFileLock(path, patient, () => {
    folder.file("a.lock", other);
    return Promise.resolve();
  });
  expect(readFileSync(path, "utf8")).toBe(other);
});
