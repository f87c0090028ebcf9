/** What the UI remembers besides the flows: where the person is, what they asked for, how the core is. Plain values. */
import type { FlowDetail, StatusView } from "./flow-view.ts";
import type { Line } from "./prompt.ts";
import type { StageName, StagesView } from "./stages-view.ts";

export const detailTabs = [
  "overview",
  "request",
  "upstream-request",
  "response",
  "upstream-response",
  "timing",
  "diff",
  "events",
] as const;
export type DetailTab = (typeof detailTabs)[number];

/** From this width on, the three stages of the Diff tab stand beside each other. */
export const wideDiffColumns = 100;

/** Two of the three stages of a request, where there is no room for all. */
export const stagePairs = [
  ["client", "hub"],
  ["hub", "upstream"],
  ["client", "upstream"],
] as const satisfies readonly (readonly [StageName, StageName])[];
export type StagePair = (typeof stagePairs)[number];

type Connection =
  | { readonly type: "connecting" }
  | { readonly type: "open" }
  | { readonly type: "lost"; readonly why: string; readonly retryAt: number; readonly since: number };

interface Prompt {
  readonly kind: "filter" | "find";
  readonly line: Line;
  /** What was in force when the prompt opened; escape goes back to it. */
  readonly before: string;
}

export interface Notice {
  readonly level: "info" | "warn" | "error";
  readonly text: string;
  readonly at: number;
}

export interface DetailState {
  readonly id: string;
  /** The last answer for this flow; null until the first one. */
  readonly data: FlowDetail | null;
  /** Why there is no answer. */
  readonly problem: string | null;
  /** The request at its three stages: asked for when the Diff tab is opened. */
  readonly stages: StagesView | null;
  readonly stagesProblem: string | null;
  readonly tab: DetailTab;
  /** First visible row, per tab. */
  readonly tops: Readonly<Partial<Record<DetailTab, number>>>;
  readonly find: string;
  /** The match, or the change, that `n` goes on from. */
  readonly match: { readonly line: number; readonly start: number } | null;
}

export interface UiState {
  readonly columns: number;
  readonly rows: number;
  readonly connection: Connection;
  readonly status: StatusView | null;
  readonly screen: "traffic" | "detail";
  readonly overlay: "none" | "help" | "confirm-quit";
  readonly helpTop: number;
  readonly prompt: Prompt | null;
  readonly selectedId: string | null;
  /** Row of the selected flow inside the list pane: the list is anchored there, so that new flows do not move it. */
  readonly anchor: number;
  readonly follow: boolean;
  readonly paused: boolean;
  readonly errorsOnly: boolean;
  readonly showTunnels: boolean;
  readonly filter: string;
  readonly wrap: boolean;
  readonly raw: boolean;
  /** Panes of the Diff tab on narrow screens. */
  readonly pair: StagePair;
  /** Whose reply the Events tab shows. */
  readonly eventSide: "client" | "upstream";
  readonly detail: DetailState | null;
  /** The newest thing the core reported that is not about one flow. */
  readonly notice: Notice | null;
  /** Why the last key did nothing; gone with the next one. */
  readonly hint: string | null;
}

export const initialUi: UiState = {
  columns: 80,
  rows: 24,
  connection: { type: "connecting" },
  status: null,
  screen: "traffic",
  overlay: "none",
  helpTop: 0,
  prompt: null,
  selectedId: null,
  anchor: 0,
  follow: true,
  paused: false,
  errorsOnly: false,
  showTunnels: false,
  filter: "",
  wrap: true,
  raw: false,
  pair: stagePairs[0],
  eventSide: "client",
  detail: null,
  notice: null,
  hint: null,
};

export const minimumColumns = 60;
export const minimumRows = 16;

export function isTooSmall(ui: Pick<UiState, "columns" | "rows">): boolean {
  return ui.columns < minimumColumns || ui.rows < minimumRows;
}
