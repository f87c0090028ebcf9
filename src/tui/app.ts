/**
 * The running UI: events and keys in, paints out. Keys paint at once; data is coalesced to about fifteen paints a
 * second, and fewer when painting is slow, because the machine belongs to the clients and not to us.
 */
import type { Clock } from "../base/clock.ts";
import { createDocument, type TextDocument } from "./body/document.ts";
import { createChromeRenderer } from "./frame/chrome.tsx";
import { frameShape, lineRows } from "./frame/frame.ts";
import { createScreen } from "./frame/screen.ts";
import { bindingFor, contextOf, quitNeedsConfirmation, type Binding, type Command } from "./keymap.ts";
import type { PaletteRun } from "./palette/command.ts";
import { commandsAt } from "./palette/commands.ts";
import { enter, suggest } from "./palette/match.ts";
import type { SourceEvent, TuiSource } from "./source.ts";
import { createDetailLoader } from "./state/detail-loader.ts";
import { readListFilter } from "./state/filter.ts";
import { createFlowBook } from "./state/flow-book.ts";
import { isError, isLive, type FlowView } from "./state/flow-view.ts";
import { ingest } from "./state/ingest.ts";
import { own } from "../base/json.ts";
import { flowActions } from "./actions/index.ts";
import { perform, type Hands } from "./perform.ts";
import { tables } from "./screens/index.ts";
import { createDialogWatch } from "./state/dialog-watch.ts";
import { minds, stepDialog } from "./state/dialog.ts";
import type { Effect } from "./state/effect.ts";
import { createLog } from "./state/log.ts";
import { logEvent } from "./state/log-events.ts";
import { stepPalette, type PaletteState } from "./state/palette.ts";
import { reduceCommand, reducePrompt, showDetail, showScreen, type Surroundings } from "./state/reduce.ts";
import { createTableLoader } from "./state/table-loader.ts";
import { rowsOf, variantOf, withTable } from "./state/table-state.ts";
import { selectedIndex } from "./state/selection.ts";
import { readDetail } from "./state/read.ts";
import { readStages } from "./state/stages-view.ts";
import { initialUi, type DetailState, type UiState } from "./state/ui.ts";
import type { AnyRow, Local } from "./table/table.ts";
import type { Key } from "./terminal/keys.ts";
import type { Terminal } from "./terminal/terminal.ts";
import type { Theme } from "./text/theme.ts";
import { detailLines } from "./view/detail.ts";
import { frameOf, helpRowCount, mainHeight, paneRowsOf, type Scene } from "./view/screen-view.ts";
import { selectedRow, type TableScene } from "./view/table-view.ts";
import { firstCommand, showsWelcome } from "./view/welcome.ts";

export interface AppOptions {
  readonly source: TuiSource;
  readonly terminal: Terminal;
  readonly theme: Theme;
  readonly clock: Clock;
  /** The core stops when this UI ends. */
  readonly coreEnds: boolean;
  /** Calls back once after `ms`; returns the way to call it off. */
  readonly after: (ms: number, callback: () => void) => () => void;
  /** The person's editor on a private file; null when nothing was saved. The terminal is its own for that time. */
  readonly edit: (text: string, suffix: string) => Promise<string | null>;
  readonly onQuit: () => void;
}

export interface App {
  /** What the state is now; for tests. */
  readonly ui: UiState;
  readonly stats: { readonly paints: number; readonly chromeDraws: number };
  close(): void;
}

/** Flows kept for the list; the core's own ring is what bounds the bodies. */
const maxFlows = 10_000;
const minPaintGapMs = 66;
/** At most a fifth of the time goes into painting data. */
const paintShare = 5;
const tickMs = 1_000;
const infoNoticeMs = 6_000;
const hintMs = 4_000;
/** How often the checklist asks for accounts. */
const accountsMs = 5_000;
/** Of the palette's history. */
const maxCommands = 100;

