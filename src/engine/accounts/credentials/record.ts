/**
 * An account as its private file holds it, and back. The first five fields have the names and the shape in which other
 * gateways keep a login (a bare record of theirs, without `version`, is read and written anew as ours); the rest is our
 * own. Strict: what is not exactly this is damage. No complaint repeats what a file says, because it may be a token.
 */
import * as v from "valibot";
import { isRecord, own, parseJson } from "../../../base/json.ts";
import { Secret } from "../../../base/secret.ts";
import { type AuthType, authTypes } from "../../config/schema.ts";
import type { LoginFacts, StoredAccount } from "../credential.ts";

/** Which account a file is about. */
export interface AccountKey {
  readonly provider: string;
  readonly name: string;
}

export type RecordReading =
  | { readonly ok: true; readonly account: StoredAccount }
  /** `damaged`: nobody can use it. `newer`: a later version of this program can. */
  | { readonly ok: false; readonly kind: "damaged" | "newer"; readonly why: string };

const recordVersion = 1;
/** What an account has that nobody has told otherwise; the same as in the configuration file. */
const defaultPriority = 100;
const defaultWeight = 1;
/** The end of the year 9999, the last that ISO 8601 writes with four digits. */
const maxInstant = 253_402_300_799_999;

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(65_536));
const count = v.pipe(v.number(), v.minValue(0), v.finite());
const instant = v.pipe(v.string(), v.isoTimestamp());
const quota = v.strictObject({ limit: count, used: count, remaining: count });
const facts = v.strictObject({
  who: v.optional(text),
  accountId: v.optional(text),
  plan: v.optional(text),
  project: v.optional(text),
  endpoint: v.optional(text),
  region: v.optional(text),
  profileArn: v.optional(text),
  authMethod: v.optional(text),
  identity: v.optional(text),
} satisfies Readonly<Record<keyof LoginFacts, unknown>>);

const bareSchema = v.strictObject({
  type: v.picklist(authTypes),
  access_token: text,
  refresh_token: v.optional(v.nullable(text)),
  expires_at: v.optional(v.nullable(instant)),
  quota: v.optional(v.nullable(quota)),
});

const schema = v.strictObject({
  version: v.literal(recordVersion),
  type: v.picklist(authTypes),
  access_token: text,
  refresh_token: v.nullable(text),
  expires_at: v.nullable(instant),
  quota: v.nullable(quota),
  provider: text,
  name: text,
  extra: v.record(v.string(), text),
  facts,
  obtained_at: instant,
  generation: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  enabled: v.boolean(),
  priority: v.pipe(v.number(), v.safeInteger()),
  weight: count,
  needs_login: v.nullable(text),
});

/** @param key what the file's name says; a bare record says nothing of it itself */
export function parseRecord(fileText: string, key: AccountKey): RecordReading {
  // A byte order mark comes with some editors; the next writing leaves it out.
  const parsed = parseJson(fileText.replace(/^\uFEFF/, ""));
  if (!parsed.ok || !isRecord(parsed.value)) return damaged("it is not a JSON object");
  const version = own(parsed.value, "version");
  if (version === undefined) return parseBare(parsed.value, key);
  if (typeof version === "number" && version > recordVersion) {
    return { ok: false, kind: "newer", why: `it was written by a newer Switchyard (record version ${version})` };
  }
  const checked = v.safeParse(schema, parsed.value);
  if (!checked.success) return damaged(`these fields are wrong: ${faultyFields(checked.issues)}`);
  const record = checked.output;
  return {
    ok: true,
    account: {
      provider: record.provider,
      name: record.name,
      type: record.type,
      accessToken: new Secret(record.access_token),
      refreshToken: secretOrNull(record.refresh_token),
      extra: Object.fromEntries(Object.entries(record.extra).map(([name, value]) => [name, new Secret(value)])),
      expiresAt: instantOrNull(record.expires_at),
      obtainedAt: Date.parse(record.obtained_at),
      facts: saidFacts(record.facts),
      enabled: record.enabled,
      priority: record.priority,
      weight: record.weight,
      quota: record.quota,
      generation: record.generation,
      needsLogin: record.needs_login,
    },
  };
}

function parseBare(value: unknown, key: AccountKey): RecordReading {
  const checked = v.safeParse(bareSchema, value);
  if (!checked.success)
    return damaged(`it has no version, and these fields are wrong: ${faultyFields(checked.issues)}`);
  const record = checked.output;
  return {
    ok: true,
    account: {
      ...newAccount(key, record.type, new Secret(record.access_token)),
      refreshToken: secretOrNull(record.refresh_token ?? null),
      expiresAt: instantOrNull(record.expires_at ?? null),
      quota: record.quota ?? null,
    },
  };
}

/** An account of which nothing is known but this; the rest as a new one has it. */
export function newAccount(key: AccountKey, type: AuthType, accessToken: Secret): StoredAccount {
  return {
    provider: key.provider,
    name: key.name,
    type,
    accessToken,
    refreshToken: null,
    extra: {},
    expiresAt: null,
    // Not known: as long ago as can be, so that half of its life is no reason to renew it.
    obtainedAt: 0,
    facts: {},
    enabled: true,
    priority: defaultPriority,
    weight: defaultWeight,
    quota: null,
    generation: 1,
    needsLogin: null,
  };
}

/**
 * The one place where stored secrets become text; it goes into a private file and nowhere else. Throws rather than write
 * what could not be read back: a login must not become damage by our own hand.
 */
export function recordText(account: StoredAccount): string {
  const record = {
    version: recordVersion,
    type: account.type,
    access_token: account.accessToken.reveal(),
    refresh_token: account.refreshToken?.reveal() ?? null,
    expires_at: account.expiresAt === null ? null : isoText(account.expiresAt),
    quota: account.quota,
    provider: account.provider,
    name: account.name,
    extra: Object.fromEntries(Object.entries(account.extra).map(([name, secret]) => [name, secret.reveal()])),
    facts: Object.fromEntries(Object.entries(account.facts).filter(([, value]) => value !== "")),
    obtained_at: isoText(account.obtainedAt),
    generation: account.generation,
    enabled: account.enabled,
    priority: account.priority,
    weight: account.weight,
    needs_login: account.needsLogin === "" ? "no reason given" : account.needsLogin,
  } satisfies v.InferInput<typeof schema>;
  const checked = v.safeParse(schema, record);
  if (!checked.success) {
    const who = `${account.provider}/${account.name}`;
    throw new Error(`${who} cannot be stored: these fields are wrong: ${faultyFields(checked.issues)}`);
  }
  return `${JSON.stringify(record, null, 2)}\n`;
}

function damaged(why: string): RecordReading {
  return { ok: false, kind: "damaged", why };
}

/** Names of fields only: what stands in them stays unsaid. */
function faultyFields(issues: readonly v.BaseIssue<unknown>[]): string {
  const known = Object.keys(schema.entries);
  const names = issues.map(({ path }) => known.find((name) => name === path?.[0]?.key) ?? "one that is not known");
  return [...new Set(names)].join(", ");
}

function saidFacts(read: v.InferOutput<typeof facts>): LoginFacts {
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
}

function isoText(at: number): string {
  return new Date(Math.min(maxInstant, Math.max(0, Math.trunc(at)))).toISOString();
}

function instantOrNull(said: string | null): number | null {
  return said === null ? null : Date.parse(said);
}

function secretOrNull(said: string | null): Secret | null {
  return said === null ? null : new Secret(said);
}
