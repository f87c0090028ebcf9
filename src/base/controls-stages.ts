/** A request at its three stages, as it is published: the client's body, the hub's request, the upstream's body. */

/** Measured by the stage before; `same` also where neither has it. */
export const stageChanges = ["same", "changed", "added", "dropped"] as const;
export type StageChange = (typeof stageChanges)[number];

export interface StageHeadJson {
  readonly format: string;
  readonly bytes: number;
}

/** One field, tool, message or part of a message. */
export interface StageRowJson {
  readonly label: string;
  /** 1: belongs to the row of depth 0 above. */
  readonly depth: number;
  /** In the words of the stage; null where it has none of it. Off the wire: not for a terminal as they are. */
  readonly client: string | null;
  readonly hub: string | null;
  readonly upstream: string | null;
  readonly change: { readonly hub: StageChange; readonly upstream: StageChange };
}

export interface FlowStagesJson {
  readonly client: StageHeadJson;
  readonly hub: StageHeadJson;
  readonly upstream: StageHeadJson;
  readonly rows: readonly StageRowJson[];
  readonly losses: readonly string[];
  readonly gains: readonly string[];
  /** Why there are no rows. */
  readonly problem: string | null;
}
