/** What the UI remembers besides the flows: where the person is, what they asked for, how the core is. Plain values. */
import type { Cooling } from "./cooling.ts";
import type { Dialog } from "./effect.ts";
import { byTime, type FlowSort } from "./flow-order.ts";
import type { FlowDetail, StatusView } from "./flow-view.ts";
import type { PaletteState } from "./palette.ts";
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

/** Screens with a table, in the order of their digits; traffic is 1. */
export const tableIds = ["accounts", "models", "routes", "sessions", "usage", "logs", "capture"] as const;
export type TableId = (typeof tableIds)[number];
export const screenIds = ["traffic", ...tableIds] as const;
export type ScreenId = (typeof screenIds)[number];

/** Where the person is in one table, and what the core last said for it. */
export interface TableState {
  readonly selectedId: string | null;
  /** First visible row. */
  readonly top: number;
  /** Index into the table's sorts, and whether it is the other way round. */
  readonly sort: number;
  readonly reversed: boolean;
  readonly filter: string;
  /** Index into the table's variants. */
  readonly variant: number;
  /** The last answers, in the order of the table's loads; null before the first. */
  readonly answers: readonly unknown[] | null;
  readonly problem: string | null;
}
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
  readonly kind: "filter" | "find" | "table-filter";
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
  /** How many accounts there are; null until it is known. Asked only while the list is empty. */
  readonly accounts: number | null;
  /** A target that nobody can serve for now. */
  readonly cooling: Cooling | null;
  readonly screen: ScreenId | "detail";
  /** Where `back` leads from a flow's detail. */
  readonly cameFrom: ScreenId;
  readonly tables: Readonly<Record<TableId, TableState>>;
  readonly dialog: Dialog | null;
  readonly overlay: "none" | "help" | "confirm-quit";
  readonly helpTop: number;
  readonly prompt: Prompt | null;
  /** The command line that `:` opens; null while it is closed. */
  readonly palette: PaletteState | null;
  /** What was run from it, oldest first; gone with the screen. */
  readonly commands: readonly string[];
  readonly selectedId: string | null;
  /** Row of the selected flow inside the list pane: the list is anchored there, so that new flows do not move it. */
  readonly anchor: number;
  readonly follow: boolean;
  readonly paused: boolean;
  readonly errorsOnly: boolean;
  readonly showTunnels: boolean;
  readonly filter: string;
  /** Of the traffic list. */
  readonly sort: FlowSort;
  /** Ids of flows that were marked by hand; some of them may be gone from the book. */
  readonly marked: ReadonlySet<string>;
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

const emptyTable: TableState = {
  selectedId: null,
  top: 0,
  sort: 0,
  reversed: false,
  filter: "",
  variant: 0,
  answers: null,
  problem: null,
};

export const initialUi: UiState = {
  columns: 80,
  rows: 24,
  connection: { type: "connecting" },
  status: null,
  accounts: null,
  cooling: null,
  screen: "traffic",
  cameFrom: "traffic",
  tables: {
    accounts: emptyTable,
    models: emptyTable,
    routes: emptyTable,
    sessions: emptyTable,
    usage: emptyTable,
    logs: emptyTable,
    capture: emptyTable,
  },
  dialog: null,
  overlay: "none",
  helpTop: 0,
  prompt: null,
  palette: null,
  commands: [],
  selectedId: null,
  anchor: 0,
  follow: true,
  paused: false,
  errorsOnly: false,
  showTunnels: false,
  filter: "",
  sort: byTime,
  marked: new Set(),
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

export function isTable(screen: UiState["screen"]): screen is TableId {
  return tableIds.some((id) => id === screen);
}
