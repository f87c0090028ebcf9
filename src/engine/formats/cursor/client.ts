/**
 * Cursor's clients, in the plain form of the chat service: one message in, envelopes out. What a client and a backend say to
 * each other beyond that (results of tools on the open stream, the agent service) is played by a `Backend`.
 */
import { createLosses } from "../../hub/losses.ts";
import { replay } from "../../hub/replay.ts";
import type { HubReply } from "../../hub/reply.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import { listField, recordField } from "../fields.ts";
import type { ClientSide, ListedModel, StreamWriter, WholeAnswer, WriterOptions } from "../format.ts";
import { createChatWriter, silence } from "./chat/stream-out.ts";
import { namesOf, readChat } from "./chat/request-in.ts";
import { chatModel } from "./decode-request.ts";
import { endFrame } from "./end-frame.ts";
import { writeUnaryError } from "./errors.ts";
import { rpcOf, streamHeaders } from "./rpc.ts";
import { encodeMessage } from "./wire/schema.ts";

export const client: ClientSide = {
  shape(body) {
    const isChat = recordField(body, "chatRequest") !== undefined;
    return { operation: isChat ? "reply" : "other", model: chatModel(body), stream: true };
  },
  readRequest(body) {
    if (recordField(body, "runRequest") !== undefined)
      return { ok: false, error: { kind: "unsupported", message: runAlone } };
    const read = readChat(body);
    if (!read.ok) return read;
    const { request, losses, needs } = read.value;
    if (needs !== null) return { ok: false, error: { kind: "unsupported", message: needs } };
    const later =
      (listField(body, "later") ?? []).length > 0 ? ["message: what the client said later on its stream"] : [];
    return { ok: true, value: { request, losses: [...losses, ...later] } };
  },
  streamHeaders: (target) => streamHeaders(target),
  streamWriter,
  writeModels,
  writeReply: (reply, options) => wholeReply(reply, options),
  writeError(error, _variant, target) {
    const rpc = target === undefined ? null : rpcOf(target);
    if (rpc === null || rpc.kind === "unary") return writeUnaryError(error);
    // A streaming call answers 200 whatever happens; its last envelope says what did.
    return { status: 200, headers: streamHeaders(target ?? ""), body: endFrame(error) };
  },
};

const runAlone = "a run of Cursor's agent is a conversation: alone it does not hold what its blobs say";

function streamWriter(options: WriterOptions): StreamWriter {
  const losses = createLosses();
  const reply = rpcOf(options.target)?.reply;
  const writer = createChatWriter({
    names: namesOf(options.request),
    losses,
    ...(reply === undefined ? {} : { reply }),
  });
  let isOver = false;
  const write = (event: StreamEvent): readonly Uint8Array[] => {
    const frames = writer.push(event);
    if (event.type !== "reply-end" && event.type !== "error") return frames;
    isOver = true;
    return [...frames, endFrame(event.type === "error" ? event.error : null)];
  };
  return {
    push: (event) => (isOver ? [] : write(event)),
    keepAlive: () => silence,
    losses: () => losses.list(),
  };
}

/** A streaming call has no other answer than a stream. */
function wholeReply(reply: HubReply, options: WriterOptions): Uint8Array {
  const writer = streamWriter(options);
  return Buffer.concat(replay(reply).flatMap((event) => writer.push(event)));
}

/** `AvailableModels`, as far as a list of names goes. */
function writeModels(models: readonly ListedModel[]): WholeAnswer {
  const body = encodeMessage("AvailableModelsResponse", {
    modelNames: models.map(({ id }) => id),
    models: models.map(writeModel),
  });
  return { status: 200, headers: [["content-type", "application/proto"]], body };
}

function writeModel({ id, displayName, maxInputTokens }: ListedModel): Readonly<Record<string, unknown>> {
  return {
    name: id,
    defaultOn: true,
    supportsAgent: true,
    ...(displayName === undefined ? {} : { clientDisplayName: displayName }),
    ...(maxInputTokens === undefined ? {} : { contextTokenLimit: maxInputTokens }),
  };
}
