/**
 * `anyOf` and `oneOf`: most of them are something simpler in disguise. An alternative to null is a nullable schema, a
 * choice among constants is an `enum`, alternatives beside properties are more properties. What is left is a real choice.
 */
import { isRecord, own } from "../../../base/json.ts";
import type { Fields } from "../fields.ts";
import { typeName } from "./schema-dialects.ts";
import { flatten, merged, mergedProperties, without, type Flat } from "./schema-refs.ts";
import { inShort } from "./schema-values.ts";
import type { Notes, RefPath, Walk } from "./schema-walk.ts";

export interface Choice {
  /** The schema without its alternatives, and with what was put in from them. */
  readonly node: Fields;
  readonly refs: RefPath;
  readonly nullable: boolean;
  /** Two or more, as the client wrote them, where the dialect can say so and nothing simpler means the same. */
  readonly anyOf?: readonly Fields[];
}

export function alternatives(node: Fields, refs: RefPath, walk: Walk, notes: Notes): Choice {
  if (!Object.hasOwn(node, "anyOf") && !Object.hasOwn(node, "oneOf")) return { node, refs, nullable: false };
  const listed = [own(node, "anyOf"), own(node, "oneOf")].filter((list) => Array.isArray(list));
  const rest = without(node, "anyOf", "oneOf");
  const branches = (listed[0] ?? []).filter(isRecord);
  if (listed.length > 1) notes.drop("oneOf");
  if (branches.length === 0 || !walk.spend()) return { node: rest, refs, nullable: false };
  const flat = branches.map((branch) => flatten(branch, refs, walk));
  const shapes = flat.filter((one) => !isNull(one.node));
  const nullable = shapes.length < flat.length;
  const [only, second] = shapes;
  if (only === undefined) return { node: rest, refs, nullable };
  if (second !== undefined && walk.rules.anyOf && !hasOwnShape(rest) && asEnum(shapes) === null) {
    return { node: rest, refs, nullable, anyOf: branches.filter((_branch, index) => !isNull(flat[index]?.node)) };
  }
  // What was put in may hold alternatives of its own.
  const joined = second === undefined ? into(rest, only, notes) : simplified(rest, shapes, notes);
  const inner = alternatives(joined.node, [...new Set([...refs, ...joined.refs])], walk, notes);
  return { ...inner, nullable: nullable || inner.nullable };
}

/** Several alternatives where only one schema may stand. */
function simplified(rest: Fields, shapes: readonly Flat[], notes: Notes): Flat {
  const constants = asEnum(shapes);
  if (constants !== null) {
    if (constants.explained !== "") notes.say("description", constants.explained);
    return { node: merged(rest, { enum: constants.values }), refs: [] };
  }
  if (hasOwnShape(rest)) return { node: besides(rest, shapes, notes), refs: shapes.flatMap((shape) => shape.refs) };
  const [best, ...others] = [...shapes].sort((a, b) => richness(b.node) - richness(a.node));
  if (best === undefined) return { node: rest, refs: [] };
  notes.say("anyOf", `or ${others.map(({ node }) => inShort(without(node, "description"))).join(" or ")}`);
  return into(rest, best, notes);
}

function into(rest: Fields, shape: Flat, notes: Notes): Flat {
  if (shape.cut !== undefined) notes.cut(shape.cut);
  return { node: merged(rest, shape.node), refs: shape.refs };
}

function isNull(shape: Fields | undefined): boolean {
  if (shape === undefined) return false;
  const listed = own(shape, "enum");
  return (
    typeName(own(shape, "type")) === "null" ||
    own(shape, "const") === null ||
    (Array.isArray(listed) && listed.length === 1 && listed[0] === null)
  );
}

interface Constants {
  readonly values: readonly unknown[];
  readonly explained: string;
}

/** Nothing but fixed words, or nothing but fixed numbers: one list of them, each explained if it was. */
function asEnum(shapes: readonly Flat[]): Constants | null {
  const all: unknown[] = [];
  const explained: string[] = [];
  for (const { node } of shapes) {
    const constant = own(node, "const");
    const listed = own(node, "enum");
    const values = constant !== undefined ? [constant] : Array.isArray(listed) ? (listed as readonly unknown[]) : [];
    if (values.length === 0) return null;
    all.push(...values);
    const description = own(node, "description") ?? own(node, "title");
    if (typeof description === "string" && description !== "") explained.push(`${values.join(", ")}: ${description}`);
  }
  const isOneKind = ["string", "number"].some((kind) => all.every((value) => typeof value === kind));
  return isOneKind ? { values: [...new Set(all)], explained: explained.join("; ") } : null;
}

function hasOwnShape(node: Fields): boolean {
  return ["type", "properties", "items", "enum", "const"].some((key) => own(node, key) !== undefined);
}

/** Conditions beside a shape: what they add is optional, what they demand goes into words. */
function besides(node: Fields, shapes: readonly Flat[], notes: Notes): Fields {
  let properties = own(node, "properties");
  const demands: string[] = [];
  for (const { node: shape } of shapes) {
    const more = own(shape, "properties");
    if (isRecord(more)) properties = mergedProperties(isRecord(properties) ? properties : {}, more);
    const required = own(shape, "required");
    if (Array.isArray(required)) demands.push(required.join(" and "));
    else if (!isRecord(more)) demands.push(inShort(without(shape, "description")));
  }
  notes.say("anyOf", `needs ${demands.length === 0 ? "one of several combinations" : demands.join(", or ")}`);
  return isRecord(properties) ? { ...node, properties } : node;
}

/** Which of several alternatives says the most. */
function richness(shape: Fields): number {
  const type = typeName(own(shape, "type"));
  if (type === "object" || own(shape, "properties") !== undefined) return 3;
  if (type === "array" || own(shape, "items") !== undefined) return 2;
  return type === null ? 0 : 1;
}
