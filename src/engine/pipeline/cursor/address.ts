/** Which of Cursor's calls are conversations, and in which form they come. */
import type { RequestHead } from "../../../base/http.ts";
import { backends, type CursorService } from "./backends.ts";

export type CursorAddress =
  /** Both directions on one stream. */
  | { readonly form: "bidi"; readonly service: CursorService }
  /** Over HTTP/1.1: the backend's side of a conversation, named by a request id. */
  | { readonly form: "sse"; readonly service: CursorService }
  /** The client's side of it, one message at a time. */
  | { readonly form: "append" }
  | { readonly form: "unplayed"; readonly why: string };

const agent = "/agent.v1.AgentService/";
const chat = "/aiserver.v1.ChatService/StreamUnifiedChatWithTools";

const addresses: ReadonlyMap<string, CursorAddress> = new Map<string, CursorAddress>([
  [`${agent}Run`, { form: "bidi", service: "agent" }],
  [`${agent}RunSSE`, { form: "sse", service: "agent" }],
  [`${agent}RunPoll`, { form: "unplayed", why: "Cursor's poll form is not played here" }],
  ["/aiserver.v1.BidiService/BidiAppend", { form: "append" }],
  [chat, { form: "bidi", service: "chat" }],
  [`${chat}SSE`, { form: "sse", service: "chat" }],
  [`${chat}Poll`, { form: "unplayed", why: "Cursor's poll form is not played here" }],
  [`${chat}Idempotent`, { form: "unplayed", why: "Cursor's idempotent chat is not played here" }],
  [`${chat}IdempotentSSE`, { form: "unplayed", why: "Cursor's idempotent chat is not played here" }],
  [`${chat}IdempotentPoll`, { form: "unplayed", why: "Cursor's poll form is not played here" }],
]);

/** Null: no conversation of Cursor's, or one that nobody here can play. */
export function cursorAddress({ method, target }: Pick<RequestHead, "method" | "target">): CursorAddress | null {
  if (method !== "POST") return null;
  const address = addresses.get(target.split("?", 1)[0] ?? "") ?? null;
  if (address === null || !("service" in address)) return address;
  return backends[address.service] === null ? null : address;
}
