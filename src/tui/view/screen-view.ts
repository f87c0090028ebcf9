/** From state to what is on screen: the frame (structure) and the rows of its panes. */
import type { TextDocument } from "../body/document.ts";
import { paneHeight, stackFrame, type Frame, type FramePart, type PaneRows } from "../frame/frame.ts";
import type { Situation } from "../keymap.ts";
import type { Suggestion } from "../palette/match.ts";
import type { FlowBook } from "../state/flow-book.ts";
import { listWindow } from "../state/selection.ts";
import type { StagesView } from "../state/stages-view.ts";
import { isTooSmall, minimumColumns, minimumRows, type UiState } from "../state/ui.ts";
import { renderRow, type Spans } from "../text/row.ts";
import { dimmed, type Theme } from "../text/theme.ts";
import { dialogRow, dialogRows, takesScreen } from "./dialog-view.ts";
import { bannerRows, ends, keyBarSpans, promptSpans, totalsSpans } from "./header.ts";
import { detailTitle, diffOptions, positionText, tabSpans } from "./detail.ts";
import { diffHead, diffLegend, lossesSpans } from "./diff.ts";
import { helpRows } from "./help.ts";
import { inspectorRows } from "./inspector.ts";
import { paletteHeight, paletteLine, paletteRows } from "./palette-view.ts";
import { tableHead, tableInspector, tableRows, tableTotals, type TableScene } from "./table-view.ts";
import { tabLine } from "./tabs.ts";
import { flowSpans, headSpans, placeColumns } from "./traffic.ts";
import { emptyRows } from "./welcome.ts";

/** From this height on, rules separate the list from what is around it. */
const roomyRows = 30;

export interface Scene extends Situation {
  readonly book: FlowBook;
  readonly document: TextDocument | null;
  readonly now: number;
  /** What the palette offers, best first; nothing while it is closed. */
  readonly suggestions: readonly Suggestion[];
  /** The table that is looked at. */
  readonly table: TableScene | null;
}

export function frameOf(scene: Scene): Frame {
  const { ui } = scene;
  const { columns, rows } = ui;
  if (isTooSmall(ui)) return stackFrame(columns, rows, [], []);
  const banners = bannerRows(ui, scene.now).length;
  const banner: FramePart[] = banners === 0 ? [] : [{ type: "pane", id: "banner", height: banners }];
  const bottom = bottomParts(scene);
  if (ui.overlay === "help") {
    const below: FramePart[] = [{ type: "rule" }, ...bottom];
    const room = paneHeight(stackFrame(columns, rows, [{ type: "rule" }, { type: "rule" }], below), "main");
    const known = { rows: helpRowCount(ui), complete: true };
    const title = ends(
      [{ text: ` Help: ${ui.screen === "detail" ? "flow detail" : ui.screen}`, style: "accent" }],
      [{ text: `j k scroll   ${positionText(ui.helpTop, room, known)} `, style: "dim" }],
      columns,
    );
    return stackFrame(columns, rows, [{ type: "line", spans: title }, { type: "rule" }], below);
  }
  if (takesScreen(ui.dialog)) {
    const title: Spans = [{ text: ` ${ui.dialog.title}`, style: "accent" }];
    return stackFrame(
      columns,
      rows,
      [{ type: "line", spans: title }, ...banner, { type: "rule" }],
      [{ type: "rule" }, ...bottom],
    );
  }
  if (ui.screen === "detail") {
    const above: FramePart[] = [
      { type: "pane", id: "title", height: 1 },
      { type: "line", spans: tabSpans(ui.detail?.tab ?? "overview", columns) },
      ...banner,
      ...(comparedStages(ui) === null ? [] : [{ type: "pane", id: "heads", height: 1 } as const]),
      { type: "rule" },
    ];
    const foot = comparedStages(ui) === null ? 1 : 2;
    return stackFrame(columns, rows, above, [{ type: "pane", id: "inspector", height: foot }, ...bottom]);
  }
  const roomy = rows >= roomyRows;
  const above: FramePart[] = [
    { type: "line", spans: tabLine(ui) },
    { type: "pane", id: "totals", height: 1 },
    ...banner,
  ];
  if (scene.table !== null) {
    const { table, rows: shown } = scene.table;
    if (shown.length === 0)
      return stackFrame(columns, rows, [...above, { type: "rule" }], [{ type: "rule" }, ...bottom]);
    above.push({ type: "line", spans: tableHead(scene.table, columns) });
    if (roomy) above.push({ type: "rule" });
    const height = table.inspectorHeight(rows);
    const below: FramePart[] = height === 0 ? [] : [{ type: "rule" }, { type: "pane", id: "inspector", height }];
    if (roomy) below.push({ type: "rule" });
    return stackFrame(columns, rows, above, [...below, ...bottom]);
  }
  if (scene.book.shown.length === 0)
    return stackFrame(columns, rows, [...above, { type: "rule" }], [{ type: "rule" }, ...bottom]);
  above.push({ type: "line", spans: headSpans(placeColumns(columns, ui.marked.size > 0)) });
  if (roomy) above.push({ type: "rule" });
  const below: FramePart[] = [{ type: "rule" }, { type: "pane", id: "inspector", height: 2 }];
  if (roomy) below.push({ type: "rule" });
  return stackFrame(columns, rows, above, [...below, ...bottom]);
}

