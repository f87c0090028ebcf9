/** Three outlines as rows of one table: what the client said, what the hub made of it, what went upstream. */
import type { StageChange, StageRowJson } from "../../base/controls-stages.ts";
import { alignItems, type Pair } from "./align.ts";
import { fieldKeys } from "./field-keys.ts";
import type { Field, Item, Outline } from "./outline.ts";
import { clipped } from "./words.ts";

export interface Stages<T> {
  readonly client: T;
  readonly hub: T;
  readonly upstream: T;
}

type Triple<T> = Stages<T | null>;

export const maxRows = 2000;
/** Of each list: more parts than any conversation has, and what laying them beside each other is bounded by. */
const maxItems = 2000;

export function stageRows(outlines: Stages<Outline>): readonly StageRowJson[] {
  const rows = [
    ...fieldRows(outlines),
    ...toolRows(triples(outlines, "tools")),
    ...messageRows(triples(outlines, "parts")),
  ];
  if (rows.length <= maxRows) return rows;
  const label = `… and ${rows.length - maxRows + 1} more rows`;
  return [
    ...rows.slice(0, maxRows - 1),
    { label, depth: 0, client: null, hub: null, upstream: null, change: { hub: "same", upstream: "same" } },
  ];
}

/** Settings that every dialect has first, then those of one dialect, the client's before those that came later. */
function fieldRows({ client, hub, upstream }: Stages<Outline>): readonly StageRowJson[] {
  const byKey = new Map<string, { -readonly [Name in keyof Triple<Field>]: Field | null }>();
  for (const [name, outline] of [
    ["client", client],
    ["hub", hub],
    ["upstream", upstream],
  ] as const) {
    for (const field of outline.fields) {
      const row = byKey.get(field.key) ?? { client: null, hub: null, upstream: null };
      row[name] ??= field;
      byKey.set(field.key, row);
    }
  }
  const order: readonly string[] = fieldKeys;
  const rank = (key: string): number => (order.includes(key) ? order.indexOf(key) : order.length);
  const sorted = [...byKey].toSorted(([one], [other]) => rank(one) - rank(other));
  return sorted.map(([, row]) => {
    const label = (row.client ?? row.hub ?? row.upstream)?.label ?? "";
    return rowOf(label, 0, row, (one, other) => one.value === other.value);
  });
}

function toolRows(tools: readonly Triple<Item>[]): readonly StageRowJson[] {
  const counts = countsOf(tools);
  if (counts === null) return [];
  const head = rowOf("tools", 0, counts, (one, other) => one.count === other.count);
  return [head, ...tools.map((row) => rowOf("tool", 1, row, isUnchanged))];
}

/** How many each stage declares. */
function countsOf(tools: readonly Triple<Item>[]): Triple<{ readonly text: string; readonly count: number }> | null {
  if (tools.length === 0) return null;
  const told = (name: keyof Stages<Item>): { text: string; count: number } | null => {
    const count = tools.filter((row) => row[name] !== null).length;
    return count === 0 ? null : { text: `tools[${count}]`, count };
  };
  return { client: told("client"), hub: told("hub"), upstream: told("upstream") };
}

/** Parts of one message stand under a head with its name in each stage. */
function messageRows(parts: readonly Triple<Item>[]): readonly StageRowJson[] {
  const groups: Triple<Item>[][] = [];
  for (const row of parts) {
    const last = groups.at(-1);
    if (last !== undefined && isSameMessage(last, row)) last.push(row);
    else groups.push([row]);
  }
  return groups.flatMap((group) => [headRow(group), ...group.map((row) => rowOf(kindOf(row), 1, row, isUnchanged))]);
}

/** The hub's messages are the finest; where it has none, the client's or the upstream's. */
function isSameMessage(group: readonly Triple<Item>[], row: Triple<Item>): boolean {
  const role = roleOf(row);
  if (group.some((other) => roleOf(other) !== role)) return false;
  return (["hub", "client", "upstream"] as const).every((name) => {
    const place = row[name]?.place;
    const known = group.findLast((other) => other[name] !== null)?.[name]?.place;
    // Neighbouring messages of one speaker become one in some dialects: the hub decides, where it has the part.
    return place === undefined || known === undefined || place === known || (name !== "hub" && row.hub !== null);
  });
}

function headRow(group: readonly Triple<Item>[]): StageRowJson {
  const first = (name: keyof Stages<Item>): Item | null => group.find((row) => row[name] !== null)?.[name] ?? null;
  const told = (item: Item | null): Item | null =>
    item === null ? null : { ...item, text: item.place === item.role ? item.place : `${item.place} ${item.role}` };
  const head = { client: told(first("client")), hub: told(first("hub")), upstream: told(first("upstream")) };
  const label = (head.hub ?? head.client ?? head.upstream)?.text ?? "";
  return rowOf(label, 0, head, (one, other) => one.role === other.role);
}

function triples(outlines: Stages<Outline>, list: "tools" | "parts"): readonly Triple<Item>[] {
  const items = (name: keyof Stages<Outline>): readonly Item[] => outlines[name][list].slice(0, maxItems);
  const before = alignItems(items("client"), items("hub"));
  const after = alignItems(items("hub"), items("upstream"));
  return joined(before, after);
}

/** Both pairings hold the hub's list in its order: they are joined at it. */
function joined(before: readonly Pair[], after: readonly Pair[]): readonly Triple<Item>[] {
  const rows: Triple<Item>[] = [];
  let at = 0;
  for (const [client, hub] of before) {
    if (hub === null) {
      rows.push({ client, hub, upstream: null });
      continue;
    }
    for (let next = after[at]; next !== undefined; next = after[at]) {
      at += 1;
      if (next[0] !== null) {
        rows.push({ client, hub, upstream: next[1] });
        break;
      }
      rows.push({ client: null, hub: null, upstream: next[1] });
    }
  }
  for (const [, upstream] of after.slice(at)) rows.push({ client: null, hub: null, upstream });
  return rows;
}

function rowOf<T extends { readonly text: string }>(
  label: string,
  depth: number,
  row: Triple<T>,
  isSame: (one: T, other: T) => boolean,
): StageRowJson {
  const { client, hub, upstream } = row;
  const told = (one: T | null): string | null => (one === null ? null : clipped(one.text));
  return {
    label: clipped(label),
    depth,
    client: told(client),
    hub: told(hub),
    upstream: told(upstream),
    change: { hub: changeOf(client, hub, isSame), upstream: changeOf(hub ?? client, upstream, isSame) },
  };
}

/** What the hub lacks goes past it: the upstream's is then measured by the client's. */
function changeOf<T>(before: T | null, after: T | null, isSame: (one: T, other: T) => boolean): StageChange {
  if (before === null) return after === null ? "same" : "added";
  if (after === null) return "dropped";
  return isSame(before, after) ? "same" : "changed";
}

function isUnchanged(one: Item, other: Item): boolean {
  return one.kind === other.kind && one.match === other.match && one.rest === other.rest;
}

function roleOf(row: Triple<Item>): string {
  return (row.hub ?? row.client ?? row.upstream)?.role ?? "";
}

function kindOf(row: Triple<Item>): string {
  return (row.hub ?? row.client ?? row.upstream)?.kind ?? "";
}
