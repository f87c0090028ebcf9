/**
 * Every key of the UI, once: this table dispatches, fills the help overlay and fills the key bar, so that none of
 * them can be wrong. A command that cannot be done now says why instead of doing nothing.
 */
import type { FlowAction } from "./actions/action.ts";
import { flowActions } from "./actions/index.ts";
import { tables } from "./screens/index.ts";
import { isLive, type FlowView } from "./state/flow-view.ts";
import type { FlowBook } from "./state/flow-book.ts";
import { isByTime } from "./state/flow-order.ts";
import { detailTabs, tableIds, type ScreenId, type UiState, wideDiffColumns } from "./state/ui.ts";
import type { AnyRow } from "./table/table.ts";

export type Context = ScreenId | "detail" | "help";

export type Command =
  | "down"
  | "up"
  | "half-down"
  | "half-up"
  | "page-down"
  | "page-up"
  | "top"
  | "bottom"
  | "open"
  | "filter"
  | "follow"
  | "pause"
  | "errors"
  | "tunnels"
  | "tab"
  | "next-tab"
  | "previous-tab"
  | "older"
  | "newer"
  | "screen"
  | "next-screen"
  | "previous-screen"
  | "sort"
  | "variant"
  | "describe"
  | "table-filter"
  | "reload"
  | "act"
  | "palette"
  | "find"
  | "find-next"
  | "find-previous"
  | "wrap"
  | "raw"
  | "panes"
  | "help"
  | "escape"
  | "back"
  | "quit"
  | "interrupt"
  | "repaint"
  | "suspend";

export interface Situation {
  readonly ui: UiState;
  readonly book: Pick<FlowBook, "shown" | "totals" | "get" | "all">;
  /** The flow that is selected or open, and the selected row of a table. */
  readonly flow?: FlowView | null;
  readonly row?: AnyRow | null;
}

export interface Binding {
  readonly command: Command;
  /** Names as `terminal/keys.ts` gives them. */
  readonly keys: readonly string[];
  /** How the help shows the keys, where the names are too long or too many. */
  readonly shownAs?: string;
  readonly contexts: readonly Context[];
  readonly group: "Move" | "Flow" | "Row" | "View" | "Everywhere";
  readonly title: string;
  /** Of "act": which action of the screen it is. */
  readonly action?: string;
  /** Its name in the palette, where the command's own one means something else there. */
  readonly name?: string;
  /** Word in the key bar; without one the key is only in the help. */
  readonly bar?: string;
  /** True, or why not. */
  readonly possible?: (situation: Situation) => true | string;
}

const everywhere = ["traffic", ...tableIds, "detail", "help"] as const;
const screens = ["traffic", ...tableIds, "detail"] as const;
const lists = ["traffic", ...tableIds] as const;

/** What can be done with a flow in one place, and with a row of each table: their own tables say it. */
function flowBindings(context: FlowAction["contexts"][number]): readonly Binding[] {
  return flowActions
    .filter(({ contexts }) => contexts.includes(context))
    .map(
      (action): Binding => ({
        command: "act",
        action: action.name,
        keys: action.keys,
        contexts: [context],
        group: "Flow",
        title: action.title,
        ...(action.bar === undefined ? {} : { bar: action.bar }),
        possible: ({ flow, ui, book }) =>
          flow == null ? "no flow is selected" : (action.possible?.(flow, { ui, book }) ?? true),
      }),
    );
}

const tableActions: readonly Binding[] = tables.flatMap((table) =>
  table.actions.map(
    (action): Binding => ({
      command: "act",
      action: action.name,
      keys: action.keys,
      contexts: [table.id],
      group: "Row",
      title: action.title,
      ...(action.bar === undefined ? {} : { bar: action.bar }),
      possible: ({ row }) =>
        row == null ? (action.always === true ? true : "nothing is selected") : (action.possible?.(row) ?? true),
    }),
  ),
);

