/**
 * GitHub Copilot: snapshots written like a query, `ent=300&ov=0.0&ovPerm=false&rem=88.5&rst=2026-06-30T21:00:00Z`, where
 * `rem` is the share that is left in percent and an entitlement of -1 means no limit (seen in several clients, 2026).
 */
import { instantMs, plainNumber } from "../../formats/times.ts";
import type { ReplyHeaders } from "../headers.ts";
import type { QuotaWindow } from "../quota.ts";
import { quotaWindow } from "../window.ts";

const field = /^x-(?:quota-snapshot|usage-ratelimit)-(.+)$/;

export function copilotWindows({ fields }: ReplyHeaders): readonly QuotaWindow[] {
  return [...fields].flatMap(([name, value]) => {
    const window = field.exec(name)?.[1];
    const said = new URLSearchParams(value);
    // Below zero where more was used than there was.
    const leftPercent = Number(said.get("rem") ?? Number.NaN);
    if (window === undefined || !Number.isFinite(leftPercent)) return [];
    const entitlement = said.get("ent");
    return quotaWindow({
      name: window,
      unlimited: entitlement === "-1",
      limit: plainNumber(entitlement ?? undefined),
      usedPercent: 100 - leftPercent,
      resetAt: instantMs(said.get("rst") ?? undefined),
      // Beyond it calls are paid for, where their owner allows that.
      exhausted: leftPercent <= 0 && said.get("ovPerm") !== "true",
    });
  });
}
