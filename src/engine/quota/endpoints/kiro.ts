/**
 * A Kiro plan's credits (`GET /getUsageLimits` of the Amazon Q service, as seen in public clients in 2026). A trial and
 * bonuses are used beside the plan's own amount, so one that is used up refuses nothing while another has room.
 */
import { own } from "../../../base/json.ts";
import type { LoginFacts } from "../../accounts/credential.ts";
import { kiroEndpoint, kiroRegion } from "../../providers/kiro.ts";
import { listField, recordField, textField } from "../../formats/fields.ts";
import type { QuotaWindow } from "../quota.ts";
import { quotaWindow } from "../window.ts";
import { amountField, at, bearer, readReport, timeField, type QuotaEndpoint, type QuotaFigures } from "./endpoint.ts";

export const kiroLimits: QuotaEndpoint = {
  unasked: "Kiro tells the limits of logins only",
  request(credential, { endpoint }) {
    if (credential.kind !== "token") return null;
    const { profileArn } = credential.facts;
    return {
      method: "GET",
      url: at(serviceOf(endpoint, credential.facts), "/getUsageLimits", {
        origin: "AI_EDITOR",
        resourceType: "AGENTIC_REQUEST",
        ...(profileArn === undefined ? {} : { profileArn }),
      }),
      headers: [bearer(credential)],
      body: null,
    };
  },
  read: (reply, now) => readReport("Kiro", reply, now, figuresOf),
};

/**
 * Models are at `runtime.REGION.kiro.dev` now; usage has stayed where it was, in the region of the profile. An endpoint of
 * one's own is both.
 */
function serviceOf(endpoint: URL, facts: LoginFacts): URL {
  if (endpoint.href === new URL(kiroEndpoint).href) return new URL(`https://q.${kiroRegion(facts)}.amazonaws.com`);
  const region = /^runtime\.([a-z]{2}-[a-z]+-\d)\.kiro\.dev$/.exec(endpoint.hostname)?.[1];
  return region === undefined ? endpoint : new URL(`https://q.${region}.amazonaws.com`);
}

function figuresOf(report: unknown): QuotaFigures | null {
  const breakdown = listField(report, "usageBreakdownList");
  if (breakdown === undefined) return null;
  const resetAt = timeField(own(report, "nextDateReset"));
  return {
    windows: breakdown.flatMap((entry) => pools(entry, resetAt)),
    plan: textField(recordField(report, "subscriptionInfo"), "subscriptionTitle") ?? null,
  };
}

function pools(entry: unknown, commonResetAt: number | null): readonly QuotaWindow[] {
  const name = (textField(entry, "resourceType") ?? textField(entry, "displayName") ?? "credits").toLowerCase();
  const resetAt = timeField(own(entry, "nextDateReset")) ?? commonResetAt;
  const trial = recordField(entry, "freeTrialInfo");
  const bonuses = (listField(entry, "bonuses") ?? []).filter((bonus) => isActive(textField(bonus, "status")));
  const all = [
    pool(name, entry, resetAt),
    trial === undefined || !isActive(textField(trial, "freeTrialStatus"))
      ? null
      : pool(`${name}_trial`, trial, timeField(trial["freeTrialExpiry"])),
    ...bonuses.map((bonus, index) =>
      pool(`${name}_bonus_${textField(bonus, "bonusCode") ?? index + 1}`, bonus, timeField(own(bonus, "expiresAt"))),
    ),
  ].flatMap((window) => window ?? []);
  return all.every(({ exhausted }) => exhausted) ? all : all.map((window) => ({ ...window, exhausted: false }));
}

/** Nothing said counts as active. */
function isActive(status: string | undefined): boolean {
  return status === undefined || status.toUpperCase() === "ACTIVE";
}

function pool(name: string, said: unknown, resetAt: number | null): QuotaWindow | null {
  const used = precise(said, "currentUsage");
  const limit = precise(said, "usageLimit");
  if (used === null && limit === null) return null;
  return quotaWindow({ name, limit, remaining: limit === null || used === null ? null : limit - used, resetAt });
}

function precise(said: unknown, field: string): number | null {
  return amountField(own(said, `${field}WithPrecision`)) ?? amountField(own(said, field));
}
