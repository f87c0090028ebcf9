/**
 * Cursor's remote calls that carry a conversation: what each takes and gives, and how it travels (docs/formats/cursor.md).
 * The whole path counts: `/Run` is the beginning of `/RunSSE` and `/RunPoll`.
 */
import { headerValue } from "../../../base/headers.ts";
import type { HeaderPairs } from "../../../base/http.ts";

export interface Rpc {
  readonly service: "chat" | "agent" | "shim";
  /**
   * `bidi`: both sides stream. `stream`: one message in, many out. `linked`: many out; what goes in comes through
   * BidiAppend under the same request id. `unary`: one in, one out, errors as HTTP.
   */
  readonly kind: "bidi" | "stream" | "linked" | "unary";
  /** Names of messages in wire/proto.ts. */
  readonly request: string;
  readonly reply: string;
  /** Messages of either side stand inside an envelope of their own, with numbers. */
  readonly idempotent?: true;
}

const chat = { service: "chat", request: "ChatClientMessage", reply: "ChatServerMessage" } as const;
const idempotentChat = {
  service: "chat",
  request: "ChatClientMessageIdempotent",
  reply: "ChatServerMessageIdempotent",
  idempotent: true,
} as const;

const rpcs: Readonly<Record<string, Rpc>> = {
  "/aiserver.v1.ChatService/StreamUnifiedChat": {
    service: "chat",
    kind: "stream",
    request: "ChatRequest",
    reply: "ChatResponse",
  },
  "/aiserver.v1.ChatService/StreamUnifiedChatWithTools": { ...chat, kind: "bidi" },
  "/aiserver.v1.ChatService/StreamUnifiedChatWithToolsSSE": { ...chat, kind: "linked" },
  "/aiserver.v1.ChatService/StreamUnifiedChatWithToolsIdempotent": { ...idempotentChat, kind: "bidi" },
  "/aiserver.v1.ChatService/StreamUnifiedChatWithToolsIdempotentSSE": { ...idempotentChat, kind: "linked" },
  "/agent.v1.AgentService/Run": {
    service: "agent",
    kind: "bidi",
    request: "AgentClientMessage",
    reply: "AgentServerMessage",
  },
  "/agent.v1.AgentService/RunSSE": {
    service: "agent",
    kind: "linked",
    request: "BidiRequestId",
    reply: "AgentServerMessage",
  },
  "/aiserver.v1.BidiService/BidiAppend": {
    service: "shim",
    kind: "unary",
    request: "BidiAppendRequest",
    reply: "BidiAppendResponse",
  },
};

/** Null for every other call. `target`: path and query. */
export function rpcOf(target: string): Rpc | null {
  const path = target.split("?", 1)[0] ?? "";
  return Object.hasOwn(rpcs, path) ? (rpcs[path] ?? null) : null;
}

export const connectType = "application/connect+proto";

/**
 * The head of a streamed answer. Cursor's own servers call the HTTP/1.1 form an event stream although its body is
 * envelopes (two captures of 2026); its client says `x-cursor-streaming` there. Connect's own clients refuse any type but
 * theirs, so who does not say it, where the headers are known, is answered in Connect's words.
 */
export function streamHeaders(target: string, request?: HeaderPairs): HeaderPairs {
  const isLinked = rpcOf(target)?.kind === "linked";
  const isCursor = request === undefined || headerValue(request, "x-cursor-streaming") !== undefined;
  return [["content-type", isLinked && isCursor ? "text/event-stream" : connectType]];
}
