/** Whatever went wrong in a route, as a status and words. */
import { VerbRefusal } from "../base/controls-engine.ts";
import type { Redactor } from "../base/redact.ts";
import { ControlRefusal } from "./route.ts";

const statuses = {
  "not-found": 404,
  invalid: 400,
  conflict: 409,
  unavailable: 503,
  upstream: 502,
} as const satisfies Record<VerbRefusal["code"], number>;

export function refusalFrom(error: unknown, redactor: Redactor): ControlRefusal {
  if (error instanceof ControlRefusal) return error;
  if (error instanceof VerbRefusal) {
    return new ControlRefusal(statuses[error.code], error.code, redactor.text(error.message));
  }
  const message = error instanceof Error ? error.message : "unknown failure";
  return new ControlRefusal(500, "failed", redactor.text(message));
}
