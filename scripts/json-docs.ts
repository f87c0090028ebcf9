/** docs/json.md: what every command prints with `--json`, one section each, from the table that tests hold them to. */
import { documents, documentShapes, type JsonDocument } from "../src/commands/documents.ts";
import { isRecord } from "../src/base/json.ts";
import { type JsonSchema, jsonSchemas } from "../src/control/json-schema.ts";
import { schemaVersion } from "../src/control/schemas/version.ts";

const place = "#/shapes/";

export function jsonDocs(): string {
  const entries: readonly (readonly [string, JsonDocument])[] = Object.entries(documents);
  const schemas = jsonSchemas(
    documentShapes,
    entries.map(([, { schema }]) => schema),
    place,
  );
  const asked = entries.map(([command, { about, schema, plain }]) => {
    const json = schemas.of(schema);
    return { command, about: plain === true ? `${about} (without \`schemaVersion\`)` : about, json };
  });
  const shapes = usedBy(
    asked.map(({ json }) => json),
    schemas.named,
  );
  return [
    "# What `--json` prints",
    "",
    "Written by `npm run openapi`; do not edit. One document on stdout, whatever else is said goes to stderr; a failure prints",
    "none and has an exit code above 0. Instants are ISO 8601 in UTC. Fields may be added at any time; the schema version",
    `grows when one goes or changes its meaning. It is **${schemaVersion}**. Every document that is an object has it as \`schemaVersion\`,`,
    "besides the fields that stand here, unless it is said below that it has not; lists have no place for it.",
    "The same shapes, as JSON Schema: `components.schemas` in [openapi.json](openapi.json).",
    "",
    "## Commands",
    ...asked.flatMap(({ command, about, json }) => [
      "",
      `### ${command}`,
      "",
      `${about}: ${kindOf(json)}.`,
      ...table(json),
    ]),
    "",
    "## Shapes",
    ...shapes.flatMap((name) => {
      const json = schemas.named[name] ?? {};
      return ["", `### ${name}`, "", aboutOf(json), ...table(json)];
    }),
    "",
  ].join("\n");
}

/** Named shapes that are reached from these, in the order of their names. */
function usedBy(from: readonly unknown[], named: Readonly<Record<string, JsonSchema>>): readonly string[] {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    if (!isRecord(value)) return;
    const name = nameIn(value);
    if (name !== null && !found.has(name)) {
      found.add(name);
      visit(named[name]);
    }
    Object.values(value).forEach(visit);
  };
  visit(from);
  return [...found].toSorted();
}

function table(json: JsonSchema): readonly string[] {
  const rows = rowsOf(json, "");
  if (rows.length === 0) return [];
  return ["", "| field | is | |", "|---|---|---|", ...rows];
}

/** Objects without a name of their own are told in place: `members[].usable`. */
function rowsOf(json: JsonSchema, before: string): readonly string[] {
  const { properties, oneOf, required, items } = json;
  if (Array.isArray(oneOf)) return oneOf.flatMap((one) => (isRecord(one) ? rowsOf(one, before) : []));
  if (isRecord(items) && before !== "" && !isRecord(properties)) return rowsOf(items, `${before.slice(0, -1)}[].`);
  if (!isRecord(properties)) return [];
  const needed: readonly unknown[] = Array.isArray(required) ? required : [];
  return Object.entries(properties).flatMap(([name, field]) => {
    if (!isRecord(field)) return [];
    const mark = needed.includes(name) ? "" : "?";
    const row = `| \`${before}${name}${mark}\` | ${cell(kindOf(field))} | ${cell(aboutOf(field))} |`;
    return [row, ...rowsOf(field, `${before}${name}.`)];
  });
}

function kindOf(json: unknown): string {
  if (!isRecord(json)) return "anything";
  const name = nameIn(json);
  if (name !== null) return `[${name}](#${name.toLowerCase()})`;
  const { type, anyOf, oneOf, items, additionalProperties, const: only, enum: words, format } = json;
  if (only !== undefined) return `\`${JSON.stringify(only)}\``;
  if (Array.isArray(words)) return words.map((word) => `\`${String(word)}\``).join(" ");
  if (Array.isArray(anyOf)) return anyOf.map(kindOf).join(" or ");
  if (Array.isArray(oneOf)) return "one of these, by its `type`";
  if (type === "array") return isRecord(items) ? `list of ${kindOf(items)}` : "pair of text";
  if (type === "object") return isRecord(additionalProperties) ? `map to ${kindOf(additionalProperties)}` : "object";
  if (type === "string") return format === "date-time" ? "instant" : "text";
  return typeof type === "string" ? type : "anything";
}

function aboutOf(field: JsonSchema): string {
  const { description, anyOf } = field;
  if (typeof description === "string") return description;
  const told = Array.isArray(anyOf)
    ? anyOf.find((one) => isRecord(one) && typeof one["description"] === "string")
    : null;
  return isRecord(told) ? String(told["description"]) : "";
}

function nameIn({ $ref }: JsonSchema): string | null {
  return typeof $ref === "string" && $ref.startsWith(place) ? $ref.slice(place.length) : null;
}

function cell(value: string): string {
  return value.replaceAll("|", "\\|").replaceAll("\n", " ");
}
