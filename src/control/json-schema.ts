/** Valibot schemas as JSON Schema, with references to what has a name. The only place that knows the converter. */
import { toJsonSchemaDefs } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { isRecord } from "../base/json.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface JsonSchemas {
  /** A reference where the schema has a name, else the whole of it. Knows what it was given at the beginning. */
  of(schema: v.GenericSchema): JsonSchema;
  /** All that have a name. */
  readonly named: Readonly<Record<string, JsonSchema>>;
}

/** What a schema without a name is called while all are converted at once; one at a time takes seconds. */
const passing = "~";

/** `place`: what stands before a name in a reference. */
export function jsonSchemas(
  named: Readonly<Record<string, v.GenericSchema>>,
  others: readonly v.GenericSchema[],
  place: string,
): JsonSchemas {
  const names = new Map(Object.entries(named).map(([name, schema]) => [schema, name]));
  for (const schema of others) if (!names.has(schema)) names.set(schema, `${passing}${names.size}`);
  const converted: Readonly<Record<string, unknown>> = toJsonSchemaDefs(
    Object.fromEntries([...names].map(([schema, name]) => [name, schema])),
    { target: "draft-2020-12", overrideRef: ({ referenceId }) => `${place}${referenceId}` },
  );

  /** References to what has no name are replaced by what they stand for. */
  function written(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(written);
    if (!isRecord(value)) return value;
    const { $ref } = value;
    if (typeof $ref === "string" && $ref.startsWith(`${place}${passing}`))
      return written(converted[$ref.slice(place.length)]);
    // Property names of a JSON object are text, and need not be told so.
    const fields = Object.entries(value).filter(([name, inner]) => name !== "propertyNames" || !isRecord(inner));
    return Object.fromEntries(fields.map(([name, inner]) => [name, written(inner)]));
  }

  function schemaOf(name: string): JsonSchema {
    const schema = written(converted[name]);
    return isRecord(schema) ? schema : {};
  }
  return {
    of(schema) {
      const name = names.get(schema);
      if (name === undefined) throw new Error("a schema was not among those to be converted");
      return name.startsWith(passing) ? schemaOf(name) : { $ref: `${place}${name}` };
    },
    named: Object.fromEntries(Object.keys(named).map((name) => [name, schemaOf(name)])),
  };
}
