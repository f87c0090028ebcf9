/**
 * A lock that processes share: a small file that appears whole or not at all and says who holds it. One left by a process
 * that is gone (killed, or from before a restart) is taken over. Not for long work: whoever waits asks every 20-200 ms.
 * Callers inside one process stand in line and ask nothing.
 *
 * Taking over is where such locks usually break: two processes see the same dead holder, the slower one removes the lock
 * that the faster one has just placed. Here a dead holder's file may only be removed by whoever holds the lock on that
 * very removal (`.HASH.takeover`, the hash of what the dead one wrote), looked at once more under it. A process killed
 * in the middle of a removal leaves a lock that is taken over in the same way.
 */
import { createHash } from "node:crypto";
import { link, open, readFile, stat, unlink, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "./clock.ts";
import { judge, parseHolder, thisProcess } from "./lock-holder.ts";
import { type Random, token } from "./random.ts";

export interface FileLocks {
  /**
   * Runs `work` while this process alone holds the lock file at `path` (its folder must exist). Rejects with the
   * signal's reason, a `FileLockTimeout` or a `FileLockMoot`; once `work` has begun, none of them ends it.
   */
  withFileLock<Result>(path: string, options: WaitOptions, work: () => Promise<Result>): Promise<Result>;
}

export interface WaitOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Asked while another process holds the lock: has it done what we wanted to do? Then there is nothing to wait for. */
  readonly isMoot?: () => Promise<boolean>;
}

/** The holder has done the work in the meantime. */
export class FileLockMoot extends Error {
  constructor(path: string) {
    super(`${path} is not needed any more`);
    this.name = "FileLockMoot";
  }
}

/** Somebody else has held the lock for the whole time. */
export class FileLockTimeout extends Error {
  constructor(path: string, holder: string) {
    super(`${path} has been held by ${holder} for too long; end that process, or delete the file if there is none`);
    this.name = "FileLockTimeout";
  }
}

const privateFile = 0o600;
const minPollMs = 20;
const maxPollMs = 200;
/** A holder in another container or on another machine cannot be asked; nobody holds such a lock for half as long. */
const foreignStaleMs = 120_000;
/** A file without a readable record: its writer was killed where hard links do not exist, or a disk was full. */
const brokenStaleMs = 10_000;
/** Removals that were killed in the middle, one inside the other. */
const maxTakeoverDepth = 4;

