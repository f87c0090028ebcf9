/**
 * Why a request could not be sent, or its reply not be read to the end. `phase` says what the asker may conclude:
 * before `reply` nothing of an answer exists; `body` means a cut reply.
 */
export type UpstreamFailure =
  | "dns" // the name did not resolve
  | "refused" // nobody listens there
  | "unreachable" // no route, network down
  | "connect-timeout"
  | "tls" // certificate or handshake refused by us or by them
  | "forbidden" // destination we do not dial (ourselves, metadata, private on an open listener)
  | "first-byte-timeout"
  | "idle-timeout"
  | "reset" // connection broke
  | "protocol" // their bytes are not HTTP
  | "client-timeout" // our asker fell silent in the middle of its request
  | "aborted"; // our asker went away

export class UpstreamError extends Error {
  readonly failure: UpstreamFailure;
  readonly phase: "connect" | "request" | "reply" | "body";

  constructor(failure: UpstreamFailure, phase: UpstreamError["phase"], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "UpstreamError";
    this.failure = failure;
    this.phase = phase;
  }
}
