/** The names of the wire formats. In the hub, because everything the hub keeps for one format only is keyed by them. */

/** Every wire format this build speaks. Grows as formats land; formats/table.ts must have a row for each. */
export const formatIds = ["openai-chat", "openai-responses", "claude", "gemini", "gemini-cli", "antigravity"] as const;
export type FormatId = (typeof formatIds)[number];

/**
 * A dialect's accent: the same format where one client or backend differs on the wire. `codex`: the Codex CLI and
 * chatgpt.com's backend (openai-responses). `copilot`: GitHub Copilot (openai-chat, openai-responses, claude).
 * `vertex`: Vertex AI (gemini).
 */
export type Variant = "codex" | "copilot" | "vertex";
