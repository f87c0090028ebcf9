/**
 * What a store's file says, and whether it can be believed: pure functions between text and data. The file is JSON with
 * `version` and `generation` in front of the data; the backup is the same text under a line with its checksum. A reason
 * given here never quotes the text, for it holds secrets (V8's own JSON errors do quote it).
 */
import { createHash } from "node:crypto";
import * as v from "valibot";
import { isRecord, parseJson } from "../../base/json.ts";

/** What one store holds, and how older files become it. */
export interface StoreShape<Data> {
  /** Of the files written now. */
  readonly version: number;
  /** Fields it does not name are kept as they are. */
  readonly schema: v.GenericSchema<Data>;
  /** From each older version to the next. Pure. */
  readonly migrations: Readonly<Record<number, Migration>>;
  readonly fresh: () => Data;
  /** For the notice when a file had to be given up: what that means to the person. */
  readonly lostWithFresh: string;
}

export type Migration = (fields: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

export type Found<Data> =
  | { readonly type: "missing" }
  | { readonly type: "damaged"; readonly why: string }
  /** Of a later version: `data` as far as this one understands it. */
  | { readonly type: "newer"; readonly version: number; readonly data: Data | null }
  | Good<Data>;

export interface Good<Data> {
  readonly type: "good";
  readonly data: Data;
  readonly generation: number;
  /** True when the file should be written anew: an older version, or a byte order mark. */
  readonly outdated: boolean;
  readonly mark: boolean;
}

export type FoundBackup<Data> = Exclude<Found<Data>, Good<Data>> | GoodBackup<Data>;

export interface GoodBackup<Data> extends Good<Data> {
  readonly savedAt: string;
}

const byteOrderMark = "\uFEFF";
const backupHead = /^switchyard-backup sha256=([0-9a-f]{64}) saved=([0-9TZ:.-]{20,30})\n/;

export function printStore(version: number, generation: number, data: object): string {
  // First for the eye, and last so that nothing in the data takes their place.
  const own = { version, generation };
  return `${JSON.stringify({ ...own, ...data, ...own }, null, 2)}\n`;
}

export function printBackup(text: string, savedAt: number): string {
  return `switchyard-backup sha256=${digest(text)} saved=${new Date(savedAt).toISOString()}\n${text}`;
}

export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

export function readStore<Data>(text: string | null, shape: StoreShape<Data>): Found<Data> {
  if (text === null) return { type: "missing" };
  const mark = text.startsWith(byteOrderMark);
  const parsed = parseJson(mark ? text.slice(1) : text);
  if (!parsed.ok) return damaged(notJson(text));
  if (!isRecord(parsed.value)) return damaged(`it holds ${kindOf(parsed.value)} instead of an object`);
  const { version, generation = 0, ...fields } = parsed.value;
  if (typeof version !== "number" || !Number.isSafeInteger(version)) return damaged(notWhole("version", version));
  if (version > shape.version) {
    return { type: "newer", version, data: v.is(shape.schema, fields) ? fields : null };
  }
  if (typeof generation !== "number" || !Number.isSafeInteger(generation) || generation < 0) {
    return damaged(notWhole("generation", generation));
  }
  const migrated = migrate(fields, version, shape);
  if (migrated === null) return damaged(`version ${version} is unknown`);
  const fault = firstFault(migrated, shape.schema);
  if (fault !== null) return damaged(fault);
  // Not the schema's output, which has lost the fields that it does not name.
  return { type: "good", data: migrated as Data, generation, outdated: mark || version < shape.version, mark }; // just checked
}

export function readBackup<Data>(text: string | null, shape: StoreShape<Data>): FoundBackup<Data> {
  if (text === null) return { type: "missing" };
  const head = backupHead.exec(text);
  if (head === null) return damaged("its first line is not that of a backup");
  const rest = text.slice(head[0].length);
  if (digest(rest) !== head[1]) return damaged("its checksum does not fit");
  const found = readStore(rest, shape);
  return found.type === "good" ? { ...found, savedAt: head[2] ?? "" } : found;
}

/** Names the field, never what it holds. */
export function firstFault(value: unknown, schema: v.GenericSchema): string | null {
  const checked = v.safeParse(schema, value, { abortEarly: true });
  if (checked.success) return null;
  const [issue] = checked.issues;
  const field = v.getDotPath(issue) ?? "the whole";
  if (issue.received === "undefined") return `${field} is missing`;
  // A check of our own has words of our own; valibot's repeat the value.
  return `${field} should be ${issue.type === "custom" ? issue.message : (issue.expected ?? "different")}`;
}

function migrate<Data>(
  fields: Readonly<Record<string, unknown>>,
  from: number,
  shape: StoreShape<Data>,
): Readonly<Record<string, unknown>> | null {
  let migrated = fields;
  for (let version = from; version < shape.version; version += 1) {
    const step = Object.hasOwn(shape.migrations, version) ? shape.migrations[version] : undefined;
    if (step === undefined) return null;
    migrated = step(migrated);
  }
  return migrated;
}

function damaged(why: string): { readonly type: "damaged"; readonly why: string } {
  return { type: "damaged", why };
}

function notJson(text: string): string {
  if (text === "") return "it is empty";
  if (/^\0+$/.test(text)) return "it holds nothing but NUL bytes";
  const opened = text.trimStart().startsWith("{");
  return opened && !text.trimEnd().endsWith("}") ? "it is cut off" : "it is not JSON";
}

function notWhole(field: string, value: unknown): string {
  return value === undefined ? `${field} is missing` : `${field} should be a whole number, and is ${kindOf(value)}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "text";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
