/**
 * The file a recording is written to: private, new, and only ever added to, one whole line at a time, so that whatever ends
 * the writer leaves a file that can be read up to there.
 */
import { constants } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import {
  maxLineBytes,
  maxRecordingBytes,
  type RecordedCall,
  type RecordingHeader,
  recordingVersion,
} from "./format.ts";

export interface RecordingFile {
  readonly path: string;
  /** `full`: the bound is reached, and nothing more is taken. Rejects where the disk does not take it. */
  append(call: RecordedCall): Promise<"written" | "full">;
  /** What was handed over is on its way to the disk. Calling again is harmless. */
  close(): Promise<void>;
  /** For a recording that never began: closes it and takes the file away again, unless a call is in it. */
  discard(): Promise<void>;
}

export interface RecordingFileOptions {
  readonly path: string;
  /** Of the Switchyard that writes. */
  readonly version: string;
  readonly now: number;
  readonly maxBytes?: number;
}

/** There is something at the path already: a recording is never written over. */
export class RecordingExists extends Error {}

const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0);

export async function openRecordingFile(options: RecordingFileOptions): Promise<RecordingFile> {
  const { path, version, now, maxBytes = maxRecordingBytes } = options;
  const file = await openNew(path);
  const header: RecordingHeader = {
    switchyardRecording: recordingVersion,
    version,
    createdAt: new Date(now).toISOString(),
  };
  let size = 0;
  let calls = 0;
  let isClosed = false;
  /** One line after the other. */
  let writing: Promise<unknown> = Promise.resolve();

  const write = (line: string): Promise<"written" | "full"> => {
    const done = writing.then(async () => {
      const bytes = Buffer.from(`${line}\n`);
      if (bytes.byteLength > maxLineBytes) throw new Error("the call is too large for a recording");
      if (isClosed || size + bytes.byteLength > maxBytes) return "full" as const;
      await file.appendFile(bytes);
      size += bytes.byteLength;
      return "written" as const;
    });
    writing = done.catch(() => undefined);
    return done;
  };

  try {
    await write(JSON.stringify(header));
  } catch (error) {
    await file.close();
    throw error;
  }
  async function close(): Promise<void> {
    await writing;
    if (isClosed) return;
    isClosed = true;
    await file.close();
  }

  return {
    path,
    append(call) {
      calls += 1;
      return write(JSON.stringify(call));
    },
    close,
    async discard() {
      await close();
      if (calls === 0) await unlink(path);
    },
  };
}

/** A file that is there and empty (`mktemp` makes them) is as good as none. */
async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, flags | constants.O_EXCL, 0o600);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  }
  const file = await open(path, flags | constants.O_NONBLOCK, 0o600);
  const stat = await file.stat();
  if (stat.isFile() && stat.size === 0) {
    await file.chmod(0o600);
    return file;
  }
  await file.close();
  throw new RecordingExists("there is something at this path already");
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
