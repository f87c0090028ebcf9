/**
 * The terminal as a resource: taken over on enter, given back as it was on leave, whatever happens in between.
 * Alternate screen, hidden cursor, bracketed paste, no automatic wrap (a character that is wider than we think
 * must not push the rest of the screen down).
 */
import { createKeyParser, type Key } from "./keys.ts";

export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  /** False while suspended, left, or while the terminal does not take more output. */
  readonly ready: boolean;
  write(text: string): void;
  onKeys(listener: (keys: readonly Key[]) => void): void;
  onResize(listener: () => void): void;
  /** The terminal is ours again and its content unknown. */
  onReady(listener: () => void): void;
  /** The terminal takes output again. */
  onDrained(listener: () => void): void;
  suspend(): void;
  /** Into the clipboard of the terminal, where it has one (OSC 52). False: more than terminals take. */
  copy(text: string): boolean;
}

export interface TerminalOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Stops the whole job, as the shell's own ctrl-z does. */
  readonly stopJob: () => void;
}

export interface ProcessTerminal extends Terminal {
  enter(): void;
  /** Idempotent and synchronous: it runs in exit and crash handlers. */
  leave(): void;
}

const enterSequence = "\u001b[?1049h\u001b[?25l\u001b[?2004h\u001b[?7l";
const leaveSequence = "\u001b[?2026l\u001b[0m\u001b[?7h\u001b[?2004l\u001b[?25h\u001b[?1049l";

/** A terminal sends an escape sequence in one piece; what is still alone after this long was the escape key. */
const escapeWaitMs = 30;

/** What xterm and tmux take in one OSC 52, base64 included. */
const maxCopyLength = 74_994;

/** When the job could not be stopped (no shell above us), nothing would ever wake us: take the screen back. */
const suspendFallbackMs = 300;

export function openTerminal({ stdin, stdout, stopJob }: TerminalOptions): ProcessTerminal {
  const parser = createKeyParser();
  let entered = false;
  let full = false;
  let escapeTimer: NodeJS.Timeout | null = null;
  let keysListener: (keys: readonly Key[]) => void = () => {};
  let readyListener: () => void = () => {};

  const onData = (chunk: string | Buffer): void => {
    if (escapeTimer !== null) clearTimeout(escapeTimer);
    escapeTimer = null;
    const keys = parser.push(chunk.toString());
    if (parser.pending) {
      escapeTimer = setTimeout(() => {
        escapeTimer = null;
        keysListener(parser.flush());
      }, escapeWaitMs);
    }
    if (keys.length > 0) keysListener(keys);
  };

  const terminal: ProcessTerminal = {
    get columns() {
      return stdout.columns || 80;
    },
    get rows() {
      return stdout.rows || 24;
    },
    get ready() {
      return entered && !full;
    },
    write(text) {
      if (!entered) return;
      if (!stdout.write(text)) full = true;
    },
    onKeys(listener) {
      keysListener = listener;
    },
    onResize(listener) {
      stdout.on("resize", listener);
    },
    onReady(listener) {
      readyListener = listener;
    },
    onDrained(listener) {
      stdout.on("drain", () => {
        full = false;
        listener();
      });
    },
    enter() {
      if (entered) return;
      entered = true;
      full = false;
      stdin.setEncoding("utf8");
      stdin.setRawMode(true);
      stdin.on("data", onData);
      stdin.resume();
      stdout.write(enterSequence);
      readyListener();
    },
    leave() {
      if (!entered) return;
      entered = false;
      if (escapeTimer !== null) clearTimeout(escapeTimer);
      stdin.off("data", onData);
      stdin.pause();
      try {
        stdout.write(leaveSequence);
        stdin.setRawMode(false);
      } catch {
        // The terminal itself is gone (SIGHUP): there is nothing left to restore.
      }
    },
    copy(text) {
      const encoded = Buffer.from(text).toString("base64");
      if (!entered || encoded.length > maxCopyLength) return false;
      stdout.write(`\u001b]52;c;${encoded}\u0007`);
      return true;
    },
    suspend() {
      terminal.leave();
      stopJob();
      setTimeout(() => terminal.enter(), suspendFallbackMs);
    },
  };
  return terminal;
}
