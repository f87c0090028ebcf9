/**
 * Which messages the calls of Cursor's services carry, by the path of the call (facts of public captures, 2026-11,
 * docs/formats/cursor.md). Only for reading along: a method that is not listed is shown by its field numbers.
 */
export interface Method {
  /** Names in wire/proto.ts; null: not known, or nothing worth a name. */
  readonly request: string | null;
  readonly reply: string | null;
}

const agent = "agent.v1.AgentService";
const ai = "aiserver.v1.AiService";
const chat = "aiserver.v1.ChatService";
const chatTools = { request: "ChatClientMessage", reply: "ChatServerMessage" } as const;
const idempotent = { request: "ChatClientMessageIdempotent", reply: "ChatServerMessageIdempotent" } as const;
const usableModels = { request: "AgentUsableModelsRequest", reply: "AgentUsableModelsResponse" } as const;
const defaultModel = { request: null, reply: "AgentDefaultModelResponse" } as const;

const methods: Readonly<Record<string, Method>> = {
  [`${agent}/Run`]: { request: "AgentClientMessage", reply: "AgentServerMessage" },
  [`${agent}/RunSSE`]: { request: "BidiRequestId", reply: "AgentServerMessage" },
  [`${agent}/RunPoll`]: { request: "BidiPollRequest", reply: "BidiPollResponse" },
  [`${agent}/GetUsableModels`]: usableModels,
  [`${agent}/GetDefaultModelForCli`]: defaultModel,
  "aiserver.v1.BidiService/BidiAppend": { request: "BidiAppendRequest", reply: "BidiAppendResponse" },
  [`${chat}/StreamUnifiedChat`]: { request: "ChatRequest", reply: "ChatResponse" },
  [`${chat}/StreamUnifiedChatWithTools`]: chatTools,
  [`${chat}/WarmStreamUnifiedChatWithTools`]: chatTools,
  [`${chat}/StreamUnifiedChatWithToolsSSE`]: { ...chatTools, request: "BidiRequestId" },
  [`${chat}/StreamUnifiedChatWithToolsPoll`]: { request: "BidiPollRequest", reply: "BidiPollResponse" },
  [`${chat}/StreamUnifiedChatWithToolsIdempotent`]: idempotent,
  [`${chat}/StreamUnifiedChatWithToolsIdempotentSSE`]: { ...idempotent, request: "BidiRequestId" },
  [`${chat}/StreamUnifiedChatWithToolsIdempotentPoll`]: { request: "BidiPollRequest", reply: "BidiPollResponse" },
  [`${ai}/AvailableModels`]: { request: "AvailableModelsRequest", reply: "AvailableModelsResponse" },
  [`${ai}/GetUsableModels`]: usableModels,
  [`${ai}/GetDefaultModelForCli`]: defaultModel,
  "aiserver.v1.ServerConfigService/GetServerConfig": { request: null, reply: "ServerConfigResponse" },
};

/** `agent.v1.AgentService/Run` of a request target; the part behind the host, without a query. */
function methodName(target: string): string {
  const path = target.split("?", 1)[0] ?? "";
  return path.split("/").slice(-2).join("/");
}

export function methodOf(target: string): Method | null {
  const name = methodName(target);
  return Object.hasOwn(methods, name) ? (methods[name] ?? null) : null;
}
