/** S9: what a store has acknowledged is there after kill -9, on a full disk, and never silently gone from a damaged file. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../../src/base/clock.ts";
import { systemRandom } from "../../../src/base/random.ts";
import { createCredentialStore } from "../../../src/engine/accounts/credentials/store.ts";
import { readStore } from "../../../src/engine/state/store-text.ts";
import { run } from "../../support/proxy-clients.ts";
import { tempFolder } from "../../support/temp.ts";
import type { BoardCase } from "../board/case.ts";
import type { Random } from "../board/random.ts";
import { bundled } from "../process/bundled.ts";
import { countedAccount, counting, countOf } from "../process/counted.ts";
import { accountAfter, shapes, stateAfter } from "../process/damage.ts";
import { fill, mountSmallDisk } from "../process/small-disk.ts";
import { killWriters, twice, type Writing } from "../process/writers.ts";

const kinds = ["state", "account"] as const;
type Kind = (typeof kinds)[number];

export const storeCase: BoardCase = {
  id: "S9",
  title: "damaged or lost in the stores: kill -9 in write loops of 1, 2 and 4 processes, a full disk, 12 broken files",
  aim: "0 corrupt, 0 acknowledged writes lost, 12 of 12 recovered with a notice",
  peers: [],
  remark:
    "neither peer keeps state. Plain lowdb 7.0.1 in loops like these: 0 of 200 kills of a single writer did harm; with two processes 2 of 18 rounds left a corrupt file, 18 writings failed and 7 readers died (measured late 2026). `lowdb` in the details of a long run is that package in these very loops, two processes.",
  async run(context) {
    const { amount, random, say } = context;
    const kills = context.of({ short: 12, usual: 180, full: 1_000 });
    const program = await bundled("./store-writer.ts");
    const details: string[] = [];
    let acknowledged = 0;
    try {
      for (const kind of kinds) {
        for (const count of [1, 2, 4]) {
          const share = Math.round(kills / 6);
          const folder = tempFolder(`store-${kind}`);
          try {
            const args = [kind, folder.path];
            const writing = await killWriters({
              program: program.path,
              args,
              count,
              kills: share,
              random: random.fork(`${kind}${count}`),
            });
            acknowledged += writing.kept.length;
            const label = `${kind}, ${count} ${count === 1 ? "process" : "processes"}`;
            const faults = [...faultsOf(writing), ...(await faultsAtEnd(kind, folder.path, writing, program.path))];
            details.push(...faults.map((fault) => `${label}: ${fault}`));
            say(`${label}: ${share} kills, ${writing.kept.length} acknowledged, ${faults.length} faults`);
          } finally {
            folder.close();
          }
        }
        details.push(...(await faultsOfFullDisk(kind, program.path)).map((fault) => `${kind}, disk full: ${fault}`));
      }
      if (amount !== "short") say(await lowdbBeside(program.path, Math.round(kills / 6), random));
    } finally {
      program.close();
    }
    let recovered = 0;
    for (const shape of shapes) {
      const faults = [await stateAfter(shape, true), await stateAfter(shape, false), await accountAfter(shape)];
      const wrong = faults.flatMap((fault) => (fault === null ? [] : [`${shape.name}: ${fault}`]));
      if (wrong.length === 0) recovered += 1;
      details.push(...wrong);
    }
    const lost = details.length - (shapes.length - recovered);
    return {
      figure: `${lost} faults in ${kills} kills, ${acknowledged.toLocaleString("en")} writes acknowledged; ${recovered} of ${shapes.length} broken files recovered`,
      kept: details.length === 0,
      details,
    };
  },
};

function faultsOf({ kept, notices, refusals, deaths }: Writing): readonly string[] {
  return [
    ...twice(kept).map((count) => `write ${count} was acknowledged twice: the first was lost`),
    ...notices.map((text) => `found damage: ${text}`),
    ...refusals.map((text) => `refused: ${text}`),
    ...deaths,
  ];
}

/** Reads what is there as nobody writes any more; and the next writer tidies up. */
async function faultsAtEnd(kind: Kind, folder: string, { kept }: Writing, program: string): Promise<readonly string[]> {
  const last = Math.max(...kept);
  const found = await foundIn(kind, folder);
  const faults: string[] = [];
  if (typeof found === "string") faults.push(found);
  else if (found < last) faults.push(`${last} was acknowledged, ${found} is there`);
  const next = await run(process.execPath, [program, kind, folder, String(last + 3), "10"]);
  if (!next.stdout.includes(`kept ${last + 2}`)) faults.push(`the next writer: ${next.stdout}${next.stderr}`);
  if (kind === "state") {
    const left = readdirSync(folder).filter((name) => !["state.json", "state.json.bak"].includes(name));
    // A killed taker of the home leaves its own small file; the stores leave nothing.
    const strays = left.filter((name) => !name.startsWith("core.json"));
    if (strays.length > 0) faults.push(`left behind: ${strays.join(", ")}`);
  }
  return faults;
}

