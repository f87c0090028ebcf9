/**
 * The body of one of Cursor's calls as values: an envelope or a bare message, as its content type says (some clients post unary calls in envelopes), packed or not.
 */
import { headerValue } from "../../../base/headers.ts";
import { createEnvelopeReader, type Envelope } from "../../codecs/connect.ts";
import { FramingError } from "../../codecs/framing-error.ts";
import type { EngineError } from "../../errors/engine-error.ts";
import { recordField, textField } from "../fields.ts";
import type { JsonObject, RequestShape, Result } from "../format.ts";
import { rpcOf, type Rpc } from "./rpc.ts";
import { decodeMessage, MessageError } from "./wire/schema.ts";

/**
 * The first message of a call. Of a linked call whose message is only the name of a conversation, `requestId`. What a
 * recorded body holds behind its first message is in `later`.
 */
export function decodeRequest(body: Uint8Array, shape: RequestShape): Result<JsonObject> {
  const rpc = rpcOf(shape.target);
  if (rpc === null) return bad("a call of Cursor's that is not known here");
  try {
    const [first, ...rest] = messagesIn(body, shape);
    if (first === undefined) return bad("no whole message in the body");
    const value = decodeAs(rpc, first);
    return { ok: true, value: rest.length === 0 ? value : { ...value, later: rest.map((one) => decodeAs(rpc, one)) } };
  } catch (error) {
    return bad(reasonOf(error));
  }
}

/** Only our own words: they end up in flows. */
function reasonOf(error: unknown): string {
  if (error instanceof FramingError) return error.message;
  if (error instanceof MessageError) return "its message cannot be read";
  throw error;
}

function bad(message: string): { readonly ok: false; readonly error: EngineError } {
  return { ok: false, error: { kind: "bad-request", message } };
}

function messagesIn(body: Uint8Array, shape: RequestShape): readonly Uint8Array[] {
  return isEnveloped(shape) ? envelopesIn(body, shape).map(({ payload }) => payload) : [body];
}

function isEnveloped({ target, headers }: RequestShape): boolean {
  const type = (headerValue(headers, "content-type") ?? "").toLowerCase();
  if (type.includes("connect+proto") || type.includes("grpc-web")) return true;
  // Without a type the kind of call tells.
  return type === "" && rpcOf(target)?.kind !== "unary";
}

function envelopesIn(body: Uint8Array, { headers }: RequestShape): readonly Envelope[] {
  const reader = createEnvelopeReader(headerValue(headers, "connect-content-encoding") ?? null);
  const envelopes = reader.push(body);
  reader.end();
  return envelopes;
}

function decodeAs(rpc: Rpc, bytes: Uint8Array): JsonObject {
  if (rpc.kind === "linked") {
    const named = asRequestId(bytes);
    if (named !== null) return named;
  }
  const message = decodeMessage(rpc.request, bytes);
  if (rpc.request === "ChatRequest") return { chatRequest: message };
  if (rpc.idempotent === true) return recordField(message, "clientChunk") ?? message;
  return message;
}

/** Field 1 of either message is length-delimited; a conversation is never one printable word. */
function asRequestId(bytes: Uint8Array): JsonObject | null {
  try {
    const message = decodeMessage("BidiRequestId", bytes);
    return /^[\x21-\x7e]{1,200}$/.test(textField(message, "requestId") ?? "") ? message : null;
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    return null;
  }
}

/** The model a chat message asks for, as the client names it; null where it names none or asks nothing. */
export function chatModel(value: unknown): string | null {
  const details = recordField(recordField(value, "chatRequest"), "modelDetails");
  const name = textField(details, "modelName");
  return name === undefined || name === "" ? null : name;
}
