/** Limits told as three fields each: how much there is, how much is left, when it is filled up again. */
import { plainNumber } from "../../formats/times.ts";
import type { QuotaWindow } from "../quota.ts";
import { quotaWindow } from "../window.ts";

export interface LimitField {
  /** The window it belongs to. */
  readonly window: string;
  /** `limit`, `remaining` or `reset`; others are left out. */
  readonly part: string;
}

export interface LimitFields {
  readonly fields: ReadonlyMap<string, string>;
  readonly model: string | null;
  /** Null: no such field. */
  readonly split: (name: string) => LimitField | null;
  /** ms since the epoch. */
  readonly resetAt: (value: string) => number | null;
}

export function windowsOfFields({ fields, model, split, resetAt }: LimitFields): readonly QuotaWindow[] {
  const windows = new Map<string, { limit?: number | null; remaining?: number | null; resetAt?: number | null }>();
  for (const [name, value] of fields) {
    const found = split(name);
    if (found === null) continue;
    const figures = windows.get(found.window) ?? {};
    if (found.part === "limit") figures.limit = firstNumber(value);
    else if (found.part === "remaining") figures.remaining = firstNumber(value);
    else if (found.part === "reset") figures.resetAt = resetAt(value);
    windows.set(found.window, figures);
  }
  // A reset alone says nothing of how much there is.
  return [...windows].flatMap(([name, figures]) =>
    (figures.limit ?? figures.remaining ?? null) === null ? [] : [quotaWindow({ name, model, ...figures })],
  );
}

/** `100, 100;w=60`: some servers write the policy behind the figure. */
function firstNumber(value: string): number | null {
  return plainNumber(value.split(/[,;]/, 1)[0]?.replaceAll("_", ""));
}
