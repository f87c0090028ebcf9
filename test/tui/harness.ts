/**
 * The whole UI without a process: a hand-driven source, a terminal that keeps every byte and shows them to a real
 * terminal emulator, and a clock and timers moved by hand.
 */
import xterm from "@xterm/headless";
import { startApp, type App } from "../../src/tui/app.ts";
import type { SourceEvent, TuiSource } from "../../src/tui/source.ts";
import { createKeyParser, type Key } from "../../src/tui/terminal/keys.ts";
import type { Terminal } from "../../src/tui/terminal/terminal.ts";
import { createTheme } from "../../src/tui/text/theme.ts";

export interface Harness {
  readonly app: App;
  /** Everything written to the terminal. */
  readonly written: readonly string[];
  readonly quits: number;
  /** What went to the control API, oldest first; exports with their file. */
  readonly asked: readonly Asked[];
  /** What was put into the clipboard. */
  readonly copied: readonly string[];
  emit(event: SourceEvent): void;
  /** Raw keyboard bytes, as one chunk; a lone escape at the end counts as the escape key. */
  press(bytes: string): void;
  /** Lets time pass: timers that are due run. */
  pass(ms: number): void;
  resize(columns: number, rows: number): void;
  /** The screen as the emulator shows it, once answers on their way have arrived. */
  screen(): Promise<string[]>;
  /** What a fresh terminal shows after a full repaint: must be the same. */
  repainted(): Promise<string[]>;
  /** `screen` and `repainted` with the look of every cell. */
  styled(): Promise<{ readonly painted: string[]; readonly repainted: string[] }>;
  close(): void;
}

export interface HarnessOptions {
  readonly columns: number;
  readonly rows: number;
  readonly color?: boolean;
  readonly ascii?: boolean;
  readonly coreEnds?: boolean;
  readonly flow?: (id: string) => unknown;
  readonly stages?: (id: string) => unknown;
  /** What the control API answers below `/api`; an Error is a refusal. Absent: an empty object. */
  readonly answer?: (method: string, path: string, body: unknown) => unknown;
  /** What the person's editor makes of a text; null: nothing. */
  readonly edit?: (text: string) => string | null;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

export const startAt = Date.parse("2026-11-21T12:00:30.000Z");

export const status = {
  running: true,
  pid: 1,
  port: 8317,
  host: "127.0.0.1",
  version: "0.1.0",
  ca: { fingerprint: "AB", expiresAt: "2036-01-01T00:00:00Z", scope: [], path: "/h/certs/ca.pem" },
  config: { path: "/h/config.yaml", exists: false, error: null, warnings: [], routes: 0 },
  counts: { flows: 0, live: 0, tunnels: 0, dropped: 0 },
  proxyAuth: "reroute",
};

export function startHarness(options: HarnessOptions): Harness {
  let now = startAt;
  let { columns, rows } = options;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  const written: string[] = [];
  let emulator = newEmulator(columns, rows);
  let quits = 0;
  let onKeys: (keys: readonly Key[]) => void = () => {};
  let onResize: () => void = () => {};
  let listener: (event: SourceEvent) => void = () => {};
  const parser = createKeyParser();
  const copied: string[] = [];
  const asked: Asked[] = [];

  const terminal: Terminal = {
    get columns() {
      return columns;
    },
    get rows() {
      return rows;
    },
    ready: true,
    write(text) {
      written.push(text);
      emulator.write(text);
    },
    onKeys: (listen) => (onKeys = listen),
    onResize: (listen) => (onResize = listen),
    onReady: () => {},
    onDrained: () => {},
    suspend: () => {},
    copy(text) {
      copied.push(text);
      return true;
    },
  };
  const source: TuiSource = {
    flow: (id) => Promise.resolve(options.flow?.(id) ?? { id }),
    ask(method, path, body) {
      asked.push({ method, path, ...(body === undefined ? {} : { body }) });
      const answer = options.answer?.(method, path, body);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer ?? {});
    },
    exportTo(file, question) {
      asked.push({ method: "EXPORT", path: file, body: question });
      return Promise.resolve(1);
    },
    stages: (id) => Promise.resolve(options.stages?.(id) ?? {}),
    exportText(question) {
      asked.push({ method: "EXPORT", path: "", body: question });
      const answer = options.answer?.("EXPORT", "", question);
      return answer instanceof Error
        ? Promise.reject(answer)
        : Promise.resolve(typeof answer === "string" ? answer : "");
    },
    events(listen) {
      listener = listen;
      return () => {
        listener = () => {};
      };
    },
  };
  const app = startApp({
    source,
    terminal,
    theme: createTheme({ color: options.color ?? true, ascii: options.ascii ?? false }),
    clock: { now: () => now, monotonic: () => now },
    coreEnds: options.coreEnds ?? false,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    edit: (text) => Promise.resolve(options.edit?.(text) ?? null),
    onQuit: () => {
      quits += 1;
    },
  });

