/** Finds the number of a field that is about to be written: the table the other way round. */
import { createFieldTable, firstDynamic, staticNames, staticValues } from "./hpack-table.ts";

export interface FieldIndex {
  /** The number of name and value; or, below 0, that of a field which has at least the name; or 0. */
  find(name: string, value: string): number;
  insert(name: string, value: string): void;
  resize(maxBytes: number): void;
}

/** The fields of one name in the static table: the first, whose number also serves for the name, and any others. */
interface Fixed {
  readonly index: number;
  readonly value: string;
  readonly others: Map<string, number> | null;
}

/** The fields of one name that went over the connection, by how many fields had gone before. */
interface Sent {
  value: string;
  turn: number;
  /** Most names have one value at a time. */
  others: Map<string, number> | null;
}

const fixedFields: ReadonlyMap<string, Fixed> = readFixed();

export function createFieldIndex(ceilingBytes: number): FieldIndex {
  const sent = new Map<string, Sent>();
  let turns = 0;

  const table = createFieldTable(ceilingBytes, (name, value) => {
    const fields = sent.get(name);
    if (fields === undefined) return;
    // The oldest goes first: when it is the latest of its name, it was the only one.
    if (fields.others === null || fields.others.size === 0) sent.delete(name);
    else fields.others.delete(value);
  });
  const indexOf = (turn: number): number => firstDynamic + turns - 1 - turn;

  return {
    find(name, value) {
      const fields = sent.get(name);
      if (fields?.value === value) return indexOf(fields.turn);
      const turn = fields?.others?.get(value);
      if (turn !== undefined) return indexOf(turn);
      const fixed = fixedFields.get(name);
      if (fixed === undefined) return fields === undefined ? 0 : -indexOf(fields.turn);
      if (fixed.value === value) return fixed.index;
      return fixed.others?.get(value) ?? -fixed.index;
    },
    insert(name, value) {
      if (!table.insert(name, value)) return;
      const fields = sent.get(name);
      if (fields === undefined) sent.set(name, { value, turn: turns, others: null });
      else {
        fields.others ??= new Map();
        fields.others.set(fields.value, fields.turn);
        fields.value = value;
        fields.turn = turns;
      }
      turns += 1;
    },
    resize: (maxBytes) => table.resize(maxBytes),
  };
}

function readFixed(): Map<string, Fixed> {
  const found = new Map<string, Fixed>();
  for (let index = 1; index < firstDynamic; index += 1) {
    const name = staticNames[index] ?? "";
    const value = staticValues[index] ?? "";
    const first = found.get(name);
    if (first === undefined) found.set(name, { index, value, others: null });
    else found.set(name, { ...first, others: new Map([...(first.others ?? []), [value, index]]) });
  }
  return found;
}
