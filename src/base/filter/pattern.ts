/**
 * Regular expressions that cannot stall the process. JavaScript's own engine tries alternatives one after the other and
 * takes exponential time on `(a+)+b`; these are read into a small program that `machine.ts` runs over the text once. The
 * price is what no such machine can do: back references and look-around, which are refused by name. Letters match in
 * either case; `^` and `$` stand at the ends of lines; `\d \w \s \b` mean ASCII, as in JavaScript.
 */

export type Instruction =
  /** Takes one unit and goes on with the next instruction. ASCII units that it takes are 1 in the table. */
  | { readonly type: "unit"; readonly ascii: Uint8Array; readonly others: UnitTest }
  | { readonly type: "split"; readonly to: readonly number[] }
  | { readonly type: "assert"; readonly place: Place }
  | { readonly type: "match" };

export type Place = "line-start" | "line-end" | "word-edge" | "no-word-edge";

/** Does it take the UTF-16 unit with this code? */
type UnitTest = (code: number) => boolean;

export type PatternResult =
  | { readonly ok: true; readonly program: readonly Instruction[]; readonly literal: string | null }
  /** `at` counts from the beginning of the pattern. */
  | { readonly ok: false; readonly message: string; readonly at: number; readonly length: number };

/** Counted repetitions are written out: `(a{100}){100}` has to end somewhere. The program's length bounds the work per unit of text. */
export const maxProgramLength = 250;
const maxGroupDepth = 30;
const maxCount = 100;

type Node =
  | { readonly type: "unit"; readonly accepts: UnitTest; readonly literal: number | null }
  | { readonly type: "sequence"; readonly parts: readonly Node[] }
  | { readonly type: "choice"; readonly parts: readonly Node[] }
  | { readonly type: "repeat"; readonly part: Node; readonly min: number; readonly max: number }
  | { readonly type: "assert"; readonly place: Place };

class PatternError extends Error {
  readonly at: number;
  readonly length: number;

  constructor(message: string, at: number, length: number) {
    super(message);
    this.at = at;
    this.length = length;
  }
}

/** Never throws. */
export function readPattern(source: string): PatternResult {
  try {
    const node = parse(source);
    return { ok: true, program: compile(node, source), literal: literalOf(node) };
  } catch (error) {
    if (error instanceof PatternError) return { ok: false, message: error.message, at: error.at, length: error.length };
    throw error;
  }
}

/** `gpt*mini` as a program: the pieces in this order; whole: nothing before and behind them. */
export function globProgram(glob: string): readonly Instruction[] {
  const parts: Node[] = [];
  for (const unit of glob.split(""))
    parts.push(unit === "*" ? { type: "repeat", part: anything, min: 0, max: Infinity } : unitNode(unit));
  return compile({ type: "sequence", parts }, glob);
}

