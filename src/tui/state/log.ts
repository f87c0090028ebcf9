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
/** What was told is remembered for longer than its line: a reconnected core tells everything again. */
const maxKeys = 20_000;

export interface Log {
  /** Oldest first; the same array until something is added. */
  readonly lines: readonly LogLine[];
  /**
   * @param key what the line is about. A second one with it takes the place of the first: a call is told of many
   * times, and knows more each time.
   */
  add(line: Omit<LogLine, "id">, key?: string): void;
}

export function createLog(): Log {
  let held: LogLine[] = [];
  let snapshot: readonly LogLine[] | null = [];
  /** How many lines there ever were; the newest has this number. */
  let count = 0;
  const numbers = new Map<string, number>();

  const replace = (number: number, line: Omit<LogLine, "id">): void => {
    const index = number - (count - held.length) - 1;
    const known = held[index];
    if (known === undefined || (known.text === line.text && known.level === line.level)) return;
    held[index] = { ...line, id: known.id, at: known.at };
    snapshot = null;
  };

  return {
    // Copied when somebody looks: two hundred lines a second must not copy two thousand each.
    get lines() {
      snapshot ??= [...held];
      return snapshot;
    },
    add(line, key) {
      const known = key === undefined ? undefined : numbers.get(key);
      if (known !== undefined) {
        replace(known, line);
        return;
      }
      count += 1;
      held.push({ ...line, id: String(count) });
      snapshot = null;
      // In halves, so that the front of a long array is not moved with each line.
      if (held.length > maxLines) held = held.slice(-maxLines / 2);
      if (key === undefined) return;
      numbers.set(key, count);
      const oldest = numbers.keys().next();
      if (numbers.size > maxKeys && oldest.done !== true) numbers.delete(oldest.value);
    },
  };
}
