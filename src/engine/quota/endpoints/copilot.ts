/**
 * A GitHub Copilot seat's quota (`GET /copilot_internal/user` of GitHub's API, as seen in public clients in 2026). It is
 * asked with GitHub's own token, not with the short-lived one for models. Two shapes: paid plans have `quota_snapshots`;
 * for the free one `limited_user_quotas` says what remains of `monthly_quotas` (some programs take it for what is used).
 */
import { isRecord, own } from "../../../base/json.ts";
import { recordField, textField } from "../../formats/fields.ts";
import type { QuotaWindow } from "../quota.ts";
import { quotaWindow } from "../window.ts";
import { amountField, at, readReport, timeField, type QuotaEndpoint, type QuotaFigures } from "./endpoint.ts";

export const copilotUser: QuotaEndpoint = {
  unasked: "Copilot's quota is asked for with GitHub's token, which this account does not hold; log in to it again",
  // What is renewed is the other token.
  isRenewable: false,
  request({ madeFrom }, { endpoint }) {
    if (madeFrom === undefined) return null;
    return {
      method: "GET",
      url: at(apiOf(endpoint), "/copilot_internal/user"),
      headers: [["authorization", `token ${madeFrom.reveal()}`]],
      body: null,
    };
  },
  read: (reply, now) => readReport("GitHub", reply, now, figuresOf),
};

/** Models are at one host of GitHub's, accounts at another; an endpoint of one's own is both. */
function apiOf(endpoint: URL): URL {
  return /(^|\.)githubcopilot\.com$/.test(endpoint.hostname) ? new URL("https://api.github.com") : endpoint;
}

function figuresOf(report: unknown): QuotaFigures | null {
  if (!isRecord(report)) return null;
  const paid = recordField(report, "quota_snapshots");
  const left = recordField(report, "limited_user_quotas");
  if (paid === undefined && left === undefined && textField(report, "copilot_plan") === undefined) return null;
  return {
    windows: [...snapshots(paid ?? {}, report), ...remainders(left ?? {}, report)],
    plan: textField(report, "copilot_plan") ?? textField(report, "access_type_sku") ?? null,
  };
}

function snapshots(paid: Readonly<Record<string, unknown>>, report: unknown): readonly QuotaWindow[] {
  const resetAt = timeField(own(report, "quota_reset_date_utc")) ?? timeField(own(report, "quota_reset_date"));
  return Object.entries(paid).flatMap(([name, snapshot]) => {
    if (!isRecord(snapshot)) return [];
    const unlimited = snapshot["unlimited"] === true;
    const leftPercent = amountField(snapshot["percent_remaining"]);
    const limit = amountField(snapshot["entitlement"]);
    const remaining = amountField(snapshot["remaining"]) ?? amountField(snapshot["quota_remaining"]);
    if (!unlimited && leftPercent === null && remaining === null) return [];
    const isOver = leftPercent === null ? remaining === 0 && limit !== 0 : leftPercent <= 0;
    return quotaWindow({
      name,
      unlimited,
      limit: unlimited ? null : limit,
      remaining: unlimited ? null : remaining,
      usedPercent: unlimited || leftPercent === null ? null : 100 - leftPercent,
      resetAt,
      exhausted: isOver && snapshot["overage_permitted"] !== true,
    });
  });
}

function remainders(left: Readonly<Record<string, unknown>>, report: unknown): readonly QuotaWindow[] {
  const monthly = recordField(report, "monthly_quotas");
  const resetAt = timeField(own(report, "limited_user_reset_date"));
  return Object.entries(left).flatMap(([name, value]) => {
    const remaining = amountField(value);
    return remaining === null ? [] : quotaWindow({ name, limit: amountField(own(monthly, name)), remaining, resetAt });
  });
}
