/**
 * What a call brought along as its own credentials, for masking them wherever they come back: providers repeat in their
 * refusals what they were sent, plain or encoded. Heads are masked by the names of their fields; bodies have no names.
 */
import type { CapturedHead } from "../base/flow.ts";
import { createRedactor, minSecretLength, type Redactor } from "../base/redact.ts";
import { Secret } from "../base/secret.ts";
import type { CapturedFlow } from "./flow-log.ts";

/** A browser's cookies; more than this no call brings. */
const maxSecrets = 32;

/** `redactor`, and what was masked in the heads of this call's two requests. */
export function redactorOf(flow: Pick<CapturedFlow, "side">, redactor: Redactor): Redactor {
  const secrets = (["client-request", "upstream-request"] as const).flatMap((name) => flow.side(name)?.secrets ?? []);
  if (secrets.length === 0) return redactor;
  const own = createRedactor();
  for (const secret of secrets) own.register(secret.reveal());
  return {
    register: (secret) => redactor.register(secret),
    text: (text) => own.text(redactor.text(text)),
    bytes: (bytes) => own.bytes(redactor.bytes(bytes)),
  };
}

/** The values that masking took out of a head. `masked` has the same fields in the same order. */
export function maskedValues(head: CapturedHead, masked: CapturedHead): readonly Secret[] {
  const found = new Set<string>();
  const take = (value: string): void => {
    for (const one of [value, decoded(value)]) if (one.length >= minSecretLength) found.add(one);
  };
  for (const [index, pair] of head.headers.entries()) {
    if (masked.headers[index] === pair) continue;
    // Cookies are names and values; before other credentials stands a scheme.
    for (const part of pair[1].split(/;\s*|\s+/)) {
      take(part);
      if (part.includes("=")) take(part.slice(part.indexOf("=") + 1));
    }
  }
  if (masked.line !== head.line) {
    const before = head.line.split(separators);
    const after = masked.line.split(separators);
    for (const [index, part] of before.entries()) if (after[index] !== part) take(part);
  }
  return [...found].slice(0, maxSecrets).map((value) => new Secret(value));
}

const separators = /[?&;=\s#]/;

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
