/**
 * What a Claude model takes, told from its name, for requests that come from another dialect. Names that are not
 * Claude's (GLM, Kimi, MiniMax speak this format too) get the older, widely known forms.
 */
import type { ThinkingLevel } from "../../hub/request.ts";

export interface ClaudeModel {
  /** How thinking is asked for: not at all, by a token budget, or adaptively with an effort. */
  readonly thinking: "none" | "budget" | "adaptive";
  /** Values of `output_config.effort`. */
  readonly efforts: readonly ThinkingLevel[];
  /** `output_config.format` with a JSON schema. */
  readonly structuredOutput: boolean;
  /** `temperature`, `top_p` and `top_k`; where only one of the first two may be set, it is temperature. */
  readonly sampling: "both" | "one" | "none";
  /** `system` messages inside `messages`. */
  readonly midSystem: boolean;
  /** `strict` on tools. */
  readonly strictTools: boolean;
  /** Tools that Anthropic runs itself; compatible servers answer their dated types with a 400. */
  readonly serverTools: boolean;
  /** Goes on from a last assistant message. From 4.6 on "does not support assistant message prefill" (reports of 2026). */
  readonly prefill: boolean;
  /** The most tokens it writes in one reply; null where the name does not tell. More is a 400. */
  readonly maxTokens: number | null;
}

const compatible: ClaudeModel = {
  thinking: "budget",
  efforts: [],
  structuredOutput: false,
  sampling: "both",
  midSystem: false,
  strictTools: false,
  serverTools: false,
  prefill: true,
  maxTokens: null,
};

export function claudeModel(name: string): ClaudeModel {
  const lower = name.toLowerCase();
  if (!lower.includes("claude")) return compatible;
  const version = versionOf(lower);
  const isOpus = lower.includes("opus");
  return {
    thinking: version < 3.7 ? "none" : version < 4.6 ? "budget" : "adaptive",
    // `max` is for Opus; `xhigh` came later than the list that all adaptive models take.
    efforts: isOpus ? ["low", "medium", "high", "max"] : ["low", "medium", "high"],
    structuredOutput: version >= 4.5,
    sampling: version < 4.1 ? "both" : version < 4.7 ? "one" : "none",
    midSystem: version >= 4.6,
    strictTools: version >= 4.5,
    serverTools: version >= 3.5,
    prefill: version < 4.6,
    maxTokens: maxTokensOf(version, isOpus),
  };
}

/** As Anthropic publishes them, 2026. No bound is set for models newer than the list. */
function maxTokensOf(version: number, isOpus: boolean): number | null {
  if (version < 3.45) return 4096;
  if (version < 3.65) return 8192;
  if (version < 4.4) return isOpus ? 32_000 : 64_000;
  return version < 4.55 ? 64_000 : null;
}

/** `claude-3-7-sonnet-20250219` → 3.7, `claude-sonnet-4-20250514` → 4, `claude-opus-4.6` → 4.6; newest when unsaid. */
function versionOf(name: string): number {
  const match = /claude-(?:(?:opus|sonnet|haiku|instant)-)?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/.exec(name);
  if (match === null) return 99;
  return Number(match[1]) + Number(match[2] ?? 0) / 10;
}
