/**
 * How deep a YAML text nests, before the library sees it: with some ten thousand levels it needs so much stack that
 * compiling one more of its expressions ends the whole process, which nothing can catch (yaml 2.9, Node 20.20, 2026-11).
 */

/** As deep as our JSON may be. A configuration has five. */
export const maxYamlDepth = 256;

/**
 * Where the text goes deeper than any configuration, or null. It counts open brackets, and list and key marks in a row
 * (`- - - x`); it knows no quotes, for who leaves two hundred brackets open in texts and comments means something else.
 */
export function deepPlace(text: string): number | null {
  let brackets = 0;
  let marks = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === space || character === tab) continue;
    if (character === openList || character === openMap) brackets += 1;
    else if (character === closeList || character === closeMap) brackets = Math.max(0, brackets - 1);
    marks = isMark(character) && isBlank(text.charCodeAt(at + 1)) ? marks + 1 : 0;
    if (brackets > maxYamlDepth || marks > maxYamlDepth) return at;
  }
  return null;
}

const [tab, lineFeed, carriageReturn, space] = [0x09, 0x0a, 0x0d, 0x20];
const [openList, closeList, openMap, closeMap] = [0x5b, 0x5d, 0x7b, 0x7d];
const [dash, colon, question] = [0x2d, 0x3a, 0x3f];

function isMark(character: number): boolean {
  return character === dash || character === colon || character === question;
}

/** Behind the end of the text stands NaN. */
function isBlank(character: number): boolean {
  return [tab, lineFeed, carriageReturn, space].includes(character) || Number.isNaN(character);
}
