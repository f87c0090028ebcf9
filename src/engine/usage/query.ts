/** Answers a question from files and lines not yet in one, line by line: however long the range, memory holds the sums. */
import { isMissing, type SizedFile } from "./folder.ts";
import { decodeLine, maxLineBytes } from "./line.ts";
import type { UsageQuestion, UsageRow } from "./ledger.ts";
import { type DayFile, isNamable, localDay, shiftDay } from "./local-day.ts";
import { readLines } from "./read-lines.ts";
import { createTally } from "./tally.ts";

export interface QuerySources {
  /** With the sizes up to which they are read. */
  readonly files: readonly SizedFile[];
  /** Lines that are in no file yet. */
  readonly pending: readonly string[];
}

export interface QueryAnswer {
  readonly rows: readonly UsageRow[];
  /** Lines that could not be read, by file name. */
  readonly damaged: ReadonlyMap<string, number>;
}

/** Whether a day's file may hold lines of the range. A day more on both sides: the time zone may have been another. */
export function inRange(file: DayFile, { since, until }: UsageQuestion): boolean {
  return (
    (since === null || !isNamable(since) || file.day >= shiftDay(localDay(since), -1)) &&
    (until === null || !isNamable(until) || file.day <= shiftDay(localDay(until), 1))
  );
}

export async function answer(question: UsageQuestion, { files, pending }: QuerySources): Promise<QueryAnswer> {
  const tally = createTally(question.group);
  const damaged = new Map<string, number>();
  const take = (text: string | null): boolean => {
    const line = text === null ? null : decodeLine(text);
    if (line === null) return false;
    if ((question.since ?? -Infinity) <= line.at && line.at <= (question.until ?? Infinity)) tally.add(line);
    return true;
  };
  for (const { name, path, size } of files) {
    let bad = 0;
    try {
      for await (const lines of readLines(path, size, maxLineBytes)) bad += lines.filter((text) => !take(text)).length;
    } catch (error) {
      // Removed since it was listed: its owner wanted it gone.
      if (!isMissing(error)) throw error;
    }
    damaged.set(name, bad);
  }
  for (const text of pending) take(text);
  return { rows: tally.rows(), damaged };
}
