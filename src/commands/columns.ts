/** Tables with figures: columns aligned to either side, and short words for amounts and times. */
/** Columns named in `right` end at the same place; the others begin there. The last one is not padded. */
export function columnLines(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: ReadonlySet<string>,
): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return right.has(head[column] ?? "") ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
}

export function percentText(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** How far an instant in ISO 8601 lies ahead. */
export function untilText(instant: string | null, now: number): string {
  const at = instant === null ? Number.NaN : Date.parse(instant);
  if (Number.isNaN(at)) return "-";
  return at <= now ? "now" : `in ${spanText(at - now)}`;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** `45 s`, `12 min`, `3 h 5 min`, `5 d 2 h`: quota windows last from seconds to weeks. */
export function spanText(ms: number): string {
  if (ms < minuteMs) return `${Math.ceil(ms / 1_000)} s`;
  if (ms < hourMs) return `${Math.round(ms / minuteMs)} min`;
  const [unitMs, smallMs, unit, small] = ms < dayMs ? [hourMs, minuteMs, "h", "min"] : [dayMs, hourMs, "d", "h"];
  const whole = Math.floor(ms / unitMs);
  const rest = Math.floor((ms - whole * unitMs) / smallMs);
  return rest === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${small}`;
}
