/** What a schema wants, in words for whoever got it wrong: derived from the schema, so that the two cannot differ. */

/** Valibot schemas and actions are plain values; this much of them is looked at. */
interface Part {
  readonly type?: unknown;
  readonly pipe?: unknown;
  readonly requirement?: unknown;
  readonly options?: unknown;
  readonly literal?: unknown;
  readonly wrapped?: unknown;
  readonly item?: unknown;
  readonly value?: unknown;
  readonly entries?: unknown;
}

/** `a whole number from 1 on`, `one of day, model or account` */
export function expectation(schema: unknown): string {
  const part = asPart(schema);
  switch (part.type) {
    case "string":
      return hasAction(part, "min_length") ? "text that is not empty" : "text";
    case "number":
      return numberWords(part);
    case "boolean":
      return "true or false";
    case "literal":
      return JSON.stringify(part.literal);
    case "picklist":
      return `one of ${listed(asList(part.options).map(String))}`;
    case "array":
      return `a list, each item ${expectation(part.item)}`;
    case "record":
      return `an object, each value ${expectation(part.value)}`;
    case "strict_object":
    case "object":
      return `an object of ${listed(fieldsOf(part), "and")}`;
    case "nullable":
      return `${expectation(part.wrapped)}, or null`;
    case "optional":
    case "exact_optional":
      return expectation(part.wrapped);
    case "union":
    case "variant":
      return asList(part.options).map(expectation).join(", or ");
    default:
      return "something else";
  }
}

/** The names of an object's fields; none for everything else. */
export function fieldsOf(schema: unknown): readonly string[] {
  const { entries } = asPart(unwrapped(schema));
  return typeof entries === "object" && entries !== null ? Object.keys(entries) : [];
}

/** The schema of what stands at a path; undefined where the path leaves what is known. */
export function schemaAt(schema: unknown, path: readonly (string | number)[]): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return schema;
  const { entries, item, value } = asPart(unwrapped(schema));
  const fields = new Map(Object.entries(typeof entries === "object" && entries !== null ? entries : {}));
  const next: unknown = fields.get(String(step)) ?? item ?? value;
  return next === undefined ? undefined : schemaAt(next, rest);
}

/** Without the words that say it may be absent or null. */
export function unwrapped(schema: unknown): unknown {
  const { type, wrapped } = asPart(schema);
  return type === "nullable" || isOptional(schema) ? unwrapped(wrapped) : schema;
}

export function isOptional(schema: unknown): boolean {
  const { type } = asPart(schema);
  return type === "optional" || type === "exact_optional";
}

/** The kind of value that a schema takes, as valibot names it. */
export function typeOf(schema: unknown): unknown {
  return asPart(unwrapped(schema)).type;
}

function numberWords(part: Part): string {
  const what = hasAction(part, "integer") ? "a whole number" : "a number";
  const [min, max] = [boundOf(part, "min_value"), boundOf(part, "max_value")];
  if (min !== null && max !== null) return `${what} from ${min} to ${max}`;
  if (min !== null) return `${what} from ${min} on`;
  return max === null ? what : `${what} of at most ${max}`;
}

function boundOf(part: Part, type: string): number | null {
  const requirement = actionOf(part, type)?.requirement;
  return typeof requirement === "number" ? requirement : null;
}

function hasAction(part: Part, type: string): boolean {
  return actionOf(part, type) !== undefined;
}

function actionOf({ pipe }: Part, type: string): Part | undefined {
  return asList(pipe)
    .map(asPart)
    .find((action) => action.type === type);
}

function listed(words: readonly string[], last = "or"): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function asPart(value: unknown): Part {
  return typeof value === "object" && value !== null ? value : {};
}
