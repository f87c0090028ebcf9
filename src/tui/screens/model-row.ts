/** Models and providers as the screen knows them, from answers that are not believed. */
import { isRecord, own } from "../../base/json.ts";
import { finite, list, text } from "../state/read-json.ts";
import { type AccountRow, readAccounts } from "./account-row.ts";
import { coolingOf, standingOf } from "./account-text.ts";

export interface ModelRow {
  readonly type: "model";
  readonly id: string;
  /** What clients write. */
  readonly name: string;
  readonly provider: string;
  /** The provider's own name. */
  readonly model: string;
  readonly kind: string;
  readonly source: string;
  readonly context: number | null;
  readonly usable: boolean;
  readonly can: Can;
  readonly accounts: AccountFigures;
  /** config.yaml names it, so it can be taken out there. */
  readonly isNamedByHand: boolean;
}

export interface ProviderRow {
  readonly type: "provider";
  readonly id: string;
  readonly kind: string;
  readonly dialect: string;
  readonly about: string;
  readonly endpoint: string;
  readonly auth: string;
  readonly wantsAccount: boolean;
  readonly enabled: boolean;
  readonly priority: number | null;
  readonly models: readonly string[];
  readonly can: Can;
  readonly context: number | null;
  readonly accounts: AccountFigures;
  /** Of the last hour; null: nobody called it. */
  readonly hour: { readonly calls: number; readonly failures: number; readonly ttfbMs: number | null } | null;
}

export type CatalogRow = ModelRow | ProviderRow;

interface Can {
  readonly streaming: boolean;
  readonly tools: boolean;
  readonly vision: boolean;
}

/** Of one provider's accounts, those for this model. */
export interface AccountFigures {
  readonly total: number;
  readonly ok: number;
  readonly cooling: number;
  readonly bad: number;
  /** When the first of those that rest is back, where none works. */
  readonly backAt: number | null;
}

export const modelLoads = ["/models/catalog", "/provider-models", "/accounts"] as const;
export const providerLoads = ["/v1/providers", "/v1/metrics/providers", "/accounts"] as const;

export function readModels([catalog, named, accounts]: readonly unknown[]): readonly ModelRow[] {
  const byProvider = accountsByProvider(accounts);
  const byHand = own(named, "models");
  const seen = new Set<string>();
  return list(own(catalog, "models")).flatMap((value): ModelRow[] => {
    const name = text(own(value, "id"));
    if (name === null || name === "" || seen.has(name)) return [];
    seen.add(name);
    const provider = text(own(value, "provider")) ?? "";
    const model = text(own(value, "model")) ?? "";
    return [
      {
        type: "model",
        id: name,
        name,
        provider,
        model,
        kind: text(own(value, "kind")) ?? "",
        source: text(own(value, "source")) ?? "",
        context: finite(own(value, "max_tokens")),
        usable: own(value, "usable") === true,
        can: readCan(own(value, "capabilities")),
        accounts: figuresOf(byProvider.get(provider) ?? [], model),
        isNamedByHand: list(own(byHand, provider)).includes(model),
      },
    ];
  });
}

export function readProviders([providers, metrics, accounts]: readonly unknown[]): readonly ProviderRow[] {
  const byProvider = accountsByProvider(accounts);
  const hours = new Map(list(own(metrics, "data")).map((hour) => [text(own(hour, "provider")), hour] as const));
  const seen = new Set<string>();
  return list(own(providers, "data")).flatMap((value): ProviderRow[] => {
    const id = text(own(value, "id"));
    if (id === null || id === "" || seen.has(id)) return [];
    seen.add(id);
    const capabilities = own(value, "capabilities");
    const context = finite(own(capabilities, "max_tokens"));
    const hour = hours.get(id);
    return [
      {
        type: "provider",
        id,
        kind: text(own(value, "kind")) ?? "",
        dialect: text(own(value, "type")) ?? "",
        about: text(own(value, "description")) ?? "",
        endpoint: text(own(value, "endpoint")) ?? "",
        auth: text(own(value, "auth_type")) ?? "",
        wantsAccount: own(value, "requires_auth") !== false,
        enabled: own(value, "enabled") !== false,
        priority: finite(own(value, "priority")),
        models: list(own(value, "models")).flatMap((model) => text(model) ?? []),
        can: readCan(capabilities),
        context: context === 0 ? null : context,
        accounts: figuresOf(byProvider.get(id) ?? [], null),
        hour: isRecord(hour)
          ? {
              calls: finite(own(hour, "requests")) ?? 0,
              failures: finite(own(hour, "failures")) ?? 0,
              ttfbMs: finite(own(hour, "ttfb_ms_p50")),
            }
          : null,
      },
    ];
  });
}

function readCan(value: unknown): Can {
  return {
    streaming: own(value, "streaming") === true,
    tools: own(value, "functions") === true,
    vision: own(value, "vision") === true,
  };
}

function accountsByProvider(answer: unknown): ReadonlyMap<string, readonly AccountRow[]> {
  const out = new Map<string, AccountRow[]>();
  for (const account of readAccounts([answer])) {
    const known = out.get(account.provider);
    if (known === undefined) out.set(account.provider, [account]);
    else known.push(account);
  }
  return out;
}

/** @param model null: whatever is asked for */
function figuresOf(accounts: readonly AccountRow[], model: string | null): AccountFigures {
  let [ok, cooling, bad] = [0, 0, 0];
  const back: number[] = [];
  for (const account of accounts) {
    const standing = standingOf(account);
    const lock = account.cooldowns.find((one) => one.model !== null && one.model === model);
    if (standing === "ok" && lock === undefined) ok += 1;
    else if (standing === "bad") bad += 1;
    else if (standing !== "off") {
      cooling += 1;
      back.push((lock ?? coolingOf(account))?.until ?? Infinity);
    }
  }
  const backAt = ok === 0 && back.length > 0 ? Math.min(...back) : Infinity;
  return { total: accounts.length, ok, cooling, bad, backAt: Number.isFinite(backAt) ? backAt : null };
}
