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

/** Every refusal may repeat what was asked, and what was asked may hold a secret in the wrong place. */
export function refusalFrom(error: unknown, redactor: Redactor): ControlRefusal {
  const message = redactor.text(error instanceof Error ? error.message : "unknown failure");
  if (error instanceof ControlRefusal) return new ControlRefusal(error.status, error.code, message, error.details);
  if (error instanceof VerbRefusal) return new ControlRefusal(statuses[error.code], error.code, message);
  return new ControlRefusal(500, "failed", message);
}
