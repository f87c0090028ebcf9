/** Reasons why nothing was tried, and which of several its reader is told. */
import type { EngineError } from "../errors/engine-error.ts";

/** The one its reader can do something about; a moment's wait before a missing account. */
export function preferredRefusal(known: EngineError | null, found: EngineError): EngineError {
  if (known === null || known.kind === found.kind) return soonest(known, found);
  return rank(known) <= rank(found) ? known : found;
}

const order: readonly EngineError["kind"][] = ["proxy-auth", "cooling", "auth", "unsupported", "no-account"];

function rank({ kind }: EngineError): number {
  const at = order.indexOf(kind);
  return at < 0 ? order.length : at;
}

/** Of two waits the shorter one: that is when to come back. */
function soonest(known: EngineError | null, found: EngineError): EngineError {
  if (known === null) return found;
  return (known.retryAfterMs ?? Number.POSITIVE_INFINITY) <= (found.retryAfterMs ?? Number.POSITIVE_INFINITY)
    ? known
    : found;
}
