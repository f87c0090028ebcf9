/**
 * Every key of a value that its schema does not know, and every list where it wants a map (which the validator, to which
 * a list is an object too, lets pass), found by walking both together.
 */
import { isRecord } from "../../base/json.ts";
import type { Path } from "./problem.ts";

export type ShapeFault =
  /** The path ends in the unknown key itself. */
  | { readonly type: "unknown-key"; readonly path: Path; readonly known: readonly string[] }
  | { readonly type: "list"; readonly path: Path };

/** Valibot schemas are plain values; this much of their shape is looked at. */
interface Shape {
  readonly type?: unknown;
  readonly entries?: unknown;
  readonly item?: unknown;
  readonly value?: unknown;
  readonly wrapped?: unknown;
  readonly options?: unknown;
}

export function shapeFaults(schema: Shape, value: unknown, path: Path = []): readonly ShapeFault[] {
  switch (schema.type) {
    case "optional":
    case "nullable":
      return isShape(schema.wrapped) ? shapeFaults(schema.wrapped, value, path) : [];
    case "object":
      if (Array.isArray(value)) return [{ type: "list", path }];
      return isRecord(value) && isRecord(schema.entries) ? ofObject(schema.entries, value, path) : [];
    case "array": {
      const item = schema.item;
      if (!Array.isArray(value) || !isShape(item)) return [];
      return value.flatMap((element: unknown, index) => shapeFaults(item, element, [...path, index]));
    }
    case "record": {
      const inner = schema.value;
      if (Array.isArray(value)) return [{ type: "list", path }];
      if (!isRecord(value)) return [];
      return Object.entries(value).flatMap(([key, element]) => {
        // Validators skip these three without a word; as a name in a file they are a mistake or an attack.
        if (key === "__proto__" || key === "prototype" || key === "constructor") {
          return [{ type: "unknown-key", path: [...path, key], known: [] }];
        }
        return isShape(inner) ? shapeFaults(inner, element, [...path, key]) : [];
      });
    }
    case "union": {
      const objects = Array.isArray(schema.options)
        ? schema.options.filter((option): option is Shape => isShape(option) && option.type === "object")
        : [];
      return isRecord(value) ? objects.flatMap((option) => shapeFaults(option, value, path)) : [];
    }
    default:
      return [];
  }
}

function ofObject(
  entries: Readonly<Record<string, unknown>>,
  value: Readonly<Record<string, unknown>>,
  path: Path,
): readonly ShapeFault[] {
  const known = Object.keys(entries);
  return Object.entries(value).flatMap(([key, element]) => {
    const at = [...path, key];
    if (!Object.hasOwn(entries, key)) return [{ type: "unknown-key", path: at, known }];
    const entry = entries[key];
    return isShape(entry) ? shapeFaults(entry, element, at) : [];
  });
}

function isShape(value: unknown): value is Shape {
  return typeof value === "object" && value !== null && "type" in value;
}
