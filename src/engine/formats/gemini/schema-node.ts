/**
 * One walk over a schema that keeps what a dialect knows, says the rest in the descriptions and reports what was lost.
 * Keys below `properties` are names and never touched, whatever they are called. Nothing is followed forever: cycles,
 * depth and number of schemas are bounded, and beyond a bound stands an open object.
 */
import { isRecord, own } from "../../../base/json.ts";
import type { Fields } from "../fields.ts";
import { alternatives, type Choice } from "./schema-alternatives.ts";
import { typeName, type DialectRules, type TypeName } from "./schema-dialects.ts";
import { flatten, without, type Flat } from "./schema-refs.ts";
import {
  inShort,
  sayPlain,
  textIn,
  typeOfValues,
  writeEnum,
  writeFormat,
  writeListBounds,
  writeNumberBounds,
  writeTextBounds,
} from "./schema-values.ts";
import type { Notes, Place, Walk } from "./schema-walk.ts";

/** One schema in its place. */
interface Scope {
  readonly at: Place;
  readonly walk: Walk;
  readonly notes: Notes;
}

/** Null for `false`: nothing fits, so there is nothing to offer. */
export function cleanNode(value: unknown, at: Place, walk: Walk): Fields | null {
  if (value === false) return null;
  if (!isRecord(value)) return walk.rules.typeLists ? {} : { type: "object" };
  const hints: string[] = [];
  const notes = walk.notes(hints);
  const flat = outlined(value, at, walk);
  if (flat.cut !== undefined) notes.cut(flat.cut);
  const here = { depth: at.depth, steps: at.steps + 1, refs: flat.refs };
  const choice = alternatives(flat.node, here.refs, walk, notes);
  const written = typed(choice, { at: { ...here, refs: choice.refs }, walk, notes });
  const description = described(choice.node, hints, walk.rules);
  return description === "" ? written : { ...written, description };
}

/** The schema's own words, and behind them in brackets what could not stay a keyword. */
function described(node: Fields, hints: readonly string[], { title }: DialectRules): string {
  const said = textIn(node, "description") ?? (title ? undefined : textIn(node, "title"));
  const more = hints.length === 0 ? undefined : `(${[...new Set(hints)].join("; ")})`;
  return [said, more].filter((part) => part !== undefined).join(" ");
}

/** The schema with its references followed, or where that has gone far enough only its outline. */
function outlined(value: Fields, at: Place, walk: Walk): Flat {
  if (walk.spend() && !walk.isTooFar(at)) return flatten(value, at.refs, walk);
  const kept = Object.entries(value).filter(
    ([key, field]) => key === "description" || (key === "type" && typeof field === "string"),
  );
  return { node: Object.fromEntries(kept), refs: at.refs, cut: "not spelled out" };
}

/** Everything but the description. */
function typed(choice: Choice, scope: Scope): Fields {
  const { at, walk, notes } = scope;
  const { node } = choice;
  const { rules } = walk;
  if (own(node, "default") !== null) sayPlain(node, ["default"], notes);
  for (const keyword of unsayable) if (own(node, keyword) !== undefined) notes.drop(keyword);
  const title = rules.title ? textIn(node, "title") : undefined;
  const head = title === undefined ? {} : { title };
  if (choice.anyOf !== undefined) {
    const inner = choice.anyOf.flatMap((branch) => cleanNode(branch, at, walk) ?? []);
    const isNullType = choice.nullable && rules.typeLists;
    return {
      ...head,
      anyOf: isNullType ? [...inner, { type: "null" }] : inner,
      ...(choice.nullable && !isNullType ? { nullable: true } : {}),
    };
  }
  const { types, values, nullable } = typesOf(node);
  const orNull = nullable || choice.nullable;
  const write = (type: TypeName | undefined): Fields => oneType(type, values, node, scope);
  const [first, ...others] = types;
  if (rules.typeLists) {
    // All that was said about any of the types, once.
    const written = Object.assign({}, ...(types.length === 0 ? [write(first)] : types.map(write))) as Fields;
    const all = others.length > 0 && values === null ? types : [own(written, "type")];
    return { ...head, ...written, ...(orNull && all[0] !== undefined ? { type: [...all, "null"] } : typeWord(all)) };
  }
  const nullMark = orNull ? { nullable: true } : {};
  if (others.length === 0 || values !== null) return { ...head, ...write(first), ...nullMark };
  if (rules.anyOf) return { ...head, anyOf: types.map(write), ...nullMark };
  notes.say("type", `or ${others.join(", ")}`);
  return { ...head, ...write(first), ...nullMark };
}

function typeWord(types: readonly unknown[]): Fields {
  if (types.length > 1) return { type: types };
  return types[0] === undefined ? {} : { type: types[0] };
}

/** They say what a value must not be, or depend on other values: no words that fit into a description. */
const unsayable = [
  "not",
  "if",
  "dependencies",
  "dependentRequired",
  "dependentSchemas",
  "unevaluatedProperties",
  "unevaluatedItems",
  "propertyNames",
  "contains",
];

interface Types {
  readonly types: readonly TypeName[];
  readonly nullable: boolean;
  /** Fixed values without null; null when there are none. */
  readonly values: readonly unknown[] | null;
}

