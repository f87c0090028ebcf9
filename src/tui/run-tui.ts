/**
 * One life of the terminal UI inside its process: takes the terminal, runs until the person quits or a signal
 * comes, and gives the terminal back on every way out. Imports React and Ink; `main.ts` sets their environment.
 */
import { systemClock } from "../base/clock.ts";
import { startApp } from "./app.ts";
import type { TuiSource } from "./source.ts";
import { editText } from "./terminal/editor.ts";
import { openTerminal } from "./terminal/terminal.ts";
import { createTheme } from "./text/theme.ts";

export interface TuiOptions {
  readonly source: TuiSource;
  readonly color: boolean;
  readonly ascii: boolean;
  /** The core stops when this process ends: quitting asks first while calls are in flight. */
  readonly coreEnds: boolean;
}

const signalCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Resolves with the exit code. */
export async function runTui(options: TuiOptions): Promise<number> {
  const terminal = openTerminal({
    stdin: process.stdin,
    stdout: process.stdout,
    // Zero is the whole job: the command that started us is stopped too, or the shell would not get its prompt.
    stopJob: () => process.kill(0, "SIGTSTP"),
  });
  let end: (code: number) => void = () => {};
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  /** A window was closed: every write fails from now on, the one that would say so included. */
  const gone = (): void => end(signalCodes.SIGHUP);
  const crash = (error: unknown): void => {
    // The screen first: a message on the alternate screen would vanish with it.
    terminal.leave();
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`switchyard: the terminal UI crashed; the proxy itself goes on.\n${text}\n`);
    end(1);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    end(signal in signalCodes ? signalCodes[signal as keyof typeof signalCodes] : 1);
  };
  const onContinue = (): void => terminal.enter();
  const leave = (): void => terminal.leave();

  process.stdout.on("error", gone);
  process.stderr.on("error", gone);
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
  process.on("exit", leave);
  process.on("SIGCONT", onContinue);
  for (const signal of Object.keys(signalCodes)) process.on(signal, onSignal);

  const app = startApp({
    source: options.source,
    terminal,
    theme: createTheme({ color: options.color, ascii: options.ascii }),
    clock: systemClock,
    coreEnds: options.coreEnds,
    after: (ms, callback) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    edit: (text, suffix) => editText(terminal, text, suffix),
    onQuit: () => end(0),
  });
  terminal.enter();
  const code = await ended;
  app.close();
  terminal.leave();
  return code;
}
