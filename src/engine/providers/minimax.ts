/**
 * MiniMax speaks two dialects at one host: Anthropic's below `/anthropic`, OpenAI's Chat everywhere else (facts of late
 * 2026). Which one a base URL means is told by its path, so that either may be written down under the name `minimax`.
 */
import type { ProviderType } from "../config/schema.ts";

const hosts: ReadonlySet<string> = new Set(["api.minimax.io", "api.minimaxi.com", "api.minimax.chat"]);

export function minimaxSpeaksChat(type: ProviderType, { hostname, pathname }: URL): boolean {
  return type === "anthropic-compatible" && hosts.has(hostname) && !pathname.split("/").includes("anthropic");
}
