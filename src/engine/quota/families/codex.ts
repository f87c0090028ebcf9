/**
 * ChatGPT's plans as Codex hears of them: two windows of the plan, and two of each model that has limits of its own
 * (`x-codex-<limit>-primary-…`, named by `x-codex-<limit>-limit-name`). A window of no length is not in use.
 */
import { epochMs, plainNumber } from "../../formats/times.ts";
import type { ReplyHeaders } from "../headers.ts";
import type { QuotaWindow } from "../quota.ts";
import { quotaWindow, windowLength } from "../window.ts";

const usedField = /^x-codex-((?:.+-)?)(primary|secondary)-used-percent$/;

export function codexWindows({ fields, now }: ReplyHeaders): readonly QuotaWindow[] {
  return [...fields].flatMap(([name, value]) => {
    const [, family, slot] = usedField.exec(name) ?? [];
    const usedPercent = plainNumber(value);
    if (family === undefined || slot === undefined || usedPercent === null) return [];
    const number = (part: string): number | null => plainNumber(fields.get(`x-codex-${family}${slot}-${part}`));
    const minutes = number("window-minutes");
    if (minutes === 0) return [];
    const afterSeconds = number("reset-after-seconds");
    return quotaWindow({
      name: windowLength(minutes) ?? slot,
      model: family === "" ? null : (fields.get(`x-codex-${family}limit-name`) ?? family.slice(0, -1)),
      usedPercent,
      resetAt: epochMs(number("reset-at")) ?? (afterSeconds === null ? null : now + afterSeconds * 1000),
    });
  });
}
