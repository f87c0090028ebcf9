/**
 * Why a login service did not give what was asked. Thrown only between the wire and the grant that used it (the OAuth
 * library throws, so we do); `failureOf` makes a value of it again. No text here ever holds what was sent.
 */
import { UpstreamError } from "../../../base/upstream-error.ts";

export type OAuthFailure =
  /** `wasAnswered`: a reply had begun, so the service may have acted. */
  | { readonly kind: "network"; readonly wasAnswered: boolean; readonly message: string }
  /** Our own asker gave up (time, cancel). */
  | { readonly kind: "aborted"; readonly message: string }
  /** The service says no; `code` is its own word for it, null where it has none. */
  | {
      readonly kind: "refused";
      readonly status: number;
      readonly code: string | null;
      readonly message: string;
      readonly retryAfterMs: number | null;
    }
  /** It said yes, and what it said cannot be used. */
  | { readonly kind: "reply"; readonly message: string };

export class OAuthFault extends Error {
  readonly failure: OAuthFailure;

  constructor(failure: OAuthFailure) {
    super(failure.message);
    this.name = "OAuthFault";
    this.failure = failure;
  }
}

/** `who`: the service and host, for the sentence. */
export function failureOf(error: unknown, who: string): OAuthFailure {
  if (error instanceof OAuthFault) return error.failure;
  if (error instanceof UpstreamError) {
    if (error.failure === "aborted") return { kind: "aborted", message: `${who} did not answer in time` };
    const message = `${who} could not be asked: ${error.message}`;
    return { kind: "network", wasAnswered: error.phase === "body", message };
  }
  // The library's own words name fields, never values; its `cause` holds the reply and is left behind.
  const words = error instanceof Error ? error.message : "unknown";
  return { kind: "reply", message: `${who} answered something unusable: ${words}` };
}
