/**
 * What a call brought along as its own credentials, for masking them wherever they come back: providers repeat in their
 * refusals what they were sent, plain or encoded. Heads are masked by the names of their fields; bodies have no names.
 */
import { createRedactor, minSecretLength, type Redactor } from "../base/redact.ts";
import { namedSpans } from "../base/redact-named.ts";
import type { CapturedFlow } from "./flow-log.ts";

/** A browser's cookies; more fields than this hold none. */
const maxCredentials = 64;

/** `redactor`, and what stands in the heads and addresses of this call's two requests. */
export function redactorOf(flow: Pick<CapturedFlow, "side">, redactor: Redactor): Redactor {
  const found = credentialsOf(flow);
  if (found.size === 0) return redactor;
  const own = createRedactor();
  for (const one of found) own.register(one);
  return {
    register: (secret) => redactor.register(secret),
    text: (text) => own.text(redactor.text(text)),
    bytes: (bytes) => own.bytes(redactor.bytes(bytes)),
  };
}

function credentialsOf(flow: Pick<CapturedFlow, "side">): ReadonlySet<string> {
  const found = new Set<string>();
  for (const name of ["client-request", "upstream-request"] as const) {
    const head = flow.side(name)?.head ?? null;
    if (head === null) continue;
    for (const text of [head.line, ...head.headers.map(([field, value]) => `${field}: ${value}`)]) {
      for (const { start, end } of namedSpans(text)) {
        const value = text.slice(start, end);
        for (const one of [value, decoded(value)]) {
          if (one.length >= minSecretLength && found.size < maxCredentials) found.add(one);
        }
      }
    }
  }
  return found;
}

/** As it stood before it was put into an address. */
function decoded(value: string): string {
  if (!value.includes("%")) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    // A lone `%`: it was none.
    return value;
  }
}
