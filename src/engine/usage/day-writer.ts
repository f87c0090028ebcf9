/**
 * Appends whole lines to the file of their day, and begins a further one where that is full. One writer for a folder:
 * lines of two processes would not tear each other (O_APPEND), but both would count the same file's size.
 */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { listFiles, prepareFolder, wordsOf } from "./folder.ts";
import { dayFileName } from "./local-day.ts";

export interface PendingLine {
  readonly day: string;
  /** With its line break. */
  readonly text: string;
}

export interface DayWriter {
  /** How many of the lines are in a file whole, from the first on; `error` is why not all. */
  append(lines: readonly PendingLine[]): Promise<{ readonly written: number; readonly error: unknown }>;
  /** What was appended is on the disk, power cut or not. Throws where it is not. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

interface OpenFile {
  readonly day: string;
  readonly index: number;
  readonly handle: FileHandle;
  size: number;
  /** It ends in the middle of a line: the next one must not be swallowed by it. */
  torn: boolean;
  unsynced: boolean;
}

const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

export function createDayWriter(folder: string, maxFileBytes: number): DayWriter {
  let current: OpenFile | null = null;
  let folderUnsynced = false;
  /** Of a file that was left behind: whoever asks for `sync` next must hear of it. */
  let lostSync: Error | null = null;

  async function append(lines: readonly PendingLine[]): Promise<{ written: number; error: unknown }> {
    let written = 0;
    try {
      while (written < lines.length) {
        const first = lines[written];
        if (first === undefined) break;
        const file = await fileFor(first.day);
        const batch = batchFor(file, lines, written);
        const done = await writeLines(file, batch);
        written += done.lines;
        if (done.error !== null) throw done.error;
      }
      return { written, error: null };
    } catch (error) {
      // The next try begins with a fresh look at the folder and the file's end.
      await release().catch(() => {}); // the first error is the one to tell
      return { written, error };
    }
  }

  /** The day's last file, or a new one where it is full or was taken away. */
  async function fileFor(day: string): Promise<OpenFile> {
    if (current !== null && current.day === day && current.size < maxFileBytes) {
      if ((await current.handle.stat()).nlink > 0) return current;
    }
    await release();
    await prepareFolder(folder);
    const last = (await listFiles(folder, (file) => file.day === day)).at(-1);
    const index = last === undefined ? 0 : last.size >= maxFileBytes ? last.index + 1 : last.index;
    current = await openFile(day, index);
    if (current.size === 0) folderUnsynced = true;
    return current;
  }

  async function openFile(day: string, index: number): Promise<OpenFile> {
    const handle = await open(join(folder, dayFileName(day, index)), flags, 0o600);
    try {
      const { size, mode } = await handle.stat();
      if ((mode & 0o077) !== 0) await handle.chmod(0o600);
      return { day, index, handle, size, torn: !(await endsLine(handle, size)), unsynced: false };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** As many lines of the file's day as fit; at least one, or a line longer than a file would never go. */
  function batchFor(file: OpenFile, lines: readonly PendingLine[], from: number): readonly Buffer[] {
    const batch: Buffer[] = [];
    let size = file.size;
    for (let index = from; index < lines.length; index += 1) {
      const line = lines[index];
      if (line === undefined || line.day !== file.day) break;
      const bytes = Buffer.from(line.text);
      if (batch.length > 0 && size + bytes.length > maxFileBytes) break;
      batch.push(bytes);
      size += bytes.length;
    }
    return batch;
  }

  async function release(): Promise<void> {
    const file = current;
    if (file === null) return;
    current = null;
    try {
      if (file.unsynced) await file.handle.sync();
    } catch (error) {
      lostSync = new Error(`what was written last may not be on the disk: ${wordsOf(error)}`);
      throw error;
    } finally {
      await file.handle.close();
    }
  }

  return {
    append,
    async sync() {
      const lost = lostSync;
      lostSync = null;
      if (lost !== null) throw lost;
      if (current?.unsynced === true) {
        await current.handle.sync();
        current.unsynced = false;
      }
      if (folderUnsynced) {
        await syncFolder(folder);
        folderUnsynced = false;
      }
    },
    close: release,
  };
}

/** One write for all of them; counts those that are in the file to their end. */
async function writeLines(
  file: OpenFile,
  lines: readonly Buffer[],
): Promise<{ readonly lines: number; readonly error: unknown }> {
  const lead = file.torn ? 1 : 0;
  const bytes = Buffer.concat(lead === 1 ? [Buffer.from("\n"), ...lines] : lines);
  let done = 0;
  let failure: unknown = null;
  file.unsynced = true;
  try {
    while (done < bytes.length) {
      const { bytesWritten } = await file.handle.write(bytes, done, bytes.length - done, null);
      if (bytesWritten === 0) throw new Error("the file takes no more bytes");
      done += bytesWritten;
    }
  } catch (error) {
    failure = error;
  }
  file.size += done;
  if (done > 0) file.torn = false;
  let whole = 0;
  for (let end = lead; whole < lines.length; whole += 1) {
    end += lines[whole]?.length ?? 0;
    if (end > done) break;
  }
  return { lines: whole, error: failure };
}

async function endsLine(handle: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  await handle.read(last, 0, 1, size - 1);
  return last[0] === 0x0a;
}

/** Makes a new name survive a power cut. Windows cannot open folders, and does not need it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
