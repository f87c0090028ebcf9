/**
 * Arguments of a call as the client declared them, where the request writer had to declare them otherwise: an argument
 * of ours taken out again, numbers that the dialect could only offer as text made numbers. Arguments that fit the
 * client's own schema keep their very text.
 */
import { isRecord, own, parseJson } from "../../base/json.ts";
import type { EventStage } from "./restore.ts";

export interface ArgumentFix {
  /** The client's own schema of the tool. */
  readonly schema: unknown;
  /** An argument that only the writer put in. */
  readonly drop?: string;
}

export function fixArguments(text: string, fix: ArgumentFix): string {
  const parsed = parseJson(text);
  if (!parsed.ok || !isRecord(parsed.value)) return text;
  const kept = fix.drop === undefined ? parsed.value : withoutKey(parsed.value, fix.drop);
  const fixed = coerce(kept, fix.schema, fix.schema, 0);
  return fixed === parsed.value ? text : JSON.stringify(fixed);
}

/** Holds the arguments of the named tools until they are whole; everything else passes. Names are the client's. */
export function createArgumentFix(fixes: ReadonlyMap<string, ArgumentFix>): EventStage {
  let open: ArgumentFix | undefined;
  let held = "";
  return (event) => {
    if (event.type === "tool-start") {
      open = event.kind === "function" ? fixes.get(event.name) : undefined;
      held = "";
      return [event];
    }
    if (open === undefined) return [event];
    if (event.type === "tool-delta") {
      held += event.text;
      return [];
    }
    if (event.type !== "tool-end") return [event];
    const text = fixArguments(held, open);
    open = undefined;
    return text === "" ? [event] : [{ type: "tool-delta", block: event.block, text }, event];
  };
}

function withoutKey(args: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> {
  if (!Object.hasOwn(args, key)) return args;
  return Object.fromEntries(Object.entries(args).filter(([name]) => name !== key));
}

/** Deeper than this nothing was asked for in words. */
const maxDepth = 32;

/** The value itself unless something in it had to change. */
function coerce(value: unknown, schema: unknown, root: unknown, depth: number): unknown {
  const target = pointed(schema, root);
  if (!isRecord(target) || depth > maxDepth) return value;
  const given = scalar(value, target, root);
  if (Array.isArray(given)) {
    const items = inside(target, "items", root);
    const list: readonly unknown[] = given;
    const fixed = list.map((one) => coerce(one, items, root, depth + 1));
    return fixed.some((one, index) => one !== list[index]) ? fixed : given;
  }
  if (!isRecord(given)) return given;
  const properties = inside(target, "properties", root);
  let changed = false;
  const entries = Object.entries(given).map(([name, one]) => {
    const fixed = coerce(one, own(properties, name), root, depth + 1);
    changed ||= fixed !== one;
    return [name, fixed] as const;
  });
  return changed ? Object.fromEntries(entries) : given;
}

/** Text where the schema wants something else, and the other way round; only where it is unmistakable. */
function scalar(value: unknown, schema: Readonly<Record<string, unknown>>, root: unknown): unknown {
  const wanted = typesOf(schema, root, 0);
  if (wanted.size === 0 || [...wanted].some((type) => isOf(value, type))) return value;
  if (typeof value === "number" || typeof value === "boolean") return wanted.has("string") ? String(value) : value;
  if (typeof value !== "string") return value;
  const parsed = parseJson(value);
  if (!parsed.ok) return value;
  // "07" and "1e3" are words before they are numbers.
  if (typeof parsed.value === "number" && String(parsed.value) !== value.trim()) return value;
  return [...wanted].some((type) => isOf(parsed.value, type)) ? parsed.value : value;
}

function isOf(value: unknown, type: string): boolean {
  switch (type) {
    case "object":
      return isRecord(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "null":
      return value === null;
    default:
      return typeof value === type;
  }
}

/** Every type the schema takes; none when it does not say. */
function typesOf(schema: unknown, root: unknown, depth: number): ReadonlySet<string> {
  const target = pointed(schema, root);
  const types = new Set<string>();
  if (depth > maxDepth) return types;
  const said = own(target, "type");
  for (const word of Array.isArray(said) ? said : [said]) if (typeof word === "string") types.add(word.toLowerCase());
  if (types.size === 0) {
    const constant = own(target, "const");
    const listed = own(target, "enum");
    for (const value of constant !== undefined
      ? [constant]
      : Array.isArray(listed)
        ? (listed as readonly unknown[])
        : [])
      types.add(value === null ? "null" : Array.isArray(value) ? "array" : typeof value);
  }
  for (const key of ["anyOf", "oneOf", "allOf"]) {
    const branches = own(target, key);
    if (!Array.isArray(branches)) continue;
    for (const branch of branches) {
      const more = typesOf(branch, root, depth + 1);
      // A branch that takes anything leaves nothing to be mended.
      if (more.size === 0 && key !== "allOf") return new Set();
      for (const type of more) types.add(type);
    }
  }
  return types;
}

/** A keyword of the schema, or of the one of its alternatives that has it: an object or null is still that object. */
function inside(schema: unknown, keyword: string, root: unknown): unknown {
  const said = own(schema, keyword);
  if (said !== undefined) return said;
  const branches = ["anyOf", "oneOf", "allOf"].flatMap((key) => {
    const list = own(schema, key);
    return Array.isArray(list) ? list.map((one: unknown) => own(pointed(one, root), keyword)) : [];
  });
  const found = branches.filter((one) => one !== undefined);
  return found.length === 1 ? found[0] : undefined;
}

/** The schema that a local reference means. */
function pointed(schema: unknown, root: unknown): unknown {
  let at = schema;
  for (let hops = 0; hops < maxDepth; hops += 1) {
    const ref = own(at, "$ref");
    if (typeof ref !== "string" || !ref.startsWith("#/")) return at;
    at = ref
      .slice(2)
      .split("/")
      .reduce<unknown>((inner, key) => own(inner, key.replaceAll("~1", "/").replaceAll("~0", "~")), root);
  }
  return at;
}