async function foundIn(kind: Kind, folder: string): Promise<number | string> {
  if (kind === "state") {
    const found = readStore(readFileSync(join(folder, "state.json"), "utf8"), counting);
    return found.type === "good" ? found.data.count : `the file is ${found.type}`;
  }
  const store = createCredentialStore({ folder: join(folder, "accounts"), random: systemRandom, clock: systemClock });
  const reading = await store.read(countedAccount);
  return reading.state === "ok" ? countOf(reading.account) : `the file is ${reading.state}`;
}

/** Room for the file once, and not for its replacement beside it. */
async function faultsOfFullDisk(kind: Kind, program: string): Promise<readonly string[]> {
  const disk = mountSmallDisk(256 * 1024);
  const folder = disk ?? tempFolder("full");
  try {
    const writer = (limit: number, bytes: number): Promise<{ readonly stdout: string }> => {
      const line = [process.execPath, program, kind, folder.path, String(limit), String(bytes)];
      // Without a disk of our own: files are held to 16 blocks.
      if (disk === null && bytes > 10_000) return run("bash", ["-c", 'ulimit -f 16; exec "$@"', "-", ...line]);
      return run(line[0] ?? "", line.slice(1));
    };
    await writer(5, 5_000);
    // An account's field holds less; what fills the disk is beside it.
    const bytes = kind === "account" ? 60_000 : 150_000;
    if (disk !== null && kind === "account") fill(disk.path, disk.room() - 20_000);
    const full = await writer(19, bytes);
    const faults: string[] = [];
    const refused = Number(/^refused (\d+) .*(?:disk is full|ENOSPC|EFBIG)/m.exec(full.stdout)?.[1] ?? 0);
    if (refused < 6) faults.push(`nobody was told: ${full.stdout}`);
    const found = await foundIn(kind, folder.path);
    if (found !== refused - 1) faults.push(`${refused - 1} was acknowledged, ${found} is there`);
    const strays = readdirSync(folder.path, { recursive: true }).filter((name) => String(name).endsWith(".tmp"));
    if (strays.length > 0) faults.push(`half-written files stay: ${strays.join(", ")}`);
    if (disk !== null && kind === "account") fill(disk.path, 0);
    const after = await writer(20, 5_000);
    if (!after.stdout.includes("kept 20")) faults.push(`with room again: ${after.stdout}`);
    return faults;
  } finally {
    folder.close();
  }
}

/** The package as it comes, for whoever wonders what the rest is for; says what came of it. */
async function lowdbBeside(program: string, kills: number, random: Random): Promise<string> {
  const folder = tempFolder("store-lowdb");
  try {
    const args = ["lowdb", folder.path];
    const { kept, deaths } = await killWriters({ program, args, count: 2, kills, random: random.fork("lowdb") });
    return `plain lowdb, 2 processes: ${kills} kills, ${kept.length} acknowledged, ${twice(kept).length} of them lost, ${deaths.length} writers died`;
  } catch (error) {
    // Its file can be left in a state in which nobody writes any more.
    return `plain lowdb, 2 processes: did not get through ${kills} kills (${error instanceof Error ? error.message : String(error)})`;
  } finally {
    folder.close();
  }
}
