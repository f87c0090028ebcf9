/** What providers refuse in JSON schemas, in their own words (late 2026). */
import { field, isTable, list, strangeKey, words, wordOf } from "./provider-turn.ts";

/** OpenAI's strict mode: every object closed, every property required. */
export function strictMistake(schema: unknown, at: readonly string[] = []): string | null {
  if (!isTable(schema)) return null;
  const context = `In context=(${at.map((step) => `'${step}'`).join(", ")})`;
  const properties = field(schema, "properties");
  if (schema["type"] === "object") {
    if (schema["additionalProperties"] !== false) {
      return `${context}, 'additionalProperties' is required to be supplied and to be false.`;
    }
    const missing = Object.keys(isTable(properties) ? properties : {}).find(
      (name) => !list(schema["required"]).includes(name),
    );
    if (missing !== undefined) {
      return `${context}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`;
    }
  }
  for (const [name, inner] of Object.entries(isTable(properties) ? properties : {})) {
    const wrong = strictMistake(inner, [...at, "properties", name]);
    if (wrong !== null) return wrong;
  }
  return strictMistake(schema["items"], [...at, "items"]);
}

const jsonTypes = words("object array string number integer boolean null");

/** Schemas are held to JSON Schema's own schema first, and that knows seven types: none of them is Google's `STRING`. */
export function typeMistake(schema: unknown): string | null {
  if (!isTable(schema)) return null;
  const types: readonly unknown[] = Array.isArray(schema["type"]) ? schema["type"] : [schema["type"]];
  const odd = types.find((type) => type !== undefined && !jsonTypes.has(wordOf(type)));
  if (odd !== undefined) return `${JSON.stringify(odd)} is not valid under any of the given schemas.`;
  const properties = schema["properties"];
  const inner = [
    ...Object.values(isTable(properties) ? properties : {}),
    ...list(schema["anyOf"]),
    schema["items"],
    schema["additionalProperties"],
  ];
  for (const one of inner) {
    const wrong = typeMistake(one);
    if (wrong !== null) return wrong;
  }
  return null;
}

/** The fields of Google's own Schema message; everything else of JSON Schema is an unknown name to it. */
const googleFields = words(
  "type format title description nullable enum maxItems minItems properties required minProperties maxProperties " +
    "minLength maxLength pattern example anyOf propertyOrdering default items minimum maximum",
);

const googleTypes = words("STRING NUMBER INTEGER BOOLEAN ARRAY OBJECT NULL");
const googleFormats = words("enum date-time int32 int64 float double");

/** `parameters` and `responseSchema`: an OpenAPI subset that is parsed as protobuf JSON. */
export function googleSchemaMistake(schema: unknown, at: string): string | null {
  if (!isTable(schema))
    return `Invalid value at '${at}' (type.googleapis.com/google.ai.generativelanguage.v1beta.Schema)`;
  const unknown = strangeKey(schema, googleFields);
  if (unknown !== undefined) {
    return `Invalid JSON payload received. Unknown name "${unknown}" at '${at}': Cannot find field.`;
  }
  const type = schema["type"];
  if (Array.isArray(type)) {
    return `Invalid JSON payload received. Unknown name "type" at '${at}': Proto field is not repeating, cannot start list.`;
  }
  if (type !== undefined && !(typeof type === "string" && googleTypes.has(type.toUpperCase()))) {
    return `Invalid value at '${at}.type' (type.googleapis.com/google.ai.generativelanguage.v1beta.Type), ${JSON.stringify(type)}`;
  }
  if (type === undefined && schema["anyOf"] === undefined) {
    return `* GenerateContentRequest.${at}.type: must be specified when not using one_of, any_of or all_of fields`;
  }
  const kind = typeof type === "string" ? type.toUpperCase() : "";
  return valuesMistake(schema, kind, at) ?? insideMistake(schema, kind, at);
}

function valuesMistake(schema: Readonly<Record<string, unknown>>, kind: string, at: string): string | null {
  const values = schema["enum"];
  if (values !== undefined) {
    const odd = list(values).find((value) => typeof value !== "string");
    if (odd !== undefined) return `Invalid value at '${at}.enum[0]' (TYPE_STRING), ${JSON.stringify(odd)}`;
    if (kind !== "STRING") return `* GenerateContentRequest.${at}.enum: only allowed for STRING type`;
    if (list(values).includes("")) return `* GenerateContentRequest.${at}.enum[0]: cannot be empty`;
  }
  const format = schema["format"] === undefined ? undefined : wordOf(schema["format"]);
  if (kind === "STRING" && format !== undefined && !["enum", "date-time"].includes(format)) {
    return `* GenerateContentRequest.${at}.format: only 'enum' and 'date-time' are supported for STRING type`;
  }
  return format === undefined || googleFormats.has(format)
    ? null
    : `* GenerateContentRequest.${at}.format: unsupported format`;
}

function insideMistake(schema: Readonly<Record<string, unknown>>, kind: string, at: string): string | null {
  const properties = schema["properties"];
  if (
    kind === "OBJECT" &&
    properties !== undefined &&
    Object.keys(isTable(properties) ? properties : {}).length === 0
  ) {
    return `* GenerateContentRequest.${at}.properties: should be non-empty for OBJECT type`;
  }
  for (const [index, name] of list(schema["required"]).entries()) {
    if (field(properties, String(name)) === undefined) {
      return `* GenerateContentRequest.${at}.required[${index}]: property is not defined`;
    }
  }
  if (kind === "ARRAY" && schema["items"] === undefined) return `* GenerateContentRequest.${at}.items: missing field.`;
  if (schema["items"] !== undefined) {
    const wrong = googleSchemaMistake(schema["items"], `${at}.items`);
    if (wrong !== null) return wrong;
  }
  for (const [name, inner] of Object.entries(isTable(properties) ? properties : {})) {
    const wrong = googleSchemaMistake(inner, `${at}.properties[${name}]`);
    if (wrong !== null) return wrong;
  }
  for (const [index, inner] of list(schema["anyOf"]).entries()) {
    const wrong = googleSchemaMistake(inner, `${at}.any_of[${index}]`);
    if (wrong !== null) return wrong;
  }
  return null;
}
