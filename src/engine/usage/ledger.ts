/** What calls used and cost: one line for each, appended to files that are never rewritten. Never waited for by a call. */
import type { UsageQuestionJson, UsageRowJson } from "../../base/controls-engine.ts";
import type { Usage } from "../../base/flow.ts";

export interface UsageLine {
  /** ms since the epoch: the end of the call. */
  readonly at: number;
  readonly flow: string;
  readonly client: string;
  /** The conversation, as the pool names it; null where none is known. */
  readonly session: string | null;
  readonly provider: string;
  /** `provider/name`. Null: the client's own credential (passed through), or none needed. */
  readonly account: string | null;
  /** As the provider named it, or as it was asked for. */
  readonly model: string;
  readonly action: "passthrough" | "reroute";
  readonly usage: Usage;
  /**
   * What the tokens cost at the provider's public API price, US dollars; null where no price is known. Calls on a
   * subscription have it too: there it is what they were worth, not what was paid.
   */
  readonly costUsd: number | null;
  /** True: the price is another seller's, or one that depends on what is not known here. Absent: as published. */
  readonly costEstimated?: boolean;
  /** What was billed less because of the prompt cache, US dollars; null as above. */
  readonly cacheSavedUsd: number | null;
  readonly ok: boolean;
  readonly ms: number;
}

export type UsageGroup = UsageQuestionJson["group"];

export interface UsageQuestion {
  readonly group: UsageGroup;
  /** ms since the epoch, both inclusive; null: no bound. */
  readonly since: number | null;
  readonly until: number | null;
}

/** As it is shown. */
export type UsageRow = UsageRowJson;

export interface UsageLedger {
  /** Returns at once. Lines beyond the queue's bound are counted as dropped. */
  record(line: UsageLine): void;
  /** Resolves when everything recorded so far is on the disk (fsync); rejects, in words for people, where it cannot be. */
  flush(): Promise<void>;
  /** Lines recorded just now included. Rejects where the folder cannot be read. */
  query(question: UsageQuestion): Promise<readonly UsageRow[]>;
  dropped(): number;
  close(): Promise<void>;
}
