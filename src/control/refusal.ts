/** Whatever went wrong in a route, as a status and words. */
import { VerbRefusal } from "../base/controls-engine.ts";
import type { Redactor } from "../base/redact.ts";
import { type RefusalCode, refusalCodes } from "./refusal-codes.ts";
import { ControlRefusal } from "./route.ts";

/** As it is told. */
export interface Refusal {
  readonly status: number;
  readonly code: RefusalCode;
  readonly message: string;
  readonly field: string | null;
  /** Where it is the method that is wrong: those that are not. */
  readonly allowed: readonly string[];
  /** A command to type. */
  readonly next: string | null;
  /** More than words, for scripts and screens: where in a filter the mistake is. Nothing of what was asked. */
  readonly details: Readonly<Record<string, string | number>>;
}

/** Every refusal may repeat what was asked, and what was asked may hold a secret in the wrong place. */
export function refusalFrom(error: unknown, redactor: Redactor): Refusal {
  const message = redactor.text(error instanceof Error ? error.message : "unknown failure");
  if (error instanceof ControlRefusal) {
    const { status, code, field, allowed, next, details } = error;
    return { status, code, message, field, allowed, next, details };
  }
  const code = error instanceof VerbRefusal ? error.code : "failed";
  return { status: refusalCodes[code].status, code, message, field: null, allowed: [], next: null, details: {} };
}
