/**
 * What each place that takes a schema can say. `gemini` and `vertex`: the field `parameters`, a subset of OpenAPI's
 * schema. `antigravity`: the same field under VALIDATED mode, which takes the least. `json`: `parametersJsonSchema` and
 * `responseJsonSchema`, the list of keywords from the API's own documentation (late 2026).
 */
export type SchemaDialect = "gemini" | "vertex" | "antigravity";
export type WireDialect = SchemaDialect | "json";

export interface DialectRules {
  /** Alternatives: `anyOf`, or only the richest of them. */
  readonly anyOf: boolean;
  /** `type` may be a list with `null` in it; otherwise one word and `nullable`. */
  readonly typeLists: boolean;
  /** Values of `enum`: strings, made of numbers where need be; strings as they are; strings and numbers. */
  readonly enums: "stringified" | "strings" | "scalars";
  /** Bounds of numbers and of lengths of lists. */
  readonly bounds: boolean;
  /** `minLength`, `maxLength`, `pattern`. */
  readonly textBounds: boolean;
  /** Words for `format`; null: any. */
  readonly formats: ReadonlySet<string> | null;
  readonly additionalProperties: boolean;
  readonly prefixItems: boolean;
  readonly title: boolean;
}

/** Others are a 400 ("only 'enum' and 'date-time' are supported for STRING type"). */
const knownFormats: ReadonlySet<string> = new Set(["enum", "date-time", "int32", "int64", "float", "double"]);

const openApi: DialectRules = {
  anyOf: true,
  typeLists: false,
  enums: "stringified",
  bounds: true,
  textBounds: true,
  formats: knownFormats,
  additionalProperties: false,
  prefixItems: false,
  title: false,
};

export const dialectRules: Readonly<Record<WireDialect, DialectRules>> = {
  gemini: openApi,
  vertex: openApi,
  antigravity: {
    ...openApi,
    anyOf: false,
    enums: "strings",
    bounds: false,
    textBounds: false,
    formats: new Set(),
  },
  json: {
    anyOf: true,
    typeLists: true,
    enums: "scalars",
    bounds: true,
    textBounds: false,
    formats: null,
    additionalProperties: true,
    prefixItems: true,
    title: true,
  },
};

export type TypeName = "object" | "array" | "string" | "integer" | "number" | "boolean";

/** Upper case is Gemini's own spelling; the others have been seen in schemas of tools that were written by hand. */
const typeNames: ReadonlyMap<string, TypeName | "null"> = new Map([
  ["object", "object"],
  ["dict", "object"],
  ["map", "object"],
  ["array", "array"],
  ["list", "array"],
  ["string", "string"],
  ["str", "string"],
  ["integer", "integer"],
  ["int", "integer"],
  ["number", "number"],
  ["float", "number"],
  ["double", "number"],
  ["boolean", "boolean"],
  ["bool", "boolean"],
  ["null", "null"],
]);

export function typeName(word: unknown): TypeName | "null" | null {
  return typeof word === "string" ? (typeNames.get(word.toLowerCase()) ?? null) : null;
}
