/**
 * The running UI: events and keys in, paints out. Keys paint at once; data is coalesced to about fifteen paints a
 * second, and fewer when painting is slow, because the machine belongs to the clients and not to us.
 */
import type { Clock } from "../base/clock.ts";
import { createHands } from "./app-hands.ts";
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
import { createLookout } from "./lookout.ts";
import { perform } from "./perform.ts";
import { tables } from "./screens/index.ts";
import { createDialogWatch } from "./state/dialog-watch.ts";
import { minds, stepDialog } from "./state/dialog.ts";
import type { Effect } from "./state/effect.ts";
import { createLog } from "./state/log.ts";
import { logEvent } from "./state/log-events.ts";
import { stepPalette, type PaletteState } from "./state/palette.ts";
import { reduceCommand, reducePrompt } from "./state/reduce.ts";
import { createTableLoader } from "./state/table-loader.ts";
import { variantOf, withTable } from "./state/table-state.ts";
import { readDetail } from "./state/read.ts";
import { readStages } from "./state/stages-view.ts";
import { initialUi, type DetailState, type UiState } from "./state/ui.ts";
import type { Key } from "./terminal/keys.ts";
import type { Terminal } from "./terminal/terminal.ts";
import type { Theme } from "./text/theme.ts";
import { frameOf, mainHeight, paneRowsOf } from "./view/screen-view.ts";
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
  const { scene, subject, selectedCall, surroundings } = createLookout({ ui: () => ui, book, log, clock });
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

  const hands = createHands({
    ...options,
    book,
    ui: () => ui,
    change,
    paintSoon,
    stale: () => tableLoader.again(),
  });

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

function isQuit(command: Command | undefined): boolean {
  return command === "quit" || command === "interrupt";
}
