/** Local calendar days, and the names of the files that hold one day's lines each. */

export interface DayFile {
  readonly name: string;
  /** `2026-11-21`. */
  readonly day: string;
  /** 0 for a day's first file; a further one is begun when the last is full. */
  readonly index: number;
}

const fileName = /^(\d{4}-\d{2}-\d{2})(?:\.([1-9]\d{0,5}))?\.jsonl$/;

/** Whether an instant's day has a name with a year of four digits, in every time zone. */
export function isNamable(at: number): boolean {
  return at >= 0 && at < Date.UTC(9999, 11, 30);
}

/** The local date of an instant. */
export function localDay(at: number): string {
  const date = new Date(at);
  return `${digits(date.getFullYear(), 4)}-${digits(date.getMonth() + 1, 2)}-${digits(date.getDate(), 2)}`;
}

/** The day `days` later (or earlier), by the calendar: summer time makes some days longer than others. */
export function shiftDay(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

/** `2026-11-21.jsonl`, then `2026-11-21.1.jsonl` … */
export function dayFileName(day: string, index: number): string {
  return index === 0 ? `${day}.jsonl` : `${day}.${index}.jsonl`;
}

/** Null: not one of ours, to be left alone. */
export function parseDayFile(name: string): DayFile | null {
  const found = fileName.exec(name);
  const day = found?.[1];
  return day === undefined ? null : { name, day, index: Number(found?.[2] ?? 0) };
}

export function byAge(a: DayFile, b: DayFile): number {
  return a.day === b.day ? a.index - b.index : a.day < b.day ? -1 : 1;
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, "0");
}
