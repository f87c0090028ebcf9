/**
 * JSON Schemas as Google's backends take them: the client's schema of a tool's arguments, or of the wished-for answer,
 * in the subset each place knows. Works on one schema at a time, never on a request.
 */
import { isRecord, own } from "../../../base/json.ts";
import type { JsonObject } from "../format.ts";
import type { SchemaDialect, WireDialect } from "./schema-dialects.ts";
import { cleanNode } from "./schema-node.ts";
import { createWalk, type Report } from "./schema-walk.ts";

export type { SchemaDialect, WireDialect } from "./schema-dialects.ts";

export interface CleanSchema extends Report {
  readonly schema: JsonObject;
  /** A function without arguments: its declaration needs no schema. */
  readonly isEmpty: boolean;
  /** An argument that is there only because the backend wants one; to be taken out of the calls that come back. */
  readonly placeholder?: string;
}

/** The schema of a function's arguments: always an object. */
export function cleanSchema(schema: unknown, dialect: SchemaDialect): CleanSchema {
  return parameters(schema, dialect);
}

/** The same for `parametersJsonSchema`, which takes real JSON Schema with few exceptions. */
export function cleanJsonSchema(schema: unknown): CleanSchema {
  return parameters(schema, "json");
}

/** The schema of an answer: of any type. Antigravity is seen to keep closed objects here. */
export function cleanResponseSchema(schema: unknown, dialect: WireDialect): CleanSchema {
  const walk = createWalk(schema, dialect);
  const cleaned = cleanNode(schema, start, walk) ?? {};
  const isClosed = dialect === "antigravity" && own(schema, "additionalProperties") === false;
  const written = isClosed ? { ...cleaned, additionalProperties: false } : cleaned;
  return { schema: written, isEmpty: Object.keys(written).length === 0, ...walk.report() };
}

/** The schema itself is what `#` points at. */
const start = { depth: 0, steps: 0, refs: ["#"] };

const placeholder = "reason";

function parameters(schema: unknown, dialect: WireDialect): CleanSchema {
  const walk = createWalk(schema, dialect);
  const object = asObject(cleanNode(schema, start, walk) ?? {});
  const report = walk.report();
  const properties = own(object, "properties");
  const isEmpty = !isRecord(properties) || Object.keys(properties).length === 0;
  if (!isEmpty || dialect !== "antigravity") return { schema: object, isEmpty, ...report };
  // VALIDATED mode wants at least one argument.
  const only = { type: "string", description: "Why this is called, in a few words." };
  return {
    schema: { ...object, properties: { [placeholder]: only }, required: [placeholder] },
    isEmpty: false,
    placeholder,
    ...report,
  };
}

/** A function takes one object; of alternatives for it, everything that any of them takes. */
function asObject(cleaned: JsonObject): JsonObject {
  const about = Object.entries(cleaned).filter(([key]) => aboutObjects.has(key));
  const branches = own(cleaned, "anyOf");
  const all = (Array.isArray(branches) ? branches : []).filter((branch) => isRecord(own(branch, "properties")));
  const properties = own(cleaned, "properties");
  const names = new Map(Object.entries(isRecord(properties) ? properties : {}));
  for (const branch of all) {
    const more = own(branch, "properties");
    for (const [name, one] of Object.entries(isRecord(more) ? more : {})) if (!names.has(name)) names.set(name, one);
  }
  const required = all.length === 0 ? own(cleaned, "required") : commonRequired(all);
  return {
    ...Object.fromEntries(about),
    type: "object",
    properties: Object.fromEntries(names),
    ...(Array.isArray(required) && required.length > 0 ? { required } : {}),
  };
}

const aboutObjects: ReadonlySet<string> = new Set(["title", "description", "additionalProperties", "propertyOrdering"]);

/** What every alternative demands. */
function commonRequired(branches: readonly unknown[]): readonly unknown[] {
  const lists = branches.map((branch) => {
    const list = own(branch, "required");
    return Array.isArray(list) ? (list as readonly unknown[]) : [];
  });
  return (lists[0] ?? []).filter((name) => lists.every((list) => list.includes(name)));
}
