/**
 * Where lowdb keeps its data, made safe. Its own adapter writes through one predictable temporary name, without fsync,
 * with mode 0644, and dies on a damaged file (measured with lowdb 7.0.1, late 2026). This one writes whole files only,
 * reads back what it wrote, keeps a checked backup, and never writes over what it does not know. One write at a time is
 * its caller's business.
 */
import type { Clock } from "../../base/clock.ts";
import { type Random, token } from "../../base/random.ts";
import { type Places, recover } from "./recover.ts";
import { StoreError } from "./store-error.ts";
import type { StoreFiles } from "./store-files.ts";
import {
  digest,
  type Found,
  type FoundBackup,
  printBackup,
  printStore,
  readBackup,
  readStore,
  type StoreShape,
} from "./store-text.ts";

/** Beyond any state of ours by far; parsing more would hold up every live stream. */
export const maxStoreBytes = 16 * 1024 * 1024;
/** Room for a backup's first line. */
const maxHeadBytes = 256;

export interface GuardedAdapter<Data> {
  /** Once, first. @throws StoreError when the files are not ours to read, or nothing can be written where it must be */
  read(): Promise<Data>;
  /** Resolves when the data is on the disk. @throws StoreError, and the file is as it was */
  write(data: Data): Promise<void>;
  /** Brings the backup up to what was written last. @throws StoreError */
  backUp(): Promise<void>;
  notice(): string | null;
  readOnly(): string | null;
}

export interface GuardedAdapterDependencies<Data> {
  readonly path: string;
  readonly shape: StoreShape<Data>;
  readonly files: StoreFiles;
  readonly random: Random;
  readonly clock: Clock;
  /** Start of this process, wall clock, ms: temporary files from before it are nobody's. */
  readonly startedAt: number;
}

export function createGuardedAdapter<Data extends object>(
  dependencies: GuardedAdapterDependencies<Data>,
): GuardedAdapter<Data> {
  const { path, shape, files, random, clock, startedAt } = dependencies;
  const backupPath = `${path}.bak`;
  let generation = 0;
  let written = "";
  let notice: string | null = null;
  let readOnly: string | null = null;
  /** Digests of texts that the file may hold by our doing: more than one after a write whose end is unknown. */
  let ours: ReadonlySet<string> = new Set();

  /** Between this look and the rename another could still write; one core per home is what prevents that. */
  async function refuseForeign(): Promise<void> {
    const text = await files.read(path, maxStoreBytes);
    if (text === null) return;
    const found = digest(text);
    if (ours.has(found)) {
      ours = new Set([found]);
      return;
    }
    throw new StoreError(
      `${path} was changed by somebody else while it was in use; nothing is written over it`,
      "stop every other Switchyard of this home, then: switchyard stop && switchyard start",
    );
  }

  async function write(data: Data): Promise<void> {
    if (readOnly !== null) throw new StoreError(readOnly);
    const text = printStore(shape.version, generation + 1, data);
    if (Buffer.byteLength(text) > maxStoreBytes) {
      throw new StoreError(`${path} would be larger than ${maxStoreBytes} bytes; nothing was written`);
    }
    await refuseForeign();
    ours = new Set([...ours, digest(text)]);
    // Also a number that may not have reached the disk is used only once.
    generation += 1;
    await files.replace(path, text);
    if ((await files.read(path, maxStoreBytes)) !== text || readStore(text, shape).type !== "good") {
      throw new StoreError(`${path} does not hold what was just written to it`, "check the disk");
    }
    ours = new Set([digest(text)]);
    written = text;
  }

  async function backUp(): Promise<void> {
    await files.replace(backupPath, printBackup(written, clock.now()));
  }

  /** A backup in a state that we cannot read stops nobody as long as the file itself is good. */
  async function readSecond(main: Found<Data>): Promise<FoundBackup<Data>> {
    try {
      return readBackup(await files.read(backupPath, maxStoreBytes + maxHeadBytes), shape);
    } catch (error) {
      if (main.type !== "good") throw error;
      return { type: "damaged", why: textOf(error) };
    }
  }

  return {
    async read() {
      await files.sweep(path, startedAt);
      await files.sweep(backupPath, startedAt);
      const places: Places = {
        main: path,
        backup: backupPath,
        mainAside: `${path}.corrupt-${token(random, 6)}`,
        backupAside: `${backupPath}.corrupt-${token(random, 6)}`,
      };
      const text = await files.read(path, maxStoreBytes);
      const main = readStore(text, shape);
      const recovery = recover(main, await readSecond(main), shape, places);
      ({ generation, readOnly, notice } = recovery);
      if (text !== null) ours = new Set([digest(text)]);
      if (recovery.setAside.main) await files.keep(path, places.mainAside);
      if (recovery.setAside.backup) await files.keep(backupPath, places.backupAside);
      if (recovery.write === "both") await write(recovery.data);
      else written = text ?? "";
      if (recovery.write !== "nothing") {
        // The state itself is safe: a start is not refused for want of its backup.
        await backUp().catch((error: unknown) => {
          notice = [notice, textOf(error)].filter((part) => part !== null).join("; ");
        });
      }
      return recovery.data;
    },
    write,
    backUp,
    notice: () => notice,
    readOnly: () => readOnly,
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
