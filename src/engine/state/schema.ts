/**
 * What the state file holds, version 2, and how version 1 becomes it. Cooldowns and quota readings have the shape that
 * accounts and quota give them; both lie above this folder, so it is written down here again and held equal by a test.
 */
import * as v from "valibot";
import type { Migration } from "./store-text.ts";

export interface StateData {
  readonly proxyToken: string;
  readonly clientKey: string;
  /** Missing in files of before it: it is made when such a file is opened. An older program leaves it alone. */
  readonly adminToken?: string;
  readonly cooldowns: readonly StoredCooldown[];
  readonly quota: readonly StoredQuota[];
}

type AccountId = `${string}/${string}`;

/** `CooldownRecord` of accounts, but for `kind`: a later version may know more kinds than this one. */
interface StoredCooldown {
  readonly account: AccountId;
  readonly model: string | null;
  readonly level: number;
  readonly until: number | null;
  readonly resetAt: number | null;
  readonly kind: string;
  readonly reason: string;
  readonly since: number;
}

/** `QuotaReading` of quota. */
interface StoredQuota {
  readonly account: AccountId;
  readonly windows: readonly {
    readonly name: string;
    readonly model: string | null;
    readonly limit: number | null;
    readonly remaining: number | null;
    readonly usedPercent: number | null;
    readonly resetAt: number | null;
    readonly unlimited: boolean;
    readonly exhausted: boolean;
  }[];
  readonly plan: string | null;
  readonly source: "headers" | "endpoint";
  readonly readAt: number;
}

/** JSON has no other numbers: an infinite one would come back as null, which means something else here. */
const figure = v.pipe(v.number(), v.finite());
const figureOrNull = v.nullable(figure);
const textOrNull = v.nullable(v.string());
const account = v.custom<AccountId>((value) => typeof value === "string" && /^[^/]+\/./.test(value), "provider/name");
const secret = v.pipe(v.string(), v.regex(/^[\w-]{16,}$/));

export const stateSchema: v.GenericSchema<StateData> = v.object({
  proxyToken: secret,
  clientKey: secret,
  adminToken: v.exactOptional(secret),
  cooldowns: v.array(
    v.object({
      account,
      model: textOrNull,
      level: v.pipe(v.number(), v.integer(), v.minValue(0)),
      until: figureOrNull,
      resetAt: figureOrNull,
      kind: v.string(),
      reason: v.string(),
      since: figure,
    }),
  ),
  quota: v.array(
    v.object({
      account,
      windows: v.array(
        v.object({
          name: v.string(),
          model: textOrNull,
          limit: figureOrNull,
          remaining: figureOrNull,
          usedPercent: figureOrNull,
          resetAt: figureOrNull,
          unlimited: v.boolean(),
          exhausted: v.boolean(),
        }),
      ),
      plan: textOrNull,
      source: v.picklist(["headers", "endpoint"]),
      readAt: figure,
    }),
  ),
});

/** Version 1 (until 0.1) held the two secrets only. */
export const stateMigrations = {
  1: (fields) => ({ ...fields, cooldowns: [], quota: [] }),
} as const satisfies Readonly<Record<number, Migration>>;

export const errorKinds = [
  "bad-request",
  "unsupported",
  "context-overflow",
  "opaque-blob",
  "tool-history",
  "content-policy",
  "auth",
  "account-disabled",
  "account-warned",
  "permission",
  "model-not-found",
  "billing",
  "rate-limit",
  "quota",
  "capacity",
  "too-large",
  "network",
  "timeout",
  "upstream",
  "malformed-reply",
  "protocol",
  "truncated",
  "client-gone",
  "no-account",
  "cooling",
  "proxy-auth",
  "blocked",
  "internal",
] as const;

/** `ErrorKind` of errors. */
export type StoredKind = (typeof errorKinds)[number];