export function startApp(options: AppOptions): App {
  const { terminal, theme, clock, after } = options;
  const book = createFlowBook(maxFlows, () => clock.now());
  const chrome = createChromeRenderer();
  const screen = createScreen((text) => terminal.write(text));
  let ui: UiState = { ...initialUi, columns: terminal.columns, rows: terminal.rows };
  let document: OpenDocument | null = null;
  let drawnFrame = "";
  let paints = 0;
  let chromeDraws = 0;
  let paintCostMs = 0;
  let cancelPaint: (() => void) | null = null;
  let closed = false;
  let accountsAskedAt = Number.NEGATIVE_INFINITY;
  /** The filter in force asks for times: it is asked again with every tick. */
  let filterAges = false;

  const loader = createDetailLoader({
    load: (id) => options.source.flow(id),
    read: (answer) => readDetail(answer, 0),
    after,
    onLoaded: (id, data, problem) => {
      if (ui.detail?.id !== id) return;
      const number = book.get(id)?.number ?? 0;
      const read = data === null || data.flow.number === number ? data : { ...data, flow: { ...data.flow, number } };
      const isFollowing = isAtEndOfEvents();
      // A later failure to refresh keeps what is there.
      change({ ...ui, detail: { ...ui.detail, data: read ?? ui.detail.data, problem } });
      if (isFollowing) change(reduceCommand(ui, "bottom", "", surroundings()));
      paintSoon();
    },
  });
  const stagesLoader = createDetailLoader({
    load: (id) => options.source.stages(id),
    read: readStages,
    after,
    onLoaded: (id, stages, problem) => {
      if (ui.detail?.id !== id) return;
      change({ ...ui, detail: { ...ui.detail, stages: stages ?? ui.detail.stages, stagesProblem: problem } });
      paintSoon();
    },
  });

  const log = createLog();
  const tableLoader = createTableLoader({
    ask: (path) => options.source.ask("GET", path),
    after,
    onLoaded(id, variant, answers, problem) {
      const table = tables.find((one) => one.id === id);
      if (table === undefined || variantOf(table, ui.tables[id]) !== variant) return;
      // A later failure keeps what is there, and says so.
      change(withTable(ui, id, (state) => ({ ...state, answers: answers ?? state.answers, problem })));
      paintSoon();
    },
  });
  const dialogWatch = createDialogWatch({
    ask: (path) => options.source.ask("GET", path),
    after,
    onNews(effect) {
      const before = ui.dialog;
      act(effect);
      // A panel in the place of another goes on where that one was read.
      if (before?.type === "panel" && ui.dialog?.type === "panel")
        change({ ...ui, dialog: { ...ui.dialog, top: before.top } });
      tableLoader.again();
    },
  });
  /** The checklist ticks "add an account" by itself; with calls in the list nobody looks at it, and nothing is asked. */
  function countAccounts(): void {
    if (closed || ui.connection.type !== "open" || !showsWelcome(ui, book)) return;
    if (clock.now() - accountsAskedAt < accountsMs) return;
    accountsAskedAt = clock.now();
    options.source
      .ask("GET", "/accounts")
      .then((answer) => {
        const accounts = own(answer, "accounts");
        if (Array.isArray(accounts)) change({ ...ui, accounts: accounts.length });
        paintSoon();
      })
      // An older core cannot say: the step stays open, which is no news worth a banner.
      .catch(() => {});
  }

  const local = (): Local => ({ book, log: log.lines, status: ui.status });
  let shownRows: { readonly key: readonly unknown[]; readonly rows: readonly AnyRow[] } = { key: [], rows: [] };

  function tableScene(): TableScene | null {
    const table = tables.find(({ id }) => id === ui.screen);
    if (table === undefined) return null;
    const state = ui.tables[table.id];
    const known = local();
    // Tables of what is known anyway change with it; the others only with an answer.
    const moving = table.loads(variantOf(table, state)).length === 0 ? [log.lines, book.totals] : [];
    const key = [table, state.answers, state.filter, state.sort, state.reversed, state.variant, ...moving];
    if (key.length !== shownRows.key.length || key.some((part, index) => part !== shownRows.key[index])) {
      shownRows = { key, rows: rowsOf(table, state, known) };
    }
    return { table, state, rows: shownRows.rows, local: known };
  }

  /** The flow that an action is about: the open one, or the selected one of the list. */
  function subject(): FlowView | null {
    if (ui.screen === "detail") return ui.detail === null ? null : (ui.detail.data?.flow ?? book.get(ui.detail.id));
    return ui.screen === "traffic" ? selectedCall() : null;
  }

  function selectedCall(): FlowView | null {
    const { shown } = book;
    const id = shown[shown.length - 1 - selectedIndex(ui, shown)];
    return id === undefined ? null : book.get(id);
  }

  const scene = (): Scene => {
    const table = tableScene();
    const place = { ui, book, now: clock.now(), flow: subject(), row: selectedRow(ui, table) };
    const suggestions = ui.palette === null ? [] : suggest(ui.palette.line.text, commandsAt(place));
    return { ...place, suggestions, document: documentOf(), table };
  };

  function paint(): void {
    cancelPaint?.();
    cancelPaint = null;
    if (closed || !terminal.ready) return;
    const started = clock.monotonic();
    const now = scene();
    const frame = frameOf(now);
    const shape = frameShape(frame);
    if (shape !== drawnFrame) {
      drawnFrame = shape;
      chromeDraws += 1;
      screen.setChrome(chrome.draw(frame), frame.columns, frame.rows);
    }
    const paintStarted = clock.monotonic();
    screen.paint({ ...paneRowsOf(now, frame, theme), lines: lineRows(frame, theme) });
    paints += 1;
    paintCostMs = paintCostMs * 0.8 + (clock.monotonic() - Math.max(started, paintStarted)) * 0.2;
  }

  function paintSoon(): void {
    cancelPaint ??= after(Math.max(minPaintGapMs, paintShare * paintCostMs), () => {
      cancelPaint = null;
      paint();
    });
  }

  /** The one place where the state changes; what hangs on it follows. */
  function change(next: UiState): void {
    const before = ui;
    ui = next;
    if (
      next.filter !== before.filter ||
      next.errorsOnly !== before.errorsOnly ||
      next.showTunnels !== before.showTunnels
    ) {
      applyFilter();
    }
    if (next.hint !== null && next.hint !== before.hint) {
      after(hintMs, () => {
        if (ui.hint !== next.hint) return;
        change({ ...ui, hint: null });
        paintSoon();
      });
    }
    if (next.dialog !== before.dialog) {
      dialogWatch.look(next.dialog?.type === "panel" ? (next.dialog.watch ?? null) : null);
    }
    if (next.sort !== before.sort) book.sort(next.sort);
    if (next.paused !== before.paused) book.freeze(next.paused);
    if (next.screen !== before.screen || next.tables !== before.tables) {
      const table = tables.find(({ id }) => id === next.screen) ?? null;
      tableLoader.look(table, table === null ? "" : variantOf(table, next.tables[table.id]));
    }
    if (next.detail !== null && next.detail.id !== before.detail?.id) openFlow(next.detail);
    const isOpened = next.detail?.tab !== before.detail?.tab || next.detail?.id !== before.detail?.id;
    if (next.detail?.tab === "diff" && isOpened) loadStages(next.detail);
  }

  /** Made anew by the core each time: only while somebody looks, and of a refusal, which exists only here, never. */
  function loadStages(detail: DetailState): void {
    if (book.get(detail.id)?.refusal == null) stagesLoader.load(detail.id);
  }

  /** A streaming flow changes all the time, its request only with another attempt; each step may have shown more of it. */
  function isOtherRequest(detail: DetailState, before: FlowView | null): boolean {
    const now = book.get(detail.id);
    if (detail.stages === null || detail.stages.problem !== null || now === null) return true;
    return before?.attempts.length !== now.attempts.length || before.state !== now.state;
  }

  /** Whoever reads the last event of a live stream goes along with it. */
  function isAtEndOfEvents(): boolean {
    const { detail } = ui;
    if (ui.overlay !== "none" || detail?.tab !== "events" || detail.data === null || !isLive(detail.data.flow))
      return false;
    const { document: events, height } = surroundings();
    return events !== null && (detail.tops.events ?? 0) >= events.clamp(Number.POSITIVE_INFINITY, height);
  }

  function applyFilter(): void {
    // The state holds only filters that can be read.
    const read = readListFilter(ui.filter);
    filterAges = read.ok && read.usesClock;
    const { errorsOnly, showTunnels } = ui;
    book.filter(
      (flow) =>
        (showTunnels || flow.action !== "tunnel") &&
        (!errorsOnly || isError(flow)) &&
        (!read.ok || read.accept(flow, clock.now())),
    );
  }

  function openFlow(detail: DetailState): void {
    const flow = book.get(detail.id);
    // A refusal exists only here; everything else is asked of the core.
    if (flow?.refusal) change({ ...ui, detail: { ...detail, data: { flow, sides: {} } } });
    else loader.load(detail.id);
  }

  function documentOf(): TextDocument | null {
    const { detail } = ui;
    if (detail?.data == null) return null;
    const live = detail.tab === "timing" && isLive(detail.data.flow);
    const key: OpenDocument["key"] = [
      detail.data,
      detail.tab,
      ui.raw,
      ui.wrap,
      ui.columns,
      live ? clock.now() : 0,
      detail.stages,
      detail.stagesProblem,
      ui.pair,
      ui.eventSide,
    ];
    if (document === null || document.key.some((part, index) => part !== key[index])) {
      const lines = detailLines({ ...detail, data: detail.data }, ui, clock.now());
      document = { key, text: createDocument(lines, ui.columns - 2, ui.wrap) };
    }
    return document.text;
  }

  function surroundings(): Surroundings {
    const now = scene();
    const { table } = now;
    return { shown: book.shown, height: mainHeight(now), document: now.document, helpRows: helpRowCount(ui), table };
  }

  function onKey(key: Key): void {
    const name = key.type === "key" ? key.name : key.type === "text" ? (key.text === " " ? "space" : key.text) : null;
    if (ui.hint !== null) change({ ...ui, hint: null });
    const quits = name === "ctrl-c" && (ui.dialog === null || !minds(ui.dialog));
    const isTyped = !quits && name !== "ctrl-l" && name !== "ctrl-z";
    if (ui.palette !== null && isTyped) {
      onPaletteKey(ui.palette, key);
      return;
    }
    if (ui.dialog !== null && isTyped) {
      const length = ui.dialog.type === "panel" ? ui.dialog.lines(clock.now(), ui.columns).length : 0;
      const { dialog, effect } = stepDialog(ui.dialog, key, mainHeight(scene()), length);
      change({ ...ui, dialog });
      if (effect !== null) act(effect);
      return;
    }
    if (ui.prompt !== null && isTyped) {
      change(reducePrompt(ui, key, surroundings()));
      return;
    }
    if (name === null) return;
    const now = scene();
    // The checklist has no flow that `y` could be about, but a command.
    if (name === "y" && showsWelcome(ui, book)) return act({ type: "copy", text: firstCommand, what: firstCommand });
    const binding = bindingFor(contextOf(ui), name);
    if (ui.overlay === "confirm-quit") {
      if (name === "y" || binding?.command === "back" || isQuit(binding?.command)) options.onQuit();
      else change({ ...ui, overlay: "none" });
      return;
    }
    if (binding === null) {
      if (name.length === 1) change({ ...ui, hint: `${name} does nothing here; ? shows the keys` });
      return;
    }
    const possible = binding.possible?.(now) ?? true;
    if (possible === true) run(binding, name);
    else change({ ...ui, hint: `${name}: ${possible}` });
  }

  function run(binding: Binding, key: string): void {
    if (binding.command === "act") runAction(binding.action ?? "");
    else obey(binding.command, key);
  }

  function onPaletteKey(palette: PaletteState, key: Key): void {
    const commands = commandsAt(scene());
    const step = stepPalette<PaletteRun>(palette, key, {
      history: ui.commands,
      suggest: (text) => suggest(text, commands),
      enter: (text, chosen) => enter(text, chosen, commands),
    });
    const commandsRun = step.run === null ? ui.commands : [...ui.commands, step.text].slice(-maxCommands);
    change({ ...ui, palette: step.palette, commands: commandsRun });
    if (step.run?.type === "binding") run(step.run.binding, step.run.key);
    else if (step.run !== null) act(step.run.effect);
  }

  /** An action of the screen's own table, by its name. */
  function runAction(name: string): void {
    const now = scene();
    if (now.table !== null) {
      const action = now.table.table.actions.find((one) => one.name === name);
      if (action !== undefined) {
        const around = { ...now.table.local, flow: selectedCall(), columns: ui.columns };
        act(action.run(now.row ?? null, now.table.rows, around));
      }
      return;
    }
    const flow = subject();
    const action = flowActions.find((one) => one.name === name);
    if (flow !== null && action !== undefined) {
      act(action.run(flow, ui.detail?.data ?? null, { ui, book, now: clock.now() }));
    }
  }

  const hands: Hands = {
    source: options.source,
    after,
    say(level, text) {
      change({ ...ui, notice: { level, text, at: clock.now() } });
      paintSoon();
    },
    hint(text) {
      change({ ...ui, hint: text });
      paintSoon();
    },
    open(dialog) {
      change({ ...ui, dialog });
      paintSoon();
    },
    copy: (text) => terminal.copy(text),
    edit: (text, suffix) => options.edit(text, suffix),
    openFlow(id, isNew) {
      if (book.get(id) === null && !isNew) change({ ...ui, hint: "that call is no longer in the list" });
      else change(showDetail({ ...ui, selectedId: id, follow: false }, id, "overview"));
      paintSoon();
    },
    mark(marked) {
      change({ ...ui, marked: new Set(marked) });
      paintSoon();
    },
    show(screen) {
      change(showScreen(ui, screen));
      paintSoon();
    },
    filter(text, tunnels) {
      change({ ...showScreen(ui, "traffic"), filter: text, showTunnels: ui.showTunnels || tunnels });
      paintSoon();
    },
    stale: () => tableLoader.again(),
  };

  function act(effect: Effect): void {
    if (!closed) perform(effect, hands);
  }

  function obey(command: Command, key: string): void {
    if (isQuit(command) || (command === "back" && ui.screen === "traffic" && ui.overlay === "none")) {
      if (quitNeedsConfirmation({ ui, book }, options.coreEnds)) change({ ...ui, overlay: "confirm-quit" });
      else options.onQuit();
    } else if (command === "repaint") screen.forget();
    else if (command === "suspend") terminal.suspend();
    else if (command === "reload") tableLoader.again();
    else if (command === "describe") {
      const { table, row, now } = scene();
      const effect = table === null || row == null ? null : table.table.open(row, ui.columns, now, table.local);
      if (effect !== null) act(effect);
    } else change(reduceCommand(ui, command, key, surroundings()));
  }

  function onEvent(event: SourceEvent): void {
    const known = ui.detail === null ? null : book.get(ui.detail.id);
    const before = ui;
    change(ingest(ui, book, event, clock.now()));
    logEvent(log, event, { before, after: ui, book, now: clock.now() });
    if (event.type === "hello" || event.type === "status") tableLoader.again();
    const { detail } = ui;
    if (detail !== null && (event.type === "hello" || (event.type === "flow" && own(event.flow, "id") === detail.id))) {
      loader.load(detail.id);
      if (detail.tab === "diff" && isOtherRequest(detail, known)) loadStages(detail);
    }
    paintSoon();
  }

  function tick(): void {
    const { notice } = ui;
    if (notice?.level === "info" && clock.now() - notice.at > infoNoticeMs) change({ ...ui, notice: null });
    if (filterAges) applyFilter();
    countAccounts();
    paintSoon();
    cancelTick = after(tickMs, tick);
  }

  applyFilter();
  terminal.onKeys((keys) => {
    for (const key of keys) if (!closed) onKey(key);
    paint();
  });
  terminal.onResize(() => {
    change({ ...ui, columns: terminal.columns, rows: terminal.rows });
    screen.forget();
    paint();
  });
  terminal.onReady(() => {
    screen.forget();
    paint();
  });
  terminal.onDrained(paintSoon);
  let cancelTick = after(tickMs, tick);
  const unsubscribe = options.source.events(onEvent);
  paint();

  return {
    get ui() {
      return ui;
    },
    get stats() {
      return { paints, chromeDraws };
    },
    close() {
      if (closed) return;
      closed = true;
      tableLoader.close();
      dialogWatch.look(null);
      unsubscribe();
      loader.close();
      stagesLoader.close();
      cancelTick();
      cancelPaint?.();
      chrome.close();
    },
  };
}

interface OpenDocument {
  /** The document is made anew when any of these changes. */
  readonly key: readonly unknown[];
  readonly text: TextDocument;
}

function isQuit(command: Command | undefined): boolean {
  return command === "quit" || command === "interrupt";
}
