/** How a command fails: what happened, why, what to type next, and the code scripts see. */
import { stripVTControlCharacters } from "node:util";

/** Fixed by the product contract. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  notRunning: 3,
  portInUse: 4,
  trust: 5,
  account: 6,
  upstream: 7,
  /** `doctor` found something wrong. */
  problems: 8,
  /** As a shell says of what Ctrl-C ended. */
  interrupted: 130,
} as const;

/** What `--json` calls a failure that has no word of its own. */
const codeWords: Readonly<Record<number, string>> = {
  [exitCodes.usage]: "usage",
  [exitCodes.notRunning]: "not-running",
  [exitCodes.portInUse]: "port-in-use",
  [exitCodes.trust]: "trust",
  [exitCodes.account]: "account",
  [exitCodes.upstream]: "upstream",
  [exitCodes.problems]: "problems",
  [exitCodes.interrupted]: "interrupted",
};

export interface FailureDetails {
  readonly why?: string | undefined;
  /** A command to type, or what to change. */
  readonly next?: string | undefined;
  /** A word for scripts, as `no-such-flow`; default: that of the exit code. */
  readonly code?: string | undefined;
}

export class CommandFailure extends Error {
  readonly exitCode: number;
  readonly why: string | undefined;
  readonly next: string | undefined;
  readonly code: string;

  constructor(exitCode: number, what: string, details: FailureDetails = {}) {
    super(what);
    this.name = "CommandFailure";
    this.exitCode = exitCode;
    this.why = details.why;
    this.next = details.next;
    this.code = details.code ?? codeWords[exitCode] ?? "failure";
  }
}

export function notRunning(): CommandFailure {
  return new CommandFailure(exitCodes.notRunning, "no core is running", { next: "switchyard start -d" });
}

/**
 * Every error becomes one of ours at the edge. Errors of other folders bring their code and fix along by shape; their
 * classes are not imported, for most commands never load the files that define them.
 */
export function asFailure(error: unknown): CommandFailure {
  if (error instanceof CommandFailure) return error;
  if (!(error instanceof Error)) return new CommandFailure(exitCodes.failure, "an unknown failure");
  if (error.name === "CoreStartError") return startFailure(error);
  if (error.name === "ControlError") return controlFailure(error);
  const exitCode = numberField(error, "exitCode") ?? (error.name === "CaError" ? exitCodes.trust : exitCodes.failure);
  return new CommandFailure(exitCode, error.message, {
    why: textField(error, "why"),
    next: textField(error, "fix") ?? textField(error, "next"),
  });
}

/** `error: …` and, where known, `why:` and `next:` on lines of their own. */
export function failureText(failure: CommandFailure, paint: Paint = plain): string {
  const lines = [`${paint("error:", "error")} ${failure.message}`];
  if (failure.why !== undefined) lines.push(`  ${paint("why:", "label")} ${failure.why}`);
  if (failure.next !== undefined) lines.push(`  ${paint("next:", "label")} ${failure.next}`);
  return `${lines.join("\n")}\n`;
}

export type Paint = (text: string, style: "error" | "label") => string;
const plain: Paint = (text) => text;

/** The same for `--json`: one document on stderr, for stdout has results and nothing else. */
export function failureJson({ exitCode, message, why, next, code }: CommandFailure): string {
  return `${JSON.stringify({ error: { code, exitCode, message, why: why ?? null, next: next ?? null } })}\n`;
}

/** From the control socket: nobody there, not ours to open, or the core's own word. */
function controlFailure(error: Error): CommandFailure {
  const kind = textField(error, "kind");
  if (kind === "not-running") return notRunning();
  const exitCode = kind === "failed" ? exitCodes.failure : exitCodes.notRunning;
  const code = textField(error, "code");
  const next = code === "no-such-flow" ? "switchyard flows list" : textField(error, "next");
  return new CommandFailure(exitCode, error.message, { next, code });
}

/** The child core has already written its failure in our own form; it is not wrapped twice. */
function startFailure(error: Error): CommandFailure {
  // It inherits our environment, and with it a wish for colour.
  const output = stripVTControlCharacters(textField(error, "output") ?? "");
  const what = /^error: (.*)$/m.exec(output)?.[1] ?? error.message;
  const why = /^ {2}why: (.*)$/m.exec(output)?.[1];
  const next = /^ {2}next: (.*)$/m.exec(output)?.[1];
  return new CommandFailure(numberField(error, "exitCode") ?? exitCodes.failure, what, { why, next });
}

function textField(error: Error, name: string): string | undefined {
  const value: unknown = Reflect.get(error, name);
  return typeof value === "string" ? value : undefined;
}

function numberField(error: Error, name: string): number | undefined {
  const value: unknown = Reflect.get(error, name);
  return typeof value === "number" ? value : undefined;
}
