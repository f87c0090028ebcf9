/** The name a person most likely meant: smallest edit distance, if it is small enough to be a slip. */
export function nearest(name: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  const wanted = plain(name);
  for (const candidate of known) {
    const distance = editDistance(wanted, plain(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  // A third of the letters wrong is a different word, not a slip.
  return best !== null && bestDistance <= Math.max(1, Math.ceil(Math.max(name.length, best.length) / 3)) ? best : null;
}

/** `, did you mean "x"?` or nothing. */
export function suggestion(name: string, known: Iterable<string>): string {
  const close = nearest(name, known);
  return close === null ? "" : `; did you mean "${close}"?`;
}

/** `apiKey`, `api-key` and `API_KEY` are the same word to a person. */
function plain(text: string): string {
  return text.toLowerCase().replaceAll("-", "_").replaceAll("_", "");
}

/** Names longer than this are compared by their beginning only: the table is quadratic. */
const maxCompared = 64;

/** Levenshtein, one row at a time. */
function editDistance(left: string, right: string): number {
  const a = left.slice(0, maxCompared);
  const b = right.slice(0, maxCompared);
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
