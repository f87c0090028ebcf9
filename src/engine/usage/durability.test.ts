/** What a flushed line survives: a process killed in the middle of its work, and a disk that takes only half of a line. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { type TempFolder, tempFolder } from "../../../test/support/temp.ts";
import { within } from "../../../test/support/wait.ts";
import { usageLine } from "./__fixtures__/lines.ts";
import { createUsageLedger } from "./create-ledger.ts";
import { decodeLine } from "./line.ts";

const folders: TempFolder[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) folder.close();
});

const modules = {
  ledger: new URL("create-ledger.ts", import.meta.url).href,
  lines: new URL("__fixtures__/lines.ts", import.meta.url).href,
};

/** Records without end (or `count` lines) and says the number of each line once `flush` has said it is kept. */
const recorder = `
  import { createUsageLedger } from ${JSON.stringify(modules.ledger)};
  import { usageLine } from ${JSON.stringify(modules.lines)};
  const [folder, begin, count] = process.env.TEST_RECORDER.split("|");
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  const ledger = createUsageLedger({ folder, clock, onTrouble: (text) => process.stderr.write(text + "\\n"), maxFileBytes: 8000 });
  const first = Number(begin);
  for (let number = first; number < first + Number(count); ) {
    const burst = 1 + (number % 7);
    for (let index = 0; index < burst; index += 1, number += 1) ledger.record(usageLine({ at: Date.now(), flow: String(number) }));
    try {
      await ledger.flush();
    } catch {
      break;
    }
    process.stdout.write((number - 1) + "\\n");
  }
`;

function start(folder: string, begin: number, count: number, shell: string | null = null): ChildProcess {
  const node = [process.execPath, "--import", import.meta.resolve("tsx"), "--input-type=module", "-e", recorder];
  const command = shell === null ? node : ["sh", "-c", `${shell}; exec "$@"`, "sh", ...node];
  return spawn(command[0] ?? "", command.slice(1), {
    cwd: fileURLToPath(new URL("../../..", import.meta.url)),
    env: { PATH: process.env["PATH"], TEST_RECORDER: `${folder}|${begin}|${count}` },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function recorded(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) =>
    readFileSync(join(folder, name), "utf8")
      .split("\n")
      .flatMap((text) => decodeLine(text)?.flow ?? []),
  );
}

/** The numbers the child said, until `enough` of them (then it is killed) or its end. */
async function acknowledged(child: ChildProcess, enough: number): Promise<number> {
  const exited = once(child, "exit");
  let last = -1;
  let said = 0;
  if (child.stdout === null) throw new Error("the child has no stdout");
  for await (const text of createInterface({ input: child.stdout })) {
    last = Number(text);
    said += 1;
    if (said === enough) child.kill("SIGKILL");
  }
  await exited;
  return last;
}

describe("a flushed line", () => {
  it("survives kill -9, over and over in the same folder", async () => {
    const home = tempFolder("usage-kill");
    folders.push(home);
    const folder = join(home.path, "usage");
    const kept: string[] = [];
    for (const [round, enough] of [3, 17, 40].entries()) {
      const begin = round * 1_000_000;
      const last = await within("the recorder's end", acknowledged(start(folder, begin, 1_000_000), enough));
      expect(last).toBeGreaterThanOrEqual(begin);
      for (let number = begin; number <= last; number += 1) kept.push(String(number));
    }
    const found = recorded(folder);
    const known = new Set(found);
    expect(kept.filter((number) => !known.has(number))).toEqual([]);
    expect(found.length).toBe(known.size);

    const ledger = createUsageLedger({ folder, clock: { now: Date.now, monotonic: () => 0 }, onTrouble: () => {} });
    const [row] = await ledger.query({ group: "model", since: null, until: null });
    expect(row?.calls).toBe(found.length);
    await ledger.close();
  });

  // `ulimit -f` counts in blocks of 512 or 1,024 bytes, by the shell; both are less than the ledger's own bound here.
  it.skipIf(process.platform === "win32")("is whole although the disk took half of a later one", async () => {
    const home = tempFolder("usage-full");
    folders.push(home);
    const folder = join(home.path, "usage");
    const child = start(folder, 0, 1_000, "ulimit -f 5");
    const stderr = readAll(child.stderr);
    const last = await within("the recorder's end", acknowledged(child, Infinity));
    expect(last).toBeGreaterThan(0);
    expect(last).toBeLessThan(999);
    expect((await stderr).match(/usage is not being recorded/g)).toHaveLength(1);
    const known = new Set(recorded(folder));
    for (let number = 0; number <= last; number += 1) expect(known).toContain(String(number));
    const text = readFileSync(join(folder, readdirSync(folder)[0] ?? ""), "utf8");
    expect(text.endsWith("\n")).toBe(false); // the disk was really full in the middle of a line

    const ledger = createUsageLedger({ folder, clock: { now: Date.now, monotonic: () => 0 }, onTrouble: () => {} });
    ledger.record(usageLine({ at: Date.now(), flow: "after" }));
    await ledger.flush();
    expect(recorded(folder)).toContain("after");
    await ledger.query({ group: "day", since: null, until: null });
    expect(ledger.damaged()).toBe(1);
    await ledger.close();
  });
});

async function readAll(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = "";
  if (stream !== null) for await (const chunk of stream) text += String(chunk);
  return text;
}
