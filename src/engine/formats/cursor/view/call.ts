/** What a client's side of a Cursor call says about it: the model, the conversation, and which other calls belong to it. */
import { headerValue } from "../../../../base/headers.ts";
import { own } from "../../../../base/json.ts";
import { binaryKind } from "../../../codecs/binary-kind.ts";
import { recordField, textField } from "../../fields.ts";
import type { RequestShape, SeenRequest } from "../../format.ts";
import type { Message } from "../wire/schema.ts";
import { messageNames, readEnvelopes, readMessage, type SeenMessage } from "./read-body.ts";

const nothing: SeenRequest = { model: null, session: null };
/** A run says what it is about in its first message; a shim's request has one. */
const maxMessages = 8;

/** @param body without its content-encoding */
export function seenRequest(body: Uint8Array, { target, headers }: RequestShape): SeenRequest {
  let seen = nothing;
  let looked = 0;
  for (const one of messagesOf(body, target, headers)) {
    seen = merged(seen, fromMessage(one));
    looked += 1;
    if (looked >= maxMessages || seen.model !== null) break;
  }
  return seen;
}

function* messagesOf(body: Uint8Array, target: string, headers: RequestShape["headers"]): Generator<SeenMessage, void> {
  const names = messageNames(target, "request");
  if (names.length === 0 || body.byteLength === 0) return;
  const kind = binaryKind(body, headerValue(headers, "content-type") ?? null);
  if (kind === "message") yield readMessage(body, names);
  if (kind !== "envelopes") return;
  const encoding = headerValue(headers, "connect-content-encoding") ?? null;
  for (const { seen } of readEnvelopes(body, names, encoding)) yield seen;
}

function fromMessage(seen: SeenMessage): SeenRequest {
  if (seen.kind !== "message") return nothing;
  const { type, message } = seen;
  switch (type) {
    case "AgentClientMessage":
      return fromAgent(message);
    case "ChatRequest":
      return fromChat(message);
    case "ChatClientMessage":
      return fromChat(recordField(message, "chatRequest"));
    case "ChatClientMessageIdempotent":
      return fromChat(recordField(recordField(message, "clientChunk"), "chatRequest"));
    case "BidiRequestId":
      return { ...nothing, ...callOf("answers", textField(message, "requestId")) };
    case "BidiPollRequest":
      return { ...nothing, ...callOf("answers", textField(recordField(message, "requestId"), "requestId")) };
    case "BidiAppendRequest":
      return fromAppend(message);
    default:
      return nothing;
  }
}

function fromAppend(message: Message): SeenRequest {
  const inner = appended(message);
  const said = inner === null ? nothing : fromMessage(inner);
  return { ...said, ...callOf("says", textField(recordField(message, "requestId"), "requestId")) };
}

/** What an append carries: a message of the agent's client, or of the chat's, as hexadecimal text or as bytes. */
export function appended(message: Message): SeenMessage | null {
  const binary = own(message, "dataBinary");
  const text = textField(message, "data");
  const bytes =
    binary instanceof Uint8Array && binary.byteLength > 0
      ? binary
      : text !== undefined && /^(?:[0-9a-f]{2})+$/i.test(text)
        ? Buffer.from(text, "hex")
        : null;
  if (bytes === null) return null;
  const agent = readMessage(bytes, ["AgentClientMessage"]);
  if (agent.kind === "message" && isAgents(agent.message)) return agent;
  const chat = readMessage(bytes, ["ChatClientMessage"]);
  return chat.kind === "message" && isChats(chat.message) ? chat : agent;
}

/** Both services' first field is the call's opening: what stands in it tells which. */
function isAgents(message: Message): boolean {
  const run = recordField(message, "runRequest");
  if (run === undefined) return Object.keys(message).length > 0;
  return ["action", "modelDetails", "requestedModel", "conversationId"].some((key) => run[key] !== undefined);
}

function isChats(message: Message): boolean {
  const request = recordField(message, "chatRequest");
  return request === undefined ? message["toolResult"] !== undefined : request["conversation"] !== undefined;
}

function fromAgent(message: Message): SeenRequest {
  const run = recordField(message, "runRequest") ?? recordField(message, "prewarmRequest");
  if (run === undefined) return nothing;
  // A pinned model stands in both; the newer field has the word in it.
  const model =
    textField(recordField(run, "requestedModel"), "modelId") ?? textField(recordField(run, "modelDetails"), "modelId");
  return { model: model ?? null, session: textField(run, "conversationId") ?? null };
}

function fromChat(request: unknown): SeenRequest {
  const model = textField(recordField(request, "modelDetails"), "modelName");
  return { model: model ?? null, session: textField(request, "conversationId") ?? null };
}

function callOf(part: "says" | "answers", id: string | undefined): Pick<SeenRequest, "call"> {
  return id === undefined || id === "" ? {} : { call: { id, part } };
}

function merged(one: SeenRequest, other: SeenRequest): SeenRequest {
  const call = one.call ?? other.call;
  return {
    model: one.model ?? other.model,
    session: one.session ?? other.session,
    ...(call === undefined ? {} : { call }),
  };
}
