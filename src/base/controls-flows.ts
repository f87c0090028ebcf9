/** What a person or a script may ask of the log of flows: to search it, to shorten it, to take it along. Names are public. */
import type { FlowCounts, FlowJson } from "./controls.ts";

export interface FlowQuestionJson {
  /** In the filter language (base/filter/); empty or absent: every flow. */
  readonly filter?: string;
  /** The newest so many. */
  readonly limit?: number;
  /** Only flows before this one. */
  readonly before?: string;
}

export interface FlowPageJson {
  /** Oldest first. */
  readonly flows: readonly FlowJson[];
  readonly counts: FlowCounts;
  /** Where to go on, as `before`; null when nothing older is there to be looked at. */
  readonly older: string | null;
}

export interface FlowRemovalJson {
  readonly deleted: number;
  /** Fitted, but have not ended: they stay. */
  readonly live: number;
  /** A search in bodies takes its time: ask again while this is not null, with it as `before`. */
  readonly older: string | null;
}

export const exportFormats = ["har", "curl", "jsonl"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export const exportSides = ["client", "upstream", "both"] as const;
export type ExportSide = (typeof exportSides)[number];

export const exportRoads = ["direct", "proxy", "gateway"] as const;
/** Where an exported command sends its call: to the same server, there through this proxy, or to this gateway. */
export type ExportRoad = (typeof exportRoads)[number];

export interface ExportQuestionJson {
  readonly format: ExportFormat;
  /** These, in this order; absent: all, or all that fit the filter, oldest first. */
  readonly ids?: readonly string[];
  readonly filter?: string;
  /** The client's call, the provider's, or both. Default: both, and the client's for curl. */
  readonly side?: ExportSide;
  /** For curl. Default: direct. */
  readonly via?: ExportRoad;
}
