/** Every wire format there is. A literal table: importing it changes nothing, and a missing row does not compile. */
import { antigravity } from "./antigravity/index.ts";
import { claude } from "./claude/index.ts";
import { cursor } from "./cursor/index.ts";
import type { Format, FormatId } from "./format.ts";
import { geminiCli } from "./gemini-cli/index.ts";
import { gemini } from "./gemini/index.ts";
import { kiro } from "./kiro/index.ts";
import { openaiChat } from "./openai-chat/index.ts";
import { openaiResponses } from "./openai-responses/index.ts";

export const formats = {
  "openai-chat": openaiChat,
  "openai-responses": openaiResponses,
  claude,
  gemini,
  "gemini-cli": geminiCli,
  antigravity,
  kiro,
  cursor,
} as const satisfies Record<FormatId, Format>;
