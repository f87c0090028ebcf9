/** Every wire format there is. A literal table: importing it changes nothing, and a missing row does not compile. */
import { claude } from "./claude/index.ts";
import type { Format, FormatId } from "./format.ts";
import { openaiChat } from "./openai-chat/index.ts";

export const formats = {
  "openai-chat": openaiChat,
  claude,
} as const satisfies Record<FormatId, Format>;