  const pass = (ms: number): void => {
    const end = now + ms;
    for (;;) {
      const due = [...timers].filter((timer) => timer.at <= end).sort((one, other) => one.at - other.at)[0];
      if (due === undefined) break;
      timers.delete(due);
      now = Math.max(now, due.at);
      due.run();
    }
    now = end;
  };
  const settle = async (): Promise<void> => {
    // Answers of the source are promises: a turn of the event loop delivers them, the timers then paint.
    await new Promise((resolve) => setImmediate(resolve));
    pass(100);
    // An ordinary paint at this very moment, so that running times are not older than those of a repaint.
    onKeys([]);
  };

  return {
    app,
    written,
    asked,
    copied,
    get quits() {
      return quits;
    },
    emit: (event) => listener(event),
    press(bytes) {
      onKeys([...parser.push(bytes), ...parser.flush()]);
    },
    pass,
    resize(nextColumns, nextRows) {
      columns = nextColumns;
      rows = nextRows;
      emulator.resize(columns, rows);
      onResize();
    },
    async screen() {
      await settle();
      return grid(emulator);
    },
    async repainted() {
      emulator = newEmulator(columns, rows);
      onKeys([{ type: "key", name: "ctrl-l" }]);
      return grid(emulator);
    },
    async styled() {
      await settle();
      const painted = await styledGrid(emulator);
      emulator = newEmulator(columns, rows);
      onKeys([{ type: "key", name: "ctrl-l" }]);
      return { painted, repainted: await styledGrid(emulator) };
    },
    close: () => app.close(),
  };
}

export function newEmulator(columns: number, rows: number): xterm.Terminal {
  const emulator = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 50 });
  // As `terminal.ts` does on enter: no automatic wrap.
  emulator.write("\u001b[?7l");
  return emulator;
}

export async function grid(emulator: xterm.Terminal): Promise<string[]> {
  await new Promise<void>((resolve) => emulator.write("", resolve));
  const { active } = emulator.buffer;
  return Array.from({ length: emulator.rows }, (_, row) =>
    (active.getLine(active.baseY + row)?.translateToString(true) ?? "").trimEnd(),
  );
}

/** The same with the look of every cell: a style that stays behind is as wrong as a character that does. */
export async function styledGrid(emulator: xterm.Terminal): Promise<string[]> {
  await new Promise<void>((resolve) => emulator.write("", resolve));
  const { active } = emulator.buffer;
  return Array.from({ length: emulator.rows }, (_, row) => {
    const line = active.getLine(active.baseY + row);
    const cells = Array.from({ length: emulator.cols }, (_, column) => {
      const cell = line?.getCell(column);
      if (cell === undefined) return "?";
      const look = `${cell.getFgColorMode()}:${cell.getFgColor()}:${cell.isBold()}:${cell.isDim()}:${cell.isInverse()}`;
      return `${cell.getChars()}{${look}}`;
    });
    return cells.join("");
  });
}
