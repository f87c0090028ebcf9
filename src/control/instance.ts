/**
 * One core per home. The file that says who runs is also the lock: it appears whole or not at all, and one left by a
 * process that is gone (killed, or from before a restart of the machine) is recognised and taken over.
 */
import { link, mkdir, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
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
/** Two takers can meet over one stale file; each round at least one of them gets on. */
const maxRounds = 5;

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
    if (await placeNew(pidFile, record)) return { ok: true, instance: instanceOf(pidFile, record, random) };
    const text = await readText(pidFile);
    if (text === null) continue;
    const holder = parseRecord(text);
    if (holder !== null && isAlive(holder)) return { ok: false, holder };
    await removeStale(pidFile, text, record.nonce);
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
  await writeFile(temporary, textOf(record), { flag: "wx", mode: privateFile });
  try {
    await link(temporary, pidFile);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    await unlink(temporary).catch(ignoreMissing);
  }
}

/** Moves the file away and looks again: if it was not the stale one any more, it goes back to whom it belongs. */
async function removeStale(pidFile: string, staleText: string, nonce: string): Promise<void> {
  const aside = `${pidFile}.${nonce}.stale`;
  try {
    await rename(pidFile, aside);
    if ((await readText(aside)) !== staleText) await link(aside, pidFile);
  } catch (error) {
    if (errorCode(error) !== "ENOENT" && errorCode(error) !== "EEXIST") throw error;
  }
  await unlink(aside).catch(ignoreMissing);
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
