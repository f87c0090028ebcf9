/** The real TUI process in a real terminal: a private tmux server, driven by keys and read as a person reads it. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface TmuxOptions {
  readonly columns: number;
  readonly rows: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Tmux {
  /** A folder that goes away with the session. */
  readonly folder: string;
  /** Types a line into the shell. */
  type(line: string): Promise<void>;
  /** Key names as tmux knows them: `Enter`, `C-c`, `jjj`. */
  keys(...names: readonly string[]): Promise<void>;
  screen(): Promise<string>;
  /** The same with its colours, as escapes. */
  coloured(): Promise<string>;
  /** Polls until the screen shows it; fails with what the screen shows instead. */
  until(expected: RegExp): Promise<string>;
  untilNot(unexpected: RegExp): Promise<string>;
  resize(columns: number, rows: number): Promise<void>;
  /** From now on, every byte that the pane's programs write is also written to this file. */
  record(file: string): Promise<void>;
  /** What a program could have changed outside of its screen: the window's title, and the paste buffers. */
  outside(): Promise<string>;
  /** `alternate screen on`, `cursor shown`, `automatic wrap`, each 0 or 1. */
  modes(): Promise<string>;
  /** Sends a signal to what the shell runs. */
  signal(name: NodeJS.Signals): Promise<void>;
  /** The process id of what the shell runs. */
  runs(): Promise<number>;
  close(): Promise<void>;
}

const pollMs = 50;
const patienceMs = 20_000;

/** Fails where tmux is missing: a test that silently does not run would look like one that passed. */
export async function startTmux({ columns, rows, env = {} }: TmuxOptions): Promise<Tmux> {
  const folder = await mkdtemp(join(tmpdir(), "switchyard-tui-"));
  const clean = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    TERM: "xterm-256color",
    LANG: "C.UTF-8",
    TZ: "UTC",
    ...env,
  };
  const tmux = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await run("tmux", ["-S", join(folder, "tmux"), "-f", "/dev/null", ...args], { env: clean });
    return stdout;
  };
  try {
    await tmux(
      "new-session",
      "-d",
      "-x",
      String(columns),
      "-y",
      String(rows),
      "exec env PS1='ready$ ' bash --norc --noprofile -i",
    );
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Error("these tests drive the TUI in tmux, and tmux is not installed: install it and run them again", {
      cause: error,
    });
  }

  const screen = (): Promise<string> => tmux("capture-pane", "-p");
  const poll = async (wanted: (text: string) => boolean, what: string): Promise<string> => {
    const end = Date.now() + patienceMs;
    for (;;) {
      const text = await screen();
      if (wanted(text)) return text;
      if (Date.now() > end) throw new Error(`the screen never ${what}; it shows:\n${text}`);
      await new Promise((done) => setTimeout(done, pollMs));
    }
  };
  const runs = async (): Promise<number> => {
    const shell = (await tmux("display-message", "-p", "#{pane_pid}")).trim();
    const { stdout } = await run("pgrep", ["-P", shell]);
    return Number(stdout.trim());
  };
  const until = (expected: RegExp): Promise<string> =>
    poll((text) => expected.test(text), `showed ${String(expected)}`);
  await until(/ready\$/);

  return {
    folder,
    async type(line) {
      await tmux("send-keys", "-l", line);
      await tmux("send-keys", "Enter");
    },
    async keys(...names) {
      await tmux("send-keys", ...names);
    },
    screen,
    coloured: () => tmux("capture-pane", "-p", "-e"),
    until,
    untilNot: (unexpected) => poll((text) => !unexpected.test(text), `lost ${String(unexpected)}`),
    async resize(nextColumns, nextRows) {
      await tmux("resize-window", "-x", String(nextColumns), "-y", String(nextRows));
    },
    async record(file) {
      await tmux("pipe-pane", "-o", `exec cat > '${file}'`);
    },
    async outside() {
      const title = await tmux("display-message", "-p", "#{pane_title} #{window_bell_flag}");
      return title + (await tmux("list-buffers"));
    },
    async modes() {
      return (await tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{wrap_flag}")).trim();
    },
    async signal(name) {
      process.kill(await runs(), name);
    },
    runs,
    async close() {
      await tmux("kill-server").catch(() => "");
      // The shell may still be writing its last file.
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
}

/** The command line that starts the TUI from source. */
export function tuiCommand(socketPath: string, flags = "", nodeFlags = ""): string {
  const root = resolve(import.meta.dirname, "../..");
  const loader = join(root, "node_modules/tsx/dist/loader.mjs");
  return `${process.execPath} ${nodeFlags} --import ${loader} ${join(root, "src/tui/main.ts")} --socket ${socketPath} ${flags}`;
}