/** Height of the main pane for a state: what a page is. */
export function mainHeight(scene: Scene): number {
  return paneHeight(frameOf(scene), "main");
}

/** With a lost core, what is left of its data is dim; the banner, which says so, and what is typed are not. */
export function paneRowsOf(scene: Scene, frame: Frame, theme: Theme): PaneRows {
  const shown = livePaneRows(scene, frame, theme);
  if (scene.ui.connection.type !== "lost" || scene.ui.overlay === "help" || scene.ui.dialog !== null) return shown;
  const { banner = [], prompt = [] } = shown;
  return { ...livePaneRows(scene, frame, dimmed(theme)), banner, prompt };
}

function livePaneRows(scene: Scene, frame: Frame, theme: Theme): PaneRows {
  const { ui, book, now } = scene;
  const { columns } = frame;
  const height = paneHeight(frame, "main");
  const draw = (rows: readonly Spans[]): string[] => rows.map((spans) => renderRow(spans, columns, theme));
  if (isTooSmall(ui)) return { main: draw(tooSmallRows(ui, book)) };
  const banner = draw(bannerRows(ui, now));
  const typed = typedRows(scene);
  const prompt = draw([typed.prompt]);
  const palette = draw(typed.palette);
  if (ui.overlay === "help") {
    const all = helpRows(ui.screen, columns);
    return { main: draw(all.slice(ui.helpTop, ui.helpTop + height)) };
  }
  if (takesScreen(ui.dialog))
    return { banner, prompt, palette, main: draw(dialogRows(ui.dialog, height, now, columns)) };
  if (ui.screen === "detail") return { ...detailRows(scene, height, draw), banner, prompt, palette };
  if (scene.table !== null) {
    return {
      banner,
      prompt,
      palette,
      totals: draw([tableTotals(scene.table, columns, now)]),
      main: tableRows(scene.table, columns, height, now, theme),
      inspector: draw(tableInspector(scene.table, columns, now, paneHeight(frame, "inspector"))),
    };
  }
  const totals = draw([totalsSpans(ui, book, now)]);
  if (book.shown.length === 0) {
    const rows = emptyRows(ui, book);
    const fitting = rows.length <= height ? rows : rows.filter((row) => row.length > 0);
    return { totals, banner, prompt, palette, main: draw(fitting.slice(0, height)) };
  }
  const window = listWindow(ui, book.shown, height);
  const placed = placeColumns(columns, ui.marked.size > 0);
  const main = window.ids.map((id, index) => {
    const flow = book.get(id);
    if (flow === null) return renderRow([], columns, theme);
    const selected = window.top + index === window.selected;
    const look = { selected, marked: ui.marked.has(id) };
    return renderRow(flowSpans(flow, placed, now, look), columns, theme, selected ? "selected" : undefined);
  });
  const selectedId = window.ids[window.selected - window.top];
  const inspector = draw(inspectorRows(selectedId === undefined ? null : book.get(selectedId)));
  return { totals, banner, prompt, palette, main, inspector };
}

