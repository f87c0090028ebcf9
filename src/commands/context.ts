/** What every command is given, so that tests can give something else. A command returns its exit code. */
import type { Clock } from "../base/clock.ts";
import type { CoreNotice } from "../base/controls.ts";
import type { Paths } from "../base/paths.ts";
import type { Random } from "../base/random.ts";
import { type SafeText, safeLine } from "../base/safe-text.ts";
import type { RecordingFile } from "../control/recording/recording-file.ts";
import { schemaVersion } from "../control/schemas/version.ts";
import type { TrustMachine } from "../intercept/trust/stores/machine.ts";

export interface Output {
  /** False where the reader is behind; `drain` says when it has caught up. */
  write(chunk: string | Uint8Array): unknown;
  /** `drain` and `error`, where the output can say so. */
  on?(event: string, listener: () => void): unknown;
  once?(event: string, listener: () => void): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface Input {
  readonly isTTY?: boolean;
  [Symbol.asyncIterator]?(): AsyncIterator<Uint8Array | string>;
}

export interface CommandContext {
  readonly env: NodeJS.ProcessEnv;
  readonly paths: Paths;
  readonly platform: NodeJS.Platform;
  readonly version: string;
  /** Results, and nothing else. */
  readonly stdout: Output;
  /** Everything else; silent under `--quiet`. */
  readonly stderr: Output;
  /** Where people are asked and told what they must do, `--quiet` or not. Default: `stderr`. */
  readonly questions?: Output;
  /** `--no-input`: nobody may be asked. */
  readonly noInput?: boolean;
  /** How many times `-v` was given. */
  readonly verbosity?: number;
  readonly stdin: Input;
  readonly clock: Clock;
  readonly random: Random;
  readonly program: Program;
  /** Whose trust stores are meant; this machine's unless a test says otherwise. */
  readonly trustMachine?: TrustMachine;
  /** Told of every exception that nobody caught, instead of the process ending; returns what ends that. */
  readonly onFault: (listener: (error: unknown) => void) => () => void;
  /** Calls back on a signal to this process until the returned function is called. */
  readonly onSignal: (names: readonly NodeJS.Signals[], listener: (name: NodeJS.Signals) => void) => () => void;
}

/** How this program reaches its own heavier parts: the core in this process, the others as processes of their own. */
interface Program {
  /** Loaded when a core is started here, and not before: it brings the TLS stack with it. */
  readonly loadCore: () => Promise<CoreModule>;
  readonly cliPath: string;
  readonly tuiPath: string;
  readonly demoClientPath: string;
  /** Node's own arguments, such as a loader for TypeScript; passed on to children. */
  readonly execArgv: readonly string[];
}

/** What `start` needs of src/core.ts. */
export interface CoreModule {
  /** Rejects with an error that has an `exitCode` and, where known, a `fix`. */
  readonly startCore: (options: StartCoreOptions) => Promise<Core>;
}

export interface StartCoreOptions {
  readonly paths: Paths;
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  /** From the command line; they win over the environment and the file. */
  readonly overrides: { readonly host?: string; readonly port?: number };
  /** Stop when the last holder of a lease has gone (`onUnused` of the control server). */
  readonly untilUnused: boolean;
  /** The calls are recorded there as they end; the core closes it. */
  readonly recording?: RecordingFile;
}

interface Core {
  readonly url: string;
  readonly port: number;
  readonly stopped: Promise<void>;
  /** Warnings and errors so far, those of the start included; oldest first. */
  notices(): readonly CoreNotice[];
  survive(error: unknown): void;
  stop(): Promise<void>;
}

/** The one document of a `--json`. Objects say which version of our documents they are; arrays have no place for it. */
export function printJson(context: CommandContext, value: unknown): void {
  context.stdout.write(jsonLine(context, value));
}

/** What `printJson` prints. */
export function jsonLine(context: Pick<CommandContext, "stdout">, value: unknown): string {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return plainLine(context, isObject ? { schemaVersion, ...value } : value);
}

/** JSON whose fields are somebody else's: variables, a JSON Schema. */
export function printPlainJson(context: Pick<CommandContext, "stdout">, value: unknown): void {
  context.stdout.write(plainLine(context, value));
}

function plainLine(context: Pick<CommandContext, "stdout">, value: unknown): string {
  return `${JSON.stringify(value, null, context.stdout.isTTY === true ? 2 : 0)}\n`;
}

export function printLines(output: Output, lines: readonly string[]): void {
  output.write(lines.map((line) => `${line}\n`).join(""));
}

/** Text of unknown origin in one line of our output. */
export function shown(value: string | number | null | undefined): SafeText {
  return safeLine(value === null || value === undefined ? "-" : String(value));
}

/** As a person reads it, at a start and in a status. */
export function noticeLine({ area, text }: CoreNotice): string {
  return `warning: ${shown(area)}: ${shown(text)}`;
}

/** Columns as wide as their widest cell; the last one is not padded. */
export function tableLines(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

/** Both ends are a terminal: a screen can be drawn and keys can be read. */
export function isInteractive(context: CommandContext): boolean {
  return context.stdin.isTTY === true && context.stdout.isTTY === true;
}
