/**
 * A schema without indirection: local `$ref`s inlined, `allOf` and `if`/`then`/`else` merged into the schema they stand
 * in. Cycles and endless chains end as an open object; whoever asks is told so.
 */
import { isRecord, own } from "../../../base/json.ts";
import type { Fields } from "../fields.ts";
import type { Cut, RefPath, Walk } from "./schema-walk.ts";

export interface Flat {
  readonly node: Fields;
  readonly refs: RefPath;
  readonly cut?: Cut;
}

const indirections = ["$ref", "allOf", "then", "else"];

/** More references inside each other than this are treated like a cycle. */
const maxRefs = 32;

export function flatten(value: Fields, refs: RefPath, walk: Walk): Flat {
  if (!indirections.some((key) => Object.hasOwn(value, key))) return { node: value, refs };
  let node: Fields = value;
  let path = refs;
  for (let ref = own(node, "$ref"); typeof ref === "string"; ref = own(node, "$ref")) {
    const rest = without(node, "$ref");
    if (path.includes(ref) || path.length >= maxRefs || !walk.spend())
      return { node: rest, refs: path, cut: "recursive" };
    const target = resolve(ref, walk.root);
    if (!isRecord(target)) return { node: rest, refs: path, cut: "not spelled out" };
    path = [...path, ref];
    node = merged(rest, target);
  }
  const conditional = ["then", "else"].flatMap((key) => (isRecord(own(node, key)) ? [optionalPart(node[key])] : []));
  const all = own(node, "allOf");
  const branches = [...(Array.isArray(all) ? all : []), ...conditional].filter(isRecord);
  if (branches.length === 0) return { node, refs: path };
  let whole: Fields = without(node, "allOf", "then", "else");
  let cut: Cut | undefined;
  const here = path;
  for (const branch of branches) {
    if (!walk.spend()) return { node: whole, refs: path, cut: "not spelled out" };
    const flat = flatten(branch, here, walk);
    whole = merged(whole, flat.node);
    path = [...new Set([...path, ...flat.refs])];
    cut ??= flat.cut;
  }
  return { node: whole, refs: path, ...(cut === undefined ? {} : { cut }) };
}

/** What an `if` brings may be there; it need not. */
function optionalPart(branch: unknown): Fields {
  const properties = own(branch, "properties");
  return isRecord(properties) ? { properties } : {};
}

/** Everything both say; where they say the same thing differently, the first. */
export function merged(first: Fields, second: Fields): Fields {
  const whole: Record<string, unknown> = { ...second, ...first };
  const properties = both(first, second, "properties", isRecord);
  if (properties !== null) whole["properties"] = mergedProperties(...properties);
  const required = both(first, second, "required", Array.isArray);
  if (required !== null) whole["required"] = [...new Set(required.flat() as readonly unknown[])];
  const items = both(first, second, "items", isRecord);
  if (items !== null) whole["items"] = { allOf: items };
  const enums = both(first, second, "enum", Array.isArray);
  if (enums !== null) {
    const [one, two] = enums as readonly [readonly unknown[], readonly unknown[]];
    const common = one.filter((value) => two.some((other) => JSON.stringify(other) === JSON.stringify(value)));
    if (common.length > 0) whole["enum"] = common;
  }
  return whole;
}

export function mergedProperties(first: Fields, second: Fields): Fields {
  const entries = new Map<string, unknown>(Object.entries(first));
  for (const [name, schema] of Object.entries(second)) {
    const before = entries.get(name);
    entries.set(name, isRecord(before) && isRecord(schema) ? { allOf: [before, schema] } : (before ?? schema));
  }
  return Object.fromEntries(entries);
}

function both<Value>(
  first: Fields,
  second: Fields,
  key: string,
  is: (value: unknown) => value is Value,
): readonly [Value, Value] | null {
  const one = own(first, key);
  const two = own(second, key);
  return is(one) && is(two) ? [one, two] : null;
}

export function without(node: Fields, ...keys: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(node).filter(([key]) => !keys.includes(key)));
}

/** A pointer into the schema itself (`#`, `#/$defs/Name`); undefined for any other address. */
function resolve(ref: string, root: unknown): unknown {
  if (ref === "#") return root;
  if (!ref.startsWith("#/")) return undefined;
  let at: unknown = root;
  for (const raw of ref.slice(2).split("/")) {
    const key = unescaped(raw).replaceAll("~1", "/").replaceAll("~0", "~");
    at = Array.isArray(at) && /^\d{1,6}$/.test(key) ? (at[Number(key)] as unknown) : own(at, key);
  }
  return at;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
