/**
 * The configuration file's schema as JSON Schema (draft 2020-12): made from the one that the loader checks with, so that
 * an editor and a core cannot disagree about what exists.
 */
import { toJsonSchema } from "@valibot/to-json-schema";
import { isRecord } from "../../base/json.ts";
import { fileSchema } from "./file-schema.ts";

export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = toJsonSchema(fileSchema, {
    target: "draft-2020-12",
    // The loader finds unknown keys by walking the same schema; here the schema itself has to say it.
    overrideSchema: ({ valibotSchema, jsonSchema }) =>
      valibotSchema.type === "object" ? { ...jsonSchema, additionalProperties: false } : null,
  });
  const sections = Object.entries(schema.properties ?? {}).map(([name, section]) => [
    name,
    // `accounts:` with nothing behind it means "none yet".
    isRecord(section) ? { anyOf: [section, { type: "null" }] } : section,
  ]);
  return { ...schema, title: "Switchyard config.yaml", properties: Object.fromEntries(sections) };
}