function typesOf(node: Fields): Types {
  const said = own(node, "type");
  const names = (Array.isArray(said) ? said : [said]).map(typeName).filter((name) => name !== null);
  const constant = own(node, "const");
  const listed = own(node, "enum");
  const all: readonly unknown[] | null = constant !== undefined ? [constant] : Array.isArray(listed) ? listed : null;
  const values = all === null ? null : all.filter((value) => value !== null);
  const types = [...new Set(names.filter((name) => name !== "null"))];
  return {
    types: types.length > 0 ? types : inferred(node, values),
    nullable: names.includes("null") || own(node, "nullable") === true || all?.includes(null) === true,
    values: values === null || values.length === 0 ? null : values,
  };
}

/** The type that the keywords speak of. */
function inferred(node: Fields, values: readonly unknown[] | null): readonly TypeName[] {
  const ofValues = values === null || values.length === 0 ? undefined : typeOfValues(values);
  if (ofValues !== undefined) return [ofValues];
  for (const [type, keywords] of telling) if (keywords.some((key) => own(node, key) !== undefined)) return [type];
  return [];
}

const telling: readonly (readonly [TypeName, readonly string[]])[] = [
  ["object", ["properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties"]],
  ["array", ["items", "prefixItems", "minItems", "maxItems", "uniqueItems"]],
  ["number", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]],
  ["string", ["pattern", "minLength", "maxLength", "format", "contentEncoding", "contentMediaType"]],
];

function oneType(type: TypeName | undefined, values: readonly unknown[] | null, node: Fields, scope: Scope): Fields {
  const { notes } = scope;
  const { rules } = scope.walk;
  const fixed =
    values === null ? {} : writeEnum(values, Array.isArray(own(node, "type")) ? undefined : type, rules, notes);
  if (fixed.enum !== undefined) return { ...fixed };
  const meant = fixed.type ?? type;
  switch (meant) {
    case "object":
      return { type: meant, ...writeObject(node, scope) };
    case "array":
      return { type: meant, ...writeArray(node, scope) };
    case "integer":
    case "number":
      return {
        type: meant,
        ...writeNumberBounds(node, meant, rules, notes),
        ...writeFormat(node, meant, rules, notes),
      };
    case "string":
      return { type: meant, ...writeTextBounds(node, rules, notes), ...writeFormat(node, meant, rules, notes) };
    case "boolean":
      return { type: meant };
    case undefined:
      // Anything goes; only a real JSON schema can say so.
      return rules.typeLists ? {} : { type: "object" };
  }
}

function writeObject(node: Fields, { at, walk, notes }: Scope): Fields {
  const declared = own(node, "properties");
  const inside: Place = { ...at, depth: at.depth + 1 };
  const entries = Object.entries(isRecord(declared) ? declared : {}).flatMap(([name, schema]) => {
    const cleaned = cleanNode(schema, inside, walk);
    return cleaned === null ? [] : [[name, cleaned] as const];
  });
  const names = new Set(entries.map(([name]) => name));
  const known = (key: string): readonly string[] => {
    const list: unknown = own(node, key);
    return [
      ...new Set((Array.isArray(list) ? list : []).filter((name) => typeof name === "string" && names.has(name))),
    ];
  };
  const required = known("required");
  const ordering = known("propertyOrdering");
  sayPlain(node, ["minProperties", "maxProperties"], notes);
  return {
    ...(isRecord(declared) ? { properties: Object.fromEntries(entries) } : {}),
    ...(required.length === 0 ? {} : { required }),
    ...(ordering.length === 0 || ordering.length < names.size ? {} : { propertyOrdering: ordering }),
    ...writeOpenKeys(node, { at: inside, walk, notes }),
  };
}

/** Keys that are not named: any, none, or those of a pattern. */
function writeOpenKeys(node: Fields, { at, walk, notes }: Scope): Fields {
  const patterns = own(node, "patternProperties");
  if (isRecord(patterns)) {
    notes.say("patternProperties", `keys that fit ${Object.keys(patterns).map(inShort).join(" or ")}`);
  }
  const open = own(node, "additionalProperties");
  if (walk.rules.additionalProperties) {
    if (typeof open === "boolean") return { additionalProperties: open };
    const values = isRecord(open) ? cleanNode(open, at, walk) : null;
    return values === null ? {} : { additionalProperties: values };
  }
  if (isRecord(open) && Object.keys(open).length > 0) {
    notes.say("additionalProperties", `any keys, each with ${inShort(without(open, "$schema", "description"))}`);
  }
  return {};
}

function writeArray(node: Fields, { at, walk, notes }: Scope): Fields {
  const inside: Place = { ...at, depth: at.depth + 1 };
  const items = own(node, "items");
  const prefix = own(node, "prefixItems");
  // Before 2020-12 a list of schemas under `items` meant what `prefixItems` means now.
  const tuple = Array.isArray(prefix) ? prefix : Array.isArray(items) ? items : null;
  const bounds = writeListBounds(node, walk.rules, notes);
  if (tuple !== null && walk.rules.prefixItems) {
    const cleaned = tuple.map((one) => cleanNode(one, inside, walk) ?? {});
    const rest = isRecord(items) ? cleanNode(items, inside, walk) : null;
    return { prefixItems: cleaned, ...(rest === null ? {} : { items: rest }), ...bounds };
  }
  if (tuple !== null) notes.say("prefixItems", `${tuple.length} places, each with a type of its own`);
  const wanted = isRecord(items) ? items : tuple !== null && tuple.length > 0 ? { anyOf: tuple } : undefined;
  const cleaned = wanted === undefined ? null : cleanNode(wanted, inside, walk);
  if (cleaned === null && walk.rules.typeLists) return bounds;
  // A list must say what is in it.
  return { items: cleaned ?? { type: "string" }, ...bounds };
}
