/** Who plays which of Cursor's services. */
import { createAgentBackend } from "../../formats/cursor/agent/index.ts";
import { createChatBackend } from "../../formats/cursor/chat/backend.ts";
import type { Backend, BackendOptions } from "../../formats/cursor/backend.ts";

export type CursorService = BackendOptions["service"];

type CreateBackend = (options: BackendOptions) => Backend;

/** Null: nobody, its calls take the common way. */
export const backends: Readonly<Record<CursorService, CreateBackend | null>> = {
  agent: createAgentBackend,
  chat: createChatBackend,
};
