/**
 * One core per home. The file that says who runs is also the lock: it appears whole or not at all, and one left by a
 * process that is gone (killed, or from before a restart of the machine) is recognised and taken over.
 */
import { link, mkdir, readdir, readFile, unlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemClock } from "../base/clock.ts";
import { isRecord, parseJson } from "../base/json.ts";
import type { Paths } from "../base/paths.ts";
import { bootId, isRunning, processStart } from "../base/process-table.ts";
import { type Random, token } from "../base/random.ts";
import { replaceFile } from "../base/replace-file.ts";

/** What the file holds. `bootId` and `processStart` tell a reused process number from the process itself. */
export interface InstanceRecord {
  readonly pid: number;
  readonly nonce: string;
  readonly bootId: string | null;
  readonly processStart: string | null;
  /** Null until the core listens. */
  readonly url: string | null;
}

export type Acquired =
  | { readonly ok: true; readonly instance: Instance }
  | { readonly ok: false; readonly holder: InstanceRecord };

export interface Instance {
  /** Tells readers of the file where the core listens. */
  publish(url: string): Promise<void>;
  release(): Promise<void>;
}

const privateFile = 0o600;
/** Takers can meet over one stale file; each round at least one of them gets on. */
const maxRounds = 20;
/** A removal takes milliseconds; one that was killed in the middle is taken over. */
const takeoverTimeoutMs = 10_000;

export async function acquireInstance(paths: Pick<Paths, "pidFile">, random: Random): Promise<Acquired> {
  const { pidFile } = paths;
  await mkdir(dirname(pidFile), { recursive: true, mode: 0o700 });
  const record: InstanceRecord = {
    pid: process.pid,
    nonce: token(random, 12),
    bootId: bootId(),
    processStart: processStart(process.pid),
    url: null,
  };
  for (let round = 0; round < maxRounds; round += 1) {
    if (await placeNew(pidFile, record)) {
      await sweep(pidFile);
      return { ok: true, instance: instanceOf(pidFile, record, random) };
    }
    const text = await readText(pidFile);
    if (text === null) continue;
    const holder = parseRecord(text);
    if (holder !== null && isAlive(holder)) return { ok: false, holder };
    await removeStale(pidFile, random);
  }
  throw new Error(`${pidFile} keeps changing hands; try again`);
}

/** Who holds the home now, as far as the file says and the process table confirms. */
export async function readInstance(paths: Pick<Paths, "pidFile">): Promise<InstanceRecord | null> {
  const text = await readText(paths.pidFile);
  const record = text === null ? null : parseRecord(text);
  return record !== null && isAlive(record) ? record : null;
}

function instanceOf(pidFile: string, record: InstanceRecord, random: Random): Instance {
  const isOurs = async (): Promise<boolean> => parseRecord((await readText(pidFile)) ?? "")?.nonce === record.nonce;
  return {
    async publish(url) {
      if (await isOurs()) await replaceFile(pidFile, textOf({ ...record, url }), random);
    },
    async release() {
      if (await isOurs()) await unlink(pidFile).catch(ignoreMissing);
    },
  };
}

/** A hard link fails when the name exists, and what it names is already complete. */
async function placeNew(pidFile: string, record: InstanceRecord): Promise<boolean> {
  const temporary = `${pidFile}.${record.nonce}.tmp`;
  try {
    await writeFile(temporary, textOf(record), { flag: "wx", mode: privateFile });
    await link(temporary, pidFile);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    await unlink(temporary).catch(ignoreMissing);
  }
}

/**
 * Only one at a time removes: two takers that see the same dead holder would else remove each other's file, and a third
 * one comes in between. Looked at once more under the lock, which is loaded only when there is something to remove.
 */
async function removeStale(pidFile: string, random: Random): Promise<void> {
  const { createFileLocks, FileLockMoot } = await import("../base/file-lock.ts");
  const isStale = async (): Promise<boolean> => {
    const text = await readText(pidFile);
    const holder = text === null ? null : parseRecord(text);
    return text !== null && (holder === null || !isAlive(holder));
  };
  const wait = {
    signal: new AbortController().signal,
    timeoutMs: takeoverTimeoutMs,
    isMoot: async () => !(await isStale()),
  };
  const locks = createFileLocks({ random, clock: systemClock });
  const removal = locks.withFileLock(`${pidFile}.lock`, wait, async () => {
    // A live holder alone writes its file anew, so what is stale now is what is removed.
    if (await isStale()) await unlink(pidFile).catch(ignoreMissing);
  });
  await removal.catch((error: unknown) => {
    if (!(error instanceof FileLockMoot)) throw error;
  });
}

/** Small files of takers that were killed on the way: nobody else would ever take them away. */
async function sweep(pidFile: string): Promise<void> {
  const folder = dirname(pidFile);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(pidFile)}.`) || !/\.(?:tmp|stale)$/.test(name)) continue;
    const path = join(folder, name);
    const taker = parseRecord((await readText(path)) ?? "");
    if (taker !== null && !isAlive(taker)) await unlink(path).catch(ignoreMissing);
  }
}

function isAlive(record: InstanceRecord): boolean {
  return record.bootId === bootId() && isRunning(record.pid, record.processStart);
}

function parseRecord(text: string): InstanceRecord | null {
  const parsed = parseJson(text);
  if (!parsed.ok || !isRecord(parsed.value)) return null;
  const { pid, nonce, bootId, processStart, url } = parsed.value;
  // Signals to 0 and below go to whole process groups.
  if (typeof pid !== "number" || !Number.isInteger(pid) || pid < 1 || typeof nonce !== "string") return null;
  return { pid, nonce, bootId: textOrNull(bootId), processStart: textOrNull(processStart), url: textOrNull(url) };
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function textOf(record: InstanceRecord): string {
  return `${JSON.stringify(record)}\n`;
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    return ignoreMissing(error);
  }
}

function ignoreMissing(error: unknown): null {
  if (errorCode(error) === "ENOENT") return null;
  throw error;
}

function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}
