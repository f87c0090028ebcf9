/**
 * Our own accounts on disk: one private file for each in a private folder, so that two processes never write the same
 * file for different reasons. Every write stands under the account's lock and is flushed before anybody hears of it.
 * A damaged file is set aside under another name and said so, never silently replaced; what is not a plain file of our
 * own is neither read nor written.
 */
import { chmod, lstat, mkdir, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../../base/clock.ts";
import { createFileLocks, type WaitOptions } from "../../../base/file-lock.ts";
import { type Random, token } from "../../../base/random.ts";
import { readPrivateFile, replaceFile } from "../../../base/replace-file.ts";
import type { StoredAccount } from "../credential.ts";
import { fileNameOf, keyOfFileName } from "./file-name.ts";
import { type AccountKey, parseRecord, recordText } from "./record.ts";

export type StoreReading =
  | { readonly state: "ok"; readonly account: StoredAccount }
  | { readonly state: "missing" }
  | {
      readonly state: "unreadable";
      readonly reason: string;
      readonly fix: string;
      /** Still there and not ours to replace; otherwise it has been set aside, and its place is free. */
      readonly isInPlace: boolean;
    };

export interface StoreEntry {
  readonly key: AccountKey;
  readonly reading: Exclude<StoreReading, { readonly state: "missing" }>;
}

export type StoreWrite =
  | { readonly ok: true; readonly account: StoredAccount }
  /** Another one wrote first: this is what stands there now. */
  | { readonly ok: false; readonly reading: StoreReading };

export interface CredentialStore {
  /** By provider and name. Also sweeps what killed writers left behind. */
  list(): Promise<readonly StoreEntry[]>;
  /** As cheap as a look at the file's dates while nobody has changed it. */
  read(key: AccountKey): Promise<StoreReading>;
  /** Writes if the stored generation is still `expected` (null: there must be none), and counts it up. */
  write(account: StoredAccount, expected: number | null): Promise<StoreWrite>;
  /** Also what was set aside of it. False when there was nothing. */
  remove(key: AccountKey): Promise<boolean>;
  /** Runs `work` while nobody else, in no process, may change this account. */
  locked<Result>(key: AccountKey, wait: WaitOptions, work: (held: HeldAccount) => Promise<Result>): Promise<Result>;
}

/** An account under its lock. */
export interface HeldAccount {
  /** From the disk itself. */
  read(): Promise<StoreReading>;
  /** Resolves when it is on the disk, with the generation counted up. */
  write(account: StoredAccount): Promise<StoredAccount>;
  /** Finds out whether a write would succeed, before something is done that must be kept. */
  rehearse(): Promise<void>;
}

const privateFolder = 0o700;
const maxRecordBytes = 1024 * 1024;
/** Room that a renewed record may need besides what it has now. */
const rehearsedBytes = 64 * 1024;
/** A renewal holds an account's lock for half a minute at most. */
const lockTimeoutMs = 45_000;
/** Temporary files live for milliseconds; one this old belongs to nobody. */
const orphanAgeMs = 3_600_000;
const setAsideMark = ".corrupt-";

export function createCredentialStore(deps: {
  readonly folder: string;
  readonly random: Random;
  readonly clock: Clock;
}): CredentialStore {
  const { folder, random, clock } = deps;
  const locks = createFileLocks({ random, clock });
  /** File → what it held when its dates were these. */
  const known = new Map<string, { readonly stamp: string; readonly reading: StoreReading }>();
  const uninterrupted = (): WaitOptions => ({ signal: new AbortController().signal, timeoutMs: lockTimeoutMs });

  async function prepareFolder(): Promise<void> {
    await mkdir(folder, { recursive: true, mode: privateFolder });
    const stats = await lstat(folder);
    if (!stats.isDirectory()) throw new Error(`${folder} is not a folder; move it away`);
    if (process.platform === "win32") return;
    if (stats.uid !== process.getuid?.()) throw new Error(`${folder} belongs to another user; move it away`);
    if ((stats.mode & 0o077) !== 0) await chmod(folder, privateFolder);
  }

  const pathOf = (key: AccountKey): string => join(folder, fileNameOf(key));

  /** What the file holds, without touching it. */
  async function inspect(key: AccountKey): Promise<StoreReading | { readonly state: "damaged"; readonly why: string }> {
    const path = pathOf(key);
    let fileText: string | null;
    try {
      fileText = await readPrivateFile(path, maxRecordBytes);
    } catch (error) {
      return inPlace(messageOf(error), "move it away, then log in again", path);
    }
    if (fileText === null) return missing(key);
    const parsed = parseRecord(fileText, key);
    if (!parsed.ok) {
      if (parsed.kind === "damaged") return { state: "damaged", why: parsed.why };
      return inPlace(`${path} cannot be used: ${parsed.why}`, "update Switchyard", path);
    }
    const { account } = parsed;
    if (account.provider !== key.provider || account.name !== key.name) {
      const whose = `${account.provider}/${account.name}`;
      return inPlace(`${path} holds another account (${whose})`, `rename it to ${fileNameOf(account)}`, path);
    }
    return { state: "ok", account };
  }

  /** No file is there: because there never was one, or because it was set aside. */
  async function missing(key: AccountKey): Promise<StoreReading> {
    const aside = (await namesIn(folder)).find((name) => name.startsWith(`${fileNameOf(key)}${setAsideMark}`));
    return aside === undefined ? { state: "missing" } : setAside(key, join(folder, aside));
  }

  async function readHeld(key: AccountKey): Promise<StoreReading> {
    const found = await inspect(key);
    if (found.state !== "damaged") return found;
    const path = pathOf(key);
    const aside = `${path}${setAsideMark}${token(random, 6)}`;
    await rename(path, aside);
    return setAside(key, aside, found.why);
  }

  async function locked<Result>(
    key: AccountKey,
    wait: WaitOptions,
    work: (held: HeldAccount) => Promise<Result>,
  ): Promise<Result> {
    await prepareFolder();
    const path = pathOf(key);
    return locks.withFileLock(`${path}.lock`, wait, () =>
      work({
        read: () => readHeld(key),
        async write(account) {
          const next = { ...account, generation: account.generation + 1 };
          await replaceFile(path, recordText(next), random);
          return next;
        },
        rehearse: () => rehearse(`${path}.${token(random, 9)}.tmp`),
      }),
    );
  }

  async function read(key: AccountKey): Promise<StoreReading> {
    const path = pathOf(key);
    const stamp = await stampOf(path);
    const before = known.get(path);
    // A file that is not there is looked for every time: it may have been set aside.
    if (before !== undefined && stamp !== null && before.stamp === stamp) return before.reading;
    const found = await inspect(key);
    const reading = found.state === "damaged" ? await locked(key, uninterrupted(), (held) => held.read()) : found;
    if (reading.state === "ok" && stamp !== null) known.set(path, { stamp, reading });
    else known.delete(path);
    return reading;
  }

  return {
    read,
    locked,
    async list() {
      const names = await namesIn(folder);
      await sweep(folder, names, clock);
      const keys = new Map<string, AccountKey>();
      for (const name of names) {
        const fileName = name.split(setAsideMark)[0] ?? name;
        const key = keyOfFileName(fileName);
        if (key !== null) keys.set(fileName, await ownKey(join(folder, fileName), key));
      }
      const entries: StoreEntry[] = [];
      for (const key of keys.values()) {
        const reading = await read(key);
        if (reading.state !== "missing") entries.push({ key, reading });
      }
      return entries.sort((one, other) => compare(one.key, other.key));
    },
    write: (account, expected) =>
      locked(account, uninterrupted(), async (held) => {
        const reading = await held.read();
        const generation = reading.state === "ok" ? reading.account.generation : null;
        const mayWrite = generation === expected && !(reading.state === "unreadable" && reading.isInPlace);
        if (!mayWrite) return { ok: false, reading };
        return { ok: true, account: await held.write({ ...account, generation: expected ?? 0 }) };
      }),
    remove: (key) =>
      locked(key, uninterrupted(), async () => {
        const fileName = fileNameOf(key);
        const names = await namesIn(folder);
        const ours = names.filter((name) => name === fileName || name.startsWith(`${fileName}${setAsideMark}`));
        for (const name of ours) await unlink(join(folder, name)).catch(ignoreMissing);
        return ours.length > 0;
      }),
  };
}

/** A name too long for its file tells itself in the record only. */
async function ownKey(path: string, fromName: AccountKey): Promise<AccountKey> {
  if (!path.includes("~")) return fromName;
  const fileText = await readPrivateFile(path, maxRecordBytes).catch(() => null);
  const parsed = fileText === null ? null : parseRecord(fileText, fromName);
  return parsed?.ok === true ? { provider: parsed.account.provider, name: parsed.account.name } : fromName;
}

function setAside(key: AccountKey, aside: string, why?: string): StoreReading {
  const because = why === undefined ? "" : `: ${why}`;
  return {
    state: "unreadable",
    reason: `the file of ${key.provider}/${key.name} was damaged and is now ${aside}${because}`,
    fix: `log in again: switchyard accounts login ${key.provider} --name ${key.name}`,
    isInPlace: false,
  };
}

function inPlace(reason: string, fix: string, path: string): StoreReading {
  return { state: "unreadable", reason, fix: `${fix} (${path})`, isInPlace: true };
}

/** Writes as much as a record needs, flushes it and takes it away again. */
async function rehearse(path: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(Buffer.alloc(rehearsedBytes));
    await file.sync();
  } finally {
    await file.close();
    await unlink(path).catch(ignoreMissing);
  }
}

/** Changes with every replacement, also one within the same tick of the clock. Null: no file. */
async function stampOf(path: string): Promise<string | null> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await lstat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(":");
  } catch (error) {
    return ignoreMissing(error);
  }
}

async function sweep(folder: string, names: readonly string[], clock: Clock): Promise<void> {
  for (const name of names.filter((name) => name.endsWith(".tmp"))) {
    const path = join(folder, name);
    const stats = await stat(path).catch(ignoreMissing);
    if (stats !== null && clock.now() - stats.mtimeMs > orphanAgeMs) await unlink(path).catch(ignoreMissing);
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(ignoreMissing)) ?? [];
}

function compare(one: AccountKey, other: AccountKey): number {
  if (one.provider !== other.provider) return one.provider < other.provider ? -1 : 1;
  return one.name < other.name ? -1 : 1;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "the file cannot be read";
}

function ignoreMissing(error: unknown): null {
  if ((error as NodeJS.ErrnoException | null)?.code === "ENOENT") return null;
  throw error;
}
