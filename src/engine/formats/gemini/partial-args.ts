/**
 * Arguments that arrive in pieces (`functionCall.partialArgs`, Vertex with `streamFunctionCallArguments`): each piece
 * names its place by a JSON path and brings a value, strings in several parts. They are put together and told when whole.
 */
import { isRecord, own } from "../../../base/json.ts";
import { textField } from "../fields.ts";

export interface PartialArgs {
  /** False for a piece that has no place: the call cannot be told as it was meant. */
  add(piece: unknown): boolean;
  /** JSON of what has come so far. */
  json(): string;
}

type Place = Record<string, unknown> | unknown[];

/** Far more than any tool takes; a path like `[4000000000]` is no argument. */
const maxItems = 100_000;
const maxSteps = 64;

export function createPartialArgs(): PartialArgs {
  const root = emptyObject();
  return {
    add(piece) {
      const path = stepsOf(textField(piece, "jsonPath") ?? "");
      const value = valueOf(piece);
      const last = path?.[path.length - 1];
      if (path === null || last === undefined) return false;
      // The piece that ends a string may bring nothing.
      if (value === undefined) return true;
      let place: Place = root;
      for (const [at, step] of path.slice(0, -1).entries()) {
        const next = inside(place, step, typeof path[at + 1] === "number");
        if (next === null) return false;
        place = next;
      }
      const before = read(place, last);
      return write(place, last, typeof before === "string" && typeof value === "string" ? before + value : value);
    },
    json: () => JSON.stringify(root),
  };
}

/** Without a prototype, so that an argument may be called `__proto__`. */
function emptyObject(): Record<string, unknown> {
  // `Object.create` is typed as any; without a prototype and without properties this is an empty record.
  return Object.create(null) as Record<string, unknown>;
}

function valueOf(piece: unknown): unknown {
  if (own(piece, "nullValue") !== undefined) return null;
  return own(piece, "stringValue") ?? own(piece, "numberValue") ?? own(piece, "boolValue");
}

function inside(place: Place, step: string | number, isList: boolean): Place | null {
  const known = read(place, step);
  if (Array.isArray(known) || isRecord(known)) return known;
  const made: Place = isList ? [] : emptyObject();
  return known === undefined && write(place, step, made) ? made : null;
}

function read(place: Place, step: string | number): unknown {
  if (Array.isArray(place)) return typeof step === "number" ? place[step] : undefined;
  return own(place, String(step));
}

function write(place: Place, step: string | number, value: unknown): boolean {
  if (Array.isArray(place)) {
    if (typeof step !== "number" || step > Math.min(place.length, maxItems)) return false;
    place[step] = value;
    return true;
  }
  place[String(step)] = value;
  return true;
}

const stepPattern = /\.([^.[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y;

/** The steps of a path like `$.files[0]['a b']`; null for anything this does not cover. */
function stepsOf(path: string): readonly (string | number)[] | null {
  if (!path.startsWith("$")) return null;
  const steps: (string | number)[] = [];
  const pattern = new RegExp(stepPattern);
  pattern.lastIndex = 1;
  while (pattern.lastIndex < path.length) {
    const match = pattern.exec(path);
    if (match === null || steps.length >= maxSteps) return null;
    const [, name, index, single, double] = match;
    if (index !== undefined) steps.push(Number(index));
    else steps.push(name ?? (single ?? double ?? "").replaceAll(/\\(.)/g, "$1"));
  }
  return steps;
}
