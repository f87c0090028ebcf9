/** More candidates than any provider has accounts; value and index share the 53 bits of one number. */
const maxCandidates = 2 ** 20;

/**
 * The indexes of whole numbers from 0 to below 2^33, least first, equals as they come. Number and index are sorted as one plain
 * number: a third of what sorting objects costs (`npm run bench -- routing`, 100 accounts, 2026-11).
 */
export function ranked(values: ArrayLike<number>): Uint32Array {
  const keys = new Float64Array(values.length);
  // Loops, because `from` with a function costs ten times as much (same measure).
  for (let index = 0; index < keys.length; index += 1) keys[index] = (values[index] ?? 0) * maxCandidates + index;
  keys.sort();
  const indexes = new Uint32Array(keys.length);
  for (let place = 0; place < keys.length; place += 1) indexes[place] = (keys[place] ?? 0) % maxCandidates;
  return indexes;
}
