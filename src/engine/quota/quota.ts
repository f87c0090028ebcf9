/** What a provider says of an account's quota: in the headers of its replies, or at an address of its own. */
import type { AccountId } from "../config/schema.ts";

export interface QuotaWindow {
  /** The provider's own name: `5h`, `7d`, `requests`, `tokens`, `premium_interactions`, a model's name … */
  readonly name: string;
  /** Set where the window is for one model only. */
  readonly model: string | null;
  readonly limit: number | null;
  readonly remaining: number | null;
  /** 0…100; null where it cannot be told. */
  readonly usedPercent: number | null;
  /** ms since the epoch. */
  readonly resetAt: number | null;
  readonly unlimited: boolean;
  /** The provider refuses calls because of this window. */
  readonly exhausted: boolean;
}

export interface QuotaReading {
  readonly account: AccountId;
  readonly windows: readonly QuotaWindow[];
  readonly plan: string | null;
  readonly source: "headers" | "endpoint";
  /** ms since the epoch. */
  readonly readAt: number;
}
