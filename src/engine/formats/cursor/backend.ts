/**
 * Cursor's client does not ask and get an answer: it opens a conversation in which the backend may ask back (for blobs, for
 * tools to be run) before and after the model has spoken. To answer it in a model's name is to play that backend. A
 * `Backend` is one such conversation as a value: steps in, steps out, no socket, no clock, no promise. Whoever drives it
 * (pipeline/cursor/) owns the two streams, the model calls and the timers.
 */
import type { EngineError } from "../../errors/engine-error.ts";
import type { HubRequest } from "../../hub/request.ts";
import type { StreamEvent } from "../../hub/stream.ts";

/** What the driver does next, in this order. */
export type BackendStep =
  /**
   * What the conversation is about, as soon as that is known and before anything else: the driver asks the rules and goes
   * on, or hands the untouched exchange back. `model`: as the client names it (`default` is Cursor's "auto").
   */
  | { readonly type: "opened"; readonly model: string | null; readonly session: string | null }
  /** This conversation needs something that is not played here: handed back untouched, with the reason on the flow. */
  | { readonly type: "decline"; readonly why: string }
  /** One envelope for the client. */
  | { readonly type: "send"; readonly bytes: Uint8Array }
  /** Ask the model. One question at a time; its events come in through `model`. */
  | { readonly type: "ask"; readonly request: HubRequest; readonly losses: readonly string[] }
  /** The question under way is not wanted any more. */
  | { readonly type: "drop-question" }
  /** The last envelope, end frame included; nothing more is sent. `losses`: of the answers, as far as no `ask` named them. */
  | { readonly type: "end"; readonly bytes: Uint8Array; readonly losses?: readonly string[] };

export interface Backend {
  /** One message of the client, out of its envelope. A message that cannot be read is answered, never thrown. */
  client(message: Uint8Array): readonly BackendStep[];
  /** The client says nothing more (it half-closed, or its side of a shim ended). */
  clientEnd(): readonly BackendStep[];
  /** The model's answer to the last `ask`, in order, with its `reply-end` or `error`. */
  model(event: StreamEvent): readonly BackendStep[];
  /** Nobody could be asked, or the answer failed before it began. */
  failed(error: EngineError): readonly BackendStep[];
  /** Five seconds went by without an envelope: what keeps the client listening, and what has waited too long. */
  tick(nowMs: number): readonly BackendStep[];
}

export interface BackendOptions {
  /** Random hexadecimal ids and instants are given: the same conversation gives the same bytes. */
  readonly newId: () => string;
  readonly now: () => number;
  /** Which of the two services the client calls. */
  readonly service: "chat" | "agent";
}