export const keymap: readonly Binding[] = [
  { command: "down", keys: ["j", "down"], shownAs: "j ↓", contexts: everywhere, group: "Move", title: "line down" },
  { command: "up", keys: ["k", "up"], shownAs: "k ↑", contexts: everywhere, group: "Move", title: "line up" },
  { command: "half-down", keys: ["ctrl-d"], contexts: everywhere, group: "Move", title: "half a page down" },
  { command: "half-up", keys: ["ctrl-u"], contexts: everywhere, group: "Move", title: "half a page up" },
  {
    command: "page-down",
    keys: ["space", "pagedown", "ctrl-f"],
    shownAs: "space",
    contexts: everywhere,
    group: "Move",
    title: "page down",
  },
  {
    command: "page-up",
    keys: ["b", "pageup", "ctrl-b"],
    shownAs: "b",
    contexts: everywhere,
    group: "Move",
    title: "page up",
  },
  { command: "top", keys: ["g", "home"], shownAs: "g home", contexts: everywhere, group: "Move", title: "to the top" },
  { command: "bottom", keys: ["G", "end"], shownAs: "G end", contexts: everywhere, group: "Move", title: "to the end" },

  {
    command: "filter",
    keys: ["/"],
    contexts: ["traffic"],
    group: "View",
    title: "filter (see Filter)",
    bar: "filter",
  },
  {
    command: "open",
    keys: ["enter"],
    contexts: ["traffic"],
    group: "Flow",
    title: "open the flow",
    bar: "open",
    possible: needsFlow,
  },
  {
    command: "follow",
    keys: ["f"],
    contexts: ["traffic"],
    group: "View",
    title: "follow the newest flow",
    bar: "follow",
    possible: needsUnpaused,
  },
  ...flowBindings("traffic"),
  {
    command: "sort",
    keys: ["s"],
    contexts: ["traffic"],
    group: "View",
    title: "sort: time, tokens, cost, duration, status",
    bar: "sort",
  },
  {
    command: "pause",
    keys: ["p"],
    contexts: ["traffic"],
    group: "View",
    title: "hold the list still (recording goes on)",
    bar: "pause",
  },
  {
    command: "errors",
    keys: ["E"],
    contexts: ["traffic"],
    group: "View",
    title: "errors only, on and off",
    bar: "errors",
  },
  {
    command: "tunnels",
    keys: ["t"],
    contexts: ["traffic"],
    group: "View",
    title: "show tunnels, on and off",
    bar: "tunnels",
  },

  {
    command: "next-tab",
    keys: ["]", "l", "right", "tab"],
    shownAs: "] l tab",
    contexts: ["detail"],
    group: "View",
    title: "next tab",
  },
  {
    command: "previous-tab",
    keys: ["[", "h", "left", "shift-tab"],
    shownAs: "[ h",
    contexts: ["detail"],
    group: "View",
    title: "previous tab",
  },
  {
    command: "tab",
    keys: detailTabs.map((_, index) => String(index + 1)),
    shownAs: `1..${detailTabs.length}`,
    contexts: ["detail"],
    group: "View",
    title: "tab by number",
    bar: "tabs",
  },
  { command: "find", keys: ["/"], contexts: ["detail"], group: "View", title: "find in this tab", bar: "find" },
  {
    command: "find-next",
    keys: ["n"],
    shownAs: "n N",
    contexts: ["detail"],
    group: "View",
    title: "next / previous match (Diff: change)",
    bar: "next",
    possible: needsFindOrChanges,
  },
  {
    command: "find-previous",
    keys: ["N"],
    shownAs: "",
    contexts: ["detail"],
    group: "View",
    title: "",
    possible: needsFindOrChanges,
  },
  {
    command: "panes",
    keys: ["v"],
    contexts: ["detail"],
    group: "View",
    title: "other panes (Diff) or reply (Events)",
    bar: "view",
    possible: needsPanes,
  },
  {
    command: "wrap",
    keys: ["w"],
    contexts: ["detail"],
    group: "View",
    title: "wrap long lines, on and off",
    bar: "wrap",
  },
  {
    command: "raw",
    keys: ["o"],
    contexts: ["detail"],
    group: "View",
    title: "body as received / formatted",
    bar: "raw",
  },
  ...flowBindings("detail"),
  ...tableActions,

  {
    command: "describe",
    keys: ["enter"],
    contexts: tableIds,
    group: "Row",
    title: "all about it",
    bar: "open",
    possible: ({ row }) => (row == null ? "nothing is selected" : true),
  },
  {
    command: "table-filter",
    keys: ["/"],
    contexts: tableIds,
    group: "View",
    title: "show what holds these words",
    bar: "filter",
  },
  {
    command: "sort",
    keys: ["s"],
    contexts: tableIds,
    group: "View",
    title: "next order, and each the other way round",
    bar: "sort",
  },
  {
    command: "variant",
    keys: ["v"],
    contexts: tables.filter((table) => table.variants.length > 1).map((table) => table.id),
    group: "View",
    title: "the next way to look at it",
    bar: "view",
  },
  {
    command: "reload",
    name: "refresh",
    keys: ["ctrl-r"],
    contexts: tableIds,
    group: "View",
    title: "ask the core again now",
  },

  {
    command: "older",
    keys: ["J"],
    contexts: ["detail"],
    group: "Flow",
    title: "next flow down the list",
    bar: "older",
    possible: needsOlder,
  },
  {
    command: "newer",
    keys: ["K"],
    contexts: ["detail"],
    group: "Flow",
    title: "next flow up the list",
    bar: "newer",
    possible: needsNewer,
  },

  {
    command: "screen",
    keys: ["1", "2", "3", "4", "5", "6", "7", "8"],
    shownAs: "1..8",
    contexts: lists,
    group: "Everywhere",
    title: "screen by number",
  },
  { command: "next-screen", keys: ["tab"], contexts: lists, group: "Everywhere", title: "next screen" },
  { command: "previous-screen", keys: ["shift-tab"], contexts: lists, group: "Everywhere", title: "previous screen" },
  {
    command: "escape",
    keys: ["esc"],
    contexts: screens,
    group: "Everywhere",
    title: "clear filter or notice, go back",
  },
  { command: "back", keys: ["q"], contexts: ["traffic"], group: "Everywhere", title: "quit", bar: "quit" },
  { command: "back", keys: ["q"], contexts: tableIds, group: "Everywhere", title: "back to the traffic", bar: "back" },
  { command: "back", keys: ["q"], contexts: ["detail"], group: "Everywhere", title: "back to the list", bar: "back" },
  {
    command: "back",
    keys: ["q", "esc", "?"],
    shownAs: "? esc",
    contexts: ["help"],
    group: "Everywhere",
    title: "close the help",
    bar: "close",
  },
  {
    command: "palette",
    keys: [":"],
    contexts: everywhere,
    group: "Everywhere",
    title: "command by name",
    bar: "cmd",
  },
  { command: "help", keys: ["?"], contexts: screens, group: "Everywhere", title: "this help", bar: "help" },
  { command: "quit", keys: ["Q"], contexts: everywhere, group: "Everywhere", title: "quit now" },
  { command: "interrupt", keys: ["ctrl-c"], contexts: everywhere, group: "Everywhere", title: "quit now" },
  { command: "repaint", keys: ["ctrl-l"], contexts: everywhere, group: "Everywhere", title: "draw the screen anew" },
  { command: "suspend", keys: ["ctrl-z"], contexts: everywhere, group: "Everywhere", title: "suspend to the shell" },
];

