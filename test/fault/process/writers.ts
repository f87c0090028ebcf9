/** Processes that write one store and are killed at random moments, and what each of them was told is on the disk. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { waitFor } from "../../support/wait.ts";
import type { Random } from "../board/random.ts";

export interface Writing {
  /** Every number that was acknowledged, by whom it was. */
  readonly kept: readonly number[];
  /** What they said besides. */
  readonly notices: readonly string[];
  readonly refusals: readonly string[];
  /** Processes that ended by themselves. */
  readonly deaths: readonly string[];
  readonly kills: number;
}

export interface WritersOptions {
  readonly program: string;
  /** `KIND FOLDER …` */
  readonly args: readonly string[];
  readonly count: number;
  readonly kills: number;
  readonly random: Random;
}

/** A writing takes a few milliseconds: within this the kill falls anywhere in one, or between two. */
const maxDelayMs = 25;

export async function killWriters({ program, args, count, kills, random }: WritersOptions): Promise<Writing> {
  const kept: number[] = [];
  const notices: string[] = [];
  const refusals: string[] = [];
  const deaths: string[] = [];
  const doomed = new WeakSet<ChildProcess>();
  const closings: Promise<void>[] = [];

  function start(): Writer {
    const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const writer: Writer = { child, isReady: false };
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const [word = "", ...rest] = line.split(" ");
      if (word === "ready") writer.isReady = true;
      else if (word === "kept") kept.push(Number(rest[0]));
      else if (word === "notice") notices.push(rest.join(" "));
      else if (word === "refused") refusals.push(rest.join(" "));
    });
    closings.push(
      new Promise((resolve) =>
        child.once("close", (code) => {
          if (!doomed.has(child)) deaths.push(`ended with ${code}: ${stderr.split("\n").slice(0, 8).join(" ")}`);
          resolve();
        }),
      ),
    );
    return writer;
  }

  const end = ({ child }: Writer): void => {
    doomed.add(child);
    child.kill("SIGKILL");
  };

  const writers = Array.from({ length: count }, start);
  try {
    for (let killed = 0; killed < kills; killed += 1) {
      const before = kept.length;
      // Somebody makes progress between two kills, or the store is stuck.
      await waitFor("a writing to be acknowledged", () => kept.length > before, 30_000);
      await delay(random.next() * maxDelayMs);
      const place = random.below(count);
      const victim = writers[place];
      if (victim === undefined) continue;
      // One that has not begun is no use killing.
      await waitFor("the next writer to begin", () => victim.isReady || victim.child.exitCode !== null, 30_000);
      end(victim);
      writers[place] = start();
    }
  } finally {
    for (const writer of writers) end(writer);
    await Promise.all(closings);
  }
  return { kept, notices, refusals, deaths, kills };
}

interface Writer {
  readonly child: ChildProcess;
  isReady: boolean;
}

/** Numbers that were acknowledged twice: the second writer had not seen the first one's. */
export function twice(kept: readonly number[]): readonly number[] {
  const seen = new Set<number>();
  return kept.filter((count) => seen.size === seen.add(count).size);
}
