/** Text without its case, unit for unit: what is found in the folded text stands at the same place in the original. */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  const same = lower.length === text.length ? lower : foldUnits(text);
  // The one letter whose small form depends on its neighbours.
  return same.includes("ς") ? same.replaceAll("ς", "σ") : same;
}

/** A few letters have a longer small form (İ): they stay as they are. */
function foldUnits(text: string): string {
  let out = "";
  for (const unit of text) {
    const lower = unit.toLowerCase();
    out += lower.length === unit.length ? lower : unit;
  }
  return out;
}
