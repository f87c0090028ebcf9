/**
 * A request held against what its route says it takes, before the route's function sees it. Whoever got it wrong is told
 * the field, what is expected there, and the nearest name they may have meant; never the value, which may be a secret.
 */
import * as v from "valibot";
import { isRecord } from "../base/json.ts";
import { suggestion } from "../engine/config/nearest.ts";
import { expectation, fieldsOf, isOptional, schemaAt, typeOf } from "./expectation.ts";
import { ControlRefusal, type RouteDoc } from "./route.ts";

export interface Checked {
  readonly query: unknown;
  readonly body: unknown;
}

/** `strict`: parameters that the route does not have are refused; clients of providers send all sorts of them. */
export function checked(
  route: Pick<RouteDoc, "query" | "body">,
  { url, body }: { readonly url: URL; readonly body: unknown },
  { strict }: { readonly strict: boolean },
): Checked {
  return { query: checkedQuery(route.query ?? {}, url.searchParams, strict), body: checkedBody(route.body, body) };
}

function checkedQuery(fields: NonNullable<RouteDoc["query"]>, said: URLSearchParams, strict: boolean): unknown {
  const value: Record<string, unknown> = {};
  for (const name of new Set(said.keys())) {
    if (!Object.hasOwn(fields, name)) {
      if (strict) throw unknownName("parameter", name, Object.keys(fields));
      continue;
    }
    const [text = "", ...others] = said.getAll(name);
    if (others.length > 0) throw invalid(`"${name}" is given ${others.length + 1} times`, name);
    value[name] = read(fields[name], text);
  }
  return parsed(v.strictObject(fields), value, "the query");
}

/** A parameter's text as the value that its schema takes; what is no such text stays one, and is refused as such. */
function read(schema: unknown, text: string): unknown {
  const type = typeOf(schema);
  if (type === "number" && /^-?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  if (type !== "boolean") return text;
  if (text === "true" || text === "1") return true;
  return text === "false" || text === "0" ? false : text;
}

const noFields = v.strictObject({});

function checkedBody(schema: RouteDoc["body"], body: unknown): unknown {
  if (schema === undefined) {
    // Some clients send an empty object with every POST.
    if (body !== undefined) parsed(noFields, body, "the body");
    return undefined;
  }
  if (body === undefined && isOptional(schema)) return v.parse(schema, undefined);
  if (body === undefined) throw invalid(`a JSON body is missing: it is ${expectation(schema)}`);
  return parsed(schema, withoutNulls(schema, body), "the body");
}

/** Languages without an undefined send null for what they leave out. */
function withoutNulls(schema: unknown, body: unknown): unknown {
  if (!isRecord(body)) return body;
  const isAbsent = (name: string): boolean => {
    const field = schemaAt(schema, [name]);
    return isOptional(field) && !expectation(field).endsWith("or null");
  };
  return Object.fromEntries(Object.entries(body).filter(([name, value]) => value !== null || !isAbsent(name)));
}

function parsed(schema: v.GenericSchema, value: unknown, whole: string): unknown {
  const list = listForObject(schema, value, []);
  if (list !== null) throw wrong(schema, list, whole);
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const places = result.issues.map(({ type, path = [] }) => ({
    isName: type === "strict_object",
    path: path.map(keyOf),
  }));
  // First what is not known: a slip in a name leaves the field missing that it was meant for.
  const unknown = places.find(
    ({ isName, path }) => isName && path.length > 0 && !namesOf(schema, path).includes(last(path)),
  );
  if (unknown !== undefined) {
    const what = whole === "the query" ? "parameter" : "field";
    throw unknownName(what, last(unknown.path), namesOf(schema, unknown.path));
  }
  const { isName, path } = places[0] ?? { isName: false, path: [] };
  if (!isName || path.length === 0) throw wrong(schema, path, whole);
  const name = path.join(".");
  throw invalid(`"${name}" is missing; it is ${expectation(schemaAt(schema, path))}`, name);
}

function keyOf({ key }: { readonly key: unknown }): string {
  return String(key);
}

function last(path: readonly string[]): string {
  return path.at(-1) ?? "";
}

/** The names that are known where a path ends. */
function namesOf(schema: unknown, path: readonly string[]): readonly string[] {
  return fieldsOf(schemaAt(schema, path.slice(0, -1)));
}

function wrong(schema: unknown, path: readonly string[], whole: string): ControlRefusal {
  const name = path.join(".");
  const wanted = expectation(schemaAt(schema, path));
  return invalid(`${name === "" ? whole : `"${name}"`} has to be ${wanted}`, name === "" ? undefined : name);
}

/** Where a list stands in place of an object: to the validator a list is an object, too. */
function listForObject(schema: unknown, value: unknown, path: readonly string[]): readonly string[] | null {
  const type = typeOf(schema);
  if (type !== "strict_object" && type !== "object" && type !== "record") return null;
  if (Array.isArray(value)) return path;
  if (!isRecord(value)) return null;
  for (const [name, inner] of Object.entries(value)) {
    const found = listForObject(schemaAt(schema, [name]), inner, [...path, name]);
    if (found !== null) return found;
  }
  return null;
}

/** A name longer than this is none; it is cut where it is repeated. */
const maxShownName = 64;

function unknownName(what: "field" | "parameter", name: string, known: readonly string[]): ControlRefusal {
  const shown = name.slice(0, maxShownName);
  const has = known.length === 0 ? `no ${what} is taken` : `known are ${known.join(", ")}`;
  return invalid(`there is no ${what} "${shown}" here (${has})${suggestion(name, known)}`, shown);
}

function invalid(message: string, field?: string): ControlRefusal {
  return field === undefined
    ? new ControlRefusal(400, "invalid", message)
    : new ControlRefusal(400, "invalid", message, field);
}
