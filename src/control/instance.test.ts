import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { type TempFolder, tempFolder } from "../../test/support/temp.ts";
import { noZombies, startZombie } from "../../test/support/zombie.ts";
import { bootId, processStart } from "../base/process-table.ts";
import { systemRandom } from "../base/random.ts";
import { acquireInstance, readInstance } from "./instance.ts";

const folders: TempFolder[] = [];
afterEach(() => folders.splice(0).forEach((folder) => folder.close()));

function home(): { pidFile: string; path: string } {
  const folder = tempFolder("instance");
  folders.push(folder);
  return { path: folder.path, pidFile: join(folder.path, "state", "core.json") };
}

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""], { stdio: "ignore" });
  await once(child, "exit");
  return child.pid ?? 0;
}

describe("the instance lock", () => {
  it("lets one in and tells the next who holds it", async () => {
    const paths = home();
    const first = await acquireInstance(paths, systemRandom);
    if (!first.ok) throw new Error("held by nobody");
    await first.instance.publish("http://127.0.0.1:1");
    const second = await acquireInstance(paths, systemRandom);
    expect(second).toEqual({
      ok: false,
      holder: expect.objectContaining({ pid: process.pid, url: "http://127.0.0.1:1" }),
    });
    expect(statSync(paths.pidFile).mode & 0o777).toBe(0o600);
    await first.instance.release();
    expect(await readInstance(paths)).toBeNull();
    expect((await acquireInstance(paths, systemRandom)).ok).toBe(true);
  });

  it("lets exactly one of many in that come at once, even over a stale file", async () => {
    const paths = home();
    const first = await acquireInstance(paths, systemRandom);
    if (!first.ok) throw new Error("held by nobody");
    const stale = { ...JSON.parse(readFileSync(paths.pidFile, "utf8")), pid: await deadPid() };
    writeFileSync(paths.pidFile, JSON.stringify(stale));
    const results = await Promise.all(Array.from({ length: 8 }, () => acquireInstance(paths, systemRandom)));
    expect(results.filter((result) => result.ok)).toHaveLength(1);
    expect(readdirSync(join(paths.pidFile, ".."))).toEqual(["core.json"]);
  });

  it("lets exactly one in when each comes at a moment of its own, over a stale file", { timeout: 60_000 }, async () => {
    // 79 of 300 such rounds let two in while takers moved the stale file away without a lock among themselves.
    const paths = home();
    const first = await acquireInstance(paths, systemRandom);
    if (!first.ok) throw new Error("held by nobody");
    const stale = JSON.stringify({ ...JSON.parse(readFileSync(paths.pidFile, "utf8")), bootId: "another-boot" });
    for (let round = 0; round < 25; round += 1) {
      writeFileSync(paths.pidFile, stale);
      const results = await Promise.all(
        Array.from({ length: 8 }, async () => {
          await delay(Math.random() * 6);
          return acquireInstance(paths, systemRandom);
        }),
      );
      expect(results.filter((result) => result.ok)).toHaveLength(1);
    }
    expect(readdirSync(join(paths.pidFile, ".."))).toEqual(["core.json"]);
  });

  it("takes away what takers left that were killed on the way, and nobody else's", async () => {
    const paths = home();
    const first = await acquireInstance(paths, systemRandom);
    if (!first.ok) throw new Error("held by nobody");
    await first.instance.release();
    const folder = join(paths.pidFile, "..");
    const record = { nonce: "x", bootId: bootId(), processStart: null, url: null };
    writeFileSync(join(folder, "core.json.killed.tmp"), JSON.stringify({ ...record, pid: await deadPid() }));
    const own = { ...record, pid: process.pid, processStart: processStart(process.pid) };
    writeFileSync(join(folder, "core.json.at-work.tmp"), JSON.stringify(own));
    writeFileSync(join(folder, "other.json.tmp"), "");
    expect((await acquireInstance(paths, systemRandom)).ok).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(["core.json", "core.json.at-work.tmp", "other.json.tmp"]);
  });

  it.each([
    ["of a process that is gone", async () => ({ pid: await deadPid() })],
    ["from before the machine restarted", async () => ({ bootId: "another-boot" })],
    ["of a process whose number was given to us", async () => ({ processStart: "1" })],
  ])("takes over a file %s", async (_name, change) => {
    const paths = home();
    await acquireInstance(paths, systemRandom);
    const record = { ...JSON.parse(readFileSync(paths.pidFile, "utf8")), ...(await change()) };
    writeFileSync(paths.pidFile, JSON.stringify(record));
    expect(await readInstance(paths)).toBeNull();
    expect((await acquireInstance(paths, systemRandom)).ok).toBe(true);
  });

  it.skipIf(noZombies)(
    "takes over a file of a process that has ended and that its parent does not ask about",
    async () => {
      const paths = home();
      await acquireInstance(paths, systemRandom);
      const zombie = await startZombie();
      try {
        const stale = { pid: zombie.pid, processStart: processStart(zombie.pid) };
        expect(stale.processStart).toMatch(/^\d+$/);
        const record = { ...JSON.parse(readFileSync(paths.pidFile, "utf8")), ...stale };
        writeFileSync(paths.pidFile, JSON.stringify(record));
        expect(await readInstance(paths)).toBeNull();
        expect((await acquireInstance(paths, systemRandom)).ok).toBe(true);
      } finally {
        await zombie.close();
      }
    },
  );

  it.each(["", "{", "null", '{"pid":-1,"nonce":"x"}', '{"pid":"1"}'])(
    "takes over a file that holds %j",
    async (text) => {
      const paths = home();
      await acquireInstance(paths, systemRandom);
      writeFileSync(paths.pidFile, text);
      expect((await acquireInstance(paths, systemRandom)).ok).toBe(true);
    },
  );

  it("does not give back what is no longer its own", async () => {
    const paths = home();
    const first = await acquireInstance(paths, systemRandom);
    if (!first.ok) throw new Error("held by nobody");
    writeFileSync(paths.pidFile, "");
    await acquireInstance(paths, systemRandom);
    await first.instance.release();
    await first.instance.publish("http://elsewhere");
    expect((await readInstance(paths))?.url).toBeNull();
  });
});