function parse(source: string): Node {
  let at = 0;
  let depth = 0;

  function choice(): Node {
    const parts = [sequence()];
    while (source[at] === "|") {
      at += 1;
      parts.push(sequence());
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { type: "choice", parts };
  }

  function sequence(): Node {
    const parts: Node[] = [];
    while (at < source.length && source[at] !== "|" && source[at] !== ")") parts.push(repeated());
    return { type: "sequence", parts };
  }

  function repeated(): Node {
    const from = at;
    let node = atom();
    for (;;) {
      const counts = quantifier();
      if (counts === null) return node;
      if (node.type === "assert") throw new PatternError("there is nothing to repeat here", from, at - from);
      node = { type: "repeat", part: node, ...counts };
    }
  }

  /** The lazy form means the same to a test. */
  function quantifier(): { min: number; max: number } | null {
    const counts = bareQuantifier();
    if (counts !== null && source[at] === "?") at += 1;
    return counts;
  }

  function bareQuantifier(): { min: number; max: number } | null {
    const simple = simpleQuantifiers[source[at] ?? ""];
    if (simple !== undefined) {
      at += 1;
      return simple;
    }
    countedQuantifier.lastIndex = at;
    const counted = countedQuantifier.exec(source);
    if (counted === null) return null;
    const min = Number(counted[1]);
    const max = counted[2] === undefined ? min : counted[3] === "" ? Number.POSITIVE_INFINITY : Number(counted[3]);
    if (max < min) throw new PatternError("the numbers of a repetition go up", at, counted[0].length);
    if (min > maxCount || (max > maxCount && max !== Number.POSITIVE_INFINITY)) {
      throw new PatternError(`at most ${maxCount} repetitions can be counted`, at, counted[0].length);
    }
    at += counted[0].length;
    return { min, max };
  }

  function atom(): Node {
    const from = at;
    const unit = source[at] ?? "";
    at += 1;
    switch (unit) {
      case "(":
        return group(from);
      case "[":
        return set(from);
      case "\\":
        return escape(from);
      case ".":
        return { type: "unit", accepts: (code) => code !== lineFeed, literal: null };
      case "^":
        return { type: "assert", place: "line-start" };
      case "$":
        return { type: "assert", place: "line-end" };
      case "*":
      case "+":
      case "?":
        throw new PatternError(`there is nothing before this ${unit} that could be repeated`, from, 1);
      default:
        return unitNode(unit);
    }
  }

  function group(from: number): Node {
    if (source.startsWith("?:", at)) at += 2;
    else if (source.startsWith("?<", at) && /[A-Za-z_]/.test(source[at + 2] ?? "")) {
      const end = source.indexOf(">", at);
      if (end < 0) throw new PatternError("the name of this group does not end", from, source.length - from);
      at = end + 1;
    } else if (source[at] === "?") {
      const message = "groups are ( ) and (?: ): patterns here look neither ahead nor behind and take no flags";
      throw new PatternError(message, from, Math.min(3, source.length - from));
    }
    depth += 1;
    if (depth > maxGroupDepth) throw new PatternError(`groups go at most ${maxGroupDepth} deep`, from, 1);
    const inner = choice();
    depth -= 1;
    if (source[at] !== ")") throw new PatternError("this group is not closed", from, 1);
    at += 1;
    return inner;
  }

  function escape(from: number): Node {
    const unit = source[at];
    if (unit === undefined) throw new PatternError("there is nothing behind this backslash", from, 1);
    at += 1;
    if (unit === "b") return { type: "assert", place: "word-edge" };
    if (unit === "B") return { type: "assert", place: "no-word-edge" };
    const known = classOf(unit);
    if (known !== null) return { type: "unit", accepts: known, literal: null };
    return unitNode(String.fromCharCode(escapedUnit(unit, from)));
  }

  /** The code of one escaped unit; `at` stands behind its letter. */
  function escapedUnit(unit: string, from: number): number {
    const control = controls[unit];
    if (control !== undefined) return control;
    if (unit === "x" || unit === "u") {
      const digits = new RegExp(unit === "x" ? "[0-9A-Fa-f]{2}" : "[0-9A-Fa-f]{4}", "y");
      digits.lastIndex = at;
      const found = digits.exec(source);
      if (found === null)
        throw new PatternError(`behind \\${unit} stand ${unit === "x" ? 2 : 4} hexadecimal digits`, from, 2);
      at += found[0].length;
      return Number.parseInt(found[0], 16);
    }
    if (/[1-9k]/.test(unit)) throw new PatternError("patterns here have no back references", from, 2);
    if (/[A-Za-z0]/.test(unit)) throw new PatternError(`\\${unit} has no meaning here`, from, 2);
    return unit.charCodeAt(0);
  }

  function set(from: number): Node {
    const isNegated = source[at] === "^";
    if (isNegated) at += 1;
    const ranges: (readonly [number, number])[] = [];
    const classes: UnitTest[] = [];
    for (let first = true; first || source[at] !== "]"; first = false) {
      if (at >= source.length) throw new PatternError("this set is not closed", from, 1);
      if (first && source[at] === "]") break;
      const low = setMember(classes);
      if (low === null) continue;
      const isRange = source[at] === "-" && source[at + 1] !== undefined && source[at + 1] !== "]";
      if (!isRange) {
        ranges.push([low, low]);
        continue;
      }
      const dash = at;
      at += 1;
      const high = setMember([]);
      if (high === null || high < low) throw new PatternError("this range goes nowhere", dash - 1, at - dash + 1);
      ranges.push([low, high]);
    }
    at += 1;
    const holds = (code: number): boolean =>
      ranges.some(([low, high]) => code >= low && code <= high) || classes.some((accepts) => accepts(code));
    // The text is folded: a set that names capitals means the small letters, too.
    const accepts = (code: number): boolean => (holds(code) || holds(capital(code))) !== isNegated;
    return { type: "unit", accepts, literal: null };
  }

  /** The code of one member of a set; null when it was a class, which is added to `classes`. */
  function setMember(classes: UnitTest[]): number | null {
    const from = at;
    const unit = source[at] ?? "";
    at += 1;
    if (unit !== "\\") return unit.charCodeAt(0);
    const escaped = source[at];
    if (escaped === undefined) throw new PatternError("there is nothing behind this backslash", from, 1);
    at += 1;
    if (escaped === "b") return 0x08;
    const known = classOf(escaped);
    if (known === null) return escapedUnit(escaped, from);
    classes.push(known);
    return null;
  }

  const node = choice();
  if (at < source.length) throw new PatternError("this parenthesis closes nothing", at, 1);
  return node;
}

const lineFeed = 0x0a;
const simpleQuantifiers: Readonly<Record<string, { min: number; max: number }>> = {
  "*": { min: 0, max: Number.POSITIVE_INFINITY },
  "+": { min: 1, max: Number.POSITIVE_INFINITY },
  "?": { min: 0, max: 1 },
};
const countedQuantifier = /\{(\d{1,6})(,(\d{0,6}))?\}/y;
const controls: Readonly<Record<string, number>> = { n: 0x0a, r: 0x0d, t: 0x09, f: 0x0c, v: 0x0b };

const anything: Node = { type: "unit", accepts: () => true, literal: null };

function unitNode(unit: string): Node {
  const wanted = foldedUnit(unit.charCodeAt(0));
  return { type: "unit", accepts: (code) => code === wanted, literal: wanted };
}

function classOf(letter: string): UnitTest | null {
  const inner = classes[letter.toLowerCase()];
  if (inner === undefined) return null;
  return letter === letter.toLowerCase() ? inner : (code) => !inner(code);
}

const classes: Readonly<Record<string, UnitTest>> = {
  d: (code) => code >= 0x30 && code <= 0x39,
  w: isWord,
  s: (code) => code === 0x20 || (code >= 0x09 && code <= 0x0d) || (code >= 128 && /\s/.test(String.fromCharCode(code))),
};

/** Also the units that make a word for `\b`. Capitals count: a machine may be asked about text that nobody folded. */
export function isWord(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x5f || (code >= 0x41 && code <= 0x5a)
  );
}

