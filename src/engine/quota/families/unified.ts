/** Claude subscriptions: one window for each claim. Names are the provider's: `5h`, `7d`, `7d_oi`. */
import { readUnifiedLimits, refuses } from "../../formats/unified-limits.ts";
import type { ReplyHeaders } from "../headers.ts";
import type { QuotaWindow } from "../quota.ts";
import { quotaWindow } from "../window.ts";

/** `7d_opus`: a window with a name behind it is a family of models'. */
const modelClaim = /^\d+[hd]_([a-z]+)$/;
/** Not a name but "overage included": the week of the model that was asked (seen on calls to one family only, 2026). */
const overageIncluded = "oi";

export function unifiedWindows({ headers, model }: ReplyHeaders): readonly QuotaWindow[] {
  const limits = readUnifiedLimits(headers);
  if (limits === null) return [];
  const isRefused = refuses(limits);
  return [...limits.claims].map(([name, { status, utilization, resetAt }]) => {
    const family = modelClaim.exec(name)?.[1];
    return quotaWindow({
      name,
      model: family === undefined ? null : family === overageIncluded ? model : family,
      usedPercent: utilization === null ? null : utilization * 100,
      resetAt,
      // Full is not refused where overage pays for more; the overage itself refuses only where it is what the call drew on.
      exhausted: isRefused && status === "rejected" && (name !== "overage" || limits.representative === "overage"),
    });
  });
}