export function helpRowCount(ui: UiState): number {
  return helpRows(ui.screen, ui.columns).length;
}

function bottomParts(scene: Scene): readonly FramePart[] {
  const { ui } = scene;
  const prompt: FramePart = { type: "pane", id: "prompt", height: 1 };
  if (ui.palette !== null) {
    return [{ type: "pane", id: "palette", height: paletteHeight(ui.rows) }, { type: "rule" }, prompt];
  }
  if (ui.prompt !== null || ui.dialog !== null) return [prompt];
  if (ui.hint !== null) return [{ type: "line", spans: [{ text: ` ${ui.hint}`, style: "warn" }] }];
  return [{ type: "line", spans: keyBarSpans(scene) }];
}

/** The line that is being typed, and what it could become. */
function typedRows({ ui, suggestions }: Scene): { readonly prompt: Spans; readonly palette: readonly Spans[] } {
  const { palette, dialog, columns } = ui;
  if (palette !== null) {
    return {
      prompt: paletteLine(palette, columns),
      palette: paletteRows(suggestions, palette, paletteHeight(ui.rows), columns),
    };
  }
  return { prompt: dialog === null ? promptSpans(ui) : dialogRow(dialog, columns), palette: [] };
}

function detailRows(scene: Scene, height: number, draw: (rows: readonly Spans[]) => string[]): PaneRows {
  const { ui, book, document, now } = scene;
  const { detail } = ui;
  if (detail === null) return {};
  const flow = detail.data?.flow ?? book.get(detail.id);
  const title = flow === null ? [] : draw([detailTitle(book.get(detail.id) ?? flow, ui.columns, now)]);
  if (document === null) {
    const text = detail.problem === null ? "loading…" : `Could not load this flow: ${detail.problem}`;
    return { title, main: draw([[{ text: ` ${text}`, style: detail.problem === null ? "dim" : "error" }]]) };
  }
  const top = document.clamp(detail.tops[detail.tab] ?? 0, height);
  const stages = comparedStages(ui);
  // In a comparison `n` walks from change to change: the one it stands at is pointed out.
  const isAt = (row: number): boolean => stages !== null && document.lineOf(top + row) === detail.match?.line;
  const rows = document
    .rows(top, height, detail.find)
    .map((spans, row): Spans => [isAt(row) ? { text: ">", style: "strong" } : { text: " " }, ...spans]);
  const flags = [
    detail.find === "" ? null : `find "${detail.find}"`,
    stages === null ? null : diffLegend(diffOptions(ui).pair),
    stages !== null ? null : ui.wrap ? "long lines wrapped" : "long lines cut",
    ui.raw ? "as received" : null,
  ];
  const position = ends(
    [{ text: ` ${flags.filter((flag) => flag !== null).join("  ")}`, style: "dim" }],
    [{ text: `${positionText(top, height, document.known)} `, style: "dim" }],
    ui.columns,
  );
  if (stages === null) return { title, main: draw(rows), inspector: draw([position]) };
  const head: Spans = [{ text: " " }, ...diffHead(stages, diffOptions(ui))];
  const foot = [lossesSpans(stages, ui.columns), position];
  return { title, heads: draw([head]), main: draw(rows), inspector: draw(foot) };
}

/** What the Diff tab shows, once it is there. */
function comparedStages({ detail }: UiState): StagesView | null {
  if (detail?.tab !== "diff" || detail.data === null || detail.stages === null) return null;
  return detail.stages.problem === null ? detail.stages : null;
}

function tooSmallRows(ui: UiState, book: FlowBook): readonly Spans[] {
  const { totals } = book;
  return [
    [{ text: `need ${minimumColumns}x${minimumRows}, have ${ui.columns}x${ui.rows}`, style: "strong" }],
    [
      {
        text: `proxy ${ui.connection.type === "open" ? "runs on" : "not reachable"}: ${totals.flows} flows, ${totals.live} live`,
      },
    ],
  ];
}
