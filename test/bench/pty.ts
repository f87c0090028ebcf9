/** A program in a terminal of its own whose every byte is seen: `in_terminal.py` does what Node cannot do without an addon. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { within } from "../support/wait.ts";

export interface Pty {
  /** Of the program, not of the helper. */
  readonly pid: number;
  /** Bytes the program has written to its terminal so far. */
  readonly bytes: number;
  type(bytes: string): void;
  /** Resolves with the instant when what was drawn since `type`, or since the last call, satisfies `seen`. */
  until(what: string, seen: (drawn: string) => boolean): Promise<number>;
  close(): Promise<void>;
}

export interface PtyOptions {
  readonly columns: number;
  readonly rows: number;
  readonly env: Readonly<Record<string, string>>;
}

/** Only the newest output is looked at: no paint is longer. */
const maxKept = 256 * 1024;
const patienceMs = 20_000;

export async function startPty(program: readonly string[], { columns, rows, env }: PtyOptions): Promise<Pty> {
  const helper = fileURLToPath(new URL("in_terminal.py", import.meta.url));
  const child = spawn("python3", [helper, String(columns), String(rows), ...program], {
    env: { PATH: process.env["PATH"] ?? "", TERM: "xterm-256color", LANG: "C.UTF-8", TZ: "UTC", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let bytes = 0;
  let drawn = "";
  let look: (() => void) | null = null;
  child.stdout.setEncoding("latin1").on("data", (text: string) => {
    bytes += text.length;
    drawn = (drawn + text).slice(-maxKept);
    look?.();
  });
  // A program that has ended takes no more keys.
  child.stdin.on("error", () => {});
  const pid = await within(
    "the terminal to start its program",
    new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.stderr.setEncoding("utf8").once("data", (line: string) => {
        if (/^\d+\n/.test(line)) resolve(Number.parseInt(line, 10));
        else reject(new Error(`the terminal's helper says: ${line}`));
      });
    }),
  );

  return {
    pid,
    get bytes() {
      return bytes;
    },
    type(keys) {
      drawn = "";
      child.stdin.write(keys);
    },
    async until(what, seen) {
      const found = new Promise<number>((resolve) => {
        look = () => {
          if (!seen(drawn)) return;
          look = null;
          drawn = "";
          resolve(performance.now());
        };
        look();
      });
      return within(what, found, patienceMs);
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
