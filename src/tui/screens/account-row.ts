/** Accounts as the screen knows them, from answers that are not believed: `/accounts`, `/rate-limits`, `/sessions`. */
import { own } from "../../base/json.ts";
import { finite, instant, list, oneOf, prose, text } from "../state/read-json.ts";

export interface AccountRow {
  /** `provider/name`. */
  readonly id: string;
  readonly provider: string;
  readonly name: string;
  readonly source: "none" | "key" | "login" | "client" | "unknown";
  /** Which program's login it is. */
  readonly client: string | null;
  readonly isInFile: boolean;
  readonly enabled: boolean;
  readonly priority: number | null;
  readonly weight: number | null;
  readonly prefix: string | null;
  readonly state: AccountState;
  readonly credential: {
    readonly state: (typeof credentialStates)[number];
    readonly expiresAt: number | null;
    readonly who: string | null;
    readonly plan: string | null;
    readonly fix: string | null;
  };
  readonly cooldowns: readonly Cooling[];
  readonly calls: number;
  readonly failures: number;
  readonly health: number | null;
  readonly inFlight: number;
  readonly lastUsedAt: number | null;
  readonly lastError: string | null;
  readonly quota: Quota | null;
  /** Bounds of our own, each beside what the last minute used of it. */
  readonly limits: Limits | null;
  readonly sessions: readonly Holder[];
}

export interface Cooling {
  /** Null: all its models. */
  readonly model: string | null;
  /** 0 is the first failure. */
  readonly level: number;
  /** Null: until its owner has acted. */
  readonly until: number | null;
  readonly resetAt: number | null;
  readonly kind: string;
  readonly reason: string;
}

export interface Quota {
  readonly plan: string | null;
  readonly readAt: number | null;
  readonly isFromHeaders: boolean;
  readonly windows: readonly QuotaWindow[];
  readonly error: string | null;
}

export interface QuotaWindow {
  readonly name: string;
  readonly model: string | null;
  readonly limit: number | null;
  readonly remaining: number | null;
  readonly usedPercent: number | null;
  readonly resetAt: number | null;
  readonly runsOutAt: number | null;
  readonly unlimited: boolean;
  readonly exhausted: boolean;
}

interface Limits {
  readonly requests: { readonly used: number; readonly most: number | null };
  readonly tokens: { readonly used: number; readonly most: number | null };
  readonly mostPerRequest: number | null;
}

interface Holder {
  readonly id: string;
  readonly client: string | null;
  readonly model: string;
  readonly lastAt: number | null;
}

const states = ["active", "cooling", "probing", "limited", "stopped", "disabled", "needs-login", "unknown"] as const;
export type AccountState = (typeof states)[number];
const credentialStates = ["ok", "will-refresh", "needs-login", "missing", "unreadable", "unknown"] as const;
const sources = ["none", "key", "login", "client", "unknown"] as const;

/** In the order of the accounts' answer; those of its entries that have no id are left out. */
export function readAccounts([accounts, rates, sessions]: readonly unknown[]): readonly AccountRow[] {
  const limits = new Map(
    list(own(rates, "rateLimits")).map((rate) => [text(own(rate, "account")), readLimits(rate)] as const),
  );
  const holders = new Map<string, Holder[]>();
  for (const session of list(own(sessions, "sessions"))) {
    const account = text(own(session, "account"));
    const holder = readHolder(session);
    if (account === null || holder === null) continue;
    const known = holders.get(account);
    if (known === undefined) holders.set(account, [holder]);
    else known.push(holder);
  }
  const seen = new Set<string>();
  return list(own(accounts, "accounts")).flatMap((value): AccountRow[] => {
    const row = readAccount(value);
    if (row === null || seen.has(row.id)) return [];
    seen.add(row.id);
    return [{ ...row, limits: limits.get(row.id) ?? null, sessions: holders.get(row.id) ?? [] }];
  });
}

export function readAccount(value: unknown): AccountRow | null {
  const id = text(own(value, "id"));
  if (id === null || id === "") return null;
  const slash = id.indexOf("/");
  const credential = own(value, "credential");
  return {
    id,
    provider: text(own(value, "provider")) ?? (slash === -1 ? id : id.slice(0, slash)),
    name: text(own(value, "name")) ?? id.slice(slash + 1),
    source: oneOf(sources, own(value, "source"), "unknown"),
    client: text(own(value, "client")),
    isInFile: own(value, "from") === "config",
    enabled: own(value, "enabled") !== false,
    priority: finite(own(value, "priority")),
    weight: finite(own(value, "weight")),
    prefix: text(own(value, "prefix")),
    state: oneOf(states, own(value, "state"), "unknown"),
    credential: {
      state: oneOf(credentialStates, own(credential, "state"), "unknown"),
      expiresAt: instant(own(credential, "expiresAt")),
      who: text(own(credential, "who")),
      plan: text(own(credential, "plan")),
      fix: text(own(credential, "fix")),
    },
    cooldowns: list(own(value, "cooldowns")).map(readCooling),
    calls: finite(own(value, "calls")) ?? 0,
    failures: finite(own(value, "failures")) ?? 0,
    health: finite(own(value, "health")),
    inFlight: finite(own(value, "inFlight")) ?? 0,
    lastUsedAt: instant(own(value, "lastUsedAt")),
    lastError: prose(own(value, "lastError")),
    quota: readQuota(own(value, "quota")),
    limits: null,
    sessions: [],
  };
}

export function readQuota(value: unknown): Quota | null {
  if (typeof value !== "object" || value === null) return null;
  return {
    plan: text(own(value, "plan")),
    readAt: instant(own(value, "readAt")),
    isFromHeaders: own(value, "source") === "headers",
    windows: list(own(value, "windows")).map((window) => ({
      name: text(own(window, "name")) ?? "?",
      model: text(own(window, "model")),
      limit: finite(own(window, "limit")),
      remaining: finite(own(window, "remaining")),
      usedPercent: finite(own(window, "usedPercent")),
      resetAt: instant(own(window, "resetAt")),
      runsOutAt: instant(own(window, "runsOutAt")),
      unlimited: own(window, "unlimited") === true,
      exhausted: own(window, "exhausted") === true,
    })),
    error: text(own(value, "error")),
  };
}

function readCooling(value: unknown): Cooling {
  return {
    model: text(own(value, "model")),
    level: finite(own(value, "level")) ?? 0,
    until: instant(own(value, "until")),
    resetAt: instant(own(value, "resetAt")),
    kind: text(own(value, "kind")) ?? "unknown",
    reason: text(own(value, "reason")) ?? "",
  };
}

function readLimits(value: unknown): Limits {
  const limits = own(value, "limits");
  const used = own(value, "used");
  return {
    requests: { used: finite(own(used, "requests")) ?? 0, most: finite(own(limits, "requests_per_minute")) },
    tokens: { used: finite(own(used, "tokens")) ?? 0, most: finite(own(limits, "tokens_per_minute")) },
    mostPerRequest: finite(own(limits, "max_tokens_per_request")),
  };
}

function readHolder(value: unknown): Holder | null {
  const id = text(own(value, "id"));
  if (id === null) return null;
  return {
    id,
    client: text(own(value, "client")),
    model: text(own(value, "model")) ?? "",
    lastAt: instant(own(value, "lastAt")),
  };
}
