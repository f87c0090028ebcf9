/**
 * Runs a pattern's program over text, every unit once: all places the program may be in are followed together. Sets of
 * places that were seen before are remembered with where each unit leads from them, which makes a unit cost a few
 * nanoseconds; where a hostile pattern meets new sets without end, they are no longer remembered, and a unit costs at
 * most one look at each instruction (about 2 µs, measured 2026-11). A text may come in slices, so that whoever has a long
 * one can do other things in between.
 */
import { type Instruction, isWord, type Place } from "./pattern.ts";

/** One pass over one text. */
export interface Scan {
  /** The next slice, folded. True as soon as the pattern was found; then it stays so. */
  push(slice: string): boolean;
  /** The text is over. */
  end(): boolean;
}

export interface Machine {
  start(): Scan;
  /** The index behind the first match at or after `from`, or -1. */
  find(text: string, from: number): number;
}

/** What stands beside a place of the text: all that `^ $ \b` ask about. */
type Neighbour = "none" | "line-feed" | "word" | "other";

/** Instructions to go on from, ascending, and what was before them. */
interface Position {
  readonly places: readonly number[];
  readonly before: Neighbour;
}

interface State extends Position {
  /** Where a unit leads; ASCII units by index. */
  readonly ascii: (State | undefined)[];
  readonly others: Map<number, State>;
}

/** Ways that are remembered; a pattern that has more of them is hostile, or its text is. */
const maxWays = 10_000;

export function createMachine(program: readonly Instruction[]): Machine {
  const asks = program.some((instruction) => instruction.type === "assert");
  const states = new Map<string, State>();
  const found = stateOf({ places: [], before: "other" });
  const marks = new Uint32Array(program.length + 1);
  let mark = 0;
  let ways = 0;

  const begin = (before: Neighbour): State => remembered({ places: [0], before: asks ? before : "other" });

  function remembered(position: Position): State {
    const key = `${position.before}:${position.places.join(",")}`;
    let known = states.get(key);
    if (known === undefined) {
      known = stateOf(position);
      states.set(key, known);
    }
    return known;
  }

  /** Every instruction that takes a unit and is reached without taking one; null: the program ends before that. */
  function reached({ places, before }: Position, after: Neighbour): readonly number[] | null {
    mark += 1;
    const taking: number[] = [];
    const open = [...places];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (marks[at] === mark) continue;
      marks[at] = mark;
      const instruction = program[at];
      if (instruction === undefined) continue;
      if (instruction.type === "match") return null;
      if (instruction.type === "unit") taking.push(at);
      else if (instruction.type === "assert") {
        if (holds(instruction.place, before, after)) open.push(at + 1);
      } else for (const to of instruction.to) open.push(to);
    }
    return taking;
  }

  /** Null: found. */
  function step(from: Position, code: number): Position | null {
    const after = asks ? neighbour(code) : "other";
    const taking = reached(from, after);
    if (taking === null) return null;
    mark += 1;
    // A match may begin anywhere.
    const places = [0];
    marks[0] = mark;
    for (const at of taking) {
      const instruction = program[at];
      if (instruction?.type !== "unit" || marks[at + 1] === mark || !accepts(instruction, code)) continue;
      marks[at + 1] = mark;
      places.push(at + 1);
    }
    return { places, before: after };
  }

  function follow(from: State, code: number): State {
    const known = code < 128 ? from.ascii[code] : from.others.get(code);
    if (known !== undefined) return known;
    ways += 1;
    const next = step(from, code);
    const to = next === null ? found : remembered({ ...next, places: next.places.toSorted(ascending) });
    if (code < 128) from.ascii[code] = to;
    else from.others.set(code, to);
    return to;
  }

  interface Run {
    /** The index of the unit with which a match became known, which is one behind its end; or -1. */
    readonly at: number;
    readonly last: State | Position;
  }

  function run(text: string, from: number, first: State | Position): Run {
    let at = from;
    let position = first;
    if (isState(position)) {
      let state = position;
      for (; at < text.length && ways < maxWays; at += 1) {
        state = follow(state, text.charCodeAt(at));
        if (state === found) return { at, last: state };
      }
      position = state;
    }
    for (; at < text.length; at += 1) {
      const next = step(position, text.charCodeAt(at));
      if (next === null) return { at, last: found };
      position = next;
    }
    return { at: -1, last: position };
  }

  const endsHere = (position: Position): boolean => reached(position, asks ? "none" : "other") === null;

  return {
    start() {
      let current: State | Position = begin("none");
      return {
        push(slice) {
          if (current !== found) current = run(slice, 0, current).last;
          return current === found;
        },
        end() {
          if (current !== found && endsHere(current)) current = found;
          return current === found;
        },
      };
    },
    find(text, from) {
      const { at, last } = run(text, from, begin(from === 0 ? "none" : neighbour(text.charCodeAt(from - 1))));
      if (at >= 0) return at;
      return endsHere(last) ? text.length : -1;
    },
  };
}

function stateOf(position: Position): State {
  return { ...position, ascii: [], others: new Map() };
}

function isState(position: State | Position): position is State {
  return "ascii" in position;
}

function ascending(left: number, right: number): number {
  return left - right;
}

function accepts({ ascii, others }: Extract<Instruction, { type: "unit" }>, code: number): boolean {
  return code < 128 ? ascii[code] === 1 : others(code);
}

function neighbour(code: number): Neighbour {
  return code === 0x0a ? "line-feed" : isWord(code) ? "word" : "other";
}

function holds(place: Place, before: Neighbour, after: Neighbour): boolean {
  switch (place) {
    case "line-start":
      return before === "none" || before === "line-feed";
    case "line-end":
      return after === "none" || after === "line-feed";
    case "word-edge":
      return (before === "word") !== (after === "word");
    case "no-word-edge":
      return (before === "word") === (after === "word");
  }
}