export function createFileLocks(deps: { readonly random: Random; readonly clock: Clock }): FileLocks {
  /** Path → resolves when the last one in line is through. */
  const lines = new Map<string, Promise<void>>();

  /** Joins the line; `turn` resolves when everybody before has left. */
  function standInLine(path: string): { readonly turn: Promise<void>; leave(): void } {
    const turn = lines.get(path) ?? Promise.resolve();
    let leave = (): void => undefined;
    const left = new Promise<void>((resolve) => (leave = resolve));
    // Who gives up early lets the next one move up, not overtake.
    const line = turn.then(() => left);
    lines.set(path, line);
    void line.then(() => lines.get(path) === line && lines.delete(path));
    return { turn, leave: () => leave() };
  }

  return {
    async withFileLock(path, { signal, timeoutMs, isMoot }, work) {
      const place = standInLine(path);
      const wait: Wait = { holder: "another call of this process", ...(isMoot === undefined ? {} : { isMoot }) };
      // One controller for both ends; a listener that is taken off again leaves nothing behind on a long-lived signal.
      const end = new AbortController();
      const onAbort = (): void => end.abort(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
      const timer = setTimeout(() => end.abort(new FileLockTimeout(path, wait.holder)), timeoutMs);
      try {
        await untilAborted(place.turn, end.signal);
        const release = await acquire(path, end.signal, wait, deps);
        clearTimeout(timer);
        try {
          return await work();
        } finally {
          await release();
        }
      } finally {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        place.leave();
      }
    },
  };
}

interface Wait {
  /** Whom we wait for, for the message of whoever gives up. */
  holder: string;
  readonly isMoot?: () => Promise<boolean>;
}

type Deps = { readonly random: Random; readonly clock: Clock };

async function acquire(path: string, signal: AbortSignal, wait: Wait, deps: Deps): Promise<() => Promise<void>> {
  const claim = await writeClaim(path, deps.random);
  try {
    for (let round = 0; ; round += 1) {
      signal.throwIfAborted();
      if (await place(claim, path)) return () => release(path, claim);
      const found = await look(path, deps.clock);
      if (found?.isStale === true && (await takeOver(path, path, found.text, 0, deps))) continue;
      if (found === null) continue;
      wait.holder = found.holder;
      if (round > 0 && (await wait.isMoot?.()) === true) throw new FileLockMoot(path);
      await pause(round, signal, deps.random);
    }
  } finally {
    await unlink(claim.temporary).catch(ignoreMissing);
  }
}

interface Claim {
  readonly temporary: string;
  readonly text: string;
}

async function writeClaim(path: string, random: Random): Promise<Claim> {
  const nonce = token(random, 9);
  const claim = { temporary: `${path}.${nonce}.tmp`, text: `${JSON.stringify(thisProcess(nonce))}\n` };
  try {
    await writeFile(claim.temporary, claim.text, { flag: "wx", mode: privateFile });
  } catch (error) {
    // A full disk takes the name and not the text.
    if (errorCode(error) !== "EEXIST") await unlink(claim.temporary).catch(ignoreMissing);
    throw error;
  }
  return claim;
}

/** A hard link fails when the name exists, and what it names is already complete. */
async function place(claim: Claim, path: string): Promise<boolean> {
  try {
    await link(claim.temporary, path);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    if (!hasNoLinks(error)) throw error;
  }
  // A file system without hard links (exFAT, some network folders): created and filled in two steps.
  try {
    const file = await open(path, "wx", privateFile);
    try {
      await file.writeFile(claim.text);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function release(path: string, claim: Claim): Promise<void> {
  // Somebody may have deleted the file by hand, and then it is another's.
  if ((await readText(path)) === claim.text) await unlink(path).catch(ignoreMissing);
}

/** What the lock file says now; null when it is gone. */
async function look(path: string, clock: Clock): Promise<{ text: string; isStale: boolean; holder: string } | null> {
  const text = await readText(path);
  if (text === null) return null;
  const holder = parseHolder(text);
  if (holder === null)
    return { text, isStale: await isOlder(path, brokenStaleMs, clock), holder: "nobody we can name" };
  const judged = judge(holder);
  const isStale = judged === "unknown" ? await isOlder(path, foreignStaleMs, clock) : judged === "gone";
  return { text, isStale, holder: `process ${holder.pid} on ${holder.host}` };
}

/**
 * Removes the file of a dead holder, unless it is another one's by now. `root` names the removals' own locks. True when
 * the file may be free now.
 */
async function takeOver(root: string, path: string, staleText: string, depth: number, deps: Deps): Promise<boolean> {
  if (depth >= maxTakeoverDepth) return false;
  const marker = `${root}.${createHash("sha256").update(staleText).digest("hex").slice(0, 16)}.takeover`;
  const claim = await writeClaim(root, deps.random);
  try {
    if (!(await place(claim, marker))) {
      const other = await look(marker, deps.clock);
      return other?.isStale === true && (await takeOver(root, marker, other.text, depth + 1, deps));
    }
    try {
      const again = await look(path, deps.clock);
      if (again?.isStale === true && again.text === staleText) await unlink(path).catch(ignoreMissing);
      return true;
    } finally {
      await release(marker, claim);
    }
  } finally {
    await unlink(claim.temporary).catch(ignoreMissing);
  }
}

async function isOlder(path: string, ageMs: number, clock: Clock): Promise<boolean> {
  try {
    return clock.now() - (await stat(path)).mtimeMs > ageMs;
  } catch (error) {
    ignoreMissing(error);
    return false;
  }
}

/** Short at first, because the usual holder needs a few milliseconds; spread, so that waiters do not march in step. */
async function pause(round: number, signal: AbortSignal, random: Random): Promise<void> {
  const spread = Math.min(maxPollMs - minPollMs, 10 * 2 ** Math.min(round, 10));
  const chance = random.bytes(2).readUInt16BE() / 0x10000;
  await delay(minPollMs + spread * chance, undefined, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
}

async function untilAborted(turn: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<void>((resolve) => (stop = resolve));
  signal.addEventListener("abort", stop, { once: true });
  try {
    await Promise.race([turn, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
  signal.throwIfAborted();
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    return ignoreMissing(error);
  }
}

function hasNoLinks(error: unknown): boolean {
  return ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(errorCode(error) ?? "");
}

function ignoreMissing(error: unknown): null {
  if (errorCode(error) === "ENOENT") return null;
  throw error;
}

function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}
