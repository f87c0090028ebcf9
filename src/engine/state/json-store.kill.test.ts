/** Real processes, really killed: what one of them was told is on the disk must be there for the next. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../../test/support/proxy-clients.ts";
import { type TempFolder, tempFolder } from "../../../test/support/temp.ts";
import { within } from "../../../test/support/wait.ts";
import { compiled } from "./__fixtures__/compiled.ts";
import { readBackup, readStore } from "./store-text.ts";
import { numbered } from "./__fixtures__/numbered.ts";

const build = tempFolder("count-up");
let program = "";
beforeAll(async () => {
  program = await compiled(new URL("./__fixtures__/count-up.ts", import.meta.url), build);
});
afterAll(() => build.close());

const folders: TempFolder[] = [];
afterEach(() => folders.splice(0).forEach((folder) => folder.close()));

function newHome(label: string): TempFolder {
  const folder = tempFolder(label);
  folders.push(folder);
  return folder;
}

const kills = 60;
/** One of our writes takes a few milliseconds: within this the kill falls anywhere in one, or between two. */
const maxDelayMs = 25;

interface Life {
  readonly found: number;
  readonly kept: number;
  readonly notice: string | null;
}

/** Lets it count, and kills it at a random moment after its first acknowledgement. */
async function lifeOf(path: string): Promise<Life> {
  const child = spawn(process.execPath, [program, path], { stdio: ["ignore", "pipe", "inherit"] });
  const life = { found: -1, kept: -1, notice: null as string | null };
  let isDoomed = false;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [word = "", ...rest] = line.split(" ");
    if (word === "found") life.found = Number(rest[0]);
    else if (word === "notice") life.notice = rest.join(" ");
    else if (word === "kept") {
      life.kept = Number(rest[0]);
      if (!isDoomed) setTimeout(() => child.kill("SIGKILL"), Math.random() * maxDelayMs);
      isDoomed = true;
    } else throw new Error(line);
  });
  await within("the counting process to be killed", once(child, "close"), 20_000);
  return life;
}

describe("a store whose process is killed", () => {
  it(`loses nothing that was acknowledged in ${kills} kills`, { timeout: 180_000 }, async () => {
    const homes = [newHome("killed"), newHome("killed")];
    let unacknowledged = 0;
    let orphans = 0;
    await Promise.all(
      homes.map(async (home) => {
        const path = join(home.path, "data", "state.json");
        let last = 0;
        for (let round = 0; round < kills / homes.length; round += 1) {
          const life = await lifeOf(path);
          expect(life.found).toBeGreaterThanOrEqual(last);
          expect(life.found).toBeLessThanOrEqual(last + 1);
          expect(life.notice).toBeNull();
          expect(life.kept).toBeGreaterThan(life.found);
          unacknowledged += life.found - last;
          last = life.kept;
          expect(statSync(path).mode & 0o777).toBe(0o600);
          const found = readStore(readFileSync(path, "utf8"), numbered);
          if (found.type !== "good") throw new Error(`the file is ${found.type}`);
          expect(found.data.count).toBeGreaterThanOrEqual(last);
          expect(readBackup(readFileSync(`${path}.bak`, "utf8"), numbered).type).toBe("good");
          orphans += readdirSync(join(home.path, "data")).filter((name) => name.endsWith(".tmp")).length;
        }
        const end = await run(process.execPath, [program, path, "0"]);
        expect(end.stdout).toMatch(/^found \d+\n$/);
        expect(readdirSync(join(home.path, "data")).sort()).toEqual(["state.json", "state.json.bak"]);
      }),
    );
    // The kills did hit writes in the middle, or this has tested nothing.
    expect(unacknowledged + orphans).toBeGreaterThan(0);
  });

  it("keeps the old file and leaves no other when the disk does not take the new one", async () => {
    const home = newHome("full");
    const path = join(home.path, "state.json");
    await run(process.execPath, [program, path, "3", "100"]);
    const before = readFileSync(path, "utf8");
    // A limit of 8 blocks fails a write halfway, as a full disk does.
    const ran = await run("bash", ["-c", 'ulimit -f 8; exec "$@"', "-", process.execPath, program, path, "9", "65536"]);
    expect(ran.stdout).toContain("found 3\n");
    expect(ran.stdout).toContain("cannot be written: it would be larger than this session may write (EFBIG)");
    expect(ran.stdout).toContain("what it held before is still there");
    expect(readFileSync(path, "utf8")).toBe(before);
    expect(readdirSync(home.path).sort()).toEqual(["state.json", "state.json.bak"]);
  });

  it("sweeps old temporary files of its own name, and no others", async () => {
    const home = newHome("sweep");
    const path = join(home.path, "state.json");
    const old = ["state.json.abcdefghijkl.tmp", "state.json.bak.abcdefgh_jk-.tmp"];
    const others = ["state.json.short.tmp", "other.json.abcdefghijkl.tmp", "state.json.abcdefghijkl.tmp.txt"];
    for (const name of [...old, ...others]) utimesSync(home.file(name, ""), 1, 1);
    const young = "state.json.ABCDEFGHIJKL.tmp";
    utimesSync(home.file(young, ""), new Date(), new Date(Date.now() + 3_600_000));
    await run(process.execPath, [program, path, "1", "1"]);
    expect(readdirSync(home.path).sort()).toEqual([...others, young, "state.json", "state.json.bak"].sort());
  });
});