export function contextOf(ui: UiState): Context {
  return ui.overlay === "help" ? "help" : ui.screen;
}

/** The binding of a key where the person is. */
export function bindingFor(context: Context, key: string): Binding | null {
  return keymap.find((binding) => binding.contexts.includes(context) && binding.keys.includes(key)) ?? null;
}

export function bindingsOf(context: Context): readonly Binding[] {
  return keymap.filter((binding) => binding.contexts.includes(context));
}

/** The keys of a binding as people read them. */
export function shownKeys(binding: Binding): string {
  return binding.shownAs ?? binding.keys.join(" ");
}

function needsFlow({ book }: Situation): true | string {
  return book.shown.length > 0 ? true : "no flow to open yet";
}

function needsUnpaused({ ui }: Situation): true | string {
  if (!isByTime(ui.sort))
    return `the list is sorted by ${ui.sort.by}; s goes on to newest first, which can be followed`;
  return ui.paused ? "the list is paused; p resumes it" : true;
}

function needsFindOrChanges({ ui }: Situation): true | string {
  return ui.detail?.find || ui.detail?.tab === "diff" ? true : "nothing searched yet; / asks for a text";
}

function needsPanes({ ui }: Situation): true | string {
  if (ui.detail?.tab === "events") return true;
  if (ui.detail?.tab !== "diff") return "this tab has one view";
  return ui.columns >= wideDiffColumns ? "all three stages are on the screen" : true;
}

function needsOlder({ ui, book }: Situation): true | string {
  return ui.detail !== null && book.shown[0] === ui.detail.id ? "this is the last flow of the list" : true;
}

function needsNewer({ ui, book }: Situation): true | string {
  return ui.detail !== null && book.shown.at(-1) === ui.detail.id ? "this is the first flow of the list" : true;
}

/** Where the core ends with this UI, quitting while calls are in flight is asked twice. */
export function quitNeedsConfirmation(situation: Situation, coreEnds: boolean): boolean {
  if (!coreEnds || situation.ui.overlay === "confirm-quit") return false;
  return situation.book.shown.some((id) => {
    const flow = situation.book.get(id);
    return flow !== null && isLive(flow);
  });
}
