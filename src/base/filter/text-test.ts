/** How texts are looked at: short ones of a flow in one go, long ones of a body in slices. Case means nothing. */
import { globTest } from "../glob.ts";
import type { TextMatch } from "./expression.ts";
import { fold } from "./fold.ts";
import { createMachine, type Machine, type Scan } from "./machine.ts";
import { globProgram, readPattern } from "./pattern.ts";

export type TextTest = (text: string) => boolean;

/** For a field of a flow: a glob stands for the whole of it. */
export function textTest({ how, text }: TextMatch): TextTest {
  const wanted = fold(text);
  switch (how) {
    case "contains":
      return (raw) => fold(raw).includes(wanted);
    case "equals":
      return (raw) => fold(raw) === wanted;
    case "glob": {
      const fits = globTest(wanted);
      return (raw) => fits(fold(raw));
    }
    case "pattern": {
      const search = patternSearch(text);
      return (raw) => {
        const scan = search();
        return scan.push(fold(raw)) || scan.end();
      };
    }
  }
}

/** For a body: a glob stands for a part of it. Each call begins one pass over one text, which comes in slices. */
export function textSearch({ how, text }: TextMatch): () => Scan {
  if (how === "pattern") return patternSearch(text);
  if (how === "glob") {
    const machine = createMachine(globProgram(text));
    return () => folding(machine.start());
  }
  return partSearch(fold(text));
}

/** Where a text or a pattern stands in a longer text, from the beginning: `end` is exact, `start` only for texts. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** At most `limit` places, in order; places do not overlap. */
export function placesOf({ how, text }: TextMatch, raw: string, limit: number): readonly Place[] {
  const folded = fold(raw);
  const places: Place[] = [];
  const machine = how === "pattern" ? machineOf(text) : how === "glob" ? createMachine(globProgram(text)) : null;
  const wanted = fold(text);
  for (let from = 0; places.length < limit && from <= folded.length; ) {
    let place: Place;
    if (machine === null) {
      const start = folded.indexOf(wanted, from);
      if (start < 0) break;
      place = { start, end: start + wanted.length };
    } else {
      const end = machine.find(folded, from);
      if (end < 0) break;
      place = { start: end, end };
    }
    places.push(place);
    from = Math.max(place.end, from + 1);
  }
  return places;
}

function patternSearch(text: string): () => Scan {
  const read = readPattern(text);
  if (read.ok && read.literal !== null) return partSearch(read.literal);
  const machine = machineOf(text);
  return () => folding(machine.start());
}

/** What cannot be read is not found; the parser has refused it before. */
function machineOf(text: string): Machine {
  const read = readPattern(text);
  return createMachine(read.ok ? read.program : []);
}

function folding(scan: Scan): Scan {
  return { push: (slice) => scan.push(fold(slice)), end: () => scan.end() };
}

function partSearch(wanted: string): () => Scan {
  return () => {
    let isFound = wanted === "";
    /** The end of what was seen: a match may begin in one slice and end in the next. */
    let rest = "";
    return {
      push(slice) {
        if (isFound) return true;
        const seen = rest + fold(slice);
        isFound = seen.includes(wanted);
        rest = wanted.length > 1 ? seen.slice(-(wanted.length - 1)) : "";
        return isFound;
      },
      end: () => isFound,
    };
  };
}
