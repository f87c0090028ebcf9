/** How a command fails: what happened, why, what to type next, and the code scripts see. */
import { CoreStartError } from "../control/process.ts";
import { ControlError } from "../control/client.ts";

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
  doctor: 8,
  /** As a shell says of what Ctrl-C ended. */
  interrupted: 130,
} as const;

export interface FailureDetails {
  readonly why?: string;
  /** A command to type, or what to change. */
  readonly next?: string;
}

export class CommandFailure extends Error {
  readonly exitCode: number;
  readonly why: string | undefined;
  readonly next: string | undefined;

  constructor(exitCode: number, what: string, details: FailureDetails = {}) {
    super(what);
    this.name = "CommandFailure";
    this.exitCode = exitCode;
    this.why = details.why;
    this.next = details.next;
  }
}

export function notRunning(): CommandFailure {
  return new CommandFailure(exitCodes.notRunning, "no core is running", { next: "switchyard start -d" });
}

/** Every error becomes one of ours at the edge. Errors of other folders bring their code and fix along by shape. */
export function asFailure(error: unknown): CommandFailure {
  if (error instanceof CommandFailure) return error;
  if (error instanceof CoreStartError) return startFailure(error);
  if (error instanceof ControlError) return controlFailure(error);
  if (!(error instanceof Error)) return new CommandFailure(exitCodes.failure, "an unknown failure");
  const exitCode = numberField(error, "exitCode") ?? (error.name === "CaError" ? exitCodes.trust : exitCodes.failure);
  const next = textField(error, "fix") ?? textField(error, "next");
  const why = textField(error, "why");
  return new CommandFailure(exitCode, error.message, {
    ...(why === undefined ? {} : { why }),
    ...(next === undefined ? {} : { next }),
  });
}

/** `error: …` and, where known, `why:` and `next:` on lines of their own. */
export function failureText(failure: CommandFailure): string {
  const lines = [`error: ${failure.message}`];
  if (failure.why !== undefined) lines.push(`  why: ${failure.why}`);
  if (failure.next !== undefined) lines.push(`  next: ${failure.next}`);
  return `${lines.join("\n")}\n`;
}

function controlFailure(error: ControlError): CommandFailure {
  if (error.kind === "not-running") return notRunning();
  const code = error.kind === "failed" ? exitCodes.failure : exitCodes.notRunning;
  if (error.code === "no-such-flow") return new CommandFailure(code, error.message, { next: "switchyard flows list" });
  return new CommandFailure(code, error.message);
}

/** The child core has already written its failure in our own form; it is not wrapped twice. */
function startFailure(error: CoreStartError): CommandFailure {
  const what = /^error: (.*)$/m.exec(error.output)?.[1] ?? error.message;
  const why = /^ {2}why: (.*)$/m.exec(error.output)?.[1];
  const next = /^ {2}next: (.*)$/m.exec(error.output)?.[1];
  return new CommandFailure(error.exitCode, what, {
    ...(why === undefined ? {} : { why }),
    ...(next === undefined ? {} : { next }),
  });
}

function textField(error: Error, name: string): string | undefined {
  const value: unknown = Reflect.get(error, name);
  return typeof value === "string" ? value : undefined;
}

function numberField(error: Error, name: string): number | undefined {
  const value: unknown = Reflect.get(error, name);
  return typeof value === "number" ? value : undefined;
}
