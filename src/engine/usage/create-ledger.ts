/**
 * The usage ledger on disk. A call hands its line over and goes on; the lines of a moment are written together. A disk
 * that takes none is told of once, and the lines wait, up to a bound.
 */
import type { Clock } from "../../base/clock.ts";
import { createDayWriter, type PendingLine } from "./day-writer.ts";
import { listFiles, removeOlder, wordsOf } from "./folder.ts";
import type { UsageLedger, UsageLine } from "./ledger.ts";
import { encodeLine } from "./line.ts";
import { isNamable, localDay, shiftDay } from "./local-day.ts";
import { answer, inRange } from "./query.ts";

export interface LedgerDeps {
  readonly folder: string;
  readonly clock: Clock;
  /** Told once of each trouble, in words for people. */
  readonly onTrouble: (text: string) => void;
  readonly maxFileBytes?: number;
  readonly keepDays?: number;
}

export interface FileUsageLedger extends UsageLedger {
  /** Lines that could not be read, in the files that were asked so far. */
  damaged(): number;
}

/** Some thirty thousand calls: read in a fraction of a second. */
const defaultMaxFileBytes = 16 * 1024 * 1024;
/** A year can be compared with the one before. */
const defaultKeepDays = 400;
/** Lines waiting for the disk; a busy day's calls. */
const maxQueuedLines = 5_000;
/** Written together: about 200 KB. */
const batchLines = 512;
/**
 * How long the first line waits for others. A write for each call cost a quarter of the CPU of a new connection and a tenth
 * of a request (measured on 20.20, 2026-11); what a process that is killed loses by it is a tenth of a second.
 */
const gatherMs = 100;
/** How long a disk that took nothing is left alone, unless someone asks for `flush`. */
const retryAfterMs = 5_000;

export function createUsageLedger(deps: LedgerDeps): FileUsageLedger {
  const { folder, clock, onTrouble } = deps;
  const writer = createDayWriter(folder, deps.maxFileBytes ?? defaultMaxFileBytes);
  const damagedByFile = new Map<string, number>();
  let queue: PendingLine[] = [];
  let droppedCount = 0;
  let toldDrop = false;
  /** When the disk last took nothing, monotonic; null: it takes. */
  let failedAt: number | null = null;
  let isScheduled = false;
  let closing: Promise<void> | null = null;
  /** One task at a time touches the files. */
  let lastTask: Promise<unknown> = Promise.resolve();

  function inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = lastTask.then(task);
    lastTask = result.catch(() => {}); // whoever asked for the task is told
    return result;
  }

  /** Null: the queue is empty. */
  async function writeQueue(): Promise<Error | null> {
    while (queue.length > 0) {
      const { written, error } = await writer.append(queue.slice(0, batchLines));
      queue = queue.slice(written);
      if (error !== null) return failed(error);
    }
    failedAt = null;
    toldDrop = false;
    return null;
  }

  function failed(error: unknown): Error {
    const text = `usage is not being recorded: ${wordsOf(error)}. Up to ${maxQueuedLines} calls are kept in memory until ${folder} can be written again`;
    if (failedAt === null) onTrouble(text);
    failedAt = clock.monotonic();
    return new Error(text);
  }

  function schedule(): void {
    if (isScheduled || (failedAt !== null && clock.monotonic() - failedAt < retryAfterMs)) return;
    isScheduled = true;
    setTimeout(() => {
      isScheduled = false;
      void inTurn(writeQueue); // never rejects
    }, gatherMs);
  }

  async function flushQueue(): Promise<void> {
    const error = await writeQueue();
    if (error !== null) throw error;
    try {
      await writer.sync();
    } catch (error) {
      throw failed(error);
    }
  }

  async function finish(): Promise<void> {
    try {
      await flushQueue();
      await writer.close();
    } catch {
      // Told by `failed`; what is still in memory is lost now.
      await writer.close().catch(() => {});
    }
    droppedCount += queue.length;
    queue = [];
  }

  void inTurn(async () => {
    try {
      await removeOlder(folder, shiftDay(localDay(clock.now()), -(deps.keepDays ?? defaultKeepDays)));
    } catch (error) {
      onTrouble(`old usage files could not be removed: ${wordsOf(error)}`);
    }
  });

  return {
    record(line: UsageLine) {
      if (closing !== null || queue.length >= maxQueuedLines) {
        droppedCount += 1;
        if (!toldDrop && closing === null) {
          toldDrop = true;
          onTrouble(`${maxQueuedLines} calls wait to be recorded; the usage of further ones is lost`);
        }
      } else {
        const at = isNamable(line.at) ? line.at : clock.now();
        queue.push({ day: localDay(at), text: encodeLine(at === line.at ? line : { ...line, at }) });
      }
      if (closing === null) schedule();
    },
    flush: () => inTurn(flushQueue),
    async query(question) {
      const sources = await inTurn(async () => {
        await writeQueue(); // a line is in a file or in `pending`, never in both
        const files = await listFiles(folder, (file) => inRange(file, question));
        return { files, pending: queue.map(({ text }) => text) };
      });
      const { rows, damaged } = await answer(question, sources);
      for (const [name, count] of damaged) damagedByFile.set(name, count);
      return rows;
    },
    dropped: () => droppedCount,
    damaged: () => [...damagedByFile.values()].reduce((sum, count) => sum + count, 0),
    close() {
      closing ??= inTurn(finish);
      return closing;
    },
  };
}
