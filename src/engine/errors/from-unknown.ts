/** The only place where a thrown thing becomes an `EngineError`. */
import { UpstreamError, type UpstreamFailure } from "../../base/upstream-error.ts";
import type { EngineError, ErrorKind } from "./engine-error.ts";

const kinds = {
  dns: "network",
  refused: "network",
  unreachable: "network",
  tls: "network",
  forbidden: "network",
  reset: "network",
  "connect-timeout": "timeout",
  "first-byte-timeout": "timeout",
  "idle-timeout": "timeout",
  protocol: "protocol",
  "client-timeout": "bad-request",
  aborted: "client-gone",
} as const satisfies Record<UpstreamFailure, ErrorKind>;

export function fromUnknown(thrown: unknown): EngineError {
  if (thrown instanceof UpstreamError) {
    // The connection broke while the reply was under way: what came is a part, not an answer.
    const cut = thrown.phase === "body" && thrown.failure === "reset";
    return { kind: cut ? "truncated" : kinds[thrown.failure], message: thrown.message, raw: thrown.failure };
  }
  // The message of an unexpected error may quote anything, a header value included; its class name cannot.
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  return { kind: "internal", message: `Switchyard failed while handling this call (${name})`, raw: name };
}