/** As `fold` does it, for one unit. */
function foldedUnit(code: number): number {
  const lower = String.fromCharCode(code).toLowerCase();
  if (lower.length !== 1) return code;
  return lower === "ς" ? "σ".charCodeAt(0) : lower.charCodeAt(0);
}

function capital(code: number): number {
  const upper = String.fromCharCode(code).toUpperCase();
  return upper.length === 1 ? upper.charCodeAt(0) : code;
}

/** The text that the whole pattern stands for, folded; null when it is more than a text. */
function literalOf(node: Node): string | null {
  if (node.type === "unit") return node.literal === null ? null : String.fromCharCode(node.literal);
  if (node.type !== "sequence") return null;
  const parts = node.parts.map(literalOf);
  return parts.every((part) => part !== null) ? parts.join("") : null;
}

function asciiTable(accepts: UnitTest): Uint8Array {
  return Uint8Array.from({ length: 128 }, (_, code) => Number(accepts(code)));
}

function compile(node: Node, source: string): readonly Instruction[] {
  const program: Instruction[] = [];
  /** What is repeated shares its table. */
  const tables = new Map<UnitTest, Uint8Array>();
  let steps = 0;

  function tableOf(accepts: UnitTest): Uint8Array {
    const table = tables.get(accepts) ?? asciiTable(accepts);
    tables.set(accepts, table);
    return table;
  }

  function add(instruction: Instruction): number {
    if (program.length >= maxProgramLength) throw tooMuch();
    return program.push(instruction) - 1;
  }

  function tooMuch(): PatternError {
    return new PatternError("this pattern says too much at once; shorten it, or count less", 0, source.length);
  }

  function emit(part: Node): void {
    // Repetitions of nothing add nothing to the program, and multiply all the same.
    steps += 1;
    if (steps > 20 * maxProgramLength) throw tooMuch();
    switch (part.type) {
      case "unit":
        add({ type: "unit", ascii: tableOf(part.accepts), others: part.accepts });
        return;
      case "assert":
        add({ type: "assert", place: part.place });
        return;
      case "sequence":
        for (const one of part.parts) emit(one);
        return;
      case "choice":
        emitChoice(part.parts);
        return;
      case "repeat":
        emitRepeat(part);
    }
  }

  function emitChoice(parts: readonly Node[]): void {
    const split = add({ type: "split", to: [] });
    const begins: number[] = [];
    const leaves: number[] = [];
    for (const part of parts) {
      begins.push(program.length);
      emit(part);
      leaves.push(add({ type: "split", to: [] }));
    }
    program[split] = { type: "split", to: begins };
    for (const leave of leaves) program[leave] = { type: "split", to: [program.length] };
  }

  function emitRepeat({ part, min, max }: Extract<Node, { type: "repeat" }>): void {
    for (let count = 0; count < min; count += 1) emit(part);
    if (max === Number.POSITIVE_INFINITY) {
      const split = add({ type: "split", to: [] });
      emit(part);
      add({ type: "split", to: [split] });
      program[split] = { type: "split", to: [split + 1, program.length] };
      return;
    }
    const splits: number[] = [];
    for (let count = min; count < max; count += 1) {
      splits.push(add({ type: "split", to: [] }));
      emit(part);
    }
    for (const split of splits) program[split] = { type: "split", to: [split + 1, program.length] };
  }

  emit(node);
  add({ type: "match" });
  return program;
}
