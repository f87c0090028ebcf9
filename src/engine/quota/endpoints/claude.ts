/**
 * A Claude login's usage (`GET /api/oauth/usage`, as seen in public clients in July to September 2026): the windows by
 * name, and since then again in `limits`, where a model's own window says whose it is. Keys have no such address.
 */
import { isRecord, own } from "../../../base/json.ts";
import { listField, numberField, recordField, textField } from "../../formats/fields.ts";
import type { QuotaWindow } from "../quota.ts";
import { quotaWindow, windowKey } from "../window.ts";
import { amountField, at, bearer, readReport, timeField, type QuotaEndpoint, type QuotaFigures } from "./endpoint.ts";

export const claudeUsage: QuotaEndpoint = {
  unasked: "Claude tells the usage of logins only; a key's figures come with its replies",
  request(credential, { endpoint }) {
    if (credential.kind !== "token") return null;
    return {
      method: "GET",
      url: at(endpoint, `${endpoint.pathname.replace(/\/(v1\/?)?$/, "")}/api/oauth/usage`),
      headers: [bearer(credential), ["anthropic-beta", "oauth-2025-04-20"]],
      body: null,
    };
  },
  read: (reply, now) => readReport("Claude", reply, now, figuresOf),
};

/** Families of models that a week of their own was seen for. */
const families: ReadonlySet<string> = new Set(["opus", "sonnet", "haiku", "fable"]);

function figuresOf(report: unknown): QuotaFigures | null {
  if (!isRecord(report)) return null;
  const known = Object.keys(report).some((key) => /^(five_hour|seven_day|limits|extra_usage)/.test(key));
  if (!known) return null;
  const windows = new Map<string, QuotaWindow>();
  for (const window of [...named(report), ...listed(report), ...extra(report)]) windows.set(windowKey(window), window);
  return { windows: [...windows.values()], plan: null };
}

function named(report: Readonly<Record<string, unknown>>): readonly QuotaWindow[] {
  return Object.entries(report).flatMap(([key, value]) => {
    const [, length, whose] = /^(five_hour|seven_day)(?:_(.+))?$/.exec(key) ?? [];
    const usedPercent = amountField(own(value, "utilization"));
    if (length === undefined || usedPercent === null) return [];
    const short = length === "five_hour" ? "5h" : "7d";
    const model = whose !== undefined && families.has(whose) ? whose : null;
    return quotaWindow({
      name: whose === undefined ? short : `${short}_${whose}`,
      model,
      usedPercent,
      resetAt: timeField(own(value, "resets_at")),
      // What other windows are for is not known; nothing is refused on their account.
      exhausted: usedPercent >= 100 && (whose === undefined || model !== null),
    });
  });
}

const nameOfKind: Readonly<Record<string, string>> = { session: "5h", weekly_all: "7d" };

function listed(report: unknown): readonly QuotaWindow[] {
  return (listField(report, "limits") ?? []).flatMap((limit) => {
    const usedPercent = amountField(own(limit, "percent"));
    const kind = textField(limit, "kind");
    if (usedPercent === null || kind === undefined) return [];
    const resetAt = timeField(own(limit, "resets_at"));
    const name = Object.hasOwn(nameOfKind, kind) ? nameOfKind[kind] : undefined;
    if (name !== undefined) return quotaWindow({ name, usedPercent, resetAt });
    const model = recordField(recordField(limit, "scope"), "model");
    const whose = (textField(model, "id") ?? textField(model, "display_name"))?.toLowerCase();
    if (whose === undefined) return quotaWindow({ name: kind, usedPercent, resetAt, exhausted: false });
    return quotaWindow({ name: `7d_${whose}`, model: whose, usedPercent, resetAt });
  });
}

/** What is paid for beyond the plan. That it is over refuses nothing while the plan has room. */
function extra(report: unknown): readonly QuotaWindow[] {
  const usage = recordField(report, "extra_usage");
  if (usage === undefined || usage["is_enabled"] !== true) return [];
  const limit = numberField(usage, "monthly_limit");
  const used = numberField(usage, "used_credits");
  return [
    quotaWindow({
      name: "extra_usage",
      limit,
      remaining: limit === undefined || used === undefined ? null : limit - used,
      usedPercent: numberField(usage, "utilization"),
      exhausted: false,
    }),
  ];
}
