/** The names of the wire formats. In the hub, because everything the hub keeps for one format only is keyed by them. */

/** Those whose bodies are JSON and whose streams are text. */
export const textFormatIds = [
  "openai-chat",
  "openai-responses",
  "claude",
  "gemini",
  "gemini-cli",
  "antigravity",
] as const;
export type TextFormatId = (typeof textFormatIds)[number];

/** Every wire format this build speaks; formats/table.ts must have a row for each. */
export const formatIds = [...textFormatIds, "kiro", "cursor"] as const;
export type FormatId = (typeof formatIds)[number];

/**
 * A dialect's accent: the same format where one client or backend differs on the wire. `codex`: the Codex CLI and
 * chatgpt.com's backend (openai-responses). `copilot`: GitHub Copilot (openai-chat, openai-responses, claude).
 * `vertex`: Vertex AI (gemini). `aws-json`: a Kiro call named by `x-amz-target` instead of its path, whose answer begins
 * with a frame of its own.
 */
export type Variant = "codex" | "copilot" | "vertex" | "aws-json";
