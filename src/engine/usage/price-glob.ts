/**
 * Globs of price lists: `*` stands for any run of characters, capitals do not matter. No RegExp: a pattern from a
 * config file must not be able to stall the process. At worst the text's length times the pattern's.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const wanted = pattern.toLowerCase();
  const given = text.toLowerCase();
  let at = 0;
  let from = 0;
  /** Where to go on from when what follows the last star does not fit. */
  let star = -1;
  let resume = 0;
  while (from < given.length) {
    if (wanted[at] === "*") {
      star = at;
      resume = from;
      at += 1;
    } else if (wanted[at] === given[from]) {
      at += 1;
      from += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      from = resume;
    } else return false;
  }
  while (wanted[at] === "*") at += 1;
  return at === wanted.length;
}
