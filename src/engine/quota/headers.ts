/**
 * Quota windows out of a reply's headers. It is asked for every reply, so it looks at names first and gives up at once
 * where a service tells nothing there. Which headers a service speaks goes by its type. Facts of 2026.
 */
import type { HeaderPairs } from "../../base/http.ts";
import type { ProviderType } from "../config/schema.ts";
import { anthropicWindows } from "./families/anthropic.ts";
import { codexWindows } from "./families/codex.ts";
import { copilotWindows } from "./families/copilot.ts";
import { rateLimitWindows } from "./families/rate-limit.ts";
import { unifiedWindows } from "./families/unified.ts";
import type { QuotaWindow } from "./quota.ts";

export interface ReplyHeaders {
  /** Only the family's own fields: lower case, first value each. */
  readonly fields: ReadonlyMap<string, string>;
  readonly headers: HeaderPairs;
  /** The model that was asked: limits that are one model's do not name it. */
  readonly model: string | null;
  readonly now: number;
}

interface Family {
  /** Lower case. */
  readonly prefix: string;
  readonly read: (reply: ReplyHeaders) => readonly QuotaWindow[];
}

const families = {
  unified: { prefix: "anthropic-ratelimit-unified-", read: unifiedWindows },
  anthropic: { prefix: "anthropic-", read: anthropicWindows },
  rateLimit: { prefix: "x-ratelimit-", read: rateLimitWindows },
  codex: { prefix: "x-codex-", read: codexWindows },
  quotaSnapshot: { prefix: "x-quota-snapshot-", read: copilotWindows },
  usageRateLimit: { prefix: "x-usage-ratelimit-", read: copilotWindows },
} as const satisfies Readonly<Record<string, Family>>;

const { unified, anthropic, rateLimit, codex, quotaSnapshot, usageRateLimit } = families;

const familiesOfType = {
  "openai-compatible": [rateLimit],
  "openai-responses-compatible": [rateLimit],
  // Services that imitate Claude limit calls in their own way.
  "anthropic-compatible": [unified, anthropic, rateLimit],
  codex: [codex, rateLimit],
  copilot: [quotaSnapshot, usageRateLimit, rateLimit],
  qwen: [rateLimit],
  iflow: [rateLimit],
  // Google says it in bodies only; the other two at an address of their own.
  "gemini-compatible": [],
  "gemini-cli": [],
  antigravity: [],
  kiro: [],
  cursor: [],
} as const satisfies Readonly<Record<ProviderType, readonly Family[]>>;

/** More than any service has; a reply that says more is not believed. */
const maxFields = 128;

/** Null: the reply says nothing of quota. */
export function readQuotaHeaders(
  asked: { readonly type: ProviderType; readonly model: string | null },
  headers: HeaderPairs,
  now: number,
): readonly QuotaWindow[] | null {
  const spoken: readonly Family[] = familiesOfType[asked.type];
  if (spoken.length === 0) return null;
  let found: Map<Family, Map<string, string>> | null = null;
  let count = 0;
  for (const [name, value] of headers) {
    const first = name.charCodeAt(0) | 0x20;
    // Every family begins with an `a` or an `x`.
    if (first !== 0x61 && first !== 0x78) continue;
    const lower = name.toLowerCase();
    const family = spoken.find(({ prefix }) => lower.startsWith(prefix));
    if (family === undefined || count >= maxFields) continue;
    count += 1;
    found ??= new Map();
    const fields = found.get(family) ?? new Map<string, string>();
    if (!fields.has(lower)) fields.set(lower, value.trim());
    found.set(family, fields);
  }
  if (found === null) return null;
  const windows = [...found].flatMap(([{ read }, fields]) => read({ fields, headers, model: asked.model, now }));
  return windows.length === 0 ? null : windows;
}
