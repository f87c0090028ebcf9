/**
 * A ChatGPT plan's usage (`GET /backend-api/wham/usage`, as seen in public clients in 2026): two windows of the plan, and
 * two of each model with limits of its own. A window is called by its length, as in the headers of replies.
 */
import { isRecord, own } from "../../../base/json.ts";
import { booleanField, listField, numberField, recordField, textField } from "../../formats/fields.ts";
import type { QuotaWindow } from "../quota.ts";
import { quotaWindow, windowLength } from "../window.ts";
import { amountField, at, bearer, readReport, timeField, type QuotaEndpoint, type QuotaFigures } from "./endpoint.ts";

export const codexUsage: QuotaEndpoint = {
  unasked: "ChatGPT tells the usage of logins only",
  request(credential, { endpoint }) {
    if (credential.kind !== "token") return null;
    const base = endpoint.pathname.replace(/\/(codex\/?)?$/, "");
    const { accountId } = credential.facts;
    return {
      method: "GET",
      url: at(endpoint, `${base === "" ? "/backend-api" : base}/wham/usage`),
      headers: [bearer(credential), ...(accountId === undefined ? [] : [["chatgpt-account-id", accountId] as const])],
      body: null,
    };
  },
  read: (reply, now) => readReport("ChatGPT", reply, now, figuresOf),
};

function figuresOf(report: unknown, now: number): QuotaFigures | null {
  if (!isRecord(report) || !("rate_limit" in report || "plan_type" in report)) return null;
  const extra = (listField(report, "additional_rate_limits") ?? []).flatMap((limit) => {
    const model = textField(limit, "limit_name") ?? textField(limit, "metered_feature");
    return model === undefined ? [] : windowsOf(recordField(limit, "rate_limit"), model, now);
  });
  return {
    windows: [...windowsOf(recordField(report, "rate_limit"), null, now), ...extra, ...credits(report)],
    plan: textField(report, "plan_type") ?? null,
  };
}

function windowsOf(limit: unknown, model: string | null, now: number): readonly QuotaWindow[] {
  const isReached = booleanField(limit, "limit_reached") === true || booleanField(limit, "allowed") === false;
  const isAllowed = booleanField(limit, "allowed") === true && !isReached;
  const windows = (["primary", "secondary"] as const).flatMap((slot) => {
    const window = recordField(limit, `${slot}_window`);
    const usedPercent = amountField(own(window, "used_percent"));
    const seconds = numberField(window, "limit_window_seconds");
    if (usedPercent === null || seconds === 0) return [];
    const after = numberField(window, "reset_after_seconds");
    return quotaWindow({
      name: windowLength(seconds === undefined ? null : seconds / 60) ?? slot,
      model,
      usedPercent,
      resetAt: timeField(own(window, "reset_at")) ?? (after === undefined ? null : now + after * 1000),
      // Bought credits let calls through a window that is full.
      exhausted: usedPercent >= 100 && !isAllowed,
    });
  });
  if (!isReached || windows.some(({ exhausted }) => exhausted)) return windows;
  // The percentages are rounded; the fullest window is the one that was reached.
  const fullest = Math.max(...windows.map(({ usedPercent }) => usedPercent ?? 0));
  return windows.map((window) => (window.usedPercent === fullest ? { ...window, exhausted: true } : window));
}

function credits(report: unknown): readonly QuotaWindow[] {
  const held = recordField(report, "credits");
  if (held === undefined || held["has_credits"] !== true) return [];
  const unlimited = held["unlimited"] === true;
  return [quotaWindow({ name: "credits", unlimited, remaining: amountField(held["balance"]), exhausted: false })];
}
