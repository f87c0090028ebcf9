/**
 * Cursor's remote calls: what each takes and gives, and how it travels (facts of public captures, 2026-11,
 * docs/formats/cursor.md). The whole path counts: `/Run` is the beginning of `/RunSSE` and `/RunPoll`.
 */
import { headerValue } from "../../../base/headers.ts";
import type { HeaderPairs } from "../../../base/http.ts";

export interface Method {
  /** Null: it carries no conversation; only for reading along. */
  readonly service: "chat" | "agent" | "shim" | null;
  /**
   * `bidi`: both sides stream. `stream`: one message in, many out. `linked`: many out; what goes in comes through
   * BidiAppend under the same request id, which is all that it asks with. `poll`: the same in pieces. `unary`: one in, one
   * out, errors as HTTP.
   */
  readonly kind: "bidi" | "stream" | "linked" | "poll" | "unary";
  /** Names of messages in wire/proto.ts; null: not known, or nothing worth a name. */
  readonly request: string | null;
  readonly reply: string | null;
  /** Messages of either side stand inside an envelope of their own, with numbers. */
  readonly idempotent?: true;
}

/** A call of a conversation whose messages are understood. */
export interface Rpc extends Method {
  readonly service: "chat" | "agent" | "shim";
  readonly kind: Exclude<Method["kind"], "poll">;
  readonly request: string;
  readonly reply: string;
}

const agent = "/agent.v1.AgentService";
const ai = "/aiserver.v1.AiService";
const chat = "/aiserver.v1.ChatService";
const chatTools = { service: "chat", request: "ChatClientMessage", reply: "ChatServerMessage" } as const;
const idempotent = {
  service: "chat",
  request: "ChatClientMessageIdempotent",
  reply: "ChatServerMessageIdempotent",
  idempotent: true,
} as const;
const poll = { kind: "poll", request: "BidiPollRequest", reply: "BidiPollResponse" } as const;
const other = { service: null, kind: "unary", request: null } as const;
const usableModels = { ...other, request: "AgentUsableModelsRequest", reply: "AgentUsableModelsResponse" } as const;
const defaultModel = { ...other, reply: "AgentDefaultModelResponse" } as const;

const methods: Readonly<Record<string, Method>> = {
  [`${agent}/Run`]: { service: "agent", kind: "bidi", request: "AgentClientMessage", reply: "AgentServerMessage" },
  [`${agent}/RunSSE`]: { service: "agent", kind: "linked", request: "BidiRequestId", reply: "AgentServerMessage" },
  [`${agent}/RunPoll`]: { ...poll, service: "agent" },
  [`${agent}/GetUsableModels`]: usableModels,
  [`${agent}/GetDefaultModelForCli`]: defaultModel,
  "/aiserver.v1.BidiService/BidiAppend": {
    service: "shim",
    kind: "unary",
    request: "BidiAppendRequest",
    reply: "BidiAppendResponse",
  },
  [`${chat}/StreamUnifiedChat`]: { service: "chat", kind: "stream", request: "ChatRequest", reply: "ChatResponse" },
  [`${chat}/StreamUnifiedChatWithTools`]: { ...chatTools, kind: "bidi" },
  [`${chat}/WarmStreamUnifiedChatWithTools`]: { ...chatTools, kind: "bidi", service: null },
  [`${chat}/StreamUnifiedChatWithToolsSSE`]: { ...chatTools, kind: "linked" },
  [`${chat}/StreamUnifiedChatWithToolsPoll`]: { ...poll, service: "chat" },
  [`${chat}/StreamUnifiedChatWithToolsIdempotent`]: { ...idempotent, kind: "bidi" },
  [`${chat}/StreamUnifiedChatWithToolsIdempotentSSE`]: { ...idempotent, kind: "linked" },
  [`${chat}/StreamUnifiedChatWithToolsIdempotentPoll`]: { ...poll, service: "chat" },
  [`${ai}/AvailableModels`]: { ...other, request: "AvailableModelsRequest", reply: "AvailableModelsResponse" },
  [`${ai}/GetUsableModels`]: usableModels,
  [`${ai}/GetDefaultModelForCli`]: defaultModel,
  "/aiserver.v1.ServerConfigService/GetServerConfig": { ...other, reply: "ServerConfigResponse" },
};

/** `target`: path and query. */
export function methodOf(target: string): Method | null {
  const path = target.split("?", 1)[0] ?? "";
  return Object.hasOwn(methods, path) ? (methods[path] ?? null) : null;
}

/** Null for every other call. */
export function rpcOf(target: string): Rpc | null {
  const method = methodOf(target);
  return method !== null && isRpc(method) ? method : null;
}

function isRpc(method: Method): method is Rpc {
  const { service, kind, request, reply } = method;
  return service !== null && kind !== "poll" && request !== null && reply !== null;
}

export const connectType = "application/connect+proto";

/**
 * The head of a streamed answer. Cursor's own servers call the HTTP/1.1 form an event stream although its body is
 * envelopes (two captures of 2026); its client says `x-cursor-streaming` there, or asks for that type. Connect's own clients
 * refuse any type but theirs, so who says neither, where the headers are known, is answered in Connect's words.
 */
export function streamHeaders(target: string, request?: HeaderPairs): HeaderPairs {
  const isLinked = rpcOf(target)?.kind === "linked";
  const asksForEvents =
    request === undefined ||
    headerValue(request, "x-cursor-streaming") !== undefined ||
    (headerValue(request, "accept") ?? "").includes("event-stream");
  return [["content-type", isLinked && asksForEvents ? "text/event-stream" : connectType]];
}
