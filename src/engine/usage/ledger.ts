/** What calls used and cost: one line for each, appended to files that are never rewritten. Never waited for by a call. */
import type { Usage } from "../../base/flow.ts";

export interface UsageLine {
  /** ms since the epoch: the end of the call. */
  readonly at: number;
  readonly flow: string;
  readonly client: string;
  /** The conversation, as the pool names it; null where none is known. */
  readonly session: string | null;
  readonly provider: string;
  /** Null: the client's own credential (passed through), or none needed. */
  readonly account: string | null;
  /** As the provider named it, or as it was asked for. */
  readonly model: string;
  readonly action: "passthrough" | "reroute";
  readonly usage: Usage;
  /** US dollars; null where no price is known. */
  readonly costUsd: number | null;
  /** What was billed less because of the prompt cache, US dollars; null as above. */
  readonly cacheSavedUsd: number | null;
  readonly ok: boolean;
  readonly ms: number;
}

export type UsageGroup = "day" | "model" | "account" | "session" | "client" | "provider";

export interface UsageQuestion {
  readonly group: UsageGroup;
  /** ms since the epoch, both inclusive; null: no bound. */
  readonly since: number | null;
  readonly until: number | null;
}

export interface UsageRow {
  /** The group's value; days are local dates, `2026-11-21`. */
  readonly key: string;
  readonly calls: number;
  readonly failures: number;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly reasoning: number;
  readonly costUsd: number | null;
  readonly cacheSavedUsd: number | null;
  /** Some figure in it is an estimate, or some call had no price. */
  readonly estimated: boolean;
  readonly unpriced: number;
}

export interface UsageLedger {
  /** Returns at once. Lines beyond the queue's bound are counted as dropped. */
  record(line: UsageLine): void;
  /** Resolves when everything recorded so far is on the disk (fsync). */
  flush(): Promise<void>;
  query(question: UsageQuestion): Promise<readonly UsageRow[]>;
  dropped(): number;
  close(): Promise<void>;
}
