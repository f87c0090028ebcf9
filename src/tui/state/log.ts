/** What happened, line by line, as the Logs screen shows it: what the core reported, and what became of calls. */
import type { Notice } from "./ui.ts";

export interface LogLine {
  /** Counts up. */
  readonly id: string;
  readonly at: number;
  readonly level: Notice["level"];
  /** What it is about: `account`, `tls`, `config`, `route` … */
  readonly area: string;
  readonly text: string;
  /** What to type or press. */
  readonly fix: string | null;
  /** The call it is about. */
  readonly flowId: string | null;
}

/** Older lines are let go: the request log on disk is what keeps them. */
const maxLines = 2_000;

export interface Log {
  readonly lines: readonly LogLine[];
  add(line: Omit<LogLine, "id">): void;
}

export function createLog(): Log {
  let lines: readonly LogLine[] = [];
  let count = 0;
  return {
    get lines() {
      return lines;
    },
    add(line) {
      count += 1;
      // Copied in batches: a new array for each of two hundred lines a second would be work for nothing.
      lines = [...(lines.length >= maxLines ? lines.slice(-maxLines / 2) : lines), { ...line, id: String(count) }];
    },
  };
}
