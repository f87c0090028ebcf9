/** The address a client of each dialect usually calls: some dialects say there what others say in the body. */
import type { FormatId } from "../formats/format.ts";

export interface CallWish {
  readonly model: string;
  readonly stream: boolean;
}

const usualTargets = {
  "openai-chat": () => "/v1/chat/completions",
  "openai-responses": () => "/v1/responses",
  claude: () => "/v1/messages",
  gemini: ({ model, stream }) => `/v1beta/models/${encodeURIComponent(model)}:${generate(stream)}`,
  "gemini-cli": ({ stream }) => `/v1internal:${generate(stream)}`,
  antigravity: ({ stream }) => `/v1internal:${generate(stream)}`,
  kiro: () => "/generateAssistantResponse",
  cursor: () => "/aiserver.v1.ChatService/StreamUnifiedChatWithTools",
} as const satisfies Record<FormatId, (wish: CallWish) => string>;

export function usualTarget(format: FormatId, wish: CallWish): string {
  return usualTargets[format](wish);
}

function generate(stream: boolean): string {
  return stream ? "streamGenerateContent?alt=sse" : "generateContent";
}
