/**
 * The running UI: events and keys in, paints out. Keys paint at once; data is coalesced to about fifteen paints a
 * second, and fewer when painting is slow, because the machine belongs to the clients and not to us.
 */
import type { Clock } from "../base/clock.ts";
import { createDocument, type TextDocument } from "./body/document.ts";
import { createChromeRenderer } from "./frame/chrome.tsx";
import { frameShape, lineRows } from "./frame/frame.ts";
import { createScreen } from "./frame/screen.ts";
import { bindingFor, contextOf, quitNeedsConfirmation, type Command } from "./keymap.ts";
import type { SourceEvent, TuiSource } from "./source.ts";
import { createDetailLoader } from "./state/detail-loader.ts";
import { readListFilter } from "./state/filter.ts";
import { createFlowBook } from "./state/flow-book.ts";
import { isError, isLive, type FlowDetail } from "./state/flow-view.ts";
import { ingest } from "./state/ingest.ts";
import { own } from "../base/json.ts";
import { reduceCommand, reducePrompt, type Surroundings } from "./state/reduce.ts";
import { initialUi, type DetailState, type UiState } from "./state/ui.ts";
import type { Key } from "./terminal/keys.ts";
import type { Terminal } from "./terminal/terminal.ts";
import type { Theme } from "./text/theme.ts";
import { detailLines } from "./view/detail.ts";
import { frameOf, helpRowCount, mainHeight, paneRowsOf, type Scene } from "./view/screen-view.ts";

export interface AppOptions {
  readonly source: TuiSource;
  readonly terminal: Terminal;
  readonly theme: Theme;
  readonly clock: Clock;
  /** The core stops when this UI ends. */
  readonly coreEnds: boolean;
  /** Calls back once after `ms`; returns the way to call it off. */
  readonly after: (ms: number, callback: () => void) => () => void;
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

export function startApp(options: AppOptions): App {
  const { terminal, theme, clock, after } = options;
  const book = createFlowBook(maxFlows);
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
  /** The filter in force asks for times: it is asked again with every tick. */
  let filterAges = false;

  const loader = createDetailLoader({
    load: (id) => options.source.flow(id),
    after,
    onLoaded: (id, data, problem) => {
      if (ui.detail?.id !== id) return;
      const number = book.get(id)?.number ?? 0;
      const read = data === null || data.flow.number === number ? data : { ...data, flow: { ...data.flow, number } };
      // A later failure to refresh keeps what is there.
      change({ ...ui, detail: { ...ui.detail, data: read ?? ui.detail.data, problem } });
      paintSoon();
    },
  });

  const scene = (): Scene => ({ ui, book, now: clock.now(), document: documentOf() });

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
    if (next.paused !== before.paused) book.freeze(next.paused);
    if (next.detail !== null && next.detail.id !== before.detail?.id) openFlow(next.detail);
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
    const key: OpenDocument["key"] = [detail.data, detail.tab, ui.raw, ui.wrap, ui.columns, live ? clock.now() : 0];
    if (document === null || document.key.some((part, index) => part !== key[index])) {
      const lines = detailLines(detail.data, detail.tab, ui, clock.now());
      document = { key, text: createDocument(lines, ui.columns - 2, ui.wrap) };
    }
    return document.text;
  }

  function surroundings(): Surroundings {
    const now = scene();
    return { shown: book.shown, height: mainHeight(now), document: now.document, helpRows: helpRowCount(ui) };
  }

  function onKey(key: Key): void {
    const name = key.type === "key" ? key.name : key.type === "text" ? (key.text === " " ? "space" : key.text) : null;
    if (ui.hint !== null) change({ ...ui, hint: null });
    if (ui.prompt !== null && name !== "ctrl-c" && name !== "ctrl-l" && name !== "ctrl-z") {
      change(reducePrompt(ui, key, surroundings()));
      return;
    }
    if (name === null) return;
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
    const possible = binding.possible?.({ ui, book }) ?? true;
    if (possible !== true) {
      change({ ...ui, hint: `${name}: ${possible}` });
      return;
    }
    perform(binding.command, name);
  }

  function perform(command: Command, key: string): void {
    if (isQuit(command) || (command === "back" && ui.screen === "traffic" && ui.overlay === "none")) {
      if (quitNeedsConfirmation({ ui, book }, options.coreEnds)) change({ ...ui, overlay: "confirm-quit" });
      else options.onQuit();
    } else if (command === "repaint") screen.forget();
    else if (command === "suspend") terminal.suspend();
    else change(reduceCommand(ui, command, key, surroundings()));
  }

  function onEvent(event: SourceEvent): void {
    change(ingest(ui, book, event, clock.now()));
    if (event.type === "flow" && ui.detail !== null && own(event.flow, "id") === ui.detail.id)
      loader.load(ui.detail.id);
    if (event.type === "hello" && ui.detail !== null) loader.load(ui.detail.id);
    paintSoon();
  }

  function tick(): void {
    const { notice } = ui;
    if (notice?.level === "info" && clock.now() - notice.at > infoNoticeMs) change({ ...ui, notice: null });
    if (filterAges) applyFilter();
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
      unsubscribe();
      loader.close();
      cancelTick();
      cancelPaint?.();
      chrome.close();
    },
  };
}

interface OpenDocument {
  /** The document is made anew when any of these changes. */
  readonly key: readonly [FlowDetail, string, boolean, boolean, number, number];
  readonly text: TextDocument;
}

function isQuit(command: Command | undefined): boolean {
  return command === "quit" || command === "interrupt";
}
