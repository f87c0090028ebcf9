/** Frames of a Responses stream: numbered from 0, each with its `event` line, and the items they tell of. */
import type { Fields } from "../fields.ts";

export interface Frames {
  /** The reply is known: its id is part of all ids from here on. */
  begin(stem: string): void;
  event(type: string, fields: Fields): Uint8Array;
  /** The beginning of a delta's frame, for `delta`. The fields are all but the delta itself. */
  deltaHead(type: string, fields: Fields): string;
  delta(head: string, text: string): Uint8Array;
  /** An id for the item that is begun next. */
  nextId(prefix: string): string;
  /** An item begins: its number, and the frame that says so. */
  add(item: Fields): { readonly index: number; readonly frame: Uint8Array };
  done(index: number, item: Fields): Uint8Array;
  /** An item that needs no deltas. It is given an id when a prefix for one is named. */
  whole(item: Fields, idPrefix: string | null): readonly Uint8Array[];
  /** All items that are done, in their order. */
  output(): readonly Fields[];
}

export function createFrames(): Frames {
  const output: Fields[] = [];
  let stem = "";
  let sequence = 0;
  let items = 0;

  const frame = (head: string, rest: string): Uint8Array => {
    const number = sequence;
    sequence += 1;
    return Buffer.from(`${head}${rest},"sequence_number":${number}}\n\n`);
  };
  const head = (type: string, fields: Fields): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...fields }).slice(0, -1)}`;
  const event = (type: string, fields: Fields): Uint8Array => frame(head(type, fields), "");
  const add = (item: Fields): { readonly index: number; readonly frame: Uint8Array } => {
    const index = items;
    items += 1;
    return { index, frame: event("response.output_item.added", { output_index: index, item }) };
  };
  const nextId = (prefix: string): string => `${prefix}_${stem}_${items}`;
  const done = (index: number, item: Fields): Uint8Array => {
    output.push(item);
    return event("response.output_item.done", { output_index: index, item });
  };

  return {
    begin: (given) => void (stem = given),
    event,
    deltaHead: (type, fields) => `${head(type, fields)},"delta":`,
    delta: (start, text) => frame(start, JSON.stringify(text)),
    nextId,
    add,
    done,
    whole(item, idPrefix) {
      const named = idPrefix === null ? item : { id: nextId(idPrefix), ...item };
      const { index, frame: added } = add(named);
      return [added, done(index, named)];
    },
    output: () => [...output],
  };
}
