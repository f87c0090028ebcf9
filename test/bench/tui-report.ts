/** The aims, what was reached, and the machine's own figure beside those that are absolute. */
export interface Aim {
  readonly text: string;
  readonly figure: number;
  readonly limit: number;
  readonly unit: "" | " %" | " ms" | " KB/s" | " MB";
  /** What the same machine does with the least program, for a figure that depends on the machine. */
  readonly beside?: string;
}

export function verdict(aims: readonly Aim[]): { readonly text: string; readonly kept: boolean } {
  // NaN keeps no promise.
  const misses = aims.filter(({ figure, limit }) => !(figure <= limit));
  const lines = aims.map((aim) => {
    const { text, figure, limit, unit, beside } = aim;
    const mark = misses.includes(aim) ? "miss" : "ok  ";
    return `${mark}  ${text}: ${figure.toFixed(2)}${unit} (aim ≤ ${limit}${unit}${beside === undefined ? "" : `; ${beside}`})`;
  });
  const line =
    misses.length === 0
      ? "verdict: all promises kept"
      : `verdict: ${misses.length} broken: ${misses.map(({ text }) => text).join("; ")}`;
  return { text: [...lines, "", line].join("\n"), kept: misses.length === 0 };
}
