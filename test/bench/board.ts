/** What every part of the bench gives back: figures as tables, aims with what was reached, and a verdict over them. */

export interface Aim {
  readonly text: string;
  readonly figure: number;
  /** The figure is to be this or less. */
  readonly limit: number;
  readonly unit: "" | " %" | " ms" | " µs" | " KB/s" | " MB";
  /** What the same machine does with the least program, for a figure that depends on the machine. */
  readonly beside?: string;
}

export interface Table {
  readonly title: string;
  /** The first row is the head, the first column says what a row is. */
  readonly rows: readonly (readonly string[])[];
}

/** One part, measured. */
export interface Outcome {
  /** The word that names it on the command line. */
  readonly part: string;
  /** A sentence about what was measured, for whoever reads the page. */
  readonly about: string;
  readonly tables: readonly Table[];
  readonly aims: readonly Aim[];
  /** How it was measured, and what was left out. */
  readonly notes: readonly string[];
}

/** NaN keeps no promise: what was not measured was not reached. */
export function isMet({ figure, limit }: Aim): boolean {
  return figure <= limit;
}

export function shown(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : "–";
}

/** `0.34 (aim ≤ 0.5)`: what was reached and what was aimed at, in words that hold for a miss too. */
export function reachedText({ figure, limit, unit, beside }: Aim): string {
  const reached = Number.isFinite(figure) ? `${shown(figure, 2)}${unit}` : "not measured";
  return `${reached} (aim ≤ ${limit}${unit}${beside === undefined ? "" : `; ${beside}`})`;
}

export function tableText({ title, rows }: Table): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  "),
  );
  return [title, ...lines].join("\n");
}

/** The tables, a line for each aim, and the part's verdict as the last line. */
export function scoreboard(outcome: Outcome): string {
  const { tables, aims, notes } = outcome;
  const lines = aims.map((aim) => `${isMet(aim) ? "ok  " : "miss"}  ${aim.text}: ${reachedText(aim)}`);
  return [
    ...tables.flatMap((table) => [tableText(table), ""]),
    ...lines,
    ...(notes.length === 0 ? [] : ["", ...notes]),
    "",
    verdictOf([outcome]).text,
  ].join("\n");
}

/** The last line of a run, and whether it is a good one. */
export function verdictOf(outcomes: readonly Outcome[]): { readonly text: string; readonly ok: boolean } {
  const names = outcomes.map(({ part }) => part).join(", ");
  const aims = outcomes.flatMap((outcome) => outcome.aims.map((aim) => ({ part: outcome.part, aim })));
  const missed = aims.filter(({ aim }) => !isMet(aim));
  if (aims.length === 0) return { ok: false, text: `verdict (${names}): nothing was measured that has an aim` };
  if (missed.length === 0) return { ok: true, text: `verdict (${names}): all ${aims.length} aims met` };
  const list = missed.map(({ part, aim }) => `${part}: ${aim.text}, ${reachedText(aim)}`).join("; ");
  return { ok: false, text: `verdict (${names}): ${missed.length} of ${aims.length} aims MISSED: ${list}` };
}
